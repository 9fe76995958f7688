"""ganeval prints and writes what it did when the records were made, and the comparison sees what differs."""

import click
import pytest
from recorder.commands import GROUPS, every_command
from recorder.comparing import differences
from recorder.record_files import FOLDER, difference, now
from recorder.recording import Command
from recorder.wheel import recorded_by, unpacked_wheel

from ganeval.cli import cli


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_output_is_as_recorded(group, tmp_path):
    told = difference(group, now(group, tmp_path))
    assert not told, f"{told}\nIf this is meant: python -m tests.recorder --update, and say why in the commit."


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return unpacked_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.mark.slow
def test_the_wheel_prints_the_same(wheel, tmp_path):
    done = recorded_by(wheel, folder=tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("forgotten", "group"),
    [("ganeval/extractors/data/classifiers/mnist.safetensors", "metrics"), ("ganeval/leaderboard/board.html", "board")],
)
def test_a_file_that_the_wheel_forgets_is_seen(wheel, tmp_path, forgotten, group):
    there = (wheel / forgotten).rename(tmp_path / "forgotten")
    try:
        done = recorded_by(wheel, folder=tmp_path / "run", groups=[group])
    finally:
        there.rename(wheel / forgotten)
    assert done.returncode == 1, done.stdout + done.stderr


NEEDS_A_NETWORK = {"weights fetch"}


def test_every_command_is_recorded():
    """With arguments of its own, by whatever alias; not only its help."""
    lines = [step.line for group in GROUPS.values() for step in group if isinstance(step, Command)]
    own = {_full_name(line) for line in lines if "--help" not in line and "--cite" not in line}
    names = set(every_command(cli))
    groups = {name.rpartition(" ")[0] for name in names}
    assert not names - groups - NEEDS_A_NETWORK - own


def _full_name(line: str) -> str:
    group, names = cli, []
    for word in line.split():
        command = group.get_command(click.Context(group), word)
        if command is None:
            break
        names.append(command.name)
        if not isinstance(command, click.Group):
            break
        group = command
    return " ".join(names)


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
