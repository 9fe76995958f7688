"""What every case is given, and the record it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.speed.sides import Job, Progress, apart, by_turns

if TYPE_CHECKING:  # a child that needs no torch shall not load it
    from benchmarks.stand_in import StandIn

Record = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """One run of the benchmark: weights, a folder to write to, how much to do.

    `product` is the machine's matrix product in GFLOP/s, by route.
    """

    weights: "StandIn"
    weights_are: str
    folder: Path
    quick: bool
    large: bool
    product: Mapping[str, float]
    progress: Progress

    @property
    def times(self) -> int:
        """How often each side takes its turn."""
        return 1 if self.quick else 5

    def size(self, full: int, *, quick: int) -> int:
        """A number of images or rows."""
        return quick if self.quick else full


def record(
    what: str,
    sides: Mapping[str, Record],
    *,
    pairs: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> Record:
    """A case's record. `pairs` says which side stands against which: by itself, every other one against the first.

    A ratio is how many times as long as its base a side takes.
    """
    first, *others = sides
    pairs = dict.fromkeys(others, first) if pairs is None else pairs
    ratios = [
        {"side": name, "base": base, "times": round(sides[name]["median_s"] / sides[base]["median_s"], 3)}
        for name, base in pairs.items()
    ]
    kept = {name: {key: value for key, value in side.items() if key != "answer"} for name, side in sides.items()}
    return {"what": what, "sides": kept, "ratios": ratios, "facts": dict(facts or {}), "notes": list(notes)}


def here_and_apart(jobs: Mapping[str, Job], *, setting: Setting) -> dict[str, Record]:
    """Sides timed by turns in this process, with the peak memory of one run of each in its own."""
    sides = by_turns({name: job.here() for name, job in jobs.items()}, times=setting.times, progress=setting.progress)
    for name, job in jobs.items():
        told = apart(job)
        sides[name].update({key: told[key] for key in ("peak_mb", "before_mb", "work_peak_mb") if key in told})
    return sides
