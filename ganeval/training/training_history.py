"""The history of a training in numbers over steps: what the loop logs, and what reports said."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

Signal = Literal["loss", "D loss", "G loss", "D(x)", "D(G(z))", "D(held-out)", "D gradient", "G gradient"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
PARTS = 20


@dataclass(frozen=True)
class Track:
    """A logged number: `values` (t,), which may be NaN or infinite, at ascending `steps` (t,)."""

    steps: tuple[int, ...]
    values: tuple[float, ...]

    def stretches(self, parts: int = PARTS) -> list["Stretch"]:
        """Up to `parts` stretches of equally many entries, in order; entries that are not finite are left out.

        >>> Track((1, 2, 3, 4, 5), (1.0, 9.0, 2.0, 4.0, 6.0)).stretches(2)
        [Stretch(first=1, last=2, middle=5.0), Stretch(first=3, last=5, middle=4.0)]
        """
        known = [(step, value) for step, value in zip(self.steps, self.values, strict=True) if math.isfinite(value)]
        edges = [round(i * len(known) / parts) for i in range(parts + 1)]
        cut = [known[first:end] for first, end in pairwise(edges) if first < end]
        return [Stretch(part[0][0], part[-1][0], statistics.median(value for _, value in part)) for part in cut]

    @property
    def late(self) -> float:
        """The median of the last quarter."""
        return self.stretches(4)[-1].middle


@dataclass(frozen=True)
class Stretch:
    """A part of a log: its first and last step, and the median there."""

    first: int
    last: int
    middle: float


@dataclass(frozen=True)
class Reading:
    """A score at a step. `low` and `high` bracket it (None: no interval).

    `value` is the one without its bias where that is known, as the interval's is. `floor` is what other reals score,
    `beside` the fakes' score at the floor's number of images (None: the value). `total` is what a count is out of.
    """

    step: int
    value: float
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    beside: float | None = None
    total: int | None = None
    distinguishable: bool = True

    def near(self, times: float) -> bool:
        """Whether a distance is what other reals have: not told from it, or less than so many times their own."""
        return not self.distinguishable or (self.floor is not None and self.at_floor < times * abs(self.floor))

    @property
    def at_floor(self) -> float:
        """What may be held against the floor."""
        return self.value if self.beside is None else self.beside

    def beyond(self, other: "Reading") -> bool | None:
        """Whether the two intervals have no value in common; None without both."""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return None
        return self.low > other.high or self.high < other.low


@dataclass(frozen=True)
class Scores:
    """The readings of one score, by ascending step: what to call it, which direction is better, its table group."""

    name: str
    better: Literal["lower", "higher"]
    group: str
    readings: tuple[Reading, ...]

    @property
    def best(self) -> Reading:
        """The best reading, the earliest of equals."""
        sign = 1 if self.better == "lower" else -1
        return min(self.readings, key=lambda reading: sign * reading.value)

    @property
    def halfway(self) -> Reading:
        """The reading in the middle."""
        return self.readings[(len(self.readings) - 1) // 2]

    @property
    def comes_nearer(self) -> bool:
        """Whether a distance is smaller at the end than halfway: beyond intervals, or by a tenth without them."""
        half, last = self.halfway, self.readings[-1]
        apart = half.beyond(last)
        return last.value < half.value and (last.value < 0.9 * half.value if apart is None else apart)


@dataclass(frozen=True)
class TrainingHistory:
    """Signals of the loop by name, scores by key; `looked` are the steps at which copies were looked for.

    `copying` holds (step, why) where they were found.
    """

    signals: Mapping[Signal, Track] = field(default_factory=dict)
    scores: Mapping[str, Scores] = field(default_factory=dict)
    looked: tuple[int, ...] = ()
    copying: tuple[tuple[int, str], ...] = ()

    def first_of(self, keys: Sequence[str]) -> Scores | None:
        """The first of these scores that was read at least twice."""
        scores = [self.scores[key] for key in keys if key in self.scores and len(self.scores[key].readings) > 1]
        return scores[0] if scores else None

    @property
    def distance(self) -> Scores | None:
        """The distance to the reals that was read most often: KID, then a Fréchet distance, then any."""
        liked = ("kid", "fid", "fd", "energy")
        others = [key for key, scores in self.scores.items() if scores.group == "distance" and key not in liked]
        return self.first_of([*liked, *others])
