"""D over-fits: it knows the training images by heart and takes other real ones for fakes.

r = (D(x) − D(held-out)) / (D(x) − D(G(z))), of medians over the last quarter of the log: 0 when held-out reals look
to D like training images, 1 when they look like fakes (r_v of Karras et al., 2020).
"""

from dataclasses import dataclass
from itertools import takewhile
from typing import Annotated, ClassVar, final

from ganeval.training.diagnostic import Diagnostic, Finding, unknown
from ganeval.training.training_history import Stretch, TrainingHistory


@final
@dataclass(frozen=True)
class OverfittedDiscriminator(Diagnostic):
    """An alarm when r is above `most`; where D hardly tells training images from fakes, r is noise, and not told.

    >>> from ganeval.training.training_history import Track
    >>> shown = {"D(x)": 0.9, "D(held-out)": 0.3, "D(G(z))": 0.1}
    >>> tracks = {name: Track((1,), (value,)) for name, value in shown.items()}
    >>> OverfittedDiscriminator()(TrainingHistory(tracks)).message
    'at the end D(x) is 0.90, D(held-out) 0.30, D(G(z)) 0.10: r = 0.75 (above 0.5)'
    """

    most: Annotated[float, "The largest r."] = 0.5
    gap: Annotated[float, "The least D(x) - D(G(z)) at which r means something."] = 0.05

    remedy: ClassVar = "more training images, or augment what D sees (adaptively: ADA); a smaller D; stop earlier"
    caveat: ClassVar = "held-out reals of another kind than the training's look like fakes to any D"
    basis: ClassVar = "convention"
    source: ClassVar = (
        "r_v of Karras et al., Training GANs with limited data, NeurIPS 2020; on digits r was 0.99 for 100 training "
        "images and at most 0.06 for 2,000"
    )
    order: ClassVar = 45

    def __call__(self, training: TrainingHistory) -> Finding:
        """r at the end, and since when it has been above the threshold."""
        names = ("D(x)", "D(held-out)", "D(G(z))")
        tracks = [track for name in names if (track := training.signals.get(name)) is not None and track.stretches()]
        if len(tracks) < len(names):
            return unknown("needs D(x), D(G(z)) and D(held-out), of reals that are not trained on, in the log")
        train, validation, fake = (track.late for track in tracks)
        message = f"at the end D(x) is {train:.2f}, D(held-out) {validation:.2f}, D(G(z)) {fake:.2f}"
        if train - fake < self.gap:
            return unknown(f"{message}: D hardly tells training images from fakes")
        r = (train - validation) / (train - fake)
        if r <= self.most:
            return Finding("clear", f"{message}: r = {r:.2f}")
        parts = reversed(list(zip(*(track.stretches() for track in tracks), strict=False)))
        since = [part[0].first for part in takewhile(self._over, parts)]
        return Finding("alarm", f"{message}: r = {r:.2f} (above {self.most:g})", since[-1] if since else None)

    def _over(self, part: tuple[Stretch, ...]) -> bool:
        train, validation, fake = (stretch.middle for stretch in part)
        return train - fake >= self.gap and train - validation > self.most * (train - fake)


DIAGNOSTIC = OverfittedDiscriminator
