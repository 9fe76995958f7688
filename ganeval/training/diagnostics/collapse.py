"""Mode collapse: few kinds of images, drawn well.

Counted where classes or clusters are (`modes`): fewer than other reals show, at the last two evaluations. Else by
recall and precision: a recall below half of what other reals have while the precision is above half of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import Reading, TrainingHistory


@final
@dataclass(frozen=True)
class Collapse(Diagnostic):
    """An alarm when the last two reports say that kinds are missing.

    >>> from ganeval.training.training_history import Scores
    >>> def read(name, *values):
    ...     readings = tuple(Reading(step, value, floor=0.8) for step, value in enumerate(values))
    ...     return Scores(name, "higher", "quality-diversity", readings)
    >>> both = {"precision": read("precision", 0.7, 0.7), "recall": read("recall", 0.2, 0.1)}
    >>> Collapse()(TrainingHistory(scores=both)).verdict
    'alarm'
    """

    share: Annotated[float, "What share of other reals' recall, or precision, is low."] = 0.5

    remedy: ClassVar = (
        "pack (D sees several images at once), R1 or spectral norm on D, lower learning rates, batch norm, a larger "
        "batch; `ganeval modes` says which kinds are missing"
    )
    caveat: ClassVar = (
        "noise can hit modes: a count without its reject rule is none; a generator that draws one image a mode has all "
        "modes (see recall); where all fakes are bad, nothing can be said of their kinds"
    )
    basis: ClassVar = "convention"
    source: ClassVar = "mode counts: Srivastava et al. (VEEGAN), 2017, Lin et al. (PacGAN), 2018"
    order: ClassVar = 50

    def __call__(self, training: TrainingHistory) -> Finding:
        """By modes where they were counted, else by recall and precision."""
        modes = training.first_of(["modes"])
        if modes is not None and all(reading.total for reading in modes.readings):
            return _by_modes(modes.readings)
        precision, recall = training.first_of(["precision"]), training.first_of(["recall"])
        if precision is None or recall is None:
            return unknown("needs reports of two steps or more, with modes, or with precision and recall")
        both = [
            (good, wide)
            for good in precision.readings
            for wide in recall.readings
            if good.step == wide.step and good.floor and wide.floor
        ]
        if len(both) < 2:
            return unknown("needs what other reals score (a floor) beside precision and recall")
        return self._by_shares(both)

    def _by_shares(self, both: list[tuple[Reading, Reading]]) -> Finding:
        shares = [(good.at_floor / (good.floor or 1), wide.at_floor / (wide.floor or 1)) for good, wide in both]
        good, wide = both[-1]
        message = (
            f"recall {wide.at_floor:.3f} where other reals have {wide.floor:.3f}, precision {good.at_floor:.3f} where "
            f"they have {good.floor:.3f}, at step {good.step:,}"
        )
        since = _lasting([quality >= self.share > variety for quality, variety in shares])
        if since is not None:
            return Finding("alarm", message, both[since][0].step)
        if shares[-1][0] < self.share:
            return unknown(f"{message}: fakes this bad have no kinds to count")
        return Finding("clear", message)


DIAGNOSTIC = Collapse


def _by_modes(readings: tuple[Reading, ...]) -> Finding:
    last = readings[-1]
    since = _lasting([_most(r) < _expected(r) for r in readings])
    among = "" if last.low is None or last.high is None else f" ({last.low:.0f} to {last.high:.0f})"
    message = f"{last.value:.0f} of {last.total} modes{among} at step {last.step:,}"
    if since is None:
        return Finding("clear", message)
    return Finding("alarm", f"{message}; some are missing since step {readings[since].step:,}", readings[since].step)


def _lasting(flags: Sequence[bool]) -> int | None:
    """Where the flags that are up at the end went up, if two or more are.

    >>> _lasting([True, False, True, True]), _lasting([True, True, False]), _lasting([False, True])
    (2, None, None)
    """
    up = len(list(takewhile(bool, reversed(flags))))
    return len(flags) - up if up > 1 else None


def _most(reading: Reading) -> float:
    """The largest number of modes that the images allow."""
    return reading.value if reading.high is None else reading.high


def _expected(reading: Reading) -> float:
    """How many modes there are to be found: as many as other reals show."""
    return reading.floor if reading.floor is not None else float(reading.total or 0)
