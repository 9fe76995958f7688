"""Past its best: the last step is worse than an earlier one, beyond what the images' number explains.

The distance to the reals (KID if it was read) at its best step against the last: their intervals have no value in
common, or without intervals the last is half as much again.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import TrainingHistory


@final
@dataclass(frozen=True)
class PastBest(Diagnostic):
    """An alarm when the best step lies behind.

    >>> from ganeval.training.training_history import Reading, Scores
    >>> readings = (Reading(1, 0.9, 0.8, 1.0), Reading(2, 0.2, 0.1, 0.3), Reading(3, 0.6, 0.5, 0.7))
    >>> PastBest()(TrainingHistory(scores={"kid": Scores("KID", "lower", "distance", readings)}))
    Finding(verdict='alarm', message='KID was 0.2 at step 2 and is 0.6 at step 3: 3 times as much', since=2)
    """

    times: Annotated[float, "How many times the best the last is, where there are no intervals."] = 1.5

    remedy: ClassVar = (
        "keep the best step's weights, chosen on one set of reals and judged on another; an average of G's weights; a "
        "learning rate that falls"
    )
    caveat: ClassVar = (
        "the best of many steps was lucky too: judge it by fresh images (`ganeval compare`) before claiming anything"
    )
    basis: ClassVar = "calibrated"
    source: ClassVar = "19 of 64 logs of PyTorch-StudioGAN ended at more than 1.5 times their best FID"
    order: ClassVar = 80

    def __call__(self, training: TrainingHistory) -> Finding:
        """The best step against the last."""
        scores = training.distance
        if scores is None:
            return unknown("needs reports of two steps or more, with a distance")
        best, last = scores.best, scores.readings[-1]
        message = (
            f"{scores.name} was {best.value:.3g} at step {best.step:,} and is {last.value:.3g} at step {last.step:,}"
        )
        if best is last:
            return Finding("clear", f"{scores.name} is best at the last step, {last.value:.3g}")
        apart = best.beyond(last)
        if not (last.value > self.times * best.value if apart is None else apart):
            return Finding("clear", f"{message}: not told apart")
        ratio = f": {last.value / best.value:.2g} times as much" if best.value > 0 else ""
        return Finding("alarm", message + ratio, best.step)


DIAGNOSTIC = PastBest
