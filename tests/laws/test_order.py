"""The same rows in another order have the same score and the same interval.

Exempt is what a metric says of itself (`Metric.draws_by_index`: parts of the Inception Score, subsets of KID), and what
chooses images: n, streams, generators, and the settings of named protocols that are of these kinds.
"""

import ast
from pathlib import Path

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.core.estimate import IntervalSettings
from ganeval.core.protocol import PROTOCOLS
from ganeval.core.registry import entries, entry
from ganeval.core.row_order import content_numbers
from ganeval.core.rows import Rows
from ganeval.core.spec import Spec, built
from ganeval.intervals.intervals import estimates

REAL, FAKE, D = 90, 66, 6
SHELF = [item for item in entries("metric") if not item.load().insists_on_fid_inception]
KINDS = ("usual", "collapsed", "repeated")


def sides(metric, kind: str) -> dict[str, np.ndarray]:
    made = {}
    for role, n in (("real", REAL), ("fake", FAKE)):
        rng = np.random.default_rng(n)
        values = 4 * np.eye(3, D)[np.arange(n) % 3] + 0.5 * rng.standard_normal((n, D))
        if kind == "collapsed" and role == "fake":
            values = values[:4][np.arange(n) % 4]  # fewer points than dimensions
        if kind == "repeated":
            values[: n // 3] = values[n // 3]
        made[role] = np.abs(values) if metric.view == "spectrum" else values
        if metric.view == "probs":
            made[role] = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
    return made


def found(metric, values, orders, *, labelled: bool):
    given = {}
    for role in metric.roles:
        labels = np.array(["a", "b", "c"])[np.arange(len(values[role])) % 3] if labelled else None
        order = orders.get(role, np.arange(len(values[role])))
        labels = None if labels is None else labels[order]
        given[role] = Rows.of(np.arange(len(order)), values[role][order], labels=labels)
    outcome = metric.outcome(**given)
    return outcome, estimates(metric, given, outcome=outcome, intervals=IntervalSettings())


def close(one: float | None, other: float | None, scale: float) -> bool:
    return one is other or (one is not None and other is not None and abs(one - other) <= 1e-9 * scale)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("item", SHELF, ids=lambda item: item.name)
def test_an_order_changes_neither_score_nor_interval(item, kind):
    metric = item.load()()
    metric = metric.for_spread if metric.draws_by_index else metric
    values = sides(metric, kind)
    rng = np.random.default_rng(1)
    orders = {role: rng.permutation(len(values[role])) for role in metric.roles}
    one, intervals = found(metric, values, {}, labelled=kind == "repeated")
    other, others = found(metric, values, orders, labelled=kind == "repeated")
    assert one.withheld == other.withheld
    scale = float(np.square(np.concatenate(list(values.values()))).mean())
    for key, value in one.scores.items():
        size = max(1.0, scale, abs(value or 0))
        assert close(value, other.scores[key], size), key
        here, there = intervals.get(key), others.get(key)
        if here is None or here.low is None:
            assert there is None or there.low is None
            continue
        assert here.p_value == there.p_value, key
        width = here.high - here.low
        for end, moved in ((here.low, there.low), (here.high, there.high)):
            assert abs(end - moved) <= max(1e-6 * width, 1e-9 * size), key  # a quarter of the width is what is promised


@pytest.mark.parametrize("spec", ["inception-score", "kid:subsets=3,subset_size=50"])
def test_what_is_exempt_does_change(spec):
    """Were it not, it would not have to be exempt."""
    parsed = Spec.parse(spec)
    metric = built(entry("metric", parsed.name).load(), parsed)
    assert metric.draws_by_index
    values = sides(metric, "usual")
    orders = {role: np.random.default_rng(1).permutation(len(values[role])) for role in metric.roles}
    scores = [found(metric, values, order, labelled=False)[0].scores for order in ({}, orders)]
    assert scores[0] != scores[1]


def test_named_protocols_are_exempt_by_these_settings_alone():
    for protocol in PROTOCOLS.values():
        for name, settings in protocol.metrics.items():
            metric = built(entry("metric", name).load(), Spec(name), environment=settings)
            plain = {key: value for key, value in settings.items() if key not in ("subsets", "splits", "split_size")}
            kept = built(entry("metric", name).load(), Spec(name), environment=plain)
            assert metric.draws_by_index == (settings.keys() != plain.keys())
            assert kept.draws_by_index == (name == "inception-score")


@pytest.mark.slow
def test_files_under_other_names(tmp_path, digits):
    for name, picked in (("one", np.arange(40)), ("other", np.random.default_rng(2).permutation(40))):
        for role, start in (("real", 0), ("fake", 40)):
            save_images(tmp_path / name / role, digits[start : start + 40][picked])
    options = {"extractor": "pixels", "metrics": ["fd", "kid", "pr", "vendi"], "cache": "off", "floor": "off"}
    one, other = (ganeval.evaluate(tmp_path / n / "real", tmp_path / n / "fake", **options) for n in ("one", "other"))
    for here, there in zip(one.results, other.results, strict=True):
        assert there.value == pytest.approx(here.value, rel=1e-9, abs=1e-9)
        assert there.no_interval == here.no_interval
        if here.low is not None:
            assert (there.low, there.high) == pytest.approx((here.low, here.high), rel=1e-6, abs=1e-6)


@pytest.mark.slow
def test_comparisons_of_sets_in_another_order():
    rng = np.random.default_rng(0)
    real, a, b = (rng.standard_normal((70, 4)) + shift for shift in (0, 0.3, 0.6))
    options = {"extractor": "features", "metrics": ["fd", "pr", "vendi"], "cache": "off", "floor": "off"}
    one = ganeval.compare(real, {"A": a, "B": b}, **options)
    other = ganeval.compare(rng.permutation(real), {"A": rng.permutation(a), "B": rng.permutation(b)}, **options)
    for here, there in zip(one.rows, other.rows, strict=True):
        assert here.words == there.words
        for name in ("difference", "error", "low", "high"):
            assert getattr(there, name) == pytest.approx(getattr(here, name), rel=1e-6, abs=1e-6)


def test_numbers_of_rows_bear_offset_scale_and_rounding():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((2000, 16)) + 3
    numbers = content_numbers(values)
    assert len(set(numbers.tolist())) == 2000
    moved = (values + 8, 4 * values, values * (1 + 1e-7 * rng.standard_normal(values.shape)))
    for changed, most in zip(moved, (0.001, 0.001, 0.05), strict=True):
        assert (content_numbers(changed) != numbers).mean() < most
    copies = content_numbers(np.ones((5, 3)))
    assert len(set(copies.tolist())) == 5, "equal rows fall into parts by chance, not together"


def test_independent_sides_are_parted_independently():
    """Rows of few values would otherwise have the same share of each value in the same parts of both sides."""
    values = np.repeat(np.arange(4.0), 50)[:, None]
    side = Rows.of(np.arange(200), values)
    halves = [set(side.ordered(seed=0, purpose=role)[:100].tolist()) for role in ("real", "fake")]
    assert 25 < len(halves[0] & halves[1]) < 75


def test_neighbouring_seeds_have_choices_of_their_own():
    """A sum such as seed + i gives seeds 0 and 1 all but one of their choices in common."""
    side = Rows.of(np.arange(200), np.random.default_rng(0).standard_normal((200, 2)))
    drawn = [
        side.ordered(seed=seed, purpose=purpose, i=i).tobytes()
        for seed in range(4)
        for purpose in ("halves, real", "halves, fake", "subsamples, real")
        for i in range(20)
    ]
    assert len(set(drawn)) == len(drawn)


def test_no_seed_is_a_sum():
    """Every choice has a seed of its own: of the run's seed, a purpose and a number (`purpose_seed`)."""
    sums = [
        f"{path.name}:{node.lineno}"
        for path in Path(ganeval.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "seed" and isinstance(node.value, ast.BinOp)
    ]
    assert not sums
