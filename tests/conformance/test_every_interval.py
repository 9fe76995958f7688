"""What no interval may say, for every metric and sides of every kind; new metrics need no new test."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from test_every_metric import SHELF, metric_of, statistic_of, values_for

from ganeval.core.estimate import Estimate, IntervalSettings, Range, beyond_range
from ganeval.core.rows import Rows
from ganeval.intervals.intervals import estimates
from ganeval.intervals.joint import gap, impossible
from ganeval.intervals.shared_reals import joint_scores
from ganeval.metrics.base import Metric, Outcome
from ganeval.numerics.dependence import REASON, dependence

everywhere = pytest.mark.parametrize("item", SHELF, ids=lambda item: item.name)
N = 100


def sides(metric: Metric, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Reals and fakes of a kind, as this metric reads them."""
    real, other = values_for(metric, N, seed=1), values_for(metric, N, seed=2)
    rng = np.random.default_rng(3)
    moved = (real * (1 + 1e-4 * rng.standard_normal(real.shape))).astype(np.float32)
    fakes = {
        "independent": other,
        "copied": real.copy(),
        "shuffled": rng.permutation(real),
        "nearly equal": moved,
        "collapsed": other[np.arange(N) % 4],
        "constant": np.repeat(other[:1], N, axis=0),
        "both constant": np.repeat(real[:1], N, axis=0),
    }[kind]
    return (np.repeat(real[:1], N, axis=0) if kind == "both constant" else real), fakes


KINDS = ("independent", "copied", "shuffled", "nearly equal", "collapsed", "constant", "both constant")
MADE = ("copied", "shuffled", "nearly equal")


def given_to(metric: Metric, kind: str) -> dict[str, Rows]:
    real, fake = (statistic_of_rows(metric, side) for side in sides(metric, kind))
    return {role: {"real": real, "fake": fake}[role] for role in metric.roles}


def statistic_of_rows(metric: Metric, values: np.ndarray) -> Rows:
    return Rows.of(np.arange(len(values)), values)


def plain(metric: Metric, given: Mapping[str, Rows]) -> Outcome:
    return metric.outcome(**{role: statistic_of(metric, side.values) for role, side in given.items()})


def hold(found: Estimate, possible: Range, key: str) -> None:
    """The value is a number or none; the interval is finite, around its centre and possible, or there is a reason."""
    assert found.value is None or np.isfinite(found.value), key
    if found.low is None:
        assert found.reason, f"{key} says neither how sure it is nor why not"
        assert (found.high, found.corrected, found.p_value) == (None, None, None), key
        return
    assert found.high is not None and found.value is not None
    centre = found.value if found.corrected is None else found.corrected
    assert found.low <= centre <= found.high, key
    assert beyond_range(found.low, found.high, possible=possible) is None, key


@pytest.mark.slow
@everywhere
@pytest.mark.parametrize("kind", KINDS)
def test_no_interval_says_what_cannot_be(item, kind):
    metric = metric_of(item)
    given = given_to(metric, kind)
    made = len(given) == 2 and dependence(given["real"].values, given["fake"].values).is_sure
    assert made == (kind in MADE and len(given) == 2)
    outcome, possible = plain(metric, given), metric.range(**given)
    assert set(possible) == set(metric.scores)
    unsaid = [] if kind == "shuffled" else [None]  # nothing impossible either where nobody says that the sides depend
    for dependent in [*unsaid, *([REASON] if made else [])]:
        found = estimates(metric, given, outcome=outcome, intervals=IntervalSettings(), dependent=dependent)
        assert list(found) == list(metric.scores)
        for key, estimate in found.items():
            value = outcome.scores[key]
            assert value is None or beyond_range(value, value, possible=possible[key]) is None, (key, value)
            hold(estimate, possible[key], key)
            assert dependent is None or not metric.compares_sides or estimate.reason == REASON


@pytest.mark.slow
@everywhere
def test_no_difference_says_what_cannot_be(item):
    """Differences to copies, collapsed and constant fakes either have a possible interval or a reason."""
    metric = metric_of(item)
    kinds = ("nearly equal", "constant")
    given = [given_to(metric, kind) for kind in kinds]
    outcomes = [plain(metric, one) for one in given]
    joints = joint_scores(
        metric, given[0].get("real"), fakes=[one["fake"] for one in given], outcomes=outcomes,
        over=frozenset({"real", "fake"}), intervals=IntervalSettings(),
    )  # fmt: skip
    for key, joint in joints.items():
        if joint.reason:
            continue
        for first, second in combinations(range(len(kinds)), 2):
            if {first, second} & set(joint.reasons):
                continue
            found = gap(joint, first=[first], second=[second])
            assert np.isfinite([found.estimate, found.error]).all(), (key, kinds[first], kinds[second])
            reason = impossible(joint, found, first=[first], second=[second], level=0.95)
            assert reason is None or "cannot be" in reason


def test_a_broken_standard_error_is_withheld():
    assert beyond_range(float("nan"), 1.0, possible=(None, None))
    assert beyond_range(0.0, float("inf"), possible=(0.0, None))
    assert beyond_range(-1.0, 119163496983.0, possible=(0.0, 40.0))
    assert beyond_range(-0.217, -0.129, possible=(0.0, 40.0))
    assert beyond_range(-0.217, 0.129, possible=(0.0, 40.0)) is None
    assert beyond_range(-5.0, 5.0, possible=(None, None)) is None
