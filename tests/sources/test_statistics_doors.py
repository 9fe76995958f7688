"""One reader of statistics files: what one door refuses, every other refuses with the same words."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ganeval
from ganeval.cli import exit_code
from ganeval.core.errors import GanevalError

N, D = 40, 3
DOORS = {
    "fd": "fd bad.npz fake.npy -x features",
    "as fake": "fd fake.npy bad.npz -x features",
    "eval": "eval bad.npz fake.npy -x features -m fd",
    "compare": "compare bad.npz fake.npy other.npy -x features -m fd",
    "tradeoff": "tradeoff bad.npz 1=fake.npy 2=other.npy -x features",
    "power": "power bad.npz --difference kid=0.1 -x features",
    "stats": "stats bad.npz -o again.npz -x features",
    "train": "copying real.npz fake.npy --train bad.npz -x features",
    "held-out": "kid real.npz fake.npy --held-out bad.npz -x features",
    "dry run": "fd bad.npz fake.npy -x features --dry-run",
    "merge": "merge bad.npz real.npz -o both.npz",
    "reference of a board": "leaderboard check BOARD.toml dcgan",
    "rows of a submission": "leaderboard check BOARD.toml dcgan",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A reference, fakes, and a board with one submission that holds its rows."""
    folder = tmp_path_factory.mktemp("doors")
    rng = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GANEVAL_CACHE", str(folder / "cache"))
        for name in ("real", "fake", "other"):
            np.save(f"{name}.npy", rng.normal(size=(N, D)).astype(np.float32))
        for line in (
            "stats real.npy -o real.npz --rows -x features -q",
            "stats fake.npy -o fake.npz --rows -x features -q",
            "eval real.npz fake.npz -x features -m kid -m fd --json run.json -q",
            "leaderboard init run.json --name Toy --rank-by fd --reference real.npz",
            "leaderboard pack dcgan run.json --name DCGAN --rows fake.npz",
        ):
            assert exit_code(line.split()) == 0
    return folder


def altered(change: Callable[[dict[str, Any]], Any], path: str = "real.npz") -> dict[str, Any]:
    """The arrays of a file, in which something was changed."""
    with np.load(path) as file:
        held = {name: file[name] for name in file.files}
    change(held)
    return held


def without_rows(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    def change(held: dict[str, Any]) -> None:
        for name in ("rows", "index"):
            held.pop(name)
        held.update(changes)

    return change


def with_rows(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda held: held.update(changes)


def of_protocol(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda held: held.update(protocol=json.dumps({**json.loads(str(held["protocol"])), **changes}))


DAMAGED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "negative variance": (without_rows(sigma=np.diag([1.0, -0.1, 1.0])), "sigma is not a covariance"),
    "negative variance beside rows": (with_rows(sigma=np.diag([1.0, -0.1, 1.0])), "sigma is not a covariance"),
    "not symmetric": (without_rows(sigma=np.triu(np.ones((D, D)))), "not symmetric"),
    "complex": (without_rows(sigma=np.eye(D) * (1 + 1j)), "sigma holds complex128"),
    "texts": (without_rows(mu=np.array(["a", "b", "c"])), "mu holds"),
    "mu (d, 1)": (without_rows(mu=np.zeros((D, 1))), r"mu has shape \(3, 1\)"),
    "mu of a scalar": (without_rows(mu=np.zeros(())), r"mu has shape \(\)"),
    "mu too wide": (without_rows(mu=np.zeros(D + 1)), "do not belong together"),
    "NaN": (without_rows(mu=np.full(D, np.nan)), "NaN or infinite"),
    "huge": (without_rows(sigma=np.eye(D) * 1e308), "sigma holds values beyond 1.2e\\+77"),
    "a huge mean": (without_rows(mu=np.full(D, 1e150)), "mu holds values beyond 3.4e\\+38"),
    "infinite": (with_rows(sigma=np.diag([1.0, np.inf, 1.0])), "NaN or infinite"),
    "n of more rows": (with_rows(n=N + 1), "do not belong to mu"),
    "n of fewer rows": (with_rows(n=N - 1), "do not belong to mu"),
    "n too small for sigma": (without_rows(n=3, sigma=np.eye(D)), "n = 3 is too small for sigma"),
    "n = 1": (without_rows(n=1), "n = 1: a covariance needs at least 2"),
    "n = 0": (without_rows(n=0), "n = 0: a covariance needs at least 2"),
    "n negative": (without_rows(n=-N), "n = -40: a covariance needs at least 2"),
    "n with a fraction": (without_rows(n=N + 0.5), "n is 40.5, expected a whole number"),
    "n NaN": (without_rows(n=np.nan), "n is nan, expected a whole number"),
    "n infinite": (without_rows(n=np.inf), "n is inf, expected a whole number"),
    "n beyond all sets": (without_rows(n=10**18), "n is 10{18}, expected a whole number"),
    "two n": (without_rows(n=[N, N]), "n is .*, expected a whole number"),
    "n a text": (without_rows(n="thirty"), "n is .*, expected a whole number"),
    "protocol no JSON": (with_rows(protocol="{"), "its protocol"),
    "protocol a list": (with_rows(protocol="[1]"), "its protocol"),
    "protocol empty": (with_rows(protocol="{}"), "protocol in a file is incomplete"),
    "protocol of other types": (of_protocol(extractor=3), "its protocol: extractor is 3, expected a text"),
    "rows with NaN": (with_rows(rows=np.full((N, D), np.nan, np.float32)), "row 0 holds NaN"),
    "rows too wide": (with_rows(rows=np.zeros((N, D + 1), np.float32)), "do not belong to mu"),
    "rows of other images": (with_rows(rows=np.full((N, D), 9, np.float32)), "mu and sigma are not those of its rows"),
    "one index": (with_rows(index=np.arange(1)), "rows came with 1 index numbers"),
    "index twice": (with_rows(index=np.zeros(N, np.int64)), "was given twice"),
    "index of fractions": (with_rows(index=np.arange(N) + 0.5), "index holds float64"),
    "index negative": (with_rows(index=np.arange(N) - 5), "index holds negative numbers"),
    "labels": (with_rows(labels=np.array(["a"])), "1 labels do not belong to 40 rows"),
}  # fmt: skip
EVERYWHERE = ("negative variance beside rows", "protocol no JSON")


@contextmanager
def beside_the_board(door: str) -> Iterator[str]:
    """The name of the damaged file; where a board names it, it lies there while the block lasts."""
    path = {"reference of a board": Path("real.npz"), "rows of a submission": Path("dcgan/run-1.npz")}.get(door)
    if path is None:
        yield "bad.npz"
        return
    kept = path.rename("kept.npz")
    try:
        shutil.copyfile("bad.npz", path)
        yield path.name
    finally:
        kept.rename(path)


def reason(text: str, name: str) -> str:
    """What is said behind the file's name."""
    lines = [line for line in text.splitlines() if f"{name}: " in line]
    assert lines, text
    return lines[0].partition(f"{name}: ")[2].strip()


READERS = ("merge", "reference of a board", "rows of a submission")
CALLS = {
    "reference": lambda: ganeval.reference("bad.npz", extractor="features", metrics=["fd"]),
    "evaluate": lambda: ganeval.evaluate("bad.npz", "fake.npy", extractor="features", metrics=["fd"]),
    "compare": lambda: ganeval.compare("bad.npz", ["fake.npy", "other.npy"], extractor="features", metrics=["fd"]),
    "rows": lambda: ganeval.rows("bad.npz", extractor="features"),
    "Evaluator": lambda: ganeval.Evaluator("bad.npz", extractor="features", metrics=["fd"]),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused_with_the_same_words(place, monkeypatch, capsys, damage):
    """By all that read such a file; and, for a few kinds of damage, at every door."""
    monkeypatch.chdir(place)
    change, says = DAMAGED[damage]
    np.savez("bad.npz", **altered(change))
    told = {}
    for door in DOORS if damage in EVERYWHERE else READERS:
        line = DOORS[door]
        with beside_the_board(door) as name:
            capsys.readouterr()
            assert exit_code(line.split()) == 1, door
            captured = capsys.readouterr()
            told[door] = reason(captured.out + captured.err, name)
    for door in CALLS if damage in EVERYWHERE else ("rows",):
        with pytest.raises(GanevalError) as caught:
            CALLS[door]()
        told[door] = reason(str(caught.value), "bad.npz")
    assert len(set(told.values())) == 1, told
    assert re.search(says, told["merge"]), told
    assert not Path("both.npz").exists()


def test_what_is_whole_is_read(place, monkeypatch, capsys):
    """The same table with nothing changed, so that it is the damage that is refused; whole numbers may be floats."""
    monkeypatch.chdir(place)
    np.savez("rest.npz", **altered(lambda held: held.update(index=held["index"] + N, shard="2/2")))
    for door in ("fd", *READERS):
        line = "merge bad.npz rest.npz -o again.npz" if door == "merge" else DOORS[door]
        whole = "fake.npz" if door == "rows of a submission" else "real.npz"
        np.savez("bad.npz", **altered(with_rows(n=float(N), shard="1/2"), whole))
        with beside_the_board(door):
            assert exit_code(line.split()) == 0, (door, capsys.readouterr())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a readable .npz file"),
        (b"PK\x03\x04 cut short", "not a readable .npz file"),
        (b"\x93NUMPY", "its content is that of an .npy file: rename it"),
        (None, "is no statistics file of ganeval"),
    ],
    ids=["empty", "cut short", "npy", "of another tool"],
)
def test_merge_and_boards_name_a_file_that_is_none(place, monkeypatch, capsys, content, says):
    monkeypatch.chdir(place)
    if content is None:
        np.savez("bad.npz", mu=np.zeros(D), sigma=np.eye(D))
    else:
        Path("bad.npz").write_bytes(content)
    for door in READERS:
        with beside_the_board(door) as name:
            assert exit_code(DOORS[door].split()) == 1
            captured = capsys.readouterr()
            assert says in reason(captured.out + captured.err, name), door
