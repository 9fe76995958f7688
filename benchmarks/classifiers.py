"""Train the classifiers that ship with ganeval, and write what they can do into docs/classifiers.md.

`python -m benchmarks classifiers` takes three minutes on one core (`… classifiers faces`: one of them) and is
deterministic on one machine; on another, torch may round otherwise. MNIST: the classifier's 1,000 digits of
`reference_models.data.data.parts`, judged on the other 4,000. Fashion-MNIST: 20,000 training images, judged on 10,000
others of them; the test images are never looked at. Faces: 20,000 drawn for it, judged on 10,000 others; none of either
is in the parts of `reference_models.data.sets`.

A part of the training images is set aside to fit a temperature for each head, one number by which its logits are
divided (Guo et al., On Calibration of Modern Neural Networks, ICML 2017); it is folded into the last layer.
"""

import argparse
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from safetensors.torch import save
from torch.nn import functional

from benchmarks.classifier_card import Figures, Head, with_figures
from ganeval.extractors.classifier import KINDS, Kind, SmallNet, weight_file
from ganeval.extractors.face_attributes import FACES
from ganeval.extractors.weights import sha256_of
from reference_models.data.data import Labelled, fashion_mnist, garment_parts, mnist_5k, parts
from reference_models.data.faces import faces

CARD = Path(__file__).parents[1] / "docs" / "classifiers.md"
BINS = 15
_DROPOUT = 0.3


@dataclass(frozen=True)
class Moves:
    """How far an image is moved at random: degrees, log scale, pixels, shear, mirrored or not; what comes in there."""

    rotation: float
    scale: float
    shift: float
    shear: float
    mirrored: bool
    beyond: Literal["zeros", "border"] = "zeros"


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


def face_split() -> Split:
    """Faces of seeds that no part of `reference_models.data.sets` has; labels (n, 6)."""
    return Split(*(_faces(n, seed) for n, seed in ((18_000, 2), (2_000, 3), (10_000, 4))))


def _faces(n: int, seed: int) -> Labelled:
    drawn = faces(n, seed=seed)
    return Labelled(drawn.images, np.stack([drawn.factors[name] for name in FACES], axis=1))


RECIPES: Mapping[str, Recipe] = {
    "mnist": Recipe(mnist_split, Moves(15, 0.2, 2.5, 0.3, False), epochs=100, batch=50, rate=3e-3),
    "fashion-mnist": Recipe(fashion_split, Moves(4, 0.07, 1, 0.05, True), epochs=12, batch=100, rate=4e-3),
    "faces": Recipe(face_split, Moves(4, 0.05, 1, 0.05, False, "border"), epochs=3, batch=100, rate=4e-3),
}


def main(arguments: Sequence[str]) -> int:
    """Train, write the weight files and the card."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks classifiers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(RECIPES)}; all without")
    names = parser.parse_args(arguments).names or list(RECIPES)
    torch.set_num_threads(1)  # sums in the same order, whatever the machine
    torch.use_deterministic_algorithms(True)
    text = CARD.read_text(encoding="utf-8")
    for name in names:
        begun = time.perf_counter()
        found = _made(name, RECIPES[name])
        text = with_figures(text, name, found)
        print(f"{name}: {found.correct / found.held_out:.2%} in {time.perf_counter() - begun:.0f} s, {found.digest}")
    CARD.write_text(text, encoding="utf-8")
    print("The digests belong into KINDS of ganeval/extractors/classifier.py.")
    return 0


def _made(name: str, recipe: Recipe) -> Figures:
    """One classifier, trained, calibrated, written and judged."""
    split, kind = recipe.split(), KINDS[name]
    network = trained(split.training, recipe, kind=kind)
    aside = by_head(network, split.calibration)
    by = [temperature(*head) for head in aside]
    path = weight_file(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(save(weights(network, by)))
    held = by_head(network, split.held_out)
    right = np.stack([logits.argmax(dim=1).numpy() == labels for logits, labels in held])
    return Figures(
        training=len(split.training.images),
        calibration=len(split.calibration.images),
        held_out=len(split.held_out.images),
        correct=int(right.all(axis=0).sum()),
        heads=tuple(
            Head(
                correct=int(good.sum()),
                temperature=divisor,
                error_before=calibration_error(logits.softmax(dim=1).numpy(), labels),
                error_after=calibration_error((logits / divisor).softmax(dim=1).numpy(), labels),
            )
            for (logits, labels), divisor, good in zip(held, by, right, strict=True)
        ),
        size=path.stat().st_size,
        digest=sha256_of(path),
    )


def trained(data: Labelled, recipe: Recipe, *, kind: Kind, seed: int = 0) -> SmallNet:
    """A network trained on `data`, every image moved at random each time it is shown."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    images, labels = stack(data), torch.from_numpy(columns(data.labels))
    network = SmallNet(kind).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
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
            heads = network.head(functional.dropout(features, _DROPOUT)).split(kind.heads, dim=1)
            losses = [functional.cross_entropy(head, labels[chosen, at]) for at, head in enumerate(heads)]
            loss = torch.stack(losses).sum()
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
    return functional.grid_sample(images, grid, padding_mode=moves.beyond, align_corners=False)


def stack(data: Labelled) -> torch.Tensor:
    """float32 (n, channels, size, size) in [0, 1], as the extractor's network sees them."""
    images = data.images[:, None] if data.images.ndim == 3 else np.moveaxis(data.images, 3, 1)
    return torch.from_numpy(images.astype(np.float32) / 255)


def columns(labels: np.ndarray) -> np.ndarray:
    """Labels (n, heads), also of those (n,) of one head."""
    return labels.reshape(len(labels), -1)


def by_head(network: SmallNet, data: Labelled) -> list[tuple[torch.Tensor, np.ndarray]]:
    """For each head its logits, float64 (n, values), and the labels (n,)."""
    with torch.inference_mode():
        found = torch.cat([network(block) for block in stack(data).split(500)]).double()
    return list(zip(found.split(network.kind.heads, dim=1), columns(data.labels).T, strict=True))


def temperature(found: torch.Tensor, labels: np.ndarray) -> float:
    """The number by which the logits are divided for the best likelihood, in steps of half a per cent.

    1 where every label is right: the likelihood then only grows as the number falls.
    """
    wanted = torch.from_numpy(labels)
    if bool((found.argmax(dim=1) == wanted).all()):
        return 1.0
    candidates = [1.005**step for step in range(-300, 301)]
    return min(candidates, key=lambda by: float(functional.cross_entropy(found / by, wanted)))


def weights(network: SmallNet, by: Sequence[float]) -> dict[str, torch.Tensor]:
    """The tensors to be stored, the last layer divided by each head's temperature."""
    state = {name: tensor.detach().contiguous().clone() for name, tensor in network.state_dict().items()}
    for name in ("head.weight", "head.bias"):
        parts = state[name].split(network.kind.heads)
        state[name] = torch.cat([part / divisor for part, divisor in zip(parts, by, strict=True)])
    return state


def calibration_error(probs: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error: |accuracy − confidence| in 15 equal bins of confidence, weighted by size."""
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return float(np.abs(np.bincount(bins, right - confidence, minlength=BINS)).sum() / len(labels))
