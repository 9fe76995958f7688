"""ganeval prints and writes what it did when the records were made, and the comparison sees what differs."""

import pytest
from recorder.commands import GROUPS
from recorder.comparing import differences
from recorder.record_files import FOLDER, difference, now


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_output_is_as_recorded(group, tmp_path):
    told = difference(group, now(group, tmp_path))
    assert not told, f"{told}\nIf this is meant: python -m tests.recorder --update, and say why in the commit."


def test_every_record_has_a_group():
    assert {path.stem for path in FOLDER.iterdir()} == set(GROUPS)


RECORD = "$ ganeval fd real fake\nFD 1.234567891 [1.0, 2.0]\nn 80\n"


@pytest.mark.parametrize(
    ("now", "loose", "differs"),
    [
        (RECORD, False, False),
        (RECORD.replace("1.234567891", "1.234567899"), False, False),
        (RECORD.replace("1.234567891", "1.23457"), False, True),
        (RECORD.replace("1.234567891", "1.23457"), True, False),
        (RECORD.replace("2.0", "2.1"), False, True),
        (RECORD.replace("2.0", "2.1"), True, False),
        (RECORD.replace("2.0", "2.2"), True, True),
        (RECORD.replace("80", "81"), True, True),
        (RECORD.replace("real", "reals"), True, True),
        (RECORD + "warning: new\n", True, True),
        (RECORD.replace("n 80\n", ""), True, True),
        ("warning: new\n" + RECORD.replace("1.234567891", "1.234567899"), False, True),
        ("", False, True),
    ],
)
def test_what_differs_is_told(now, loose, differs):
    assert bool(differences(RECORD, now, name="x", loose=loose)) == differs


def test_only_what_differs_is_told():
    told = differences(RECORD, "new\n" + RECORD.replace("1.234567891", "1.234567899"), name="x")
    assert [line for line in told.splitlines() if line[0] in "+-"][2:] == ["+new"]
