"""Calls of the library whose results are recorded; each returns what to write down."""

import io
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from recorder.data import N, array_line, digits, noisy, rows

import ganeval


def _images() -> tuple[np.ndarray, np.ndarray]:
    """Real and fake digits as colour images, uint8 (n, 8, 8, 3)."""
    images = np.repeat(digits()[0][..., None], 3, axis=-1)
    return images[:N], images[N : 2 * N]


def _told(report: ganeval.Report) -> str:
    values = [f"{key} = {value!r}" for key, value in report.to_dict().items()]
    sides = [f"{role}: {side.spec} n {side.n} digest {side.digest}" for role, side in report.sides.items()]
    return "\n".join([str(report), *values, *sides, *(f"warning: {text}" for text in report.warnings)])


def evaluate_arrays() -> str:
    """ganeval.evaluate(uint8 array, uint8 array), and its table for a notebook"""
    real, fake = _images()
    report = ganeval.evaluate(real, fake, metrics=["fd", "kid", "pr"], extractor="pixels")
    return f"{_told(report)}\n{report._repr_html_()}"


def evaluate_tensors() -> str:
    """ganeval.evaluate(tensor uint8 (n, 3, h, w), images(float tensor, value_range=(-1, 1)))"""
    real, fake = (torch.from_numpy(side).permute(0, 3, 1, 2) for side in _images())
    floats = ganeval.images(fake / 127.5 - 1, value_range=(-1, 1))
    return _told(ganeval.evaluate(real, floats, metrics=["fd", "dc"], extractor="pixels"))


def evaluate_float_array() -> str:
    """ganeval.evaluate(array, float array without a range)"""
    real, fake = _images()
    return _told(ganeval.evaluate(real, fake.astype(np.float32) / 255, metrics=["fd"], extractor="pixels"))


def evaluate_loader() -> str:
    """ganeval.evaluate(TensorDataset, DataLoader of batches)"""
    real, fake = (torch.from_numpy(side).permute(0, 3, 1, 2) for side in _images())
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(fake), batch_size=16)
    dataset = torch.utils.data.TensorDataset(real)
    return _told(ganeval.evaluate(dataset, loader, metrics=["fd", "kid"], extractor="pixels"))


def evaluate_generator() -> str:
    """ganeval.evaluate(array, function (n, seed) -> images, n=40)"""
    real, fake = _images()

    def drawn(n: int, seed: int) -> np.ndarray:
        return noisy(fake[:n], size=20, seed=seed)

    return _told(ganeval.evaluate(real, drawn, metrics=["kid", "pr"], extractor="pixels", n=40, seed=5))


def evaluate_stream() -> str:
    """ganeval.evaluate(array, iterator of batches)"""
    real, fake = _images()
    batches = (fake[i : i + 20] for i in range(0, N, 20))
    return _told(ganeval.evaluate(real, ganeval.stream(batches), metrics=["fd", "ed"], extractor="pixels"))


def evaluate_list_and_dict_batches() -> str:
    """ganeval.evaluate(list of (h, w, 3), loader of dictionaries of batches)"""
    real, fake = _images()
    batches = [{"image": torch.from_numpy(fake[i : i + 20]).permute(0, 3, 1, 2)} for i in range(0, N, 20)]
    return _told(ganeval.evaluate(list(real), batches, metrics=["fd", "kid"], extractor="pixels"))


def evaluate_unbatched_loader() -> str:
    """ganeval.evaluate(array, DataLoader of single images)"""
    real, fake = _images()
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(fake).permute(0, 3, 1, 2))
    loader = torch.utils.data.DataLoader(dataset, batch_size=None)
    return _told(ganeval.evaluate(real, loader, metrics=["fd", "kid"], extractor="pixels"))


class _Decoder(torch.nn.Module):
    """From latent vectors (n, 64) images (n, 3, 8, 8) in (-1, 1)."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.tanh(z).reshape(-1, 1, 8, 8).expand(-1, 3, -1, -1)


def evaluate_modules() -> str:
    """ganeval.evaluate(array, from_module), and of a sampler, n=40"""
    real, fake = _images()
    module = ganeval.from_module(_Decoder(), latent=64, value_range=(-1, 1), seed=3)
    sampler = ganeval.sampler(lambda n, seed: noisy(fake[:n], size=9, seed=seed), seed=4)
    sides = (module, sampler)
    return "\n".join(_told(ganeval.evaluate(real, side, metrics=["kid"], extractor="pixels", n=40)) for side in sides)


def evaluate_files() -> str:
    """ganeval.evaluate(folder, zip), (tar, npz of images)"""
    _, fake = _images()
    np.savez("fake.npz", fake)
    with tarfile.open("real.tar", "w") as packed:
        for path in sorted(Path("real").iterdir()):
            entry = tarfile.TarInfo(path.name)  # without times: an archive is known by its bytes
            entry.size = path.stat().st_size
            packed.addfile(entry, io.BytesIO(path.read_bytes()))
    sides = {"real": "fake.zip", "real.tar": "fake.npz"}
    found = [_told(ganeval.evaluate(a, b, metrics=["fd"], extractor="pixels")) for a, b in sides.items()]
    return "\n".join(found)


def reference_and_evaluate() -> str:
    """ganeval.reference(folder), then two evaluations"""
    reference = ganeval.reference("real", metrics=["fd", "kid"], extractor="pixels")
    return "\n".join(_told(ganeval.evaluate(reference, side, metrics=["fd", "kid"])) for side in ("fake", "far"))


def compare_rows() -> str:
    """ganeval.compare(rows, {near, far})"""
    sides = {"near": rows(0.1, seed=1), "far": rows(0.9, seed=2)}
    found = ganeval.compare(rows(0, seed=0), sides, metrics=["kid", "fd", "pr"], extractor="features")
    lines = [f"{row.key}: {row.words} {row.difference!r} [{row.low!r}, {row.high!r}]" for row in found.rows]
    return "\n".join([found.conclusion(*found.sides), *lines, found.signature])


def tradeoff_of_rows() -> str:
    """ganeval.tradeoff(rows, {1.0, 2.0})"""
    sides = {"2.0": rows(0.8, seed=3), "1.0": rows(0.1, seed=4)}
    found = ganeval.tradeoff(rows(0, seed=0), sides, extractor="features")
    return "\n".join(f"{s.label}: {s.quality.value!r} {s.diversity.value!r} {s.words}" for s in found.settings)


def rows_of_images() -> str:
    """ganeval.rows(folder)"""
    found = ganeval.rows("real", extractor="pixels")
    return "\n".join(array_line(view, values) for view, values in found.items())


def scores_of_arrays() -> str:
    """The scores as functions of feature rows"""
    real, fake = rows(0, seed=0).astype(float), rows(0.3, seed=1).astype(float)
    found = {
        "frechet_distance": ganeval.frechet_distance(real, fake),
        "kid": ganeval.kid(real, fake),
        "precision_recall": ganeval.precision_recall(real, fake, k=3),
        "density_coverage": ganeval.density_coverage(real, fake, k=5),
        "energy_distance": ganeval.energy_distance(real, fake),
        "vendi_score": ganeval.vendi_score(real),
        "nearest_neighbour_accuracy": ganeval.nearest_neighbour_accuracy(real[:80], fake),
    }
    return "\n".join(f"{name} = {value!r}" for name, value in found.items())


def history_of_an_evaluator() -> str:
    """ganeval.Evaluator over four steps, saved as metrics.jsonl"""
    real, fake = _images()
    evaluator = ganeval.Evaluator(real, metrics=["kid", "fd", "pr"], extractor="pixels", n=30)
    for step, size in ((100, 120), (200, 60), (300, 10), (400, 90)):
        evaluator(noisy(fake[:30], size=size, seed=step), step=step)
    evaluator.save("metrics.jsonl")
    best = [f"best {key}: step {evaluator.best(key).step}" for key in evaluator.last.report]
    values = [f"{point.step}: {point.report.to_dict()}" for point in evaluator.history.points]
    return "\n".join([*best, *values, f"{len(Path('metrics.jsonl').read_text().splitlines())} lines"])


CALLS: Sequence[Callable[[], str]] = (
    evaluate_arrays, evaluate_tensors, evaluate_float_array, evaluate_loader, evaluate_generator, evaluate_stream,
    evaluate_list_and_dict_batches, evaluate_unbatched_loader, evaluate_modules, evaluate_files,
    reference_and_evaluate, compare_rows, tradeoff_of_rows, rows_of_images, scores_of_arrays,
)  # fmt: skip
