"""Shards of a set, merged: the same as the whole."""

import numpy as np
import pytest
from conftest import save_images

from ganeval.cli import exit_code


@pytest.fixture
def here(tmp_path, monkeypatch, rng):
    for kind in "ab":
        save_images(tmp_path / "real" / kind, rng.integers(0, 256, (4, 4, 4, 3), dtype=np.uint8))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stats(*arguments: str) -> None:
    assert exit_code(["stats", "real", "-x", "pixels", "-q", *arguments]) == 0


@pytest.mark.parametrize("rows", [(), ("--rows",)])
@pytest.mark.parametrize("count", [1, 3, 7, 11])
def test_merged_equals_whole(here, capsys, rows, count):
    """Eight images: uneven shards of one to three, shards of one image, and empty ones."""
    stats("-o", "whole.npz", *rows)
    parts = [f"part{i}.npz" for i in range(1, count + 1)]
    for i, part in enumerate(parts, 1):
        stats("-o", part, "--shard", f"{i}/{count}", *rows)
    assert exit_code(["merge", *reversed(parts), "-o", "merged.npz"]) == 0
    assert capsys.readouterr().err == ""
    with np.load("whole.npz") as whole, np.load("merged.npz") as merged:
        assert merged["n"] == whole["n"] == 8
        np.testing.assert_allclose(merged["mu"], whole["mu"], rtol=1e-12)
        np.testing.assert_allclose(merged["sigma"], whole["sigma"], rtol=1e-9, atol=1e-12)
        assert merged["protocol"] == whole["protocol"]
        if rows:
            for key in ("index", "rows", "labels"):
                assert (merged[key] == whole[key]).all()
    save_images(here / "fake", np.full((9, 4, 4, 3), 7, np.uint8))
    assert exit_code(["fd", "merged.npz", "fake", "-x", "pixels", "-q"]) == 0


def failed(capsys, *arguments: str) -> str:
    assert exit_code(["merge", *arguments, "-o", "merged.npz"]) != 0
    return capsys.readouterr().err


def test_what_cannot_be_merged_is_named(here, capsys):
    for i in (1, 2, 3):
        stats("-o", f"part{i}.npz", "--shard", f"{i}/3")
    stats("-o", "third.npz", "--shard", "1/2")
    assert exit_code(["stats", "real", "-x", "pixels:size=2", "-q", "-o", "other.npz", "--shard", "2/3"]) == 0
    np.savez("foreign.npz", mu=np.zeros(3), sigma=np.eye(3))
    capsys.readouterr()
    assert "shard 1/3 was given twice" in failed(capsys, "part1.npz", "part1.npz")
    assert "unlike protocols: extractor is" in failed(capsys, "part1.npz", "other.npz")
    assert "unlike divisions: 1/3, 1/2" in failed(capsys, "part1.npz", "third.npz")
    assert "foreign.npz: is no statistics file of ganeval" in failed(capsys, "foreign.npz", "part1.npz")
    assert "missing.npz: not a readable" in failed(capsys, "missing.npz")
    assert exit_code(["merge", "part1.npz", "part3.npz", "-o", "some.npz"]) == 0
    assert "shards 2/3 are missing" in capsys.readouterr().err


def test_an_empty_shard_is_no_reference(here, capsys):
    stats("-o", "part9.npz", "--shard", "9/9")
    assert "empty shard" in capsys.readouterr().out
    assert exit_code(["fd", "part9.npz", "real", "-x", "pixels", "-q"]) == 1
    assert "it is an empty shard: merge it with the others" in capsys.readouterr().err
    assert "hold no images" in failed(capsys, "part9.npz")


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/b", "1/0"])
def test_shards_that_are_none(here, capsys, shard):
    assert exit_code(["stats", "real", "-x", "pixels", "-o", "x.npz", "--shard", shard]) == 2
    assert "is not i/n" in capsys.readouterr().err
