"""The coverage table in small, and that its laws have the moments that they say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from benchmarks.coverage.cells import LAWS, Cell, cells
from benchmarks.coverage.laws import pair
from benchmarks.coverage.simulation import measured, summary
from benchmarks.coverage.table import METHODS, held, tables
from ganeval.core.estimate import Estimate
from ganeval.core.rows import moments_of
from ganeval.numerics.frechet import frechet_distance

SMALL = [
    *(Cell("fd", law, 32, 96, 96, off) for law in ("gaussian", "rectified", "rounded") for off in (False, True)),
    Cell("fd", "gaussian", 16, 64, None, False),
    Cell("fd", "sparse", 16, 100, 800, True),
    *(Cell("kid", law, 8, 150, 150, off) for law in ("mixture", "sparse") for off in (False, True)),
    Cell("energy", "rounded", 16, 80, 80, True),
    Cell("prdc", "gaussian", 8, 80, 80, True, truths=80),
    Cell("modes", "ring", 2, 500, None, True),
    Cell("is", "classes", 10, 200, None, True, truths=300),
]


@pytest.mark.slow
@pytest.mark.parametrize("cell", SMALL, ids=lambda cell: cell.key)
def test_intervals_hold_the_truth(cell):
    """In at least 92 % of 80 draws (24 where neighbours are sought), as far as so many can tell."""
    repetitions = 24 if cell.kind == "prdc" else 80
    for key, score in measured(cell, repetitions=repetitions).items():
        inside = score["given"] - score["below"] - score["above"]
        assert score["given"] >= 0.75 * repetitions, f"{key} is nearly always withheld"
        assert binomtest(inside, score["given"], 0.92, alternative="less").pvalue > 0.001, (key, score)


@pytest.mark.parametrize("off", [0, 1])
@pytest.mark.parametrize("law", [*LAWS, "lognormal", "unequal", "collapsed"])
def test_laws_have_the_moments_that_they_say(law, off):
    drawn = pair(law, 8)[off]
    found = moments_of(drawn.draw(200_000, np.random.default_rng(0)))
    scale = np.trace(drawn.covariance)
    assert np.abs(found.mean - drawn.mean).max() < 0.01 * np.sqrt(scale)
    assert frechet_distance(found, drawn.moments) < 5e-4 * scale


def test_cells_are_told_apart():
    keys = [cell.key for cell in cells()]
    assert len(set(keys)) == len(keys)
    assert all(cell.repetitions >= (300 if cell.kind == "prdc" else 1000) for cell in cells())
    assert replace(cells()[0], off=True).key != cells()[0].key


def test_a_summary_counts_what_was_given():
    found = [Estimate(1.0, None, 0.0, 2.0), Estimate(3.0, None, 2.0, 4.0), Estimate(5.0, reason="why")] * 20
    score = summary(found, 1.5)
    assert (score["given"], score["below"], score["above"]) == (40, 0, 20)
    assert held(score) == 0.5
    assert score["ratio"] == pytest.approx(1 / 1.96, abs=1e-3)
    cell = {"scores": {"fd": score}, "seconds": 60.0, "method": METHODS["fd"]}
    shown = tables({"fd gaussian d=8 n=50/50 off": cell})
    assert "an earlier version" not in shown
    assert "an earlier version" in tables({"fd gaussian d=8 n=50/50 off": cell | {"method": 1}})
    assert "| gaussian | 8 | 50 / 50 | off | fd | 1.5 | 67% | 0.500 | 20 / 0 | 0.51 |" in shown
