"""Train the classifiers that ship with ganeval, and write what they can do into docs/classifiers.md.

`python -m benchmarks classifiers` takes two to three minutes on one core and is deterministic on one machine; on
another, torch may round otherwise. MNIST: the classifier's 1,000 digits of `reference_models.data.parts`,
judged on the other 4,000. Fashion-MNIST: 20,000 training images, judged on 10,000 others of them; the test
images are never looked at.

A part of the training images is set aside to fit a temperature, one number by which the logits are divided
(Guo et al., On Calibration of Modern Neural Networks, ICML 2017); it is folded into the last layer.
"""

import argparse
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional

from ganeval.extractors.classifier import SmallNet, weight_file
from ganeval.extractors.weights import sha256_of
from reference_models.data import Labelled, fashion_mnist, garment_parts, mnist_5k, parts

CARD = Path(__file__).parents[1] / "docs" / "classifiers.md"
BINS = 15
_Z = 1.959964  # 95 %
_DROPOUT = 0.3


@dataclass(frozen=True)
class Moves:
    """How far an image is moved at random: degrees, log scale, pixels, shear, mirrored or not."""

    rotation: float
    scale: float
    shift: float
    shear: float
    mirrored: bool


@dataclass(frozen=True)
class Split:
    """What a network learns from, what its temperature is fitted on, and what it is judged on."""

    training: Labelled
    calibration: Labelled
    held_out: Labelled


@dataclass(frozen=True)
class Recipe:
    """How one classifier is trained."""

    split: Callable[[], Split]
    moves: Moves
    epochs: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Figures:
    """What a trained classifier can do."""

    training: int
    calibration: int
    held_out: int
    correct: int
    temperature: float
    error_before: float
    error_after: float
    size: int
    digest: str


def mnist_split() -> Split:
    """Of the classifier's digits 80 a class to learn from and 20 to calibrate; the other 4,000 held out."""
    cut = parts(mnist_5k())
    ranks = np.concatenate([np.arange(np.sum(cut.classifier.labels == label)) for label in range(10)])
    images = np.concatenate([cut.reference.images, cut.rest.images])
    held_out = Labelled(images, np.concatenate([cut.reference.labels, cut.rest.labels]))
    return Split(cut.classifier.at(ranks >= 20), cut.classifier.at(ranks < 20), held_out)


def fashion_split() -> Split:
    """Of 20,000 garments 18,000 to learn from and 2,000 to calibrate; 10,000 held out."""
    garments, cut = fashion_mnist("train"), garment_parts()
    return Split(garments.at(cut.classifier[2000:]), garments.at(cut.classifier[:2000]), garments.at(cut.held_out))


RECIPES: Mapping[str, Recipe] = {
    "mnist": Recipe(mnist_split, Moves(15, 0.2, 2.5, 0.3, False), epochs=100, batch=50, rate=3e-3),
    "fashion-mnist": Recipe(fashion_split, Moves(4, 0.07, 1, 0.05, True), epochs=12, batch=100, rate=4e-3),
}


def main(arguments: Sequence[str]) -> int:
    """Train, write the weight files and the card."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks classifiers", description=__doc__)
    parser.parse_args(arguments)
    torch.set_num_threads(1)  # sums in the same order, whatever the machine
    torch.use_deterministic_algorithms(True)
    figures = {}
    for name, recipe in RECIPES.items():
        begun = time.perf_counter()
        figures[name] = _made(name, recipe)
        found = figures[name]
        print(f"{name}: {found.correct / found.held_out:.2%} in {time.perf_counter() - begun:.0f} s, {found.digest}")
    text = CARD.read_text(encoding="utf-8")
    CARD.write_text(with_table(text, figures), encoding="utf-8")
    print("The digests belong into _KNOWN of ganeval/extractors/classifier.py.")
    return 0


def _made(name: str, recipe: Recipe) -> Figures:
    """One classifier, trained, calibrated, written and judged."""
    split = recipe.split()
    network = trained(split.training, recipe)
    by = temperature(logits(network, split.calibration), split.calibration.labels)
    found, labels = logits(network, split.held_out), split.held_out.labels
    path = weight_file(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(save(weights(network, by)))
    return Figures(
        training=len(split.training.images),
        calibration=len(split.calibration.images),
        held_out=len(labels),
        correct=int((found.argmax(dim=1).numpy() == labels).sum()),
        temperature=by,
        error_before=calibration_error(found.softmax(dim=1).numpy(), labels),
        error_after=calibration_error((found / by).softmax(dim=1).numpy(), labels),
        size=path.stat().st_size,
        digest=sha256_of(path),
    )


def trained(data: Labelled, recipe: Recipe, *, seed: int = 0) -> SmallNet:
    """A network trained on `data`, every image moved at random each time it is shown."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    images, labels = stack(data), torch.from_numpy(data.labels)
    network = SmallNet().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.01)
    steps = len(images) // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=recipe.epochs * steps, pct_start=0.2
    )
    for _ in range(recipe.epochs):
        order = torch.randperm(len(images), generator=generator)
        for chosen in order[: steps * recipe.batch].split(recipe.batch):
            shown = moved(images[chosen], recipe.moves, generator=generator)
            features = network.body(shown.contiguous(memory_format=torch.channels_last))
            loss = functional.cross_entropy(network.head(functional.dropout(features, _DROPOUT)), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def moved(images: torch.Tensor, moves: Moves, *, generator: torch.Generator) -> torch.Tensor:
    """Every image turned, scaled, sheared, shifted and perhaps mirrored by amounts of its own."""

    def within(most: float) -> torch.Tensor:
        return (2 * torch.rand(len(images), generator=generator) - 1) * most

    angle, shear = within(moves.rotation) * math.pi / 180, within(moves.shear)
    wide, high = torch.exp(within(moves.scale)), torch.exp(within(moves.scale))
    side = torch.sign(within(1)) if moves.mirrored else torch.ones(len(images))
    half = images.shape[-1] / 2
    across = torch.stack([side * angle.cos() / wide, (shear - angle.sin()) / wide, within(moves.shift) / half], dim=1)
    down = torch.stack([side * angle.sin() / high, angle.cos() / high, within(moves.shift) / half], dim=1)
    grid = functional.affine_grid(torch.stack([across, down], dim=1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def stack(data: Labelled) -> torch.Tensor:
    """float32 (n, 1, 28, 28) in [0, 1], as the extractor's network sees them."""
    return torch.from_numpy(data.images[:, None].astype(np.float32) / 255)


def logits(network: nn.Module, data: Labelled) -> torch.Tensor:
    """float64 (n, 10)."""
    with torch.inference_mode():
        return torch.cat([network(block) for block in stack(data).split(500)]).double()


def temperature(found: torch.Tensor, labels: np.ndarray) -> float:
    """The number by which the logits are divided for the best likelihood, in steps of half a per cent."""
    wanted = torch.from_numpy(labels)
    candidates = [1.005**step for step in range(-300, 301)]
    return min(candidates, key=lambda by: float(functional.cross_entropy(found / by, wanted)))


def weights(network: nn.Module, by: float) -> dict[str, torch.Tensor]:
    """The tensors to be stored, the last layer divided by a temperature."""
    state = {name: tensor.detach().contiguous().clone() for name, tensor in network.state_dict().items()}
    return {name: tensor / by if name.startswith("head.") else tensor for name, tensor in state.items()}


def calibration_error(probs: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error: |accuracy − confidence| in 15 equal bins of confidence, weighted by size."""
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return float(np.abs(np.bincount(bins, right - confidence, minlength=BINS)).sum() / len(labels))


def wilson(correct: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, spread = correct / n, _Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return middle - half, middle + half


def with_table(text: str, figures: Mapping[str, Figures]) -> str:
    """The card with its table written anew."""
    table = "\n".join(_table(figures))
    return re.sub(
        r"(<!-- generated: figures -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}{table}\n{m[2]}", text, flags=re.DOTALL
    )


def _table(figures: Mapping[str, Figures]) -> list[str]:
    rows: Mapping[str, Callable[[Figures], str]] = {
        "trained on": lambda f: f"{f.training:,} images",
        "temperature fitted on": lambda f: f"{f.calibration:,} images",
        "held-out accuracy": lambda f: f"{f.correct / f.held_out:.2%}",
        "its Wilson interval (95 %)": lambda f: "{:.2%} to {:.2%}".format(*wilson(f.correct, f.held_out)),
        "n (held-out images)": lambda f: f"{f.held_out:,}",
        "temperature": lambda f: f"{f.temperature:.2f}",
        "calibration error, before": lambda f: f"{f.error_before:.4f}",
        "calibration error, after": lambda f: f"{f.error_after:.4f}",
        "file": lambda f: f"{f.size:,} bytes",
        "sha256": lambda f: f"`{f.digest}`",
    }
    head = [f"| | {' | '.join(f'`classifier:{name}`' for name in figures)} |", f"|---|{'---|' * len(figures)}"]
    return head + [f"| {label} | {' | '.join(map(cell, figures.values()))} |" for label, cell in rows.items()]
