"""Fakes that were made from the reals one by one are found, in any order; independent ones are not taken for them."""

import numpy as np
import pytest

import ganeval
from benchmarks.dependence import KINDS, measured
from ganeval.core.estimate import IntervalSettings
from ganeval.core.rows import Rows
from ganeval.evaluation.evaluate import evaluated
from ganeval.evaluation.settings import settings_beside
from ganeval.intervals.intervals import estimates
from ganeval.metrics.inception_score import InceptionScore
from ganeval.numerics.dependence import REASON, counted, dependence


@pytest.fixture(scope="module")
def pixels(digits) -> np.ndarray:
    return digits.reshape(len(digits), -1).astype(np.float32)


def normal(n: int, d: int, *, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("n", [40, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_found_and_halves_are_not(pixels, kind, n):
    """The record's simulation in small, on digits; few copies of half of forty are too few to be sure of."""
    found = measured(pixels, kind=kind, n=n, repetitions=12 if n == 40 else 6)
    wanted = found["of"] if KINDS[kind][0] else 0
    assert found["found"] == wanted or (kind == "copies of a half" and n == 40 and found["found"] >= 6), found


@pytest.mark.parametrize("d", [1, 2, 3, 16, 200])
def test_in_few_dimensions_and_in_many(d):
    real, noise = normal(300, d, seed=1), normal(300, d, seed=2)
    gaps = np.linalg.norm(real[:, None] - real[None], axis=2) + 1e9 * np.eye(300)
    noise *= 0.25 * np.median(gaps.min(axis=1)) / np.linalg.norm(noise, axis=1, keepdims=True)
    assert dependence(real, real + noise).is_sure
    assert not dependence(real, normal(300, d, seed=3)).is_sure
    assert not dependence(real, 2 * normal(300, d, seed=4) + 0.5).is_sure
    assert not dependence(real, 0.3 * normal(300, d, seed=5)).is_sure


@pytest.mark.parametrize("fakes", ["copies", "others", "noisy"])
def test_no_order_and_no_sign_of_zero_matters(pixels, fakes):
    real = pixels[:200]
    side = {"copies": real[:150], "others": pixels[300:500], "noisy": real + 0.1 * normal(200, 64, seed=0)}[fakes]
    rng = np.random.default_rng(0)
    found = {dependence(rng.permutation(real), rng.permutation(side)) for _ in range(4)}
    assert len(found | {dependence(real, np.where(side == 0, np.float32(-0.0), side))}) == 1


@pytest.mark.parametrize("size", [(400, 400), (400, 100), (100, 400)])
@pytest.mark.parametrize("atoms", [1, 2, 50, 400, 3000])
def test_laws_of_few_values_are_not_copies(atoms, size):
    """Independent draws from the same few values are often equal, as copies are."""
    rng = np.random.default_rng(atoms)
    for _ in range(4):
        real, fake = (rng.integers(0, atoms, (n, 1)).astype(np.float32) for n in size)
        assert not dependence(real, fake).is_sure


def test_repeats_on_either_side():
    """Reals that come twice, near twins, fakes that repeat a few reals, one fake again and again."""
    one, noise = normal(300, 8, seed=0), normal(300, 8, seed=1)
    twice, twins = np.concatenate([one, one]), np.concatenate([one, one + 0.02 * noise])
    for real in (twice, twins):
        assert dependence(real, one).is_sure
        assert dependence(real, one[::-1] + 1e-4 * noise).is_sure
        assert not dependence(real, noise).is_sure
    assert dependence(one, twice).is_sure
    assert dependence(one, np.repeat(one[:50], 6, axis=0)).is_sure
    assert not dependence(one, np.repeat(one[:1], 300, axis=0)).is_sure
    assert not dependence(one, np.repeat(noise[:50], 6, axis=0)).is_sure


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
def test_few_rows_are_equal_or_unknown(n):
    rows = normal(n, 4, seed=0)
    assert dependence(rows, rows[::-1]).is_sure == (n >= 6)
    assert not dependence(rows, normal(n, 4, seed=1)).is_sure
    assert not dependence(np.ones((n, 4), np.float32), np.ones((n, 4), np.float32)).is_sure


@pytest.mark.parametrize(("reals", "fakes"), [(100, 10), (300, 8), (20, 20), (40, 400)])
def test_a_few_exact_copies_are_found(pixels, reals, fakes):
    """Also where there are too few of them for the test of ties; as many others are not taken for copies."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(pixels)
        real, others = rows[:reals], rows[reals:]
        copies = rng.choice(real, fakes, replace=False) if fakes <= reals else np.concatenate([real, others[:fakes]])
        assert dependence(real, copies).is_sure
        assert not dependence(real, others[:fakes]).is_sure


@pytest.mark.parametrize("exponent", [-40, -30, -10, 0, 10, 19, 37])
def test_no_scale_matters(exponent):
    real, noise = normal(200, 8, seed=0), normal(200, 8, seed=1)
    scale = 10.0**exponent
    near = (real + 0.05 * noise)[::-1] * scale
    for side, other in ((real * scale, near), (real.astype(np.float64) * scale, near.astype(np.float64))):
        assert dependence(side, other).is_sure
        assert not dependence(side, (noise * scale).astype(side.dtype)).is_sure


@pytest.mark.slow
def test_a_report_says_it_once_and_withholds(rng):
    real = normal(200, 8, seed=0)
    fake = rng.permutation(real + 0.01 * normal(200, 8, seed=1))
    metrics = ["kid", "fd", "ed", "precision-recall", "copying"]
    report = ganeval.evaluate(real, fake, extractor="features", metrics=metrics, cache="off")
    told = [warning for warning in report.warnings if "look made from the reals one by one" in warning]
    assert len(told) == 1
    for result in report.results:
        keeps = result.metric == "copying"
        assert (result.low is not None) == keeps, result.key
        assert result.p_value is None and result.corrected is None
        assert keeps or result.no_interval == REASON
    other = ganeval.evaluate(real, normal(200, 8, seed=2), extractor="features", metrics=metrics, cache="off")
    assert not any("one by one" in warning for warning in other.warnings)
    assert all(result.no_interval != REASON for result in other.results)
    plain = ganeval.evaluate(real, fake, extractor="features", metrics=metrics, interval="off", cache="off")
    assert not any("one by one" in warning for warning in plain.warnings)


def test_what_reads_the_fakes_alone_keeps_its_interval(rng):
    probs = rng.dirichlet(np.ones(5), 120).astype(np.float32)
    given = {"fake": Rows.of(np.arange(120), probs)}
    metric = InceptionScore(splits=1)
    found = estimates(metric, given, outcome=metric.outcome(**given), intervals=IntervalSettings(), dependent=REASON)
    assert found["is"].low is not None


def test_moments_alone_say_nothing(tmp_path):
    real = normal(200, 4, seed=0)
    np.savez(tmp_path / "real.npz", mu=real.mean(axis=0), sigma=np.cov(real.T))
    report = ganeval.evaluate(tmp_path / "real.npz", real, extractor="features", metrics=["fd"], cache="off")
    assert report["fd"].no_interval != REASON


def test_no_metric_is_scored_in_vain():
    """KID stands in where the Fréchet distance alone has no interval, but not where it would have none either."""
    real = normal(100, 4, seed=0)
    settings = settings_beside(["fd"], ["kid"], extractor="features", cache="off")
    (report,) = evaluated(real, [real[::-1].copy()], settings=settings)
    assert list(report) == ["fd"]


@pytest.mark.slow
def test_differences_of_dependent_sides_are_withheld():
    real = normal(60, 4, seed=0)
    sides = {"near": normal(60, 4, seed=1), "far": normal(60, 4, seed=2) + 1, "made": real[::-1] + 1e-3}
    found = ganeval.compare(real, sides, metrics=["kid", "ed"], extractor="features", cache="off")
    assert [warning.split(" ")[0] for warning in found.warnings if "one by one" in warning] == ["made"]
    for row in found.rows:
        assert (row.reason is not None) == ("made" in (row.first, row.second)), row.key
        assert row.ahead != "made"
    curve = ganeval.tradeoff(real, sides, extractor="features", cache="off")
    assert sum("one by one" in warning for warning in curve.warnings) == 1
    for row in curve.rows:
        assert (row.reason is not None) == ("made" in (row.first, row.second)), row.key
    assert not any("made" in setting.surely_beaten_by for setting in curve.settings)


def test_an_evaluator_bears_it():
    images = np.random.default_rng(0).integers(0, 255, (64, 6, 6, 3), np.uint8)
    evaluator = ganeval.Evaluator(images, n=64, metrics=["kid"], extractor="pixels", cache="off")
    report = evaluator(lambda n, seed: images[:n][::-1])
    assert report["kid"].no_interval == REASON


@pytest.mark.parametrize("kind", KINDS)
def test_asking_the_reals_only_where_it_matters_changes_no_answer(pixels, kind):
    rng = np.random.default_rng(0)
    for n in (30, 200):
        real, fake = KINDS[kind][1](pixels, n, rng)
        assert dependence(real, fake).is_sure == counted(real, fake).is_sure
