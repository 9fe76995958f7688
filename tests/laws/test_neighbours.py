"""Radii and memberships equal float64 brute force, on every kind of set."""

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganeval import evaluate
from ganeval.core.errors import FeatureError, TooFewError
from ganeval.numerics import distances as tiled
from ganeval.numerics.neighbours import Balls, ball_counts, ball_hits, kth_distances, nearest_distances


def distances(a, b):
    return np.sqrt(((a.astype(np.float64)[:, None] - b.astype(np.float64)[None]) ** 2).sum(-1))


def brute_radii(rows, k):
    return np.sort(distances(rows, rows), axis=1)[:, k]


@st.composite
def sets(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, m, d = draw(st.integers(7, 90)), draw(st.integers(7, 90)), draw(st.integers(1, 30))
    a, b = rng.standard_normal((n, d)), 0.8 * rng.standard_normal((m, d))
    kind = draw(st.sampled_from(["plain", "integers", "copies", "offset", "collapsed", "twins", "tiny", "huge", "far"]))
    if kind == "integers":
        a, b = a.round(), b.round()
    if kind in ("copies", "twins"):
        b[: m // 2] = a[rng.integers(0, n, m // 2)]
    if kind == "twins":
        a[n // 2 :] = a[: n - n // 2]
    if kind == "collapsed":
        b[:] = a[0]
    if kind == "far":
        a[0], b[-1] = 1e6, -1e6
    scale = {"tiny": 1e-20, "huge": 1e25}.get(kind, 1.0)
    offset = 1e4 if kind == "offset" else 0.0
    dtype = np.float64 if kind == "huge" or draw(st.booleans()) else np.float32
    return (a * scale + offset).astype(dtype), (b * scale + offset).astype(dtype)


tiles = st.sampled_from([(512, 4096), (8, 8), (8, 32), (16, 64)])


@contextmanager
def tiles_of(rows, columns):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiled, "_ROWS", rows)
        patch.setattr(tiled, "_COLUMNS", columns)
        yield


def every_kind(ks):
    return [Balls(around, k, ball) for around in ("real", "fake") for k in ks for ball in ("closed", "open")]


def brute_counts(real, fake, balls):
    """Hits and held by definition."""
    centres, points = (real, fake) if balls.around == "real" else (fake, real)
    gaps, radii = distances(centres, points), brute_radii(centres, balls.k)[:, None]
    inside = gaps <= radii if balls.ball == "closed" else gaps < radii
    return inside.sum(0), inside.sum(1)


def agree(real, fake, wanted):
    found = ball_counts(real, fake, wanted=wanted)
    assert set(found) == set(wanted)
    for balls, counts in found.items():
        hits, held = brute_counts(real, fake, balls)
        assert np.array_equal(counts.hits, hits), balls
        assert np.array_equal(counts.held, held), balls


@settings(max_examples=150, deadline=None)
@given(sets(), st.sampled_from([1, 3, 5]), tiles)
def test_equal_to_brute_force(pair, k, size):
    a, b = pair
    between = distances(a, b)
    with tiles_of(*size):
        radii = kth_distances(a, k=k)
        assert np.array_equal(radii, brute_radii(a, k))
        assert np.array_equal(nearest_distances(a, b), between.min(1))
        for ball, inside in (("closed", between <= radii[:, None]), ("open", between < radii[:, None])):
            hits, held = ball_hits(a, b, radii=radii, ball=ball)
            assert np.array_equal(hits, inside.sum(0))
            assert np.array_equal(held, inside.sum(1))


@settings(max_examples=150, deadline=None)
@given(sets(), st.sets(st.integers(1, 6), min_size=1, max_size=3), tiles, st.data())
def test_all_balls_at_once(pair, ks, size, data):
    """Any choice of balls, in one visit, over the borders of tiles; the least set has k + 1 rows."""
    wanted = data.draw(st.sets(st.sampled_from(every_kind(ks)), min_size=1))
    with tiles_of(*size):
        agree(*pair, wanted)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8, np.int64])
def test_any_dtype(rng, dtype):
    real, fake = (rng.integers(0, 9, (n, 6)).astype(dtype) for n in (70, 50))
    agree(real, fake, every_kind([1, 4]))


@pytest.mark.parametrize("n", [2, 4, 7])
def test_as_few_rows_as_can_be(rng, n):
    agree(rng.standard_normal((n, 3)), rng.standard_normal((40, 3)), [Balls("real", n - 1, "closed")])
    agree(rng.standard_normal((40, 3)), np.ones((n, 3)), [Balls("fake", n - 1, "closed"), Balls("fake", 1, "open")])


def test_more_neighbours_than_groups(rng):
    with tiles_of(16, 64):
        agree(rng.standard_normal((300, 5)), rng.standard_normal((290, 5)), every_kind([100, 280]))


def test_minus_zero_equals_zero():
    real = np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 2.0]], np.float32)
    agree(real, -real, every_kind([1, 2]))
    assert kth_distances(real, k=1).tolist()[:2] == [0.0, 0.0]


def test_balls_that_hold_everything(rng):
    """Fakes crowded in the middle of the reals: no tile is sparse."""
    real, fake = rng.standard_normal((700, 40)), 1e-3 * rng.standard_normal((600, 40))
    with tiles_of(64, 256):
        agree(real.astype(np.float32), fake.astype(np.float32), every_kind([3, 5]))


def test_one_far_row_does_not_send_the_others_to_float64(rng, monkeypatch):
    real, fake = (rng.standard_normal((900, 6)).astype(np.float32) for _ in range(2))
    real[17] = 1e3
    finer = []
    inner = tiled.Screen.finer
    monkeypatch.setattr(tiled.Screen, "finer", lambda self, tile: finer.append(tile.rows) or inner(self, tile))
    with tiles_of(64, 256):
        agree(real, fake, every_kind([3]))
    assert len(finer) < 20


@pytest.mark.parametrize("scale", [1.0, 1e-18, 1e14, 1e20])
def test_offsets_and_scales(rng, scale):
    real, fake = (scale * (rng.standard_normal((150, 12)) + 1e4) for _ in range(2))
    agree(real, fake, every_kind([2, 5]))
    agree(real.astype(np.float32), fake.astype(np.float32), every_kind([2, 5]))


def test_more_rows_than_a_tile(rng):
    a = rng.standard_normal((4700, 4)).astype(np.float32)
    b = rng.standard_normal((1500, 4)).astype(np.float32)
    agree(a, b, [Balls("real", 3, "closed"), Balls("fake", 5, "open"), Balls("real", 1, "open")])


def test_each_pair_is_multiplied_once(rng, monkeypatch, tmp_path):
    """Precision, recall, density and coverage together: reals and fakes once each with themselves and once mixed."""
    sizes = []
    inner = tiled._multiply

    def multiply(left, right, out):
        if out.dtype == np.float32:  # a tile that the bounds leave undecided may come again in float64
            sizes.append((len(left), len(right)))
        inner(left, right, out)

    monkeypatch.setattr(tiled, "_multiply", multiply)
    real, fake = rng.standard_normal((256, 5)), rng.standard_normal((192, 5))
    for name, rows in (("real", real), ("fake", fake)):
        np.save(tmp_path / f"{name}.npy", rows.astype(np.float32))
    sides = [str(tmp_path / "real.npy"), str(tmp_path / "fake.npy")]
    options = {"extractor": "features", "interval": "off"}
    report = evaluate(*sides, metrics=["precision-recall", "density-coverage", "pr:k=7"], **options)
    assert sorted(sizes) == [(192, 192), (256, 192), (256, 256)]
    apart = [evaluate(*sides, metrics=[name], **options) for name in ("pr", "dc", "pr:k=7")]
    assert [r.value for r in report.results] == [r.value for one in apart for r in one.results]
    sizes.clear()
    with tiles_of(32, 64):
        agree(real, fake, [Balls("real", 3, "closed")])
    squares = 256 * 32  # of a side with itself, the squares on the diagonal come whole
    assert sum(n * m for n, m in sizes) == 256 * 192 + (256 * 256 + squares) // 2


def test_copies_cost_nothing(rng, monkeypatch):
    """A thousand copies are one row with a count."""
    sizes = []
    inner = tiled._multiply
    monkeypatch.setattr(tiled, "_multiply", lambda *given: sizes.append(given[2].size) or inner(*given))
    agree(np.repeat(rng.standard_normal((30, 4)), 40, axis=0), rng.standard_normal((50, 4)), every_kind([3, 45]))
    assert sum(sizes) <= 30 * 30 + 30 * 50 + 50 * 50


def test_narrow_clusters_far_apart(rng):
    """The float32 screen cannot decide here, nor can a float32 distance matrix."""
    a = (1e-4 * rng.standard_normal((300, 8)) + 1e3 * rng.integers(0, 2, (300, 1))).astype(np.float32)
    assert np.array_equal(kth_distances(a, k=3), brute_radii(a, 3))


def test_scaled_distances(rng):
    a, b = rng.standard_normal((90, 5)).astype(np.float32), rng.standard_normal((80, 5)).astype(np.float32)
    scales = rng.uniform(0.1, 3, 80)
    with tiles_of(16, 32):
        assert np.array_equal(nearest_distances(a, b, scales=scales), (distances(a, b) / scales).min(1))


def test_bad_input():
    with pytest.raises(TooFewError, match="needs more than 3 rows, got 3"):
        kth_distances(np.zeros((3, 2)), k=3)
    with pytest.raises(TooFewError, match="needs more than 5 rows, got 4"):
        ball_counts(np.zeros((9, 2)), np.zeros((4, 2)), wanted=every_kind([5]))
    with pytest.raises(FeatureError, match="2 and 3 feature dimensions"):
        ball_counts(np.zeros((3, 2)), np.zeros((3, 3)), wanted=every_kind([1]))
    with pytest.raises(FeatureError, match="2 and 3 feature dimensions"):
        ball_hits(np.zeros((3, 2)), np.zeros((3, 3)), radii=np.zeros(3), ball="closed")
    with pytest.raises(FeatureError, match="row 1 holds NaN"):
        kth_distances(np.array([[0.0], [np.nan], [1.0]]), k=1)
    with pytest.raises(FeatureError, match="overflow float64"):
        kth_distances(np.array([[0.0], [1e200], [1.0]]), k=1)
