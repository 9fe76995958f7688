"""Stalled: far from the reals, and no longer coming nearer.

The distance to the reals at the end is no better than halfway through the evaluations, beyond intervals, while other
reals are much closer. More steps of the same will not help.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import TrainingHistory


@final
@dataclass(frozen=True)
class Stalled(Diagnostic):
    """An alarm when the second half of the evaluations brought nothing.

    >>> from ganeval.training.training_history import Reading, Scores
    >>> readings = tuple(Reading(step, v, v - 1, v + 1) for step, v in ((1, 30.0), (2, 20.0), (3, 20.5), (4, 19.5)))
    >>> Stalled()(TrainingHistory(scores={"kid": Scores("KID", "lower", "distance", readings)}))
    Finding(verdict='alarm', message='KID was 20 at step 2 and is 19.5 at step 4: no nearer', since=2)
    """

    far: Annotated[float, "How many times other reals' distance is far."] = 2.0

    remedy: ClassVar = (
        "change something: the balance of D and G, learning rates, loss, width; what D(x), D(G(z)) and the other "
        "diagnostics say tells which"
    )
    caveat: ClassVar = (
        "a plateau may end; a learning rate that falls may bring more; with few images intervals are wide"
    )
    basis: ClassVar = "convention"
    source: ClassVar = "the intervals of the distance"
    order: ClassVar = 75

    def __call__(self, training: TrainingHistory) -> Finding:
        """The reading halfway against the last."""
        scores = training.distance
        if scores is None:
            return unknown("needs reports of two steps or more, with a distance")
        half, last = scores.halfway, scores.readings[-1]
        message = (
            f"{scores.name} was {half.value:.3g} at step {half.step:,} and is {last.value:.3g} at step {last.step:,}"
        )
        if last.near(self.far):
            return Finding("clear", f"{message}: about what other reals have")
        if scores.comes_nearer:
            return Finding("clear", f"{message}: still coming nearer")
        return Finding("alarm", f"{message}: no nearer", half.step)


DIAGNOSTIC = Stalled
