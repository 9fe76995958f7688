"""Copying: known answers, no alarm without copies, an alarm with few; roles and pairs."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import ganeval
from ganeval.core.errors import FeatureError, TooFewError
from ganeval.core.rows import Rows
from ganeval.metrics.copying import Copying, copied_shares
from ganeval.numerics.two_nearest import two_nearest, two_nearest_within

BOTH = frozenset({"real", "fake"})


def rows(values, *, start: int = 0) -> Rows:
    return Rows.of(np.arange(start, start + len(values)), np.asarray(values))


@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("large", [True, False])
def test_two_nearest_are_those_of_brute_force(rng, monkeypatch, offset, large):
    if large:
        monkeypatch.setattr("ganeval.numerics.two_nearest._LARGE", 0)
    others = (offset + rng.standard_normal((700, 6))).astype(np.float32)
    points = np.concatenate([others[:40], (offset + rng.standard_normal((600, 6))).astype(np.float32)])
    whole = np.sort(cdist(points.astype(float), others.astype(float)), axis=1)[:, :2]
    found = two_nearest(points, others)
    assert np.allclose(found.distances, whole, rtol=1e-9, atol=0)
    own = cdist(others.astype(float), others.astype(float))
    np.fill_diagonal(own, np.inf)
    within = two_nearest_within(others)
    assert np.allclose(within.distances, np.sort(own, axis=1)[:, :2], rtol=1e-9)
    assert (within.positions[:, 0] == own.argmin(axis=1)).all()


def test_two_nearest_refuse_what_has_none(rng):
    with pytest.raises(TooFewError, match="3 rows"):
        two_nearest_within(rng.standard_normal((2, 3)))
    with pytest.raises(FeatureError, match="dimensions"):
        two_nearest(rng.standard_normal((4, 3)), rng.standard_normal((4, 2)))


def test_equal_laws_have_ratio_one_and_one_percent_of_near_copies(rng):
    found = np.array([copied_shares(*rng.standard_normal((2, 400, 6))) for _ in range(30)])
    assert (np.abs(found.mean(axis=0) - [1.0, 0.01]) < 4 * found.std(axis=0) / np.sqrt(30)).all()


@pytest.mark.parametrize("many", [200, 1000])
def test_training_images_are_all_read_whatever_n(rng, many):
    """Copies of images beyond n, and fewer training images than n."""
    train, real = rng.standard_normal((many, 8)), rng.standard_normal((600, 8))
    fakes = np.concatenate([train[-60:] + 1e-4, rng.standard_normal((240, 8))])
    report = ganeval.evaluate(
        real, fakes, train=train, n=300, metrics=["copying", "pr"], extractor="features", cache="off"
    )
    assert report.sides["train"].n == many
    assert report.copying_alarm
    assert not report.warnings
    found = ganeval.compare(
        real, {"a": fakes, "b": rng.standard_normal((300, 8))}, train=train, n=300, metrics=["copying", "pr"],
        extractor="features", cache="off",
    )  # fmt: skip
    assert not [warning for warning in found.warnings if "n =" in warning]


def test_no_alarm_without_copies(rng):
    outcomes = [
        Copying().outcome(real=rows(a), fake=rows(b))
        for a, b in (rng.standard_normal((2, 300, d)) for d in (2, 8, 64) for _ in range(20))
    ]
    assert not any(outcome.alarm for outcome in outcomes)


def test_few_kinds_and_averages_are_no_copies(rng):
    """Fakes of the densest kind, and averages of two reals, lie nearer to reals; they are no near copies."""
    kinds = np.array([0.3, 2.0])[rng.integers(0, 2, 800)][:, None]
    real, plain = kinds * rng.standard_normal((800, 6)) + 10 * (kinds > 1), rng.standard_normal((800, 6))
    dense, averages = 0.3 * rng.standard_normal((400, 6)), plain[rng.integers(0, 800, (400, 2))].mean(axis=1)
    for reals, fake in ((real, dense), (plain, averages)):
        outcome = Copying().outcome(real=rows(reals), fake=rows(fake))
        assert outcome.scores["copying"] < 1
        assert not outcome.alarm


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_one_copy_in_twenty_is_an_alarm_and_leads_the_pairs(rng, noise):
    real, fake = rng.standard_normal((2, 1000, 8))
    fake[:50] = real[200:250] + noise * rng.standard_normal((50, 8))
    outcome = Copying().outcome(real=rows(real), fake=rows(fake, start=5000))
    assert outcome.alarm
    assert outcome.scores["near_copies"] > 0.04
    assert outcome.scores["copying"] > 0.9, "most are no copies"
    assert all(pair.fake - 5000 + 200 == pair.other and pair.role == "real" for pair in outcome.pairs)
    assert outcome.pairs[0].share < 0.2


def test_whole_copies(rng):
    real = rng.standard_normal((100, 8))
    outcome = Copying().outcome(real=rows(real), fake=rows(real[rng.permutation(100)]))
    assert outcome.scores == {"copying": 0.0, "near_copies": 1.0}
    assert outcome.alarm
    assert Copying().bounds(outcome, level=0.95, sampled=BOTH)["near_copies"].high == 1.0


def test_a_copy_told_again_and_again_is_one_pair(rng):
    real = rng.standard_normal((50, 4))
    outcome = Copying().outcome(real=rows(real), fake=rows(np.repeat(real[:3], 20, axis=0)))
    assert len({pair.other for pair in outcome.pairs}) == len(outcome.pairs) == 3


def test_train_and_held_out_are_used_where_they_are_given(rng):
    """Copies of training images that the real side does not hold are seen with --train alone."""
    train, real, fake = rng.standard_normal((3, 500, 8))
    fake[:100] = train[:100]
    assert not Copying().outcome(real=rows(real), fake=rows(fake)).alarm
    by_train = Copying().outcome(real=rows(real), fake=rows(fake), train=rows(train))
    assert by_train.alarm
    assert by_train.pairs[0].role == "train"
    as_real = Copying().outcome(real=rows(train), fake=rows(fake), held_out=rows(real))
    assert as_real.scores == by_train.scores
    assert as_real.pairs[0].role == "real"


def test_interval_of_the_ratio_holds_one(rng):
    held = 0
    for _ in range(60):
        a, b = rng.standard_normal((2, 200, 4))
        outcome = Copying().outcome(real=rows(a), fake=rows(b))
        interval = Copying().bounds(outcome, level=0.95, sampled=BOTH)["copying"]
        low, high = interval.low, interval.high
        held += low <= 1 <= high + 1e-12
    assert held >= 52  # 95 % of 60, less four standard deviations


def test_a_repeated_training_set_has_no_ratio(rng):
    real = np.repeat(rng.standard_normal((20, 3)), 2, axis=0)
    outcome = Copying().outcome(real=rows(real), fake=rows(rng.standard_normal((30, 3))))
    assert outcome.scores["copying"] is None
    assert "repeated" in outcome.withheld["copying"]
