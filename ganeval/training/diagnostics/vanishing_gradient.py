"""Vanishing gradients: D rejects every fake, and under the minimax loss G learns nothing any more.

With D = σ(logit) on a fake, the gradient of log(1 − D) is D / (1 − D) times that of −log D (Goodfellow et al., 2014):
where D(G(z)) is a hundredth, the minimax loss gives G a hundredth of what the non-saturating loss does.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import TrainingHistory


@final
@dataclass(frozen=True)
class VanishingGradient(Diagnostic):
    """An alarm when D(G(z)) is below `believed` at the end, or for long.

    >>> from ganeval.training.training_history import Track
    >>> VanishingGradient()(TrainingHistory({"D(G(z))": Track((100, 200), (0.3, 0.002))})).since
    200
    """

    believed: Annotated[float, "The least D(G(z)), as the median of a twentieth of the log."] = 0.01
    lasting: Annotated[float, "What share of the log it must last, unless it lasts to the end."] = 0.25

    remedy: ClassVar = (
        "the non-saturating loss (-log D(G(z))), or hinge; fewer or slower updates of D; R1 or spectral norm on D"
    )
    caveat: ClassVar = (
        "Adam divides a gradient by its size, so that a small one still moves G until it drowns in noise; under the "
        "non-saturating loss the alarm only says that D wins"
    )
    basis: ClassVar = "derived"
    source: ClassVar = "Goodfellow et al., 2014; Arjovsky and Bottou, ICLR 2017"
    order: ClassVar = 30

    def __call__(self, training: TrainingHistory) -> Finding:
        """The first stretch in which D believes in less than a share of the fakes."""
        track = training.signals.get("D(G(z))")
        stretches = [] if track is None else track.stretches()
        if not stretches:
            return unknown("needs D(G(z)) in the log")
        if not all(0 <= stretch.middle <= 1 for stretch in stretches):
            return unknown("D(G(z)) is no probability: log the sigmoid of D's logits")
        low = [stretch for stretch in stretches if stretch.middle < self.believed]
        if not low:
            least = min(stretches, key=lambda stretch: stretch.middle)
            return Finding("clear", f"D(G(z)) has no median below {least.middle:.2g} (step {least.first:,})")
        first, lasts = low[0], low[-1] is stretches[-1]
        message = f"D(G(z)) has a median of {first.middle:.2g} from step {first.first:,} to {first.last:,}"
        if not lasts and len(low) <= self.lasting * len(stretches):
            return Finding("clear", f"{message}, which passed")
        share = first.middle / (1 - first.middle)
        message += f" (below {self.believed:g}): under the minimax loss G's gradient is {100 * share:.2g}% of the "
        return Finding(
            "alarm", f"{message}non-saturating loss's{'' if lasts else '; no longer at the end'}", first.first
        )


DIAGNOSTIC = VanishingGradient
