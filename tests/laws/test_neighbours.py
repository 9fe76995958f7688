"""Radii and memberships equal float64 brute force, on every kind of set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganeval.errors import FeatureError, TooFewError
from ganeval.neighbours import ball_hits, kth_distances


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


@settings(max_examples=150, deadline=None)
@given(sets(), st.sampled_from([1, 3, 5]))
def test_equal_to_brute_force(pair, k):
    a, b = pair
    radii = kth_distances(a, k=k)
    assert np.array_equal(radii, brute_radii(a, k))
    between = distances(a, b)
    for ball, inside in (("closed", between <= radii[:, None]), ("open", between < radii[:, None])):
        hits, held = ball_hits(a, b, radii=radii, ball=ball)
        assert np.array_equal(hits, inside.sum(0))
        assert np.array_equal(held, inside.sum(1))


def test_more_rows_than_a_tile(rng):
    a = rng.standard_normal((2300, 4)).astype(np.float32)
    b = rng.standard_normal((1500, 4)).astype(np.float32)
    radii = kth_distances(a, k=3)
    assert np.array_equal(radii, brute_radii(a, 3))
    assert np.array_equal(ball_hits(a, b, radii=radii, ball="closed")[0], (distances(a, b) <= radii[:, None]).sum(0))


def test_narrow_clusters_far_apart(rng):
    """The float32 screen cannot decide here, nor can a float32 distance matrix."""
    a = (1e-4 * rng.standard_normal((300, 8)) + 1e3 * rng.integers(0, 2, (300, 1))).astype(np.float32)
    assert np.array_equal(kth_distances(a, k=3), brute_radii(a, 3))


def test_bad_input():
    with pytest.raises(TooFewError, match="needs more than 3 rows, got 3"):
        kth_distances(np.zeros((3, 2)), k=3)
    with pytest.raises(FeatureError, match="2 and 3 feature dimensions"):
        ball_hits(np.zeros((3, 2)), np.zeros((3, 3)), radii=np.zeros(3), ball="closed")
    with pytest.raises(FeatureError, match="row 1 holds NaN"):
        kth_distances(np.array([[0.0], [np.nan], [1.0]]), k=1)
