"""Divergence: losses that are no longer numbers, or gradients that explode.

A loss that is NaN or infinite never comes back. Norms of the gradients, where the loop logs them as `G gradient` and `D
gradient`, are held against a number of the trade's folklore.
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import TrainingHistory


@final
@dataclass(frozen=True)
class Divergence(Diagnostic):
    """No number beyond floats, no gradient beyond `norm`.

    >>> from ganeval.training.training_history import Track
    >>> Divergence()(TrainingHistory({"G loss": Track((10, 20), (0.7, float("nan")))}))
    Finding(verdict='alarm', message='G loss is nan at step 20', since=20)
    """

    norm: Annotated[float, "The largest norm of a gradient, as the median of a twentieth of the log."] = 100.0

    remedy: ClassVar = (
        "go back to a sample before that step; lower the learning rates; bound D's slope (R1, spectral norm); in half "
        "precision look at the loss scale"
    )
    caveat: ClassVar = "gradient norms grow with the network: compare them with their own early values"
    basis: ClassVar = "convention"
    source: ClassVar = "ganhacks, 10 (Chintala, Denton, Arjovsky, Mathieu, 2016)"
    order: ClassVar = 10

    def __call__(self, training: TrainingHistory) -> Finding:
        """The first number that is none, else the first stretch with gradients too large."""
        if not training.signals:
            return unknown("needs a log of the training")
        lost = [
            (step, name, value)
            for name, track in training.signals.items()
            for step, value in zip(track.steps, track.values, strict=True)
            if not math.isfinite(value)
        ]
        if lost:
            step, name, value = min(lost, key=lambda one: one[0])
            return Finding("alarm", f"{name} is {value} at step {step:,}", step)
        norms = [
            (stretch, name)
            for name in ("G gradient", "D gradient")
            if name in training.signals
            for stretch in training.signals[name].stretches()
        ]
        for stretch, name in norms:
            if stretch.middle > self.norm:
                message = f"{name} has a median of {stretch.middle:.3g} from step {stretch.first:,} to {stretch.last:,}"
                return Finding("alarm", f"{message} (more than {self.norm:g})", stretch.first)
        largest = f", no gradient's norm beyond {max(s.middle for s, _ in norms):.3g}" if norms else ""
        return Finding("clear", f"every logged number is finite{largest}")


DIAGNOSTIC = Divergence
