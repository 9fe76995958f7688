"""Who is ranked where, and who is not."""

import dataclasses

import pytest
from reports import board, report, submission

from ganeval import rank_sets
from ganeval.core.errors import SpecError
from ganeval.leaderboard.checks import Checked, checked
from ganeval.leaderboard.rules import board_from
from ganeval.leaderboard.standings import cell_of, standings
from ganeval.leaderboard.submission import assembled

NEAR = [0.010, 0.011, 0.012, 0.011, 0.010]
FAR = [0.090, 0.091, 0.092, 0.091, 0.090]


def names(table):
    return [row.submission.name for row in table.rows]


def test_tiers_are_rank_sets_and_ties_are_alphabetical():
    rules = board()
    models = [submission("zeta", NEAR, of=rules), submission("Alpha", NEAR, of=rules), submission("mid", FAR, of=rules)]
    table = standings(rules, models)
    assert [(row.submission.name, row.tier, row.rank) for row in table.rows] == [
        ("Alpha", 1, "1-2"), ("zeta", 1, "1-2"), ("mid", 2, "3"),
    ]  # fmt: skip
    assert [tier for tier, _ in table.tiers] == [1, 2]


def test_a_higher_score_is_better_where_the_board_says_so():
    rules = dataclasses.replace(board(), rank_by="precision")
    models = [
        submission(name, [base + i / 1000 for i in range(5)], of=rules, key="precision")
        for name, base in (("a", 0.2), ("b", 0.8))
    ]
    assert names(standings(rules, models)) == ["b", "a"]


def test_differences_that_do_not_matter_part_no_models():
    near, less = [0.010, 0.0101, 0.0099, 0.0100, 0.0102], [0.014, 0.0141, 0.0139, 0.0140, 0.0142]
    for smallest, tiers in ((0.0, [1, 2]), (0.005, [1, 1])):
        rules = board(smallest_difference=smallest)
        table = standings(rules, [submission("a", near, of=rules), submission("b", less, of=rules)])
        assert [row.tier for row in table.rows] == tiers
    sets = rank_sets({"a": near, "b": less}, better="lower", smallest=0.005)
    assert [(one.best, one.worst) for one in sets] == [(1, 2), (1, 2)]


def test_fewer_than_five_seeds_are_listed_and_unranked():
    rules = board()
    table = standings(rules, [submission("few", NEAR[:4], of=rules), submission("b", FAR, of=rules)])
    assert [(row.submission.name, row.rank, row.unranked) for row in table.rows] == [
        ("b", "1", None), ("few", "-", "4 of 5 training seeds"),
    ]  # fmt: skip
    with pytest.raises(SpecError, match="fewer than 5 runs cannot be ranked"):
        board(training_seeds=3)
    strict = board(training_seeds=6)
    assert standings(strict, [submission("five", NEAR, of=strict)]).rows[0].unranked == "5 of 6 training seeds"


def test_a_score_that_is_missing_in_any_run_is_missing():
    rules = board()
    whole = submission("whole", FAR, of=rules)
    gap = submission("gap", [*NEAR[:4], None], of=rules)
    without = submission("without", NEAR, of=rules, drop="recall")
    rows = {row.submission.name: row for row in standings(rules, [whole, gap, without]).rows}
    assert rows["gap"].unranked == "no KID[pixels]" and "kid" not in rows["gap"].cells
    assert "recall" not in rows["without"].cells and rows["without"].tier == 1
    assert rows["whole"].tier == 2


def test_two_kinds_of_noise():
    reports = [report({"kid": value}, half=half) for value, half in ((1.0, 0.196), (3.0, 0.392))]
    cell = cell_of(reports, "kid")
    assert cell is not None
    assert cell.seeds == pytest.approx(2**0.5)
    assert cell.evaluation == pytest.approx((0.1**2 / 2 + 0.2**2 / 2) ** 0.5, rel=1e-4)
    single = cell_of(reports[:1], "kid")
    assert single is not None and single.seeds is None


def test_models_of_one_name_are_two_rows():
    rules = board()
    one, two = submission("same", NEAR, of=rules), submission("same", FAR, of=rules, digest="other")
    assert [row.rank for row in standings(rules, [one, two]).rows] == ["1", "2"]


def test_what_looks_copied_is_not_ranked():
    rules = board()
    models = [submission("copy", NEAR, of=rules), submission("fair", FAR, of=rules)]
    found = [Checked(alarms=("copied",), copying=True), Checked()]
    rows = standings(rules, models, checks=found).rows
    assert [(row.submission.name, row.tier, row.unranked) for row in rows] == [
        ("fair", 1, None), ("copy", None, "copying alarm"),
    ]  # fmt: skip


def test_the_floor_is_what_real_images_score():
    rules = board()
    floor = standings(rules, [submission("a", NEAR, of=rules)]).floor
    assert floor is not None and floor.n == 50
    assert floor.scores == {"kid": 0.0, "fd": 1.0, "precision": 0.9, "recall": 0.9}
    assert standings(rules, []).floor is None


def test_reports_in_memory_make_a_board():
    reports = [report({"kid": value, "fd": 2 + i / 10}, digest=f"images:{i}") for i, value in enumerate(NEAR)]
    rules = board_from(reports[0], "kid", name="Mine")
    model = assembled(rules, reports, description={"name": "dcgan", "cost": "2 h"})
    (row,) = standings(rules, [model], checks=checked(rules, [model])).rows
    assert (row.rank, row.tier, row.unranked, row.checked.problems) == ("1", 1, None, ())
    assert list(row.cells) == ["kid", "fd"]
