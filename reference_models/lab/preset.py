"""What a preset of the failure lab is: knobs, a run, a figure, numbers, three sentences, a score to beat.

A preset is one file in `reference_models/lab/presets/`: a frozen dataclass whose fields are the knobs of
`--set`, and that ends in `PRESET = …`. Its run is a pure function of the knobs and a seed. Sentences are made
of the numbers alone, so that they stay true whatever the knobs did. Claims say what the preset is meant to
show; `python -m benchmarks lab` counts over five seeds how often each holds, and `verdicts.json` keeps the counts.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Language = Literal["en", "ko"]
Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Said:
    """One text in both languages."""

    en: str
    ko: str

    def spoken(self, language: Language) -> str:
        """The text in one of them."""
        return self.ko if language == "ko" else self.en

    def __add__(self, more: "Said") -> "Said":
        """Both, one after the other."""
        return Said(self.en + more.en, self.ko + more.ko)


@dataclass(frozen=True)
class Claim:
    """Something the preset is meant to show, and whether the numbers of a run show it."""

    told: Said
    holds: Callable[[Numbers], bool]


@dataclass(frozen=True)
class Score:
    """The number to beat: which of the numbers, what it is, which direction is better."""

    key: str
    told: Said
    better: Literal["higher", "lower"]


@dataclass(frozen=True)
class Seen:
    """What a run ended in: the numbers, and all that the figure needs."""

    numbers: Numbers
    trail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset(ABC):
    """Fields are knobs."""

    title: ClassVar[Said]
    claims: ClassVar[Mapping[str, Claim]]
    score: ClassVar[Score]
    size: ClassVar[tuple[float, float]] = (10, 4)  # of the figure, in inches

    @abstractmethod
    def run(self, *, seed: int) -> Seen:
        """Train and measure."""

    @abstractmethod
    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """What was seen, why, and what cures it, as far as these numbers show it."""

    @abstractmethod
    def draw(self, seen: Seen, figure: "Figure") -> None:
        """Draw into an empty figure of `size`."""

    def held(self, numbers: Numbers) -> dict[str, bool]:
        """Which claims these numbers show."""
        return {name: bool(claim.holds(numbers)) for name, claim in self.claims.items()}


def ratio_told(value: float) -> str:
    """A factor, readable at any size.

    >>> ratio_told(3.14159), ratio_told(123.4), ratio_told(1234567.0)
    ('3.1', '123', '1.2e+06')
    """
    return f"{value:.1f}" if value < 100 else f"{value:.0f}" if value < 10_000 else f"{value:.1e}"
