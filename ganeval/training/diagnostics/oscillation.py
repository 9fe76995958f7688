"""Oscillation: the generator comes nearer to the reals and leaves them again, and does not settle.

A minimax game may circle for ever (Mescheder et al., 2018). Counted are the turns of the distance to the reals,
where it went up or down by more than the intervals explain. Losses are not looked at: in public logs their
swings foretold 3 of 16 collapses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import Reading, TrainingHistory


@final
@dataclass(frozen=True)
class Oscillation(Diagnostic):
    """An alarm at the third turn.

    >>> from ganeval.training.training_history import Scores
    >>> values = (9.0, 1.0, 5.0, 1.0, 5.0, 4.9)
    >>> readings = tuple(Reading(step, value, value - 1, value + 1) for step, value in enumerate(values))
    >>> Oscillation()(TrainingHistory(scores={"kid": Scores("KID", "lower", "distance", readings)}))
    Finding(verdict='alarm', message='KID turned 3 times beyond its intervals (down, up, down, up)', since=4)
    """

    turns: Annotated[int, "How many turns are too many."] = 3

    remedy: ClassVar = (
        "an average of G's weights (ema), R1 on D, lower learning rates, updates by turns and not at once, less "
        "momentum (beta1 = 0.5 or 0)"
    )
    caveat: ClassVar = "swings between two evaluations are not seen: evaluate more often; a cyclic schedule swings too"
    basis: ClassVar = "convention"
    source: ClassVar = "Mescheder, Geiger, Nowozin, ICML 2018; Yazici et al., ICLR 2019"
    order: ClassVar = 70

    def __call__(self, training: TrainingHistory) -> Finding:
        """The turns of the distance."""
        scores = training.distance
        if scores is None:
            return unknown("needs reports of two steps or more, with a distance")
        readings = [reading for reading in scores.readings if reading.low is not None]
        if len(readings) < self.turns + 2:
            return unknown(f"needs intervals at {self.turns + 2} steps or more, has {len(readings)}")
        moves = _moves(readings)
        turns = max(len(moves) - 1, 0)
        ways = ", ".join(way for way, _ in moves)
        message = f"{scores.name} turned {turns} time{'s' if turns != 1 else ''} beyond its intervals"
        message += f" ({ways})" if ways else ""
        return Finding("alarm", message, moves[self.turns][1]) if turns >= self.turns else Finding("clear", message)


DIAGNOSTIC = Oscillation


def _moves(readings: Sequence[Reading]) -> list[tuple[str, int]]:
    """Ways that the values went beyond intervals, `down` and `up` by turns, with the step that showed each."""
    lowest = highest = readings[0]
    moves: list[tuple[str, int]] = []
    for now in readings[1:]:
        way = moves[-1][0] if moves else None
        if now.value > lowest.value and now.beyond(lowest) and way != "up":
            moves.append(("up", now.step))
            lowest = highest = now
        elif now.value < highest.value and now.beyond(highest) and way != "down":
            moves.append(("down", now.step))
            lowest = highest = now
        lowest, highest = min(lowest, now, key=_value), max(highest, now, key=_value)
    return moves


def _value(reading: Reading) -> float:
    return reading.value
