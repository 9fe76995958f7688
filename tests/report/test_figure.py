"""Pictures: names that do not lie over one another, floors below zero, and the package that is missing."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import ganeval
from ganeval.core.errors import SpecError
from ganeval.report.figure import empty_figure, fit_scale, named, require_figure
from ganeval.training.curves import _panel, drawn


def test_names_of_points_that_lie_close_together_can_be_read():
    at = np.random.default_rng(0)
    x, y = at.uniform(0, 1, 12), at.uniform(0, 1, 12)
    x[4:10], y[4:10] = 0.5 + 0.01 * at.normal(size=6), 0.5 + 0.01 * at.normal(size=6)
    figure = empty_figure(width=6.4, height=5)
    panel = figure.subplots()
    panel.plot(x, y, "o")
    boxes = [text.get_window_extent() for text in named(panel, [f"epoch {i}" for i in range(12)], x=list(x), y=list(y))]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(panel.get_window_extent().padded(2).contains(*corner) for box in boxes for corner in box.corners())


def test_a_floor_below_zero_is_in_the_picture_of_a_wide_range():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(120, 3))
    reports = [
        ganeval.evaluate(real, rng.normal(size=(60, 3)) + shift, metrics=["kid"], extractor="features", cache="off")
        for shift in (9.0, 3.0, 0.3)
    ]
    last = reports[-1]["kid"]
    assert last.floor is not None and last.low is not None and last.floor.value < 0 < reports[0]["kid"].value
    panel = empty_figure(width=4, height=3).subplots()
    _panel(panel, [(step, report, report["kid"]) for step, report in enumerate(reports)])
    assert panel.get_yscale() == "symlog"
    assert panel.get_ylim()[0] < min(last.low, last.floor.value) * 10**last.exponent


@pytest.mark.parametrize("least", [0.02, 1.0, 30.0, 1000.0, 2547.0, 1e6])
def test_a_wide_range_has_no_tick_on_top_of_zero(least):
    panel = empty_figure(width=4, height=3).subplots()
    panel.plot([-0.1 * least, least, 900 * least])
    fit_scale(panel, [least, 900 * least])
    at = [panel.transData.transform((0, tick))[1] for tick in panel.get_yticks()]
    assert 0 in panel.get_yticks() and len(at) > 3
    assert min(np.diff(at)) > 15  # dots, at which two labels of seven points do not touch


def test_panels_span_the_same_steps_though_a_score_is_missing_at_some(monkeypatch):
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(60, 3)) for _ in range(2)]

    def report(*metrics):
        return ganeval.evaluate(*rows, metrics=metrics, extractor="features", cache="off", floor="off", interval="off")

    kept = []
    monkeypatch.setattr("ganeval.training.curves.saved", lambda figure, path: kept.append(figure) or path)
    drawn([(1, report("pr", "kid")), (2, report("pr", "kid")), (9, report("kid"))], Path("x.png"))
    spans = {panel.get_xlim() for panel in kept[0].axes}
    assert len(kept[0].axes) == 3 and len(spans) == 1
    low, high = spans.pop()
    assert low < 1 and high > 9


@pytest.mark.parametrize(("counts", "scale"), [((1, 3), "linear"), ((1, 900), "symlog")])
def test_counts_have_whole_ticks(counts, scale):
    rows = np.random.default_rng(0).normal(size=(60, 2))
    report = ganeval.evaluate(fake=rows, metrics=["modes:mixture=ring"], extractor="features", cache="off", floor="off")
    found = [
        (step, report, replace(report["modes:mixture=ring"], value=float(n), total=1000))
        for step, n in enumerate(counts)
    ]
    panel = empty_figure(width=4, height=3).subplots()
    _panel(panel, found)
    assert panel.get_yscale() == scale
    assert all(tick == round(tick) for tick in panel.get_yticks())


@pytest.mark.parametrize("package", ["matplotlib", "adjustText"])
def test_a_missing_package_is_named_before_anything_is_computed(package, monkeypatch):
    monkeypatch.setattr("ganeval.report.figure.find_spec", lambda name: None if name == package else object())
    with pytest.raises(SpecError, match=f"{package}: pip install 'ganeval\\[plots\\]'"):
        require_figure(Path("front.png"))
