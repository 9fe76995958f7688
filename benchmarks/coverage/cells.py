"""The cells of the table: what is scored, on which law, in how many dimensions, with how many rows."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fd", "kid", "energy", "prdc", "modes", "is"]
LAWS = ("gaussian", "rectified", "mixture", "student-t5", "sparse", "rounded")


@dataclass(frozen=True)
class Cell:
    """One simulation. `off` says that the fakes follow another law; `real` None is the whole population."""

    kind: Kind
    law: str
    d: int
    fake: int
    real: int | None
    off: bool
    repetitions: int = 1000
    truths: int = 2000

    @property
    def key(self) -> str:
        """Its name in the record."""
        real = "law" if self.real is None else self.real
        return f"{self.kind} {self.law} d={self.d} n={real}/{self.fake} {'off' if self.off else 'null'}"


def cells() -> list[Cell]:
    """All of them, cheap ones first."""
    return [*_frechet(), *_modes(), *_scores(), *_kid(), *_neighbours(), *_further(), *_large()]


def _both(kind: Kind, law: str, d: int, fake: int, real: int | None) -> list[Cell]:
    return [Cell(kind, law, d, fake, real, off) for off in (False, True)]


def _frechet() -> list[Cell]:
    sizes = ((8, 100), (8, 400), (32, 64), (32, 256))
    found = [cell for d, n in sizes for law in LAWS for cell in _both("fd", law, d, n, n)]
    for law in ("gaussian", "rectified", "sparse"):
        found += _both("fd", law, 32, 128, 1000)
        found += _both("fd", law, 32, 128, None)
    return found + [Cell("fd", "student-t5", d, n, n, off) for d, n in ((8, 1000), (32, 1000)) for off in (False, True)]


def _kid() -> list[Cell]:
    found = [cell for d in (8, 64) for law in LAWS for cell in _both("kid", law, d, 200, 200)]
    found += _both("kid", "rectified", 256, 200, 400)
    found += _both("kid", "gaussian", 32, 200, None)
    return found + [cell for law in ("rectified", "rounded") for cell in _both("energy", law, 32, 100, 100)]


def _neighbours() -> list[Cell]:
    few: dict[str, int] = {"repetitions": 300}
    found = [Cell("prdc", law, 8, 300, 300, True, **few) for law in LAWS]
    found += [Cell("prdc", law, 64, 300, 300, True, **few) for law in ("rectified", "student-t5")]
    found += [Cell("prdc", law, 32, 300, 300, False, **few) for law in ("gaussian", "sparse")]
    return [*found, Cell("prdc", "mixture", 32, 200, 500, True, **few)]


def _further() -> list[Cell]:
    """Laws on which nothing was tuned."""
    found = [*_both("fd", "lognormal", 16, 200, 200), *_both("fd", "digits", 64, 300, 300)]
    found += [Cell(kind, "unequal", 16, 150, 600, True) for kind in ("fd", "kid")]
    found += [Cell(kind, "collapsed", 16, 200, 200, True) for kind in ("fd", "kid")]
    found += _both("kid", "digits", 64, 200, 200)
    return [*found, *(Cell("prdc", law, d, 300, 300, True, 300) for law, d in (("lognormal", 16), ("digits", 64)))]


def _large() -> list[Cell]:
    """What takes longest."""
    found = [Cell("fd", law, 64, 128, 128, True) for law in LAWS]
    found += [Cell("fd", law, 128, 256, 256, off) for law, off in (("rectified", True), ("student-t5", False))]
    found += [Cell("prdc", "rectified", d, 1000, 1000, True, repetitions=300) for d in (32, 256)]
    return [*found, Cell("fd", "gaussian", 256, 512, 512, True)]


def _modes() -> list[Cell]:
    return [
        cell for law, n in (("ring", 500), ("ring", 2500), ("grid", 2500)) for cell in _both("modes", law, 2, n, None)
    ]


def _scores() -> list[Cell]:
    return [Cell("is", "classes", 20, n, None, True) for n in (200, 1000)]
