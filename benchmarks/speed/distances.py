"""Fréchet distance and KID alone, on rows that are already there."""

import warnings
from typing import Any

import numpy as np

import ganeval
from benchmarks.speed.setting import Record, Setting, here_and_apart, record
from benchmarks.speed.sides import Job, Work, by_turns_apart

_HERE = "benchmarks.speed.distances"


def frechet(setting: Setting) -> Record:
    """From means and covariances of more rows than dimensions."""
    n, d = setting.size(5000, quick=300), setting.size(2048, quick=128)
    sides = _frechet_sides(setting, n=n, d=d)
    return record(f"Fréchet distance from moments, d = {d:,} (full rank, n = {n:,})", sides, **_told(sides))


def frechet_few(setting: Setting) -> Record:
    """From fewer rows than dimensions; pytorch-fid is given their mean and covariance, as it would make them."""
    n, d = setting.size(500, quick=60), setting.size(2048, quick=128)
    sides = _frechet_sides(setting, n=n, d=d)
    return record(f"Fréchet distance, n = {n:,} rows, d = {d:,}", sides, **_told(sides))


def frechet_interval(setting: Setting) -> Record:
    """With its interval, from rows, against the square root's form without one, from moments."""
    n, d = setting.size(5000, quick=300), setting.size(2048, quick=128)
    options = {"n": n, "d": d}
    jobs = {
        "ganeval": Job(f"{_HERE}:ganeval_frechet_interval", options),
        "pytorch-fid": Job(f"{_HERE}:pytorch_fid_frechet", options),
    }
    sides = here_and_apart(jobs, setting=setting)
    what = f"Fréchet distance with its interval, from n = {n:,} rows, d = {d:,}; pytorch-fid without, from moments"
    return record(what, sides, **_told(sides))


def kid(setting: Setting) -> Record:
    """The full statistic over all pairs against the published form, 100 subsets of 1,000."""
    n, d = setting.size(10_000, quick=1200), setting.size(2048, quick=64)
    jobs = {
        "ganeval": Job(f"{_HERE}:ganeval_kid", {"n": n, "d": d}),
        "torch-fidelity": Job(f"{_HERE}:torch_fidelity_kid", {"n": n, "d": d, "subsets": 5 if setting.quick else 100}),
    }
    sides = by_turns_apart(jobs, times=setting.times, progress=setting.progress)
    ours, theirs = sides["ganeval"]["answer"], sides["torch-fidelity"]["answer"]
    return record(
        f"KID, {n:,} × {d:,}: all pairs against torch-fidelity's 100 subsets of 1,000",
        sides,
        facts={"ganeval": ours, "torch_fidelity_mean": theirs[0], "torch_fidelity_deviation": theirs[1]},
        notes=[f"×10³: all pairs {1e3 * ours:.4f}; subsets {1e3 * theirs[0]:.4f} ± {1e3 * theirs[1]:.4f} over subsets"],
    )


def _frechet_sides(setting: Setting, *, n: int, d: int) -> dict[str, Record]:
    options = {"n": n, "d": d}
    jobs = {
        "ganeval": Job(f"{_HERE}:ganeval_frechet", options),
        "pytorch-fid": Job(f"{_HERE}:pytorch_fid_frechet", options),
    }
    return here_and_apart(jobs, setting=setting)


def _told(sides: dict[str, Record]) -> dict[str, Any]:
    ours, theirs = (side["answer"] for side in sides.values())
    if isinstance(theirs, str):
        return {"facts": {"ganeval": ours}, "notes": [f"pytorch-fid ends in an error, timed until then: {theirs}"]}
    gap = abs(ours - theirs) / abs(theirs)
    return {"facts": {"ganeval": ours, "pytorch_fid": theirs}, "notes": [f"the two answers differ by {gap:.0e}"]}


def ganeval_frechet(*, n: int, d: int) -> Work:
    """From moments when they have full rank, else from rows."""
    sides = real, fake = featurelike(n, d, seed=0), featurelike(n, d, seed=1)
    if n > d:
        index = np.arange(n, dtype=np.int64)
        sides = real, fake = [ganeval.Moments.of(index, rows) for rows in sides]
    return lambda: ganeval.frechet_distance(real, fake)


def ganeval_frechet_interval(*, n: int, d: int) -> Work:
    """Moments, distance, and everything that its interval needs."""
    from ganeval.core.estimate import IntervalSettings
    from ganeval.intervals.intervals import estimates
    from ganeval.metrics.fd import FrechetDistance

    index, metric = np.arange(n, dtype=np.int64), FrechetDistance()
    values = {role: featurelike(n, d, seed=seed) for seed, role in enumerate(metric.roles)}

    def work() -> float | None:
        sides = {role: ganeval.Rows.of(index, rows) for role, rows in values.items()}  # anew: rows keep their moments
        found = estimates(metric, sides, outcome=metric.outcome(**sides), intervals=IntervalSettings())["fd"]
        return found.value

    return work


def pytorch_fid_frechet(*, n: int, d: int) -> Work:
    """pytorch-fid's own function; the answer is its error where it ends in one."""
    from pytorch_fid.fid_score import calculate_frechet_distance

    moments: list[Any] = []
    for seed in (0, 1):
        rows = featurelike(n, d, seed=seed).astype(np.float64)
        moments += [rows.mean(axis=0), np.cov(rows, rowvar=False)]

    def work() -> float | str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scipy's, on the sqrtm call
            try:
                return float(calculate_frechet_distance(*moments))
            except ValueError as error:
                return str(error)

    return work


def ganeval_kid(*, n: int, d: int) -> Work:
    """All pairs."""
    real, fake = rectified(n, d, seed=0), rectified(n, d, seed=1)
    return lambda: ganeval.kid(real, fake)


def torch_fidelity_kid(*, n: int, d: int, subsets: int) -> Work:
    """Mean and deviation over subsets of 1,000."""
    import torch
    from torch_fidelity.metric_kid import kid_features_to_metric

    real, fake = (torch.from_numpy(rectified(n, d, seed=seed)) for seed in (0, 1))

    def work() -> list[float]:
        found = kid_features_to_metric(real, fake, kid_subsets=subsets, kid_subset_size=1000, verbose=False)
        return list(found.values())

    return work


def rectified(n: int, d: int, *, seed: int) -> np.ndarray:
    """float32 rows of independent normal numbers, negative ones made 0; odd seeds are wider by 2 %."""
    rows = np.random.default_rng(seed).standard_normal((n, d), dtype=np.float32)
    rows *= 1 + 0.02 * (seed % 2)
    return np.maximum(rows, 0, out=rows)


def featurelike(n: int, d: int, *, seed: int) -> np.ndarray:
    """Rectified rows whose variance falls off over directions, as features' does: about 1/i in the i-th."""
    turn = np.linalg.qr(np.random.default_rng(99).standard_normal((d, d)))[0].astype(np.float32)
    scale = np.sqrt(d / np.arange(1, d + 1) / np.log(d)).astype(np.float32)
    rows = np.random.default_rng(seed).standard_normal((n, d), dtype=np.float32) * scale
    return np.maximum((1 + 0.02 * (seed % 2)) * (rows @ turn.T) + 0.3, 0)
