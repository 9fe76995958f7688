"""How often sides are taken for dependent: copies, noise, halves of one set: `python -m benchmarks dependence`.

Draws from MNIST-5k, Fashion-MNIST's test images and scikit-learn's digits, as pixels and as features. Of independent
sides none may be taken for dependent, of copies all.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "dependence.json"
DOCUMENT = ROOT / "docs" / "coverage.md"
NOTHING = "Not measured here yet: `python -m benchmarks dependence`.\n"
SIZES = (50, 200, 800, 2000)
INDEPENDENT, DEPENDENT = 60, 6  # repetitions
COSTS = ((2000, 256), (10_000, 2048))
_LARGE = 5000  # from here on two intervals are timed, once

Rows = np.ndarray
Sides = tuple[Rows, Rows]


def halves(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
    """n rows and n others."""
    order = rng.permutation(len(rows))
    return rows[order[:n]], rows[order[n : 2 * n]]


def few_fakes(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
    """n rows and half as many others."""
    real, fake = halves(rows, n, rng)
    return real, fake[: n // 2]


def few_reals(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
    """n rows and twice as many others."""
    real, fake = few_fakes(rows, n, rng)
    return fake, real


def copies(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
    """n rows in two orders, a tenth of the second replaced by others: not the same set."""
    real, others = halves(rows, n, rng)
    return real, rng.permutation(np.concatenate([real[n // 10 :], others[: n // 10]]))


def shuffled(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
    """n rows in two orders."""
    real, _ = halves(rows, n, rng)
    return real, rng.permutation(real)


def noisy(share: float) -> Callable[[Rows, int, np.random.Generator], Sides]:
    """n rows, and the same with noise whose length is a share of the median distance of nearest neighbours."""

    def sides(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
        from ganeval.numerics.neighbours import kth_distances

        real, _ = halves(rows, n, rng)
        noise = rng.standard_normal(real.shape)
        noise *= share * np.median(kth_distances(real, k=1)) / np.linalg.norm(noise, axis=1, keepdims=True)
        return real, rng.permutation((real + noise).astype(np.float32))

    return sides


def subset(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
    """n rows, and copies of half of them with a little noise."""
    real, fake = noisy(0.1)(rows, n, rng)
    return real, fake[: n // 2]


def doubled(rows: Rows, n: int, rng: np.random.Generator) -> Sides:
    """n rows, and each of them twice with a little noise."""
    real, _ = halves(rows, n, rng)
    return real, noisy(0.1)(np.concatenate([real, real]), 2 * n, rng)[1]


KINDS: Mapping[str, tuple[bool, Callable[[Rows, int, np.random.Generator], Sides]]] = {
    "halves": (False, halves),
    "half as many fakes": (False, few_fakes),
    "half as many reals": (False, few_reals),
    "copies of nine in ten": (True, copies),
    "another order": (True, shuffled),
    "noise 0.25": (True, noisy(0.25)),
    "noise 0.5": (True, noisy(0.5)),
    "copies of a half": (True, subset),
    "every real twice": (True, doubled),
}


def measured(rows: Rows, *, kind: str, n: int, repetitions: int, seed: int = 0) -> dict[str, Any]:
    """How often sides of a kind are taken for dependent, and the mean shares of tied fakes and reals."""
    from ganeval.numerics.dependence import counted

    rng = np.random.default_rng([seed, n, *kind.encode()])
    found = [counted(*KINDS[kind][1](rows, n, rng)) for _ in range(repetitions)]
    shares = [(one.tied / one.fakes, one.usual / one.reals) for one in found if one.fakes and one.reals]
    tied, usual = np.mean(shares, axis=0).tolist() if shares else (1.0, 0.0)
    return {
        "found": sum(one.is_sure for one in found), "of": repetitions, "tied": round(tied, 3), "usual": round(usual, 3),
        "largest": round(max((tied - usual for tied, usual in shares), default=1.0), 3),
    }  # fmt: skip


def features() -> Iterator[tuple[str, Rows]]:
    """The rows of three sets in several feature spaces."""
    from sklearn.datasets import load_digits

    import ganeval
    from reference_models.data.data import fashion_mnist, mnist_5k

    digits = load_digits(return_X_y=True)[0].reshape(-1, 8, 8)
    sets = {
        "MNIST": (mnist_5k().images, "classifier:mnist"),
        "Fashion-MNIST": (fashion_mnist("test").images[:5000], "classifier:fashion-mnist"),
        "digits": (np.round(digits * (255 / 16)).astype(np.uint8), "classifier:mnist"),
    }
    for name, (images, classifier) in sets.items():
        colour = np.repeat(images[..., None], 3, axis=3)
        for extractor in ("pixels", "random-conv", classifier):
            kept = ganeval.rows(colour, extractor=extractor, views=["features"], cache="off")["features"]
            yield f"{name}, {extractor}", kept[:, ::3] if extractor == "pixels" else kept


@dataclass(frozen=True)
class Cost:
    """Seconds of the test of dependence, for independent and for copied sides, and of each metric's interval."""

    n: int
    d: int
    seconds: Mapping[str, float]


def cost(n: int, d: int) -> Cost:
    """The test beside the intervals that it guards, on rows of normal numbers; the fastest of three."""
    from ganeval.core.estimate import IntervalSettings
    from ganeval.core.registry import entry
    from ganeval.core.rows import Rows
    from ganeval.intervals.intervals import estimates
    from ganeval.numerics.dependence import dependence

    rng = np.random.default_rng(0)
    real, fake = (Rows.of(np.arange(n), rng.standard_normal((n, d)).astype(np.float32)) for _ in range(2))
    copied = (real.values + 1e-3 * fake.values).astype(np.float32)
    timed: dict[str, Callable[[], object]] = {
        "independent": lambda: dependence(real.values, fake.values),
        "copies": lambda: dependence(real.values, copied),
    }
    for name in ("kid", "fd", "precision-recall", "density-coverage") if n < _LARGE else ("kid", "fd"):
        metric = entry("metric", name).load()()
        outcome = metric.outcome(real=real, fake=fake)
        timed[name.replace("-", "_")] = lambda metric=metric, outcome=outcome: estimates(
            metric, {"real": real, "fake": fake}, outcome=outcome, intervals=IntervalSettings()
        )
    return Cost(n, d, {name: round(_fastest(work, 3 if n < _LARGE else 1), 3) for name, work in timed.items()})


def _fastest(work: Callable[[], object], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    from benchmarks.readme import filled

    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else None
    return filled(text, "dependence", NOTHING if record is None else tables(record))


def tables(record: Mapping[str, Any]) -> str:
    """One row a kind and number of images over all features, then what the test costs."""
    lines = ["| fakes | n | taken for dependent | tied fakes | tied reals |", "|---|---|---|---|---|"]
    cells = record["cells"]
    for kind in KINDS:
        for n in dict.fromkeys(cell["n"] for cell in cells):
            own = [cell for cell in cells if (cell["kind"], cell["n"]) == (kind, n)]
            if own:
                share = f"{sum(cell['found'] for cell in own):,} of {sum(cell['of'] for cell in own):,}"
                shown = " | ".join(
                    f"{min(cell[name] for cell in own):.2f} to {max(cell[name] for cell in own):.2f}"
                    for name in ("tied", "usual")
                )
                lines.append(f"| {kind} | {n:,} | {share} | {shown if kind != 'another order' else 'all | –'} |")
    if record["costs"]:
        lines += ["", "| seconds of one core | n | d | test, independent | test, copies | KID | FD | P&R | D&C |"]
        lines.append("|---|---|---|---|---|---|---|---|---|")
    for one in record["costs"]:
        seconds = [f"{spent:.2f}" for spent in one["seconds"].values()]
        shown = " | ".join([*seconds, *["–"] * (6 - len(seconds))])
        lines.append(f"| test and intervals | {one['n']:,} | {one['d']:,} | {shown} |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str]) -> int:
    """Measure everything, write the record and the table of docs/coverage.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks dependence", description=__doc__)
    parser.add_argument("--redraw", action="store_true", help="write the table of the record that is kept")
    parser.add_argument("--costs", action="store_true", help="measure the costs again, keep the rest of the record")
    options = parser.parse_args(arguments)
    if not options.redraw:
        os.environ.setdefault("GANEVAL_CACHE", tempfile.mkdtemp(prefix="ganeval-dependence-"))
        cells = (
            json.loads(RECORD.read_text(encoding="utf-8"))["cells"]
            if options.costs
            else [cell for name, rows in features() for cell in _cells(name, rows)]
        )
        record: dict[str, Any] = {"cells": cells, "costs": []}
        for n, d in COSTS:
            RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            record["costs"].append(vars(cost(n, d)))
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _cells(name: str, rows: Rows) -> Iterator[dict[str, Any]]:
    for n in SIZES:
        if 2 * n > len(rows):
            continue
        for kind, (dependent, _) in KINDS.items():
            found = measured(rows, kind=kind, n=n, repetitions=DEPENDENT if dependent else INDEPENDENT)
            print(f"{name}, n = {n}, {kind}: {found}", file=sys.stderr, flush=True)
            yield {"data": name, "n": n, "kind": kind, **found}
