"""How scores and their intervals are printed."""

import json

import numpy as np
import pytest

import ganeval
from ganeval.report.text import single_lines


def test_how_it_is_printed(rng):
    """The headline never lies outside its own interval: the biased number and its correction are two lines."""
    real, fake = rng.standard_normal((600, 8)), rng.standard_normal((600, 8))
    report = ganeval.evaluate(real, fake, metrics=["fd", "kid", "pr"], extractor="features")
    lines = single_lines(report, keys=report).replace("\n  ", " ").splitlines()  # wrapped at 80 columns
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
