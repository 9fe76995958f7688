"""How smooth the way is from one sample to another, and whether its middle still looks real.

Frames lie at equal steps of t. `ppl` is the mean of (distance of two frames' features ÷ step)², after leaving out the
lowest and highest per cent (after Karras et al., CVPR 2019, who take steps of 10⁻⁴ on images that are not rounded;
8 bits would drown those, hence steps of 1/16). A generator that has collapsed has a perfect 0: so `detour` divides it
by the mean squared distance of the two ends, and 1 is a straight line at constant speed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reference_models.latent_space.cells import Seen
from reference_models.latent_space.decoder import Decoder
from reference_models.latent_space.latent import How, path, typical_norm

STEPS = 16


@dataclass(frozen=True)
class Smoothness:
    """Of paths of one kind. `norm` is the length of the middle latent, 1 being typical; `changes` of labels on the way.

    `speed_ratio` is the median over paths of the fastest step over the slowest; `needed` is the share of paths
    whose ends differ in a label, which is the least number of changes.
    """

    how: How
    norm: float
    ppl: float
    detour: float
    speed_ratio: float
    precision_ends: float
    precision_middle: float
    changes: float | None
    needed: float | None

    @property
    def drop(self) -> float:
        """By how much precision falls from the ends to the middle."""
        return self.precision_ends - self.precision_middle

    def told(self) -> dict[str, str]:
        """A row of a table."""
        changes = "-" if self.changes is None else f"{self.changes:.2f} (≥ {self.needed:.2f})"
        return {
            "path": self.how,
            "norm at ½": f"{self.norm:.2f}",
            "ppl": f"{self.ppl:.4g}",
            "detour": f"{self.detour:.2f}",
            "fastest ÷ slowest": f"{self.speed_ratio:.1f}",
            "precision, ends": f"{self.precision_ends:.3f}",
            "at ½": f"{self.precision_middle:.3f}",
            "label changes": changes,
        }


def smoothness(
    decoder: Decoder,
    look: Callable[[np.ndarray], Seen],
    *,
    how: How,
    precision: Callable[[np.ndarray], float],
    pairs: int = 200,
    seed: int = 0,
) -> Smoothness:
    """Judged on `pairs` paths between samples; the same ends for every kind of path."""
    ends = decoder.latents(2 * pairs, seed=seed)
    times = np.linspace(0, 1, STEPS + 1)
    latents = path(ends[::2], ends[1::2], t=times, how=how, prior=decoder.prior)
    seen = look(decoder.images(latents.reshape(-1, latents.shape[2])))
    features = seen.features.reshape(pairs, STEPS + 1, -1).astype(np.float64)
    steps = np.linalg.norm(np.diff(features, axis=1), axis=2)
    far = ((features[:, 0] - features[:, -1]) ** 2).sum(axis=1).mean()
    ppl = trimmed_mean((steps * STEPS) ** 2)
    labels = seen.labels().reshape(pairs, STEPS + 1, -1) if seen.probs else None
    tips = np.concatenate([features[:, 0], features[:, -1]]).astype(np.float32)
    return Smoothness(
        how=how,
        norm=float(np.linalg.norm(latents[:, STEPS // 2], axis=1).mean() / typical_norm(decoder.prior)),
        ppl=ppl,
        detour=float(ppl / far) if far > 0 else float("nan"),
        speed_ratio=float(np.median(steps.max(axis=1) / np.maximum(steps.min(axis=1), 1e-12))),
        precision_ends=precision(tips),
        precision_middle=precision(features[:, STEPS // 2].astype(np.float32)),
        changes=None if labels is None else float((np.diff(labels, axis=1) != 0).any(axis=2).sum(axis=1).mean()),
        needed=None if labels is None else float((labels[:, 0] != labels[:, -1]).any(axis=1).mean()),
    )


def trimmed_mean(values: np.ndarray) -> float:
    """The mean of what lies between the first and the last percentile.

    >>> trimmed_mean(np.array([0.0] + [1.0] * 198 + [1000.0]))
    1.0
    """
    low, high = np.quantile(values, [0.01, 0.99])
    return float(values[(values >= low) & (values <= high)].mean())
