"""Memorisation: the fakes are copies of training images.

Reports look for copies (metric `copying`) and at distances that lie below what other reals have; the first such
alarm is told.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import TrainingHistory


@final
@dataclass(frozen=True)
class Memorisation(Diagnostic):
    """An alarm when a report has one.

    >>> Memorisation()(TrainingHistory(looked=(1, 2), copying=((2, "61 of 100 fakes are near copies"),)))
    Finding(verdict='alarm', message='61 of 100 fakes are near copies (step 2)', since=2)
    """

    remedy: ClassVar = "more training images, augmentation of what D sees, fewer steps, a smaller network"
    caveat: ClassVar = (
        "without the training images (`train=`) copies of the reference are looked for, which may be others; "
        "near-duplicates among the reals raise it too"
    )
    basis: ClassVar = "derived"
    source: ClassVar = "Meehan, Chaudhuri, Dasgupta, AISTATS 2020; see `ganeval explain copying`"
    order: ClassVar = 90

    def __call__(self, training: TrainingHistory) -> Finding:
        """The first alarm."""
        if not training.looked:
            return unknown("needs reports with the metric copying, or with floors")
        if not training.copying:
            return Finding("clear", f"no report of {len(training.looked)} found copies")
        step, why = training.copying[0]
        return Finding("alarm", f"{why} (step {step:,})", step)


DIAGNOSTIC = Memorisation
