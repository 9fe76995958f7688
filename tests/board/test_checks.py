"""What keeps a submission off a board, and what is only shown."""

import dataclasses

import pytest
from reports import PROTOCOL, board, edited, report, saved, submission

from ganeval.core.errors import GanevalError, ProtocolError, SourceError, SpecError
from ganeval.leaderboard.checks import checked
from ganeval.leaderboard.rules import read_board
from ganeval.leaderboard.submission import Run, pack, read_submission, submissions_in
from ganeval.report.report import Finding, Floor

KIDS = [0.010, 0.011, 0.012, 0.013, 0.014]


def problems(rules, model):
    return "\n".join(checked(rules, [model])[0].problems)


def replaced(model, **changed):
    """The model with its first report changed."""
    first = model.runs[0]
    one = Run(first.name, dataclasses.replace(first.report, **changed))
    return dataclasses.replace(model, runs=(one, *model.runs[1:]))


def with_result(model, key, **changed):
    results = [dataclasses.replace(one, **changed) if one.key == key else one for one in model.runs[0].report.results]
    return replaced(model, results=tuple(results))


def test_a_fair_submission_has_neither_problems_nor_alarms():
    rules = board()
    found = checked(rules, [submission("a", KIDS, of=rules), submission("b", [k + 0.5 for k in KIDS], of=rules)])
    assert [(one.problems, one.alarms, one.level) for one in found] == [((), (), "self-reported")] * 2


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "Other", "name is 'Test board' in submission.toml and 'Other' in BOARD.toml"),
        ("version", 2, "version is 1 in submission.toml and 2 in BOARD.toml"),
        ("n", 50, "which was changed without a new version"),
    ],
)
def test_boards_never_mix(field, value, told):
    model = submission("a", KIDS, of=board())
    assert told in problems(dataclasses.replace(board(), **{field: value}), model)


def test_another_protocol_n_seed_or_reference_is_named():
    rules = board()
    fair = submission("a", KIDS, of=rules)
    turned = dataclasses.replace(PROTOCOL, exif="apply")
    assert "exif is 'ignore' here and 'apply' there" in problems(rules, replaced(fair, protocol=turned))
    for made, told in (
        (report({"kid": 0.1}, n=99), "n of fake images is 99 and the board's is 100"),
        (report({"kid": 0.1}, real="images:other"), "reference digest is images:other and the board's is images:r"),
    ):
        assert told in problems(rules, replaced(fair, sides=made.sides))
    assert "seed is 7 and evaluation_seed of the board is 0" in problems(rules, replaced(fair, seed=7))
    assert "no fake side" in problems(rules, replaced(fair, sides={"real": fair.runs[0].report.sides["real"]}))
    told = problems(rules, with_result(fair, "kid", metric="kid:degree=2"))
    assert "kid: metric is 'kid:degree=2' in the report and 'kid' in BOARD.toml" in told
    assert "kid: better is 'higher'" in problems(rules, with_result(fair, "kid", better="higher"))


def test_a_run_counts_once():
    rules = board()
    fair = submission("a", KIDS, of=rules)
    twice = dataclasses.replace(fair, runs=(*fair.runs[:4], Run("run-5", fair.runs[0].report)))
    assert "run-1 and run-5 score the same images" in problems(rules, twice)
    renamed = dataclasses.replace(fair.runs[0].report, sides=report({}, digest="images:new").sides)
    twice = dataclasses.replace(fair, runs=(*fair.runs[:4], Run("run-5", renamed)))
    assert "run-1 and run-5 have the same scores" in problems(rules, twice)


def test_the_same_images_in_two_submissions_are_shown_and_nobody_is_pushed_off():
    rules = board()
    ours, theirs = submission("a", KIDS, of=rules), submission("b", KIDS, of=rules, digest="a")
    found = checked(rules, [ours, theirs])
    assert not found[0].problems and not found[0].copying
    assert found[0].alarms[0].startswith("the same images as b: run-1 = run-1, run-2 = run-2")
    assert found[1].alarms[0].startswith("the same images as a: run-1 = run-1, run-2 = run-2")
    found = checked(rules, [ours, submission("c", KIDS, of=rules)])
    assert found[0].alarms[0].startswith("the same scores as c: run-1 = run-1")


@pytest.mark.parametrize(
    "change",
    [
        lambda m: with_result(m, "fd", value=0.1),  # far below 1.0 at n = 50, which is 0.375 at 100 and 200
        lambda m: with_result(m, "kid", floor=Floor(0.0, -0.01, 50, "half", alarm=True)),
        lambda m: with_result(m, "fd", floor=Floor(1.0, 0.3, 50, "half")),
        lambda m: replaced(m, findings=(Finding("copying", ("copied",), {}, alarm=True),)),
        lambda m: replaced(m, sides=report({}, digest="images:r").sides),
    ],
)
def test_below_the_floor_is_an_alarm(change):
    rules = board()
    found = checked(rules, [change(submission("a", KIDS[:1], of=rules))])[0]
    assert found.alarms and found.copying and not found.problems


def test_a_good_distance_is_no_alarm():
    rules = board()
    for share in (0.6, 1.5):  # of 0.375: chance alone goes as far
        found = checked(rules, [with_result(submission("a", KIDS[:1], of=rules), "fd", value=share * 0.375)])[0]
        assert not found.alarms


@pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://a.b/" onload="x', "ftp://a.b", "data:text/html,x"])
def test_links_are_web_addresses(link):
    rules = board()
    assert "is no web address" in problems(rules, submission("a", KIDS, of=rules, links=(link,)))


@pytest.fixture
def folder(tmp_path):
    """A packed submission, and the board in BOARD.toml."""
    rules = board()
    (tmp_path / "BOARD.toml").write_text(rules.to_toml())
    read = read_board(tmp_path / "BOARD.toml")
    pack(tmp_path / "a", read, description={"name": "a"}, reports=submission("a", KIDS, of=rules).reports)
    return tmp_path / "a"


def test_a_board_is_read_as_it_was_written(folder):
    read, made = read_board(folder.parent / "BOARD.toml"), board()
    assert dataclasses.replace(read, folder=made.folder) == made
    assert read.fingerprint == made.fingerprint
    model = read_submission(folder)
    assert not checked(read, [model])[0].problems
    assert [run.name for run in model.runs] == ["run-1", "run-2", "run-3", "run-4", "run-5"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('rank_by = "kid"', 'rank_by = "kdi"', "rank_by is 'kdi'; did you mean 'kid'?"),
        ("version = 1", 'version = "1"', "version is '1', expected a whole number"),
        ("n = 100", "", "the field n is missing"),
        ("n = 100", "n = 100\nm = 1", "no field 'm'"),
        ('exif = "ignore"', 'exif = "apply"', "a field was changed"),
        ("[scores.kid]", "[scores.kidd]", "rank_by is 'kid'"),
        ("decimals = 2", "decimals = 200", "decimals and exponent are at most 12"),
        ("[reference]", "[references]", "the table [reference] is missing"),
        ("training_seeds = 5", "training_seeds = 1", "fewer than 5 runs"),
        ("= 1\n", "= = 1\n", "is not TOML"),
    ],
)
def test_a_board_that_is_wrong_says_where(folder, old, new, told):
    path = folder.parent / "BOARD.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(GanevalError) as error:
        read_board(path)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"schema": 99}, "not a ganeval report of schema 1"),
        ({"results": {"kid": {"value": "0.1"}}}, "value is '0.1', expected a finite number"),
        ({"results": {"kid": {"value": float("nan")}}}, "value is nan"),
        ({"results": {"kid": {"decimals": 10**9}}}, "decimals and exponent are at most 12"),
        ({"results": {"kid": {"group": "<b>"}}}, "group is '<b>', expected quality-diversity or distance"),
        ({"results": {"kid": {"key": "fd"}}}, "a score comes twice"),
        ({"results": {"kid": {"sauce": 1}}}, "is no report of `ganeval eval --json` (TypeError"),
        ({"protocol": {"exif": "apply"}}, "it was changed"),
        ({"protocol": {"version": None}}, "protocol: version is None"),
        ({"seed": "0"}, "seed is '0', expected a whole number"),
        ({"sides": 3}, "is no report"),
    ],
)
def test_a_report_that_is_wrong_says_where(folder, changed, told):
    edited(folder / "run-2.json", **changed)
    with pytest.raises(GanevalError) as error:
        read_submission(folder)
    assert "run-2.json" in str(error.value)
    assert told in str(error.value)


def test_files_that_are_none(folder, tmp_path):
    (folder / "run-3.json").write_text("[[[")
    with pytest.raises(SourceError, match=r"run-3.json: is not JSON"):
        read_submission(folder)
    (folder / "run-3.json").write_text("[]")
    with pytest.raises(SourceError, match="holds 0 reports, expected one"):
        read_submission(folder)
    (folder / "run-3.json").unlink()
    (folder / "samples.png").write_bytes(b"<svg onload=alert(1)>")
    with pytest.raises(SourceError, match="is no readable PNG"):
        read_submission(folder)
    (folder / "samples.png").unlink()
    (folder / "submission.toml").write_text("name = 'a'\n[board]\nname = 'x'\nversion = 1\n")
    with pytest.raises(SpecError, match="the field fingerprint is missing"):
        read_submission(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"submission.toml: No such file"):
        read_submission(tmp_path / "empty")
    with pytest.raises(SourceError, match=r"there is no submission in it"):
        submissions_in(tmp_path / "empty")
    with pytest.raises(SourceError, match="is no folder"):
        submissions_in(tmp_path / "nowhere")


def test_packing_refuses_what_cannot_be_packed(folder, tmp_path):
    rules = board()
    one = report({"kid": 0.1})
    with pytest.raises(SourceError, match="is there already and not empty"):
        pack(folder, rules, description={"name": "a"}, reports=[one])
    with pytest.raises(SpecError, match="2 files of rows for 1 reports"):
        pack(tmp_path / "b", rules, description={"name": "a"}, reports=[one], statistics=[folder, folder])
    with pytest.raises(SpecError, match="configurations_tried is 'many'"):
        pack(tmp_path / "b", rules, description={"name": "a", "configurations_tried": "many"}, reports=[one])
    assert not (tmp_path / "b").exists()


def test_the_reference_must_be_the_boards(folder):
    rules = dataclasses.replace(board(file="none.npz"), folder=folder)
    with pytest.raises(SourceError, match=r"none.npz"):
        checked(rules, [submission("a", KIDS, of=rules)])


def test_a_report_of_another_version_is_named(folder):
    saved(folder / "run-1.json", report({"kid": 0.1}))
    edited(folder / "run-1.json", schema=2)
    with pytest.raises(ProtocolError, match=r"run-1.json: not a ganeval report of schema 1"):
        read_submission(folder)
