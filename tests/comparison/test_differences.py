"""Paired differences: closed forms, what swapping does, and how often they are wrong."""

import numpy as np
import pytest
from scipy.stats import binom, ttest_ind

from ganeval.comparison.verdicts import quantile
from ganeval.core.estimate import IntervalSettings
from ganeval.core.registry import entries
from ganeval.core.rows import Rows
from ganeval.intervals.joint import Gap, JointScores, gap
from ganeval.intervals.shared_reals import joint_scores
from ganeval.metrics.base import Metric
from ganeval.metrics.energy_distance import EnergyDistance
from ganeval.metrics.fd import FrechetDistance
from ganeval.metrics.inception_score import InceptionScore
from ganeval.metrics.kid import KernelInceptionDistance
from ganeval.metrics.precision_recall import PrecisionRecall
from ganeval.metrics.vendi import Vendi
from ganeval.numerics.kernels import polynomial_kernel
from ganeval.numerics.relative_mmd import mmd_covariance

BOTH = frozenset({"real", "fake"})
METRICS = (KernelInceptionDistance(), FrechetDistance(), PrecisionRecall(), EnergyDistance(), Vendi())


def rows(values: np.ndarray) -> Rows:
    return Rows.of(np.arange(len(values), dtype=np.int64), np.asarray(values, np.float32))


def normal(seed: int, *, n: int = 120, shift: float = 0.0, d: int = 4) -> Rows:
    return rows(np.random.default_rng(seed).standard_normal((n, d)) + shift)


def joint(metric: Metric, real: Rows, *fakes: Rows, over=BOTH, fixed=frozenset()) -> dict[str, JointScores]:
    outcomes = [metric.outcome(**{r: {"real": real, "fake": fake}[r] for r in metric.roles}) for fake in fakes]
    return joint_scores(
        metric, real, fakes=fakes, outcomes=outcomes, over=over, intervals=IntervalSettings(fixed=fixed)
    )


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: type(m).__name__)
def test_against_itself_there_is_no_difference(metric):
    a = normal(1)
    for found in joint(metric, normal(0), a, a).values():
        assert gap(found, first=[0], second=[1]).estimate == 0


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: type(m).__name__)
def test_swapping_the_sides_flips_the_sign_and_nothing_else(metric):
    real, a, b = normal(0), normal(1, shift=0.2), normal(2, shift=0.5)
    forth, back = joint(metric, real, a, b), joint(metric, real, b, a)
    for key, found in forth.items():
        one, other = gap(found, first=[0], second=[1]), gap(back[key], first=[0], second=[1])
        assert one.estimate == pytest.approx(-other.estimate, rel=1e-9)
        assert one.error == pytest.approx(other.error, rel=1e-9)
        assert one.estimate == pytest.approx(-gap(found, first=[1], second=[0]).estimate)
        assert one.error > 0


@pytest.mark.parametrize("item", entries("metric"), ids=lambda item: item.name)
def test_every_metric_has_differences_or_a_reason(item):
    """Whatever lies on the shelf: a metric that is added as one file can be compared from the day it is born."""
    metric = item.load()()
    if metric.view not in ("features", "probs"):
        pytest.skip(f"reads {metric.view}")
    sides = [normal(i, shift=0.1 * i, n=240) for i in range(3)]
    if metric.view == "probs":
        sides = [rows(np.exp(side.values) / np.exp(side.values).sum(axis=1, keepdims=True)) for side in sides]
    if not set(metric.roles) <= {"real", "fake"}:
        pytest.skip("needs a further side")
    for key, found in joint(metric, *sides).items():
        assert key in metric.scores
        if found.reason is None:
            assert np.isfinite(gap(found, first=[0], second=[1]).error)
        else:
            assert found.reason


def brute(real: np.ndarray, fakes: list[np.ndarray], kernel) -> float:
    """Variance of MMD(R, A) − MMD(R, B) from matrices of all kernel values."""
    n, total, effects = len(real), 0.0, []
    noise = 0.0
    for fake in fakes:
        m = len(fake)
        mixed, within = kernel(real @ fake.T), kernel(fake @ fake.T)
        np.fill_diagonal(within, np.nan)
        means = np.nanmean(within, axis=1)
        s_mixed = np.mean(mixed**2) - np.mean(mixed.mean(0) ** 2) - np.mean(mixed.mean(1) ** 2) + mixed.mean() ** 2
        s_within = np.nanmean(within**2) - 2 * np.mean(means**2) + np.nanmean(within) ** 2
        zeta = np.var(means - mixed.mean(0), ddof=1) - s_within / m - s_mixed / n
        total += 4 * zeta / m + 2 * s_within / m**2 + 4 * s_mixed / (n * m)
        effects.append(mixed.mean(1))
        noise += s_mixed / m
    return total + 4 * (np.var(effects[0] - effects[1], ddof=1) - noise) / n


def test_the_relative_test_is_the_formula_written_out(rng):
    real, a, b = (rng.standard_normal((n, 3)) + shift for n, shift in ((80, 0), (60, 0.8), (70, 1.2)))
    kernel = polynomial_kernel(degree=3, gamma=1 / 3, coef0=1.0)
    found = mmd_covariance(real, [a, b], kernel=kernel, sampled=BOTH)
    assert found[0, 0] + found[1, 1] - 2 * found[0, 1] == pytest.approx(brute(real, [a, b], kernel), rel=1e-9)


def test_rows_beyond_a_tile_change_nothing(rng, monkeypatch):
    real, a = rng.standard_normal((50, 3)), rng.standard_normal((40, 3))
    kernel = polynomial_kernel(degree=3, gamma=1 / 3, coef0=1.0)
    whole = mmd_covariance(real, [a, 2 * a], kernel=kernel, sampled=BOTH)
    monkeypatch.setattr("ganeval.numerics.kernels._TILE", 16)
    np.testing.assert_allclose(mmd_covariance(real, [a, 2 * a], kernel=kernel, sampled=BOTH), whole, rtol=1e-9)


def test_several_runs_alone_are_welchs_test():
    """Without an error of the reals, the difference of two sets of runs is Welch's."""
    scores = np.array([1.0, 2.0, 4.0, 3.0, 5.5, 7.0, 6.0])
    found = gap(JointScores(scores, scores, np.zeros((7, 7)), np.inf, ""), first=[0, 1, 2], second=[3, 4, 5, 6])
    theirs = ttest_ind(scores[3:], scores[:3], equal_var=False)
    assert found.estimate / found.error == pytest.approx(theirs.statistic)
    assert found.degrees == pytest.approx(theirs.df)


def test_the_reals_part_adds_to_that_of_the_runs():
    scores, shared = np.array([1.0, 2.0, 3.0, 5.0]), 0.5 * np.eye(4)
    alone = gap(JointScores(scores, scores, np.zeros((4, 4)), np.inf, ""), first=[0, 1], second=[2, 3])
    both = gap(JointScores(scores, scores, shared, np.inf, ""), first=[0, 1], second=[2, 3])
    assert both.error**2 == pytest.approx(alone.error**2 + 0.5)
    assert both.degrees > alone.degrees


def test_fixed_reals_add_nothing():
    real, a, b = normal(0), normal(1, shift=0.2), normal(2, shift=0.6)
    for metric in METRICS[:3]:
        for key, found in joint(metric, real, a, b).items():
            fixed = joint(metric, real, a, b, fixed=frozenset({"real"}))[key]
            assert gap(fixed, first=[0], second=[1]).error < 1.5 * gap(found, first=[0], second=[1]).error
            none = joint(metric, real, a, b, over=frozenset({"real"}), fixed=frozenset({"real"}))[key]
            assert gap(none, first=[0], second=[1]).error == 0


def test_a_metric_of_the_fakes_alone_needs_no_reals():
    probs = [rows(np.random.default_rng(i).dirichlet(np.ones(5), 60)) for i in range(2)]
    metric = InceptionScore(splits=1)
    outcomes = [metric.outcome(fake=fake) for fake in probs]
    found = joint_scores(metric, None, fakes=probs, outcomes=outcomes, over=BOTH, intervals=IntervalSettings())
    assert gap(found["is"], first=[0], second=[1]).error > 0


@pytest.mark.parametrize("metric", METRICS[:2], ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_equal_laws_are_rarely_called_different(metric, shift):
    """False verdicts of a 95 % test among 150: more than 15 would come once in a thousand times at 5 %."""
    missed = 0
    for seed in range(150):
        sides = [normal(1000 + 3 * seed + i, n=100, shift=s) for i, s in enumerate((0.0, shift, shift))]
        (found,) = joint(metric, *sides).values()
        one: Gap = gap(found, first=[0], second=[1])
        missed += abs(one.estimate) > quantile(0.975, one.degrees) * one.error
    assert missed <= binom.ppf(0.999, 150, 0.05)
    if shift:
        assert missed > 0, "an interval that never misses is too wide"
