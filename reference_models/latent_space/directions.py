"""Directions in latent space along which one attribute changes, found by regression.

Every attribute (the log-odds of its value, cut at ±5) and every measure is predicted linearly from samples' latents;
`r2` is judged on samples that the regression has not seen. A sharp threshold on a direction of normal latents has R²
2/π = 0.64 at most. Other samples are then moved by −3 … 3 standard deviations of the prior along each direction:
`monotony` is the mean rank correlation of position and measure, `change` the mean change from one end to the
other in standard deviations of the measure, `leakage` the largest such change of anything else, divided by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from reference_models.errors import ModelsError
from reference_models.latent_space.cells import Seen, Values
from reference_models.latent_space.decoder import Decoder
from reference_models.latent_space.latent import Fit, ridge

POSITIONS = np.arange(-3.0, 4.0)
_MOST = 5.0


@dataclass(frozen=True)
class Direction:
    """What moving along one direction does; `into` names what changes most besides."""

    name: str
    vector: np.ndarray
    r2: float
    monotony: float
    change: float
    leakage: float
    into: str

    def told(self) -> dict[str, str]:
        """A row of a table."""
        return {
            "attribute": self.name,
            "R²": f"{self.r2:.2f}",
            "monotony": f"{self.monotony:.2f}",
            "change in sd": f"{self.change:+.2f}",
            "leakage": f"{self.leakage:.2f}",
            "into": self.into,
        }


def directions(
    decoder: Decoder,
    look: Callable[[np.ndarray], Seen],
    *,
    values: Values,
    n: int = 5000,
    moved: int = 100,
    seed: int = 0,
) -> list[Direction]:
    """One for each value of an attribute (of `no` and `yes` for `yes`) and each measure, the best predicted first."""
    latents = decoder.latents(n + moved, seed=seed).astype(np.float64)
    columns = quantities(look(decoder.images(latents)), values)
    columns = {name: column for name, column in columns.items() if column[:n].std() > 1e-6}
    if not columns:
        raise ModelsError("all samples look alike to the classifier: there is nothing to find a direction for")
    names, table = list(columns), np.stack(list(columns.values()), axis=1)
    half = n // 2
    spread = float(latents.std())
    fit = ridge(latents[:half] / spread, table[:half])
    r2 = fit.explained(latents[half:n] / spread, table[half:n])
    found = []
    for at, name in enumerate(names):
        vector = fit.direction(at)
        path = latents[n:, None] + spread * POSITIONS[:, None] * vector
        seen = quantities(look(decoder.images(path.reshape(-1, latents.shape[1]))), values)
        along = np.stack([seen[key].reshape(moved, len(POSITIONS)) for key in names], axis=2)
        found.append(_direction(name, names, along, fit, vector=vector, r2=float(r2[at])))
    return sorted(found, key=lambda each: -each.r2)


def quantities(seen: Seen, values: Values) -> Mapping[str, np.ndarray]:
    """By name what a direction is sought for: log-odds of attributes that come as probabilities, and measures."""
    found: dict[str, np.ndarray] = {}
    for name, probs in seen.probs.items():
        if set(np.unique(probs)) <= {0.0, 1.0}:
            continue  # thresholds on a measure, which comes itself
        odds = np.log(np.clip(probs, 1e-9, 1)) - np.log(np.clip(1 - probs, 1e-9, 1))
        switch = values[name] == ("no", "yes")
        for at, value in enumerate(values[name]):
            if not (switch and at == 0):
                found[name if switch else f"{name}: {value}"] = np.clip(odds[:, at], -_MOST, _MOST)
    return found | dict(seen.measures)


def _direction(name: str, names: list[str], along: np.ndarray, fit: Fit, *, vector: np.ndarray, r2: float) -> Direction:
    at = names.index(name)
    change = (along[:, -1] - along[:, 0]).mean(axis=0) / fit.spreads
    others = [i for i, other in enumerate(names) if other.partition(":")[0] != name.partition(":")[0]]
    worst = max(others, key=lambda i: abs(change[i]), default=None)
    leak = 0.0 if worst is None else float(abs(change[worst]) / max(abs(change[at]), 1e-12))
    return Direction(
        name=name,
        vector=vector,
        r2=r2,
        monotony=monotony(along[:, :, at]),
        change=float(change[at]),
        leakage=leak,
        into="" if worst is None else names[worst],
    )


def monotony(along: np.ndarray) -> float:
    """The mean over rows (n, m) of the rank correlation of a row with its positions; constant rows count 0.

    >>> round(monotony(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])), 6)
    0.5
    """
    ranks = rankdata(along, axis=1) - (along.shape[1] + 1) / 2
    steps = np.arange(along.shape[1]) - (along.shape[1] - 1) / 2
    length = np.linalg.norm(ranks, axis=1) * np.linalg.norm(steps)
    return float(np.divide(ranks @ steps, length, out=np.zeros(len(ranks)), where=length > 0).mean())
