"""Published numbers beside recorded ones: a closed form, and a table that says what it has not seen."""

import pytest
from scipy.stats import ttest_ind_from_stats

import ganeval
from benchmarks.literature import PACGAN_RING, RULE, Published, agreement, pacgan_table
from benchmarks.suites.pacgan_ring import SUITE
from reference_models.data.points import MIXTURES

OURS = [6.0, 7.0, 5.0, 8.0, 6.0]


@pytest.mark.parametrize("mean", [2.0, 5.0, 6.5, 9.0])
def test_agreement_is_welchs_test(mean):
    theirs = Published(mean, 0.4, runs=10)
    found = agreement(OURS, theirs)
    spread = theirs.error * theirs.runs**0.5
    expected = ttest_ind_from_stats(found.mean, found.error * 5**0.5, 5, mean, spread, 10, equal_var=False)
    assert found.agrees == (expected.pvalue >= 0.05)
    assert abs(found.mean - mean) / found.limit == pytest.approx(
        abs(expected.statistic) * (found.error**2 + 0.16) ** 0.5 / found.limit
    )
    assert found.seen > found.limit


def test_the_table_counts_what_is_missing():
    empty = pacgan_table([])
    assert empty.count("0 of 2 runs needed") == sum(map(len, PACGAN_RING.values())) == 6
    records = []
    for value in OURS:
        shown = [{"key": f"modes:{RULE}", "value": value, "corrected": None}]
        records.append({"cell": {"name": "plain"}, "report": {"results": shown}})
    assert "| 6.3 ± 0.5 | 6 (1 of 2 runs needed) | – |" in pacgan_table(records[:1])
    assert "| 6.3 ± 0.5 | 6.4 ± 0.51 (5 runs) | yes |" in pacgan_table(records)


def test_the_scores_that_are_looked_for_are_those_of_the_suite():
    points, _ = MIXTURES["ring"].draw(2500, seed=0)
    judge = next(iter(SUITE.cells())).judge
    report = ganeval.evaluate(fake=points, metrics=judge.metrics, extractor=judge.extractor, cache="off")
    assert {f"{key}:{RULE}" for keys in PACGAN_RING.values() for key in keys} <= set(report)
    assert report[f"modes:{RULE}"].value == 8
