"""Intervals: closed forms, short simulations, and what is withheld."""

import json
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import pytest
from scipy.stats import binomtest

import ganeval
from ganeval.kernels import mmd_standard_error, polynomial_kernel
from ganeval.metric import Metric, Outcome, Score
from ganeval.metrics.fd import FrechetDistance
from ganeval.metrics.kid import KernelInceptionDistance, kid
from ganeval.metrics.modes import Modes
from ganeval.metrics.precision_recall import PrecisionRecall
from ganeval.mixtures import MIXTURES
from ganeval.numerics import frechet_distance, frechet_influence
from ganeval.render.text import single_lines
from ganeval.statistics import Rows, moments_of
from ganeval.uncertainty import Asked, Estimate, estimates


def rows(values: np.ndarray) -> Rows:
    return Rows.of(np.arange(len(values), dtype=np.int64), np.asarray(values, np.float32))


def interval(metric: Metric, *, asked: Asked = Asked(), **sides) -> dict[str, Estimate]:  # noqa: B008
    given = {role: rows(side) if isinstance(side, np.ndarray) else side for role, side in sides.items()}
    return estimates(metric, given, outcome=metric.outcome(**given), asked=asked)


@pytest.mark.parametrize("dead", [0, 2])
def test_influence_is_what_deleting_a_row_does(rng, dead):
    """(n − 1)(F − F without row i) for both sides, also where some directions never vary."""
    mix = 0.3 * rng.standard_normal((6, 6)) + np.eye(6)
    real, fake = rng.standard_normal((3000, 6)), rng.standard_normal((2500, 6)) @ mix + 0.3
    real[:, :dead] = fake[:, :dead] = 1.0
    sides = {"real": real, "fake": fake}
    effects = frechet_influence(moments_of(real), moments_of(fake), rows=sides)
    whole = frechet_distance(real, fake)
    for role, values in sides.items():
        assert effects[role].mean() == pytest.approx(0, abs=1e-9)
        for i in (0, 17, 1800):
            without = {**sides, role: np.delete(values, i, axis=0)}
            change = (len(values) - 1) * (whole - frechet_distance(without["real"], without["fake"]))
            assert change == pytest.approx(effects[role][i], rel=0.02, abs=0.05)


def test_the_bias_of_the_frechet_distance_goes(rng):
    """N(0, I) against N(0, 1.21 I) in 32 dimensions: truth 0.32; the plug-in value is far above it."""
    values, covered = [], 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = interval(
            FrechetDistance(), real=rng.standard_normal((400, 32)), fake=1.1 * rng.standard_normal((400, 32))
        )["fd"]
        values.append((found.value, found.corrected))
        covered += found.low <= 0.32 <= found.high
    plain, corrected = np.mean(values, axis=0)
    assert plain > 1.2
    assert corrected == pytest.approx(0.32, abs=0.06)
    assert binomtest(covered, 60, 0.92).pvalue > 0.001 or covered > 55


def test_a_fixed_side_adds_no_error(rng):
    real, fake = rng.standard_normal((500, 8)), rng.standard_normal((500, 8)) + 0.4
    both = interval(FrechetDistance(), real=real, fake=fake)["fd"]
    one = interval(FrechetDistance(), asked=Asked(fixed=frozenset({"real"})), real=real, fake=fake)["fd"]
    file = interval(FrechetDistance(), real=moments_of(real.astype(np.float32)), fake=fake)["fd"]
    assert one.high - one.low < both.high - both.low
    assert (file.low, file.high) == pytest.approx((one.low, one.high), rel=1e-6)
    wide = interval(FrechetDistance(), asked=Asked(level=0.99), real=real, fake=fake)["fd"]
    assert (wide.high - wide.low) / (both.high - both.low) == pytest.approx(2.5758 / 1.96, rel=1e-3)


def test_frechet_intervals_are_withheld_below_two_rows_a_dimension(rng):
    real = rng.standard_normal((400, 16))
    found = interval(FrechetDistance(), real=real, fake=real[:31] + 1)["fd"]
    assert found.low is None
    assert found.reason.startswith("31 fake images, 3")
    moments = interval(FrechetDistance(), real=real, fake=moments_of(real))["fd"]
    assert moments.reason == "the rows of the fakes are not known"


def test_heavy_tails_need_more_rows():
    """Of Student's t with 5 degrees of freedom two rows a dimension do not make a covariance that can be trusted."""
    rng = np.random.default_rng(0)
    heavy = rng.standard_normal((256, 128)) / np.sqrt(rng.chisquare(5, (256, 1)) / 5)
    found = interval(FrechetDistance(), real=heavy, fake=heavy[::-1] + rng.standard_normal((256, 128)))["fd"]
    assert found.low is None
    assert "tails like these" in found.reason


@pytest.mark.parametrize(("shift", "n", "m"), [(0.0, 80, 80), (0.5, 80, 80), (0.3, 60, 200)])
def test_the_standard_error_of_kid_is_its_spread(shift, n, m):
    """Against the spread of 200 draws; at equal laws it is up to a quarter too large, never too small."""
    kernel = polynomial_kernel(degree=3, gamma=1 / 6, coef0=1.0)
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((n, 6)), rng.standard_normal((m, 6)) + shift
        found.append((kid(x, y), mmd_standard_error(x, y, kernel=kernel, sampled=frozenset({"real", "fake"}))))
    values, errors = np.array(found).T
    assert 0.85 < np.sqrt(np.mean(errors**2)) / values.std() < 1.35
    truth = 0 if shift == 0 else values.mean()
    assert np.mean(np.abs(values - truth) < 1.96 * errors) > 0.9


def test_the_subset_form_of_kid_has_no_interval(rng):
    a = rng.standard_normal((60, 4))
    found = interval(KernelInceptionDistance(subsets=5, subset_size=20), real=a, fake=a + 1)["kid"]
    assert "full statistic (subsets=0)" in found.reason


def test_precision_intervals_hold_the_mean_of_fresh_draws():
    """The truth is the mean over fresh draws at the same n."""

    def draw(seed):
        rng = np.random.default_rng(seed)
        return rng.standard_normal((120, 6)), 1.2 * rng.standard_normal((120, 6))

    metric = PrecisionRecall()
    truth = np.mean(
        [list(metric(real=rows(a), fake=rows(b)).values()) for a, b in map(draw, range(1000, 1300))], axis=0
    )
    held = np.zeros(2)
    for seed in range(80):
        real, fake = draw(seed)
        found = interval(metric, real=real, fake=fake)
        held += [e.low <= t <= e.high for e, t in zip(found.values(), truth, strict=True)]
    assert (held >= 70).all(), held


def test_mode_counts_have_exact_bounds():
    points = MIXTURES["ring"].drawn(400, seed=0)
    thin = points[(MIXTURES["ring"].nearest(points)[0] != 2) | (np.arange(400) % 4 == 0)]
    found = interval(Modes(mixture="ring"), fake=thin)
    assert found["modes"].low <= found["modes"].value <= found["modes"].high == 8
    assert found["modes"].low == 7, "the thin mode may or may not count"
    share = interval(Modes(mixture="ring"), fake=points)["recognisable"]
    exact = binomtest(round(share.value * 400), 400).proportion_ci(0.95)
    assert (share.low, share.high) == pytest.approx((exact.low, exact.high), rel=1e-9)


@final
@dataclass(frozen=True)
class Spread(Metric):
    """A metric that was born today: nobody told the uncertainty layer of it."""

    statistic: ClassVar = Rows
    scores: ClassVar = {"spread": Score("spread", "higher", frozenset())}
    roles: ClassVar = ("fake",)
    group: ClassVar = "distance"
    depends_on_n: ClassVar = False
    citation: ClassVar = "none"

    @property
    def minimum(self) -> int:
        return 2

    def __call__(self, *, fake: Rows) -> dict[str, float]:
        return {"spread": float(fake.values.mean())}


def test_a_new_metric_has_an_interval():
    """The jackknife of a mean is its textbook standard error, but for the grouping."""
    values = np.random.default_rng(0).standard_normal((1000, 1))
    found = interval(Spread(), fake=values)["spread"]
    assert found.method == "jackknife, 20 groups"
    assert (found.high - found.low) / 2 == pytest.approx(2.093 * values.std() / np.sqrt(1000), rel=0.5)
    assert interval(Spread(), fake=values[:4])["spread"].reason == "too few images for a jackknife"


def test_the_order_of_images_means_nothing(rng):
    """Groups come from a hash of the index: rows that arrive in another order give the same interval."""
    values = np.sort(rng.standard_normal((300, 1)), axis=0).astype(np.float32)
    order = rng.permutation(300)
    one = estimates(Spread(), {"fake": rows(values)}, outcome=Outcome({"spread": 0.0}), asked=Asked())
    other = estimates(
        Spread(),
        {"fake": Rows.of(order.astype(np.int64), values[order])},
        outcome=Outcome({"spread": 0.0}),
        asked=Asked(),
    )
    assert one == other
    assert one != estimates(Spread(), {"fake": rows(values)}, outcome=Outcome({"spread": 0.0}), asked=Asked(seed=1))


def test_how_it_is_printed(rng):
    """The headline never lies outside its own interval: the biased number and its correction are two lines."""
    real, fake = rng.standard_normal((600, 8)), rng.standard_normal((600, 8))
    report = ganeval.evaluate(real, fake, metrics=["fd", "kid", "pr"], extractor="features")
    lines = single_lines(report, keys=report).splitlines()
    assert lines[0].startswith("FD[features] 0.")
    assert lines[0].endswith("n = 600 / 600: the number papers print, biased upward at this n")
    assert lines[1].startswith("FDinf[features] ")
    assert lines[1].endswith("without that bias: compare these; cannot be told from real")
    assert "; cannot be told from real" in lines[2]
    found = report["precision"]
    value, brackets = found.printed_interval()
    half = (found.high - found.low) / 2
    assert len(value.partition(".")[2]) <= np.ceil(-np.log10(half / 10))
    assert brackets.startswith("[")
    held = json.loads(report.to_json())["results"][0]
    assert {"corrected", "low", "high", "level", "method", "no_interval"} <= held.keys()
    assert ganeval.Report.from_json(report.to_json()) == report
    plain = ganeval.evaluate(real, fake, metrics=["fd"], extractor="features", interval="off")
    assert (plain["fd"].low, plain["fd"].no_interval) == (None, None)
    assert plain["fd"].value == pytest.approx(report["fd"].value, rel=1e-9)
