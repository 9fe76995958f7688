"""Precision, recall, density and coverage together against the package prdc, on the same rows."""

from typing import Literal

import numpy as np

import ganeval
from benchmarks.speed.distances import rectified
from benchmarks.speed.setting import Record, Setting, record
from benchmarks.speed.sides import Job, Work, by_turns_apart

_HERE = "benchmarks.speed.neighbours"
_KEYS = ("precision", "recall", "density", "coverage")
_METRICS = ("precision-recall:k=5,ball=open", "density-coverage:k=5,ball=open")


def prdc(setting: Setting) -> Record:
    """Both with 5 neighbours and open balls, which are prdc's; every run in a process of its own."""
    n, d = setting.size(10_000, quick=1000), setting.size(2048, quick=64)
    options = {"n": n, "d": d}
    jobs = {
        "ganeval": Job(f"{_HERE}:ganeval_prdc", options),
        "prdc": Job(f"{_HERE}:their_prdc", options),
        "ganeval, with intervals and floors": Job(f"{_HERE}:ganeval_prdc", {**options, "interval": "on"}),
    }
    sides = by_turns_apart(jobs, times=setting.times, progress=setting.progress)
    ours, theirs = (sides[name]["answer"] for name in ("ganeval", "prdc"))
    product = 4 * n * n * d / setting.product["float32"] / 1e9
    gap = max(abs(ours[key] - theirs[key]) for key in _KEYS)
    equal = "the four answers are identical" if gap < 1e-12 else f"the largest difference of the four answers is {gap}"
    return record(
        f"precision, recall, density, coverage: {n:,} × {d:,}",
        sides,
        facts={"ganeval": ours, "prdc": theirs, "largest_difference": gap},
        notes=[equal, f"the matrix products alone would take {product:.2g} s at this machine's best"],
    )


def prdc_large(setting: Setting) -> Record | None:
    """ganeval alone, at the size of a full evaluation; only with --large."""
    if not setting.large:
        return None
    n, d = setting.size(50_000, quick=2000), setting.size(2048, quick=64)
    job = Job(f"{_HERE}:ganeval_prdc", {"n": n, "d": d})
    sides = by_turns_apart({"ganeval": job}, times=1, warm_up=False, progress=setting.progress)
    return record(
        f"precision, recall, density, coverage: {n:,} × {d:,}, ganeval alone",
        sides,
        facts={"ganeval": sides["ganeval"]["answer"]},
        notes=["run once"],
    )


def ganeval_prdc(*, n: int, d: int, interval: Literal["on", "off"] = "off") -> Work:
    """One evaluation of both metrics, from rows; the numbers alone, or with their intervals and floors."""
    real, fake = rectified(n, d, seed=0), rectified(n, d, seed=1)

    def work() -> dict[str, float]:
        report = ganeval.evaluate(real, fake, metrics=_METRICS, extractor="features", interval=interval)
        values = {result.key.partition(":")[0]: result.value for result in report.results}
        return {key: float(values[key] or 0) for key in _KEYS}

    ganeval.evaluate(real[:50], fake[:50], metrics=_METRICS, extractor="features")  # what is loaded at the first call
    return work


def their_prdc(*, n: int, d: int) -> Work:
    """prdc's one function."""
    from prdc import compute_prdc

    real, fake = rectified(n, d, seed=0), rectified(n, d, seed=1)

    def work() -> dict[str, float]:
        found = compute_prdc(real, fake, nearest_k=5)
        return {key: float(np.float64(found[key])) for key in _KEYS}

    compute_prdc(real[:50], fake[:50], nearest_k=5)  # as above
    return work
