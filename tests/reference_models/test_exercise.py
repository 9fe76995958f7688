"""The exercise: the right filling passes, blanks and the usual slips are told apart."""

from pathlib import Path

import pytest

from reference_models.__main__ import run
from reference_models.lab import exercise
from reference_models.lab.examiner import Mark, copied, examined

pytestmark = pytest.mark.usefixtures("one_thread")

BLANKS = Path(exercise.__file__).read_text(encoding="utf-8")
LABELS, DETACHED, LOSS = "ones, zeros", "fake.detach()", "cross_entropy(discriminator(fake), ones)"


def filled(path: Path, labels: str = LABELS, detached: str = DETACHED, loss: str = LOSS) -> Path:
    text = BLANKS.replace("..., ...", labels).replace("fake_for_d = ...", f"fake_for_d = {detached}")
    path.write_text(text.replace("g_loss = ...", f"g_loss = {loss}"), encoding="utf-8")
    return path


def told(mark: Mark) -> str:
    return " ".join(said.en for said in mark.told)


def test_it_is_forty_lines_long():
    code = [line for line in BLANKS.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(code) <= 42
    assert BLANKS.count("= ...") == 3


def test_blanks_are_named(tmp_path):
    path = copied(tmp_path / "my_gan.py")
    assert told(examined(path)) == "Blank 1 2 3 is still `...`: fill it in."
    assert told(examined(filled(path, loss="..."))) == "Blank 3 is still `...`: fill it in."


def test_the_right_filling_passes(tmp_path):
    mark = examined(filled(tmp_path / "a.py"))
    assert mark.passed, told(mark)


def test_a_consistent_swap_is_right_too(tmp_path):
    swapped = filled(tmp_path / "a.py", labels="zeros, ones", loss="cross_entropy(discriminator(fake), zeros)")
    assert examined(swapped).passed


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        ({"labels": "zeros, ones"}, "labels of blank 1 swapped"),
        ({"detached": "fake"}, "blank 2 is `fake.detach()`"),
        ({"loss": "cross_entropy(discriminator(fake), zeros)"}, "blank 3 pull the wrong way"),
        ({"loss": "cross_entropy(discriminator(fake_for_d), ones)"}, "G never moved"),
    ],
    ids=["swapped labels", "no detach", "wrong sign", "detached loss"],
)
def test_slips_are_told_apart(slip, hint, tmp_path):
    mark = examined(filled(tmp_path / "a.py", **slip), steps=400)
    assert not mark.passed
    assert hint in told(mark)


def test_the_command(tmp_path, capsys):
    path = tmp_path / "my_gan.py"
    assert run(["exercise", "--copy", str(path)]) == 0
    assert run(["exercise", str(path), "--lang", "ko"]) == 1
    assert "빈칸 1 2 3" in capsys.readouterr().out
    assert run(["exercise", "--copy", str(path)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert run(["exercise"]) == 2
