"""Recall falls: what the generator could draw before it no longer draws.

The earliest known warning of a collapse among public training logs: recall (else clipped coverage, else coverage) a
tenth below its best so far, and by more than both intervals explain.
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import Reading, TrainingHistory

_KEYS = ("recall", "clipped_coverage", "coverage")


@final
@dataclass(frozen=True)
class RecallDrop(Diagnostic):
    """An alarm at the first reading `drop` below the best before it.

    >>> from ganeval.training.training_history import Scores
    >>> readings = tuple(Reading(step, value) for step, value in ((1, 0.5), (2, 0.62), (3, 0.55), (4, 0.40)))
    >>> RecallDrop()(TrainingHistory(scores={"recall": Scores("recall", "higher", "quality-diversity", readings)}))
    Finding(verdict='alarm', message='recall fell from 0.620 at step 2 to 0.400 at step 4, and ends at 0.400', since=4)
    """

    drop: Annotated[float, "How far below its best so far."] = 0.10

    remedy: ClassVar = (
        "take the best step before it; then lower the learning rates, pack (D sees several images at once), R1 or "
        "spectral norm, batch norm in both networks, an average of G's weights"
    )
    caveat: ClassVar = (
        "a recall that never rose cannot fall (see collapse); it shares its features with the distances, so the two "
        "agree too easily"
    )
    basis: ClassVar = "calibrated"
    source: ClassVar = (
        "56 logs of PyTorch-StudioGAN: of 18 that collapsed 17 showed it, of 39 that did not none (F8 as recall)"
    )
    order: ClassVar = 60

    def __call__(self, training: TrainingHistory) -> Finding:
        """The first fall that is deep enough."""
        scores = training.first_of(_KEYS)
        if scores is None:
            return unknown(f"needs reports of two steps or more, with {_KEYS[0]}")
        best = scores.readings[0]
        deepest = 0.0
        for now in scores.readings[1:]:
            fall = best.value - now.value
            deepest = max(deepest, fall)
            if fall >= self.drop and fall > _noise(best, now):
                message = (
                    f"{scores.name} fell from {best.value:.3f} at step {best.step:,} to {now.value:.3f} at step "
                    f"{now.step:,}, and ends at {scores.readings[-1].value:.3f}"
                )
                return Finding("alarm", message, now.step)
            best = max(best, now, key=lambda reading: reading.value)
        return Finding("clear", f"{scores.name} never fell {self.drop:g} below its best so far (at most {deepest:.3f})")


DIAGNOSTIC = RecallDrop


def _noise(one: Reading, other: Reading) -> float:
    """Half the width of an interval of their difference; 0 without intervals."""
    widths = [(r.high - r.low) / 2 for r in (one, other) if r.low is not None and r.high is not None]
    return math.hypot(*widths) if len(widths) == 2 else 0.0
