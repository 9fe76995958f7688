"""D too strong: the discriminator is always right, and its loss tells the generator nothing more.

The median of D's loss over a twentieth of the log, for losses that end at 0 when D is right: cross entropy,
hinge, least squares.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import TrainingHistory


@final
@dataclass(frozen=True)
class StrongDiscriminator(Diagnostic):
    """An alarm when D's loss stays below `loss`.

    >>> from ganeval.training.training_history import Track
    >>> StrongDiscriminator()(TrainingHistory({"D loss": Track((100, 200, 300), (0.7, 0.2, 0.004))}))
    Finding(verdict='alarm', message='D loss has a median of 0.004 from step 300 to 300 (below 0.01)', since=300)
    """

    loss: Annotated[float, "The least loss of D, as the median of a twentieth of the log."] = 0.01

    remedy: ClassVar = (
        "fewer or slower updates of D (d_steps, d_rate), bound its slope (R1, spectral norm), show it noisy or "
        "augmented images; collect more training images if D knows them by heart"
    )
    caveat: ClassVar = (
        "it also fires while the fakes still improve: look at the distance; healthy runs of large networks come as "
        "low as 0.015; Wasserstein losses mean something else"
    )
    basis: ClassVar = "calibrated"
    source: ClassVar = (
        "51 logs of PyTorch-StudioGAN (Kang, Shin, Park, 2023): all 10 runs below 0.01 collapsed, of 16 that collapsed "
        "10 were below"
    )
    order: ClassVar = 20

    def __call__(self, training: TrainingHistory) -> Finding:
        """The first stretch below the threshold."""
        track = training.signals.get("D loss")
        stretches = [] if track is None else track.stretches()
        if not stretches:
            return unknown("needs D loss in the log")
        if min(stretch.middle for stretch in stretches) < 0:
            return unknown("D loss is negative: not a cross entropy, hinge or least-squares loss")
        low = [stretch for stretch in stretches if stretch.middle < self.loss]
        if not low:
            least = min(stretches, key=lambda stretch: stretch.middle)
            return Finding("clear", f"D loss has no median below {least.middle:.3g} (step {least.first:,})")
        message = f"D loss has a median of {low[0].middle:.3g} from step {low[0].first:,} to {low[0].last:,}"
        over = "" if low[-1] is stretches[-1] else "; no longer at the end"
        return Finding("alarm", f"{message} (below {self.loss:g}){over}", low[0].first)


DIAGNOSTIC = StrongDiscriminator
