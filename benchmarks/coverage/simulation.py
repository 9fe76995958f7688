"""How often the interval of a cell holds the truth."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from benchmarks.coverage.cells import Cell
from benchmarks.coverage.laws import Law, pair
from ganeval.core.estimate import Estimate, IntervalSettings
from ganeval.core.rows import Rows, Statistic
from ganeval.intervals.intervals import estimates
from ganeval.metrics._mixtures import HIGH_QUALITY, MIXTURES
from ganeval.metrics.base import Metric
from ganeval.metrics.density_coverage import DensityCoverage
from ganeval.metrics.energy_distance import EnergyDistance
from ganeval.metrics.fd import FrechetDistance
from ganeval.metrics.inception_score import InceptionScore
from ganeval.metrics.kid import KernelInceptionDistance
from ganeval.metrics.modes import Modes
from ganeval.metrics.precision_recall import PrecisionRecall
from ganeval.numerics.frechet import frechet_distance

LEVEL = 0.95
_Z = 1.959964
METRICS: Mapping[str, tuple[Metric, ...]] = {
    "fd": (FrechetDistance(),),
    "kid": (KernelInceptionDistance(),),
    "energy": (EnergyDistance(),),
    "prdc": (PrecisionRecall(), DensityCoverage()),
    "is": (InceptionScore(),),
}


def measured(cell: Cell, *, repetitions: int | None = None) -> dict[str, Any]:
    """By score: the truth, the share of intervals given, their coverage, and their width against the true one."""
    truth = _truth(cell)
    found: dict[str, list[Estimate]] = {key: [] for key in truth}
    for repetition in range(repetitions or cell.repetitions):
        sides = _sides(cell, _rng(cell, repetition))
        for metric in _metrics(cell):
            for key, estimate in _estimated(cell, metric, sides).items():
                if key in found:
                    found[key].append(estimate)
    return {key: summary(found[key], value) for key, value in truth.items()}


def summary(found: Iterable[Estimate], truth: float) -> dict[str, Any]:
    """Coverage among the intervals that were given; `ratio` is the mean half-width over 1.96 true deviations."""
    kept = list(found)
    given = [e for e in kept if e.low is not None and e.high is not None]
    bounds = np.array([(e.low, e.high) for e in given], float).reshape(-1, 2)
    below, above = int((bounds[:, 1] < truth - 1e-12).sum()), int((bounds[:, 0] > truth + 1e-12).sum())
    centres = np.array([e.value if e.corrected is None else e.corrected for e in (given or kept)], float)
    half = float(np.mean(bounds[:, 1] - bounds[:, 0])) / 2 if given else None
    deviation = float(centres.std())
    tested = [e.p_value for e in kept if e.p_value is not None]
    return {
        "truth": round(truth, 6),
        "repetitions": len(kept),
        "given": len(given),
        "below": below,
        "above": above,
        "bias": round(float(centres.mean()) - truth, 6),
        "ratio": round(float(half) / (_Z * deviation), 3) if half is not None and deviation > 0 else None,
        "rejected": round(float(np.mean(np.array(tested) <= 0.05)), 4) if tested else None,
    }


def _estimated(cell: Cell, metric: Metric, sides: Mapping[str, Statistic]) -> dict[str, Estimate]:
    given = {role: sides[role] for role in metric.roles}
    fixed = frozenset({"real"} if cell.real is None else ())
    return estimates(metric, given, outcome=metric.outcome(**given), intervals=IntervalSettings(LEVEL, 0, fixed))


def _metrics(cell: Cell) -> tuple[Metric, ...]:
    return (Modes(mixture=cell.law),) if cell.kind == "modes" else METRICS[cell.kind]  # pyright: ignore[reportArgumentType]


def _rng(cell: Cell, repetition: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(cell.key.encode()), repetition])


def _rows(values: np.ndarray) -> Rows:
    return Rows.of(np.arange(len(values), dtype=np.int64), values.astype(np.float32))


def _sides(cell: Cell, rng: np.random.Generator) -> dict[str, Statistic]:
    if cell.kind == "modes":
        return {"fake": _rows(thinned_points(cell, cell.fake, rng))}
    if cell.kind == "is":
        return {"fake": _rows(class_probabilities(cell.fake, cell.d, rng))}
    real, fake = _laws(cell)
    made: dict[str, Statistic] = {"fake": _rows(fake.draw(cell.fake, rng))}
    if cell.real is not None:
        return {"real": _rows(real.draw(cell.real, rng)), **made}
    if cell.kind == "fd":
        return {"real": real.moments, **made}
    return {"real": _population(real), **made}


def _population(real: Law) -> Rows:
    """Rows that are all there is."""
    return _rows(real.draw(500, np.random.default_rng(0)))


def _laws(cell: Cell) -> tuple[Law, Law]:
    real, other = pair(cell.law, cell.d)
    return real, other if cell.off else real


def _truth(cell: Cell) -> dict[str, float]:
    """What the intervals should hold; for precision and its kin, and IS, the mean of fresh draws at the same n."""
    if cell.kind == "modes":
        return _truth_of_modes(cell)
    if cell.kind in ("prdc", "is"):
        drawn = [_scored(cell, _rng(cell, 10**6 + i)) for i in range(cell.truths)]
        return {key: float(np.mean([scores[key] for scores in drawn])) for key in drawn[0]}
    real, fake = _laws(cell)
    if cell.kind == "fd":
        return {"fd": frechet_distance(real.moments, fake.moments) if cell.off else 0.0}
    if not cell.off and cell.real is not None:
        return {cell.kind: 0.0}
    return {cell.kind: _truth_of_pairs(cell, real, fake)}


def _scored(cell: Cell, rng: np.random.Generator) -> dict[str, float]:
    sides = _sides(cell, rng)
    found: dict[str, float] = {}
    for metric in _metrics(cell):
        scores = metric(**{role: sides[role] for role in metric.roles})
        found |= {key: value for key, value in scores.items() if value is not None}
    return found


def _truth_of_pairs(cell: Cell, real: Law, fake: Law) -> float:
    """The mean of the unbiased score over fresh rows."""
    rng, found = _rng(cell, 10**6), list[float | None]()
    (metric,) = METRICS[cell.kind]
    for _ in range(40):
        reals = _population(real) if cell.real is None else _rows(real.draw(2000, rng))
        found.append(metric(real=reals, fake=_rows(fake.draw(2000, rng)))[cell.kind])
    return float(np.mean(np.array(found, float)))


def thinned_points(cell: Cell, n: int, rng: np.random.Generator) -> np.ndarray:
    """A sampler of a mixture; off: one mode is never drawn, one at a fifth of its share, and 5 % is noise."""
    mixture = MIXTURES[cell.law]  # pyright: ignore[reportArgumentType]
    points = mixture.centres[rng.choice(len(mixture.centres), n, p=_weights(cell))]
    points = points + mixture.sigma * rng.standard_normal((n, 2))
    noisy = rng.random(n) < (0.05 if cell.off else 0.0)
    return np.where(noisy[:, None], mixture.box + 1.0, points)  # far from every mode


def _weights(cell: Cell) -> np.ndarray:
    weights = np.ones(len(MIXTURES[cell.law].centres))  # pyright: ignore[reportArgumentType]
    if cell.off:
        weights[:3] = 0.0, 0.15, 0.4
    return weights / weights.sum()


def _truth_of_modes(cell: Cell) -> dict[str, float]:
    """The share within three σ; the modes whose share reaches τ of the fair one; Σ p log(p/q) of what is within."""
    weights, within = _weights(cell), 1 - float(np.exp(-(HIGH_QUALITY**2) / 2))
    recognisable = within * (0.95 if cell.off else 1.0)
    drawn = weights[weights > 0]
    return {
        "recognisable": recognisable,
        "modes": float((recognisable * weights >= Modes.tau / len(weights)).sum()),
        "reverse_kl": float(drawn @ np.log(drawn * len(weights))),
    }


def class_probabilities(n: int, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Softmax rows of more or less sure predictions; classes become rarer linearly."""
    logits = 1.5 * rng.standard_normal((n, classes))
    shares = np.arange(1, classes + 1) / (classes * (classes + 1) / 2)
    logits[np.arange(n), rng.choice(classes, n, p=shares)] += 4 * rng.random(n)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
