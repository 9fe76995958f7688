"""Pictures: names that do not lie over one another, floors below zero, and the package that is missing."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import ganeval
from ganeval.errors import SpecError
from ganeval.render.curves import _panel
from ganeval.render.figure import empty_figure, named, require_figure


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


@pytest.mark.parametrize("package", ["matplotlib", "adjustText"])
def test_a_missing_package_is_named_before_anything_is_computed(package, monkeypatch):
    monkeypatch.setattr("ganeval.render.figure.find_spec", lambda name: None if name == package else object())
    with pytest.raises(SpecError, match=f"{package}: pip install 'ganeval\\[plots\\]'"):
        require_figure(Path("front.png"))
