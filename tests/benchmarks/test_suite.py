"""Suites: every cell once, resumable, each record a whole report; and the table made of them."""

import json
from pathlib import Path

import pytest

from benchmarks import run, table
from benchmarks.ledger import LedgerError, append, line, records, report_of
from benchmarks.suite import NAMES, Entry, Judge, Suite, suite

DATA = "digits,n=200"
JUDGE = Judge(extractor="pixels", metrics=("precision-recall", "fd", "sharpness", "copying"), n=64, reference=DATA)
SMALL = {"steps": "5", "batch": "16", "width": "4"}
TINY = Suite(
    name="tiny",
    told="Two models.",
    cost="Seconds.",
    entries=(
        Entry("gan", "vanilla", DATA, (JUDGE,), {**SMALL, "d_width": "4"}, scales=(None, 0.5)),
        Entry("vae", "vae", DATA, (JUDGE,), SMALL),
    ),
    seeds=1,
    rank="fd",
)


def ran(folder: Path) -> list[str]:
    """The names of the cells that had to be made."""
    found = run.ran(list(TINY.cells()), folder / "tiny.jsonl", runs=folder / "runs")
    return [record["cell"]["name"] for record in found]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    assert ran(folder) == ["gan", "gan z×0.5", "vae"]
    return folder


@pytest.fixture
def copied(finished, tmp_path) -> Path:
    """The finished records, to be spoilt; the training runs stay where they are."""
    (tmp_path / "tiny.jsonl").write_bytes((finished / "tiny.jsonl").read_bytes())
    (tmp_path / "runs").symlink_to(finished / "runs")
    return tmp_path


def test_recorded_cells_are_skipped(finished):
    before = (finished / "tiny.jsonl").read_bytes()
    assert ran(finished) == []
    assert (finished / "tiny.jsonl").read_bytes() == before


def test_records_are_whole_reports(finished):
    for record in records(finished / "tiny.jsonl"):
        report = report_of(record)
        assert json.loads(report.to_json()) == record["report"]
        assert report["fd"].value == pytest.approx(report.to_dict()["fd"])
        assert report.sides["fake"].n == JUDGE.n
        assert record["cost"]["steps"] == 5 and record["cost"]["seconds"] >= 0
        assert all(count > 0 for count in record["cost"]["parameters"].values() if count != 1)


def test_each_row_has_its_picture(finished):
    shown = {path.name: path.read_bytes() for path in (finished / "tiny").iterdir()}
    assert set(shown) == {"gan.png", "gan-z-0.5.png", "vae.png"}
    assert len(set(shown.values())) == 3


def test_scaled_latents_share_the_training_run(finished):
    plain, scaled, _ = records(finished / "tiny.jsonl")
    assert plain["cell"]["options"] == scaled["cell"]["options"]
    assert plain["report"]["results"] != scaled["report"]["results"]
    assert sorted(path.name for path in (finished / "runs").iterdir()) == ["gan-0", "vae-0"]


def test_a_broken_last_line_is_made_again(copied):
    path = copied / "tiny.jsonl"
    whole = records(path)
    path.write_text(path.read_text()[:-200])
    assert [one["cell"]["name"] for one in records(path)] == ["gan", "gan z×0.5"]
    assert ran(copied) == ["vae"]
    again = records(path)
    assert [one["cell"] for one in again] == [one["cell"] for one in whole]
    values = [[result["value"] for result in one["report"]["results"]] for one in (again[2], whole[2])]
    assert values[0] == values[1]
    assert again[2]["cost"]["seconds"] == whole[2]["cost"]["seconds"]  # nothing was trained twice


def test_other_damage_is_an_error(copied):
    path = copied / "tiny.jsonl"
    first, *others = path.read_text().splitlines(keepends=True)
    path.write_text(first[:-200] + "\n" + "".join(others))
    with pytest.raises(LedgerError, match="line 1"):
        records(path)
    path.write_text(line({"schema": 99}) + first)
    with pytest.raises(LedgerError, match="schema"):
        append({"schema": 1}, path)


def test_changed_options_are_another_cell(finished):
    kept = [record["cell"] for record in records(finished / "tiny.jsonl")]
    (cell, *_) = TINY.cells()
    assert cell.key() in kept
    other = Entry("gan", "vanilla", DATA, (JUDGE,), {**cell.entry.options, "d_rate": "1e-3"}, scales=(None, 0.5))
    (changed, *_) = Suite("tiny", "", "", (other,), 1, "fd").cells()
    assert changed.key() not in kept


def test_a_board_is_made_of_records(finished):
    found = table.documents(TINY, finished / "tiny.jsonl")
    assert set(found) == {".md", ".html"}
    for text in found.values():
        assert all(name in text for name in ("gan", "gan z×0.5", "vae")) and "1 of 5" in text
    assert table.documents(TINY, finished / "nothing.jsonl") == {}


def test_committed_boards_are_fresh(capsys):
    assert table.main(["--check"]) == 0, f"run `python -m benchmarks table`: {capsys.readouterr().out}"


@pytest.mark.parametrize("name", NAMES)
def test_suites_are_well_formed(name):
    found = suite(name)
    cells = list(found.cells())
    assert len({json.dumps(cell.key()) for cell in cells}) == len(cells)
    runs: dict[str, list] = {}
    for cell in cells:
        runs.setdefault(cell.run, []).append(cell.entry.settings())
    assert all(given == many[0] for many in runs.values() for given in many)


def test_suites_are_listed(capsys, tmp_path):
    assert run.main(["--records", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in NAMES) and "0 of 15 recorded" in told
