"""The tables of points in the plane."""

import json
from typing import Any

import pytest

import ganeval
from benchmarks.points import points_tables
from benchmarks.suites.toy import judges
from reference_models.data.points import MIXTURES


def record(name: str, points: Any) -> dict[str, Any]:
    (judge,) = judges("ring")
    report = ganeval.evaluate(fake=points, metrics=judge.metrics, extractor=judge.extractor, cache="off")
    return {"cell": {"name": name, "data": "ring"}, "report": json.loads(report.to_json())}


@pytest.fixture(scope="module")
def drawn():
    points, _ = MIXTURES["ring"].draw(2500, seed=0)
    return points


def test_perfect_points_are_as_good_as_the_perfect_sampler(drawn):
    lines = points_tables([record("perfect", drawn), record("perfect", drawn)]).splitlines()
    (row,) = [line for line in lines if line.startswith("| perfect |")]
    (floor,) = [line for line in lines if line.startswith("| a perfect sampler |")]
    cells, ideal = ([cell.strip() for cell in line.split("|")[2:-1]] for line in (row, floor))
    assert cells[0] == "2"
    assert float(cells[1].split(" ± ")[0]) == pytest.approx(float(ideal[1]), abs=0.01)
    assert cells[2:4] == ["8 ± 0", "8 ± 0"]
    assert ideal[2:4] == ["8", "8"]


def test_runs_without_a_count_are_not_averaged_away(drawn):
    noise = 1.5 * (2 * drawn[::-1].argsort(axis=0) / len(drawn) - 1)
    text = points_tables([record("mixed", drawn), record("mixed", noise), record("noise", noise)])
    (mixed,) = [line for line in text.splitlines() if line.startswith("| mixed |")]
    (alone,) = [line for line in text.splitlines() if line.startswith("| noise |")]
    assert "| 8 (1 of 2) |" in mixed
    assert "| no count |" in alone
    assert "| uniform noise |  |" in text
