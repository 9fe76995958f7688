"""Intervals: closed forms, short simulations, and what is withheld."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import pytest
from scipy.stats import binomtest, kstest

import ganeval
from ganeval.cli import exit_code
from ganeval.core.estimate import Estimate, IntervalSettings
from ganeval.core.rows import Moments, Rows, moments_of
from ganeval.intervals.intervals import estimates
from ganeval.intervals.subsamples import spread_over_parts
from ganeval.metrics._mixtures import MIXTURES
from ganeval.metrics.base import Metric, Outcome, Score
from ganeval.metrics.density_coverage import DensityCoverage
from ganeval.metrics.energy_distance import EnergyDistance
from ganeval.metrics.fd import FrechetDistance
from ganeval.metrics.kid import KernelInceptionDistance
from ganeval.metrics.modes import Modes
from ganeval.metrics.precision_recall import PrecisionRecall
from ganeval.numerics.frechet import frechet_distance, frechet_influence


def rows(values: np.ndarray) -> Rows:
    return Rows.of(np.arange(len(values), dtype=np.int64), np.asarray(values, np.float32))


def interval(metric: Metric, *, intervals: IntervalSettings = IntervalSettings(), **sides) -> dict[str, Estimate]:  # noqa: B008
    given = {role: rows(side) if isinstance(side, np.ndarray) else side for role, side in sides.items()}
    return estimates(metric, given, outcome=metric.outcome(**given), intervals=intervals)


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
    one = interval(FrechetDistance(), intervals=IntervalSettings(fixed=frozenset({"real"})), real=real, fake=fake)["fd"]
    file = interval(FrechetDistance(), real=moments_of(real.astype(np.float32)), fake=fake)["fd"]
    assert one.high - one.low < both.high - both.low
    assert (file.low, file.high) == pytest.approx((one.low, one.high), rel=1e-6)
    wide = interval(FrechetDistance(), intervals=IntervalSettings(level=0.99), real=real, fake=fake)["fd"]
    assert (wide.corrected - wide.low) / (both.corrected - both.low) == pytest.approx(2.5758 / 1.96, rel=0.02)


def test_frechet_intervals_are_withheld_below_two_rows_a_dimension(rng):
    real = rng.standard_normal((400, 32))
    found = interval(FrechetDistance(), real=real, fake=real[:63] + 1)["fd"]
    assert found.low is None
    assert found.reason == "63 fake images, 64 needed"
    assert interval(FrechetDistance(), real=real, fake=real[:64] + 1)["fd"].low is not None
    moments = interval(FrechetDistance(), real=real, fake=moments_of(real))["fd"]
    assert moments.reason == "the rows of the fakes are not known"


def test_heavy_tails_need_more_rows():
    """Of Student's t with 5 degrees of freedom two rows a dimension do not make a covariance that can be trusted."""
    rng = np.random.default_rng(0)
    heavy = rng.standard_normal((256, 128)) / np.sqrt(rng.chisquare(5, (256, 1)) / 5)
    found = interval(FrechetDistance(), real=heavy, fake=heavy[::-1] + rng.standard_normal((256, 128)))["fd"]
    assert found.low is None
    assert found.reason.endswith("needed for features as sparse or heavy-tailed as these")


def test_sparse_rows_need_more_rows():
    """Zeros and ones with 2 % ones: 64 rows hold one or two ones a feature."""
    rng = np.random.default_rng(0)
    real, fake = (rng.random((2, 64, 32)) < 0.02).astype(np.float32)
    found = interval(FrechetDistance(), real=real, fake=fake)["fd"]
    assert found.low is None
    assert "sparse" in found.reason


def test_moderate_tails_are_told_from_the_bias_that_they_leave():
    """Student's t with 10 degrees of freedom: enough images carry the variance, but halves do not tell the bias."""
    rng = np.random.default_rng(1)
    real, fake = (
        (rng.standard_normal((512, 128)) / np.sqrt(rng.chisquare(10, (512, 1)) / 10)).astype(np.float32) for _ in "rf"
    )
    found = interval(FrechetDistance(), real=real, fake=fake)["fd"]
    assert found.low is None
    assert found.reason.startswith("heavy tails: halves tell too little of the bias")


def test_a_population_as_reference_needs_its_own_correction():
    """Of 64 rows in 32 dimensions against their own law: the half-sample correction alone is 2 to 5 deviations low."""
    population = Moments.from_covariance(np.zeros(32), np.eye(32), n=None)
    held, values = 0, []
    for seed in range(60):
        fake = np.random.default_rng(seed).standard_normal((64, 32))
        found = interval(FrechetDistance(), real=population, fake=fake)["fd"]
        if found.low is None:  # an interval below 0 cannot be
            assert "cannot be" in found.reason
            continue
        held += found.low <= 0 <= found.high
        values.append(found.corrected)
    assert binomtest(held, 60, 0.92).pvalue > 0.001 or held > 55
    assert abs(np.mean(values)) < np.std(values)


def test_the_interval_between_equal_laws_of_few_directions_does_not_vanish():
    """One direction: when both means happen to agree, first-order effects vanish, and the interval must not."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found = interval(FrechetDistance(), real=rng.standard_normal((80, 1)), fake=rng.standard_normal((80, 1)))["fd"]
        held += found.low <= 0 <= found.high
    assert held >= 92


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_subsamples_tell_how_fast_a_variance_falls(rate):
    """Of a mean times n^((1 − rate)/2), whose variance falls as n^−rate: right or safe on average."""

    def score(parts: Mapping[str, Rows]) -> list[float]:
        return [float(parts["fake"].values.mean()) * parts["fake"].n ** ((1 - rate) / 2)]

    squares = []
    for seed in range(60):
        sample = rows(np.random.default_rng(seed).standard_normal((400, 1)))
        found = spread_over_parts(score, {"fake": sample}, minimum=1, seed=seed)
        squares.append(float(np.square(found.deviations).sum()) * 400**rate)
    assert 0.9 < np.sqrt(np.mean(squares)) < 1.25


def test_halves_are_as_variable_as_fresh_samples_of_their_size():
    """Of the largest of b numbers, no mean at all; too few rows for a second size, whence n^−0.4."""

    def largest(parts: Mapping[str, Rows]) -> list[float]:
        return [float(parts["fake"].values.max())]

    squares, fresh = [], []
    for seed in range(300):
        sample = np.random.default_rng(seed).standard_normal((200, 1))
        found = spread_over_parts(largest, {"fake": rows(sample)}, minimum=50, seed=seed)
        squares.append(float(np.square(found.deviations).sum()) * 2**0.4)
        fresh.append(sample[:100].max())
    assert np.sqrt(np.mean(squares)) == pytest.approx(np.std(fresh), rel=0.1)


def test_few_fakes_against_very_many_reals_have_an_interval(rng):
    """Parts of 2,000 reals would leave each of them four fakes: there are fewer parts then."""
    real, fake = rng.standard_normal((30_000, 2)), rng.standard_normal((60, 2))
    found = interval(PrecisionRecall(), real=real, fake=fake)["recall"]
    assert found.low < found.value < found.high
    assert found.method == "2 splits into 12 parts"


def test_a_share_of_all_images_is_not_certain(rng):
    """60 of 60 fakes among the reals: 95 % of all of them, or more (the rule of three says 95 %, exact bounds 94 %)."""
    real, fake = rng.standard_normal((1000, 2)), 0.1 * rng.standard_normal((60, 2))
    found = interval(PrecisionRecall(k=20), real=real, fake=fake)["precision"]
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.94 < found.low < 0.96


def test_no_image_carries_most_of_the_variance_of_the_frechet_distance(rng):
    """One outlier among 800 images has most of it, and counts for an eighth."""
    real, fake = rng.standard_normal((400, 8)), rng.standard_normal((400, 8)) + 0.3
    fake[0] = 17 / np.sqrt(8)
    effects = frechet_influence(moments_of(real), moments_of(fake), rows={"real": real, "fake": fake})
    parts = np.concatenate([np.square(effects[role]) for role in ("real", "fake")]) / (400 * 399)
    assert parts[400] > 0.5 * parts.sum()
    found = interval(FrechetDistance(), real=real, fake=fake)["fd"]
    variance = (parts.sum() - parts[400]) * 8 / 7
    assert found.high == pytest.approx(
        found.corrected + 1.96 * np.sqrt(variance) + 1.96**2 * variance / 4 / found.value, rel=1e-3
    )


def test_intervals_of_shares_stay_within_their_bounds(rng):
    """Nearly all reals covered: the interval is longer towards the middle, and ends at 1 without being cut off."""
    found = interval(DensityCoverage(), real=rng.standard_normal((200, 4)), fake=rng.standard_normal((200, 4)))
    coverage = found["coverage"]
    assert 0.9 < coverage.low < coverage.value < coverage.high <= 1
    assert coverage.value - coverage.low > coverage.high - coverage.value


@pytest.mark.parametrize("metric", [FrechetDistance(), KernelInceptionDistance(), EnergyDistance(), PrecisionRecall()])
def test_sets_without_any_spread(metric, rng):
    """Constant features, and a set against itself: numbers or reasons, never a warning or a NaN."""
    some = rng.standard_normal((120, 3))
    for real, fake in ((np.ones((120, 3)), np.ones((110, 3))), (some, some), (np.ones((120, 3)), some)):
        for estimate in interval(metric, real=real, fake=fake).values():
            assert estimate.reason or (
                np.isfinite([estimate.low, estimate.high]).all() and estimate.low <= estimate.high
            )
    same = interval(metric, real=some, fake=some)
    assert all(e.p_value is None or e.p_value == 1 for e in same.values())


@pytest.mark.parametrize("n", [2, 3, 4, 5, 9])
@pytest.mark.parametrize(
    "metric", [FrechetDistance(), KernelInceptionDistance(), EnergyDistance(), PrecisionRecall(k=1)]
)
def test_very_few_images(metric, n, rng):
    found = interval(metric, real=rng.standard_normal((n, 2)), fake=rng.standard_normal((n, 2)))
    assert all(e.reason or (e.low is not None and e.low <= e.high) for e in found.values())


@pytest.mark.parametrize(
    "metric", [FrechetDistance(), KernelInceptionDistance(), EnergyDistance(), PrecisionRecall(), DensityCoverage()]
)
def test_arrival_and_seed(metric, rng):
    """Rows that arrive in another order give the same interval; another seed another one where chance has a part."""
    real, fake = (rng.standard_normal((150, 4)).astype(np.float32) for _ in "rf")
    orders = [rng.permutation(150) for _ in "rf"]
    moved = {
        role: Rows.of(order.astype(np.int64), side[order])
        for role, side, order in zip(("real", "fake"), (real, fake), orders, strict=True)
    }
    one, other = interval(metric, real=real, fake=fake), interval(metric, **moved)
    again = interval(metric, intervals=IntervalSettings(seed=3), real=real, fake=fake)
    for key in one:
        assert (other[key].low, other[key].high) == pytest.approx((one[key].low, one[key].high), rel=1e-9)
        assert other[key].p_value == one[key].p_value
    assert again != one


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
    one = estimates(Spread(), {"fake": rows(values)}, outcome=Outcome({"spread": 0.0}), intervals=IntervalSettings())
    other = estimates(
        Spread(),
        {"fake": Rows.of(order.astype(np.int64), values[order])},
        outcome=Outcome({"spread": 0.0}),
        intervals=IntervalSettings(),
    )
    assert one == other
    assert one != estimates(
        Spread(), {"fake": rows(values)}, outcome=Outcome({"spread": 0.0}), intervals=IntervalSettings(seed=1)
    )


def test_a_single_distance_without_interval_is_led_by_kid(tmp_path, rng, capsys):
    """What can be said leads; `--value` stays the one number that was asked for."""
    for name, side in (("real", rng.standard_normal((60, 40))), ("fake", rng.standard_normal((60, 40)) + 0.3)):
        np.save(tmp_path / f"{name}.npy", side.astype(np.float32))
    sides = [str(tmp_path / "real.npy"), str(tmp_path / "fake.npy"), "-x", "features", "-q"]
    assert exit_code(["fd", *sides]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("KID[features] x1e3 ")
    assert second.endswith("(no interval: 60 real images, 80 needed)")
    assert exit_code(["fd", *sides, "--value"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert exit_code(["fd", *sides, "--no-interval"]) == 0
    assert "KID" not in capsys.readouterr().out


def test_modes_of_which_none_was_drawn_are_bounded():
    """The rule of three: none of 400 says below 0.75 %."""
    points = MIXTURES["ring"].drawn(500, seed=0)
    without = points[MIXTURES["ring"].nearest(points)[0] != 2][:400]
    found = Modes(mixture="ring").outcome(fake=rows(without))
    assert found.details["unseen_below"] == pytest.approx(3 / 400, rel=0.01)
    assert any("the share is below 0.75%" in sentence for sentence in found.sentences)
    assert Modes(mixture="ring").outcome(fake=rows(points)).details["unseen_below"] is None


def test_reverse_kl_is_corrected_and_tested():
    """Of a perfect sampler: the raw value is about (K − 1)/2n above 0, the corrected one is not, and p is uniform."""
    found = []
    for seed in range(200):
        fake = MIXTURES["grid"].drawn(1000, seed=seed)
        count = rows(fake)
        metric = Modes(mixture="grid")
        given = {"fake": count}
        found.append(metric.bounds(metric.outcome(**given), level=0.95, sampled=frozenset({"fake"}))["reverse_kl"])
    assert np.mean([e.value for e in found]) == pytest.approx(24 / 2000, rel=0.1)
    assert abs(np.mean([e.corrected for e in found])) < 0.1 * 24 / 2000
    assert np.mean([e.low <= 0 <= e.high for e in found]) > 0.92
    assert kstest([e.p_value for e in found], "uniform").pvalue > 0.001


def test_no_interval_of_balls_where_rows_repeat(rng):
    """Balls of radius 0: on rows of eight zeros and ones the intervals of coverage held the truth in 39 % of draws."""
    few, other = ((rng.random((300, 8)) < share).astype(np.float32) for share in (0.1, 0.13))
    report = ganeval.evaluate(few, other, metrics=["pr", "dc"], extractor="features")
    assert all(result.low is None for result in report.results)
    assert "repeat others" in report["coverage"].no_interval
    real = np.concatenate([rng.standard_normal((190, 8)), np.zeros((10, 8))])  # a few blank images are no reason
    fake = few + rng.standard_normal((300, 8))
    assert ganeval.evaluate(real, fake, metrics=["pr"], extractor="features")["recall"].low is not None
