"""`ganeval leaderboard` as a user types it, from rows to the page."""

import shlex
import shutil
from contextlib import chdir

import numpy as np
import pytest
from PIL import Image
from reports import edited

from ganeval.cli import exit_code

SEEDS = range(5)


def normal(seed: int, *, shift: float = 0.0, n: int = 80) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((n, 4)) + shift).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """real.npz with rows, BOARD.toml ranked by KID, near.json and far.json with five reports each, and their rows."""
    folder = tmp_path_factory.mktemp("made")
    lines = ["stats real.npy -o real.npz --rows -x features"]
    with chdir(folder):
        np.save("real.npy", normal(0, n=120))
        for name, shift in (("near", 0.2), ("far", 0.8)):
            for i in SEEDS:
                np.save(f"{name}-{i}.npy", normal(10 * i + len(name), shift=shift + i / 100))
                lines.append(f"stats {name}-{i}.npy -o {name}-{i}.npz --rows -x features")
            fakes = " ".join(f"{name}-{i}.npy" for i in SEEDS)
            lines.append(f"eval real.npz {fakes} -x features -m kid -m fd -m pr --json {name}.json")
        also = "--also fd --also recall --also precision"
        lines.append(f"leaderboard init near.json --name Toy --rank-by kid {also} --reference real.npz")
        assert [exit_code(shlex.split(line)) for line in lines] == [0] * len(lines)
    return folder


@pytest.fixture(autouse=True)
def here(made, tmp_path, monkeypatch):
    """A copy of them, in which the test stands."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def packed(run, name: str, *more: str) -> str:
    rows = " ".join(f"--rows {name}-{i}.npz" for i in SEEDS)
    out, _ = run(f"leaderboard pack boards/{name} {name}.json --name {name} {rows} {' '.join(more)}")
    return out


def test_from_rows_to_the_page(run, here):
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("grid.png")
    out = packed(run, "near", "--samples grid.png", "--link https://example.org", "--cost '1 minute'", "--tried 3")
    assert "boards/near: near: 5 runs, recomputed from rows (fd, kid, precision, recall)" in out
    packed(run, "far")
    out, _ = run("leaderboard build BOARD.toml boards -o board.html -o board.md")
    assert "board.html: 2 submissions, 2 ranked" in out
    lines = [line for line in (here / "board.md").read_text().splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[:3] for line in lines[1:]] == [
        ["| 1", "1", "near"], ["| 2", "2", "far"], ["| ", "", "other real images, n = 60 a side"],
    ]  # fmt: skip
    page = (here / "board.html").read_text()
    assert "data:image/png;base64," in page and 'href="https://example.org"' in page
    out, _ = run("leaderboard check BOARD.toml boards/near boards/far")
    assert out.count("recomputed from rows") == 2


def test_a_score_that_its_rows_do_not_give_is_refused(run, here):
    packed(run, "near")
    edited(here / "boards/near/run-2.json", results={"fd": {"value": 0.001}})
    out, err = run("leaderboard check BOARD.toml boards/near", code=1)
    assert "problem: run-2: fd is 0.001 in the report and 0." in out
    assert "error: may not stand on 'Toy' version 1: boards/near" in err
    _, err = run("leaderboard build BOARD.toml boards -o board.md", code=1)
    assert "boards/near" in err and not (here / "board.md").exists()


def test_rows_of_another_run_or_protocol_are_refused(run, here):
    packed(run, "near")
    (here / "near-3.npz").rename(here / "boards/near/run-1.npz")
    out, _ = run("leaderboard check BOARD.toml boards/near", code=1)
    assert "run-1: kid is" in out and "from its rows" in out
    run("stats real.npy -o other.npz --rows -x features --exif apply")
    (here / "other.npz").rename(here / "boards/near/run-1.npz")
    out, _ = run("leaderboard check BOARD.toml boards/near", code=1)
    assert "exif is 'ignore' here and 'apply' there" in out


def test_without_rows_a_submission_is_self_reported(run, here):
    out, _ = run("leaderboard pack boards/near near.json --name near")
    assert "5 runs, self-reported" in out
    for i in SEEDS:
        run(f"stats near-{i}.npy -o boards/near/run-{i + 1}.npz -x features")
    out, _ = run("leaderboard check BOARD.toml boards/near")
    assert "self-reported (fd)" in out  # moments give the distance, not KID


def test_the_fakes_of_another_board_are_refused_when_packed(run, here):
    text = (here / "BOARD.toml").read_text()
    (here / "two.toml").write_text(text.replace("n = 80", "n = 90"))
    out, _ = run("leaderboard pack boards/near near.json --name near --board two.toml", code=1)
    assert "n of fake images is 80 and the board's is 90" in out
    assert not (here / "boards/near").exists()
    run("leaderboard pack boards/near near.json --name near")
    (here / "BOARD.toml").write_text(text.replace("version = 1\nn =", "version = 2\nn ="))
    out, _ = run("leaderboard build BOARD.toml boards -o board.md", code=1)
    assert "version is 1 in submission.toml and 2 in BOARD.toml" in out


def test_copies_of_the_reals_are_an_alarm(run, here):
    run("eval real.npz real.npy -x features -m kid -m fd --n 80 --json copy.json")
    run("leaderboard init copy.json --name Copies --rank-by kid -o copies.toml")
    out, _ = run("leaderboard pack boards/copy copy.json --name copy --board copies.toml")
    assert "ALARM: the fakes are the reals" in out
    assert "ALARM: FD[features] is below half of its floor" in out


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("init near.json --name x --rank-by kid", 1, "BOARD.toml: is there already, and a board is frozen"),
        ("init near.json --name x --rank-by kdi -o b.toml", 2, "no score 'kdi'; did you mean 'kid'?"),
        ("init near.json --name x --rank-by kid -o b.toml --reference none.npz", 1, "none.npz: no such file"),
        ("init none.json --name x --rank-by kid -o b.toml", 1, "none.json: No such file"),
        ("pack boards/x near.json --name x --rows real.npz", 2, "1 files of rows for 5 reports"),
        ("pack boards/x near.json --name x --board none.toml", 1, "none.toml: No such file"),
        ("check BOARD.toml nowhere", 1, "nowhere: is no folder"),
        ("build BOARD.toml . -o board.pdf", 2, "must end in .html or .md"),
        ("build BOARD.toml . -o board.md", 1, "there is no submission in it"),
    ],
)
def test_refusals_say_what_to_do(run, line, code, told):
    _, err = run(f"leaderboard {line}", code=code)
    assert told in err


def test_one_line_in_the_terminal_whatever_the_name(run, here):
    run("leaderboard pack boards/x near.json --name 'a\n\x1b[31mb'")
    out, _ = run("leaderboard check BOARD.toml boards/x")
    assert "boards/x: a [31mb: 5 runs" in out and "\x1b" not in out
