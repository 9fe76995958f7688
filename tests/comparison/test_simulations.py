"""The simulations of `python -m benchmarks verdicts`, fewer of them, and their tables."""

import json

import pytest
from scipy.stats import binom

from benchmarks import verdicts
from benchmarks.verdicts import DOCUMENT, SCENARIOS, clopper_pearson, false_verdicts, power_at, recorded, refreshed

REPETITIONS = 24


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_false_verdicts_are_rare(scenario):
    """At a rate of 5 % more come once in a thousand times."""
    cell = false_verdicts(scenario, REPETITIONS if scenario.runs == 1 else REPETITIONS // 3)
    assert cell["false"] <= binom.ppf(0.999, cell["repetitions"], 0.05)


@pytest.mark.slow
def test_a_large_difference_is_seen_and_never_the_wrong_way():
    cell = power_at(0.14, 20)
    assert min(cell["seen"]["kid"], cell["seen"]["fd"]) >= 18
    assert cell["wrong"] == 0


def test_no_share_of_false_verdicts_on_record_is_surely_above_five_percent():
    found = json.loads(verdicts.RECORD.read_text(encoding="utf-8"))
    assert {cell["name"] for cell in found["false"]} <= {scenario.name for scenario in SCENARIOS}
    for cell in found["false"]:
        assert cell["low"] == pytest.approx(clopper_pearson(cell["false"], cell["repetitions"], 0.99)[0], abs=1e-4)
        assert cell["low"] <= 0.05, cell["name"]
    assert all(cell["wrong"] <= 10 for cell in found["power"])


def test_the_document_is_fresh():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run `python -m benchmarks verdicts`"
    assert recorded() in text


def test_a_small_run_writes_a_record(tmp_path, capsys):
    out = tmp_path / "record.json"
    assert verdicts.main(["--repetitions", "1", "--only", "few,power-0", "--out", str(out)]) == 0
    assert verdicts.main(["--repetitions", "2", "--only", "few", "--out", str(out)]) == 0
    (cell,) = json.loads(out.read_text())["false"]
    assert (cell["name"], cell["repetitions"], cell["rows"]) == ("few", 2, 4)
    assert cell["by_score"] == false_verdicts(verdicts.SCENARIOS[5], 2)["by_score"], "a record that grows is the same"
    assert "A and B of one law, few images" in capsys.readouterr().out
