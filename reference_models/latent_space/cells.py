"""What is seen in images, and words for it: `glasses+beard`, `no-glasses`, `shirt+bright`.

A word is the name of an attribute that is there or not (`glasses`, `no-glasses`), or a value of another one (`long`,
`dark`, `pullover`). Words joined by `+` name a cell. The drawn faces have no sex: `man` is short for a beard and
short hair, `woman` for no beard and long hair, which is what the program draws, and no more than that.

In an analogy A − B + C an attribute that is there or not, and is named in one cell only, is absent in the others. What
should come out follows: where A and B agree, it is C's value, and where B and C agree, it is A's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reference_models.errors import ModelsError

Values = Mapping[str, tuple[str, ...]]
Cell = Mapping[str, int]
SHORTHANDS = {"man": "beard+short", "woman": "no-beard+long"}
_SWITCH = ("no", "yes")


@dataclass(frozen=True)
class Seen:
    """Of n images: `features` (n, d), by attribute the `probs` (n, values), by name further `measures` (n,)."""

    features: np.ndarray
    probs: Mapping[str, np.ndarray] = field(default_factory=dict)
    measures: Mapping[str, np.ndarray] = field(default_factory=dict)

    def confidence(self, cell: Cell) -> np.ndarray:
        """How sure it is (n,) that all of a cell's values are there: the product of their probabilities."""
        found = np.ones(len(self.features))
        for name, value in cell.items():
            found = found * self.probs[name][:, value]
        return found

    def labels(self) -> np.ndarray:
        """The most probable value of each attribute (n, attributes)."""
        return np.stack([probs.argmax(axis=1) for probs in self.probs.values()], axis=1)


@dataclass(frozen=True)
class Analogy:
    """The cells of A − B + C = D."""

    a: Cell
    b: Cell
    c: Cell
    d: Cell

    def named(self) -> Mapping[str, Cell]:
        """By letter."""
        return {"A": self.a, "B": self.b, "C": self.c, "D": self.d}


def analogy_of(words: Sequence[str], values: Values, *, target: str | None = None) -> Analogy:
    """The analogy that three cells' words make; `target` names D where it does not follow."""
    if target is not None:
        cells = [cell_of(text, values) for text in (*words, target)]
        return Analogy(*cells)
    a, b, c = _completed([cell_of(text, values) for text in words], values)
    d = {}
    for name in a:
        if a[name] != b[name] != c[name]:
            raise ModelsError(
                f"what becomes of {name} does not follow: a and c both differ from b in it; name the outcome with --d"
            )
        d[name] = c[name] if a[name] == b[name] else a[name]
    return Analogy(a, b, c, d)


def cell_of(text: str, values: Values) -> dict[str, int]:
    """The attributes' values that words name.

    >>> cell_of("glasses+long", {"glasses": ("no", "yes"), "hair": ("short", "long")})
    {'glasses': 1, 'hair': 1}
    """
    if set(values) >= {"beard", "hair"}:
        text = "+".join(SHORTHANDS.get(word, word) for word in text.split("+"))
    known = vocabulary(values)
    cell: dict[str, int] = {}
    for word in text.split("+"):
        if word not in known:
            raise ModelsError(f"no attribute is called {word!r} (words: {', '.join(known)})")
        name, value = known[word]
        if cell.get(name, value) != value:
            raise ModelsError(f"{text!r} names two values of {name}")
        cell[name] = value
    return cell


def vocabulary(values: Values) -> dict[str, tuple[str, int]]:
    """Every word with the attribute and the position of its value."""
    known: dict[str, tuple[str, int]] = {}
    for name, options in values.items():
        words = (f"no-{name}", name) if options == _SWITCH else options
        known |= {word: (name, at) for at, word in enumerate(words)}
    return known


def said(cell: Cell, values: Values) -> str:
    """A cell in words.

    >>> said({"glasses": 0, "hair": 1}, {"glasses": ("no", "yes"), "hair": ("short", "long")})
    'no-glasses+long'
    """
    words = {at: word for word, at in vocabulary(values).items()}
    return "+".join(words[item] for item in cell.items())


def _completed(cells: Sequence[Mapping[str, int]], values: Values) -> list[dict[str, int]]:
    """The cells with all attributes that any of them names."""
    names = [name for name in values if any(name in cell for cell in cells)]
    for name in names:
        if values[name] != _SWITCH and not all(name in cell for cell in cells):
            raise ModelsError(f"{name} is named in some cells only: name it in a, b and c")
    return [{name: cell.get(name, 0) for name in names} for cell in cells]
