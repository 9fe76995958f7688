"""D too weak: it takes fakes for real that are none, and the generator stops improving.

D(x) and D(G(z)) lie close together at the end, which a perfect generator brings about too, and one that is still
learning: hence the distance to the reals decides, which is far and no longer shrinks.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import TrainingHistory


@final
@dataclass(frozen=True)
class WeakDiscriminator(Diagnostic):
    """An alarm when D(x) − D(G(z)) is below `gap` at the end while the distance is `far` times its floor, and stays.

    >>> from ganeval.training.training_history import Reading, Scores, Track
    >>> fooled = {"D(x)": Track((1, 2), (0.5, 0.52)), "D(G(z))": Track((1, 2), (0.5, 0.5))}
    >>> kid = Scores("KID", "lower", "distance", (Reading(1, 0.2, 0.1, 0.3), Reading(2, 0.2, 0.1, 0.3)))
    >>> [WeakDiscriminator()(TrainingHistory(fooled, scores)).verdict for scores in ({"kid": kid}, {})]
    ['alarm', 'unknown']
    """

    gap: Annotated[float, "The least D(x) - D(G(z)), as medians of the last quarter of the log."] = 0.1
    far: Annotated[float, "How many times its floor a distance must be to be far."] = 2.0

    remedy: ClassVar = "a larger D, a higher d_rate, more updates of it (d_steps), less of a penalty on its slope"
    caveat: ClassVar = (
        "a D of least squares or hinge has no probabilities; a D that sees single images cannot see a lack of variety "
        "(packing shows it several at once)"
    )
    basis: ClassVar = "convention"
    source: ClassVar = "the equilibrium of Goodfellow et al., 2014: D = 1/2 everywhere, once G's images are the data's"
    order: ClassVar = 40

    def __call__(self, training: TrainingHistory) -> Finding:
        """What D thinks at the end, and how far the fakes are from the reals."""
        real, fake = training.signals.get("D(x)"), training.signals.get("D(G(z))")
        if real is None or fake is None or not (real.stretches() and fake.stretches()):
            return unknown("needs D(x) and D(G(z)) in the log")
        if not (0 <= real.late <= 1 and 0 <= fake.late <= 1):
            return unknown("D(x) and D(G(z)) are no probabilities: log the sigmoid of D's logits")
        message = f"at the end D(x) is {real.late:.2f} and D(G(z)) {fake.late:.2f}"
        if real.late - fake.late >= self.gap:
            return Finding("clear", f"{message}: D tells them apart")
        distance = training.distance
        if distance is None:
            return unknown(f"{message}, D cannot tell them apart: whether the fakes are that good needs reports")
        last = distance.readings[-1]
        if last.near(self.far):
            return Finding("clear", f"{message}, and rightly so: {distance.name} takes the fakes for real too")
        if distance.comes_nearer:
            return Finding("clear", f"{message}, and {distance.name} still comes nearer")
        floor = "" if last.floor is None else f", other reals have {last.floor:.3g}"
        message += f", but {distance.name} is {last.value:.3g} at step {last.step:,}{floor}, and comes no nearer"
        return Finding("alarm", message, distance.halfway.step)


DIAGNOSTIC = WeakDiscriminator
