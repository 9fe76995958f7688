"""Entries of older formats are not read, and are removed; nothing else is touched."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.cli import exit_code
from ganeval.core import files as folders
from ganeval.extractors.base import Extractor

KEY = "0123456789abcdef" * 2 + "01234567"
# as version 0.1.0 laid them, the leftovers of a process that was stopped included
FIRST = (
    f"features/{KEY}.features.rows.npz",
    f"features/{KEY}.features.rows.npz.lock",
    f"features/{KEY}.features.rows.npy",
    f"features/{KEY}.probs.moments.npz",
    f"features/.{KEY}.features.rows.123.npy",
    f"graphs/{KEY}.onnx",
    f"graphs/{KEY}.sha256",
    f"graphs/.{KEY}.onnx.123",
    f"manifests/{KEY[:32]}.json",
    f"manifests/{KEY[:32]}.json.lock",
    f"manifests/{KEY[:32]}.123.tmp",
)
OWN = ("features/mine.npz", "graphs/net.onnx", "data/cifar10.tar", "manifests.txt")


@dataclass(frozen=True)
class Mean(Extractor):
    """The mean colour."""

    views: ClassVar = ("features",)
    name: ClassVar = "mean"
    cacheable: ClassVar = True

    def prepare(self, image):
        return image.mean((0, 1)).astype(np.float32)

    def rows(self, stack):
        return {"features": stack}


def laid(cache: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (cache / name).parent.mkdir(exist_ok=True)
        (cache / name).write_bytes(b"wrong")


def held(cache: Path) -> set[str]:
    return {str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file()}


def test_a_run_does_not_read_them_and_removes_them(tmp_path, empty_cache, rng):
    real = save_images(tmp_path / "real", rng.integers(0, 256, (8, 8, 8, 3), dtype=np.uint8))
    laid(empty_cache, FIRST)
    options = {"metrics": ["kid"], "extractor": Mean(), "interval": "off"}
    made = ganeval.reference(real, **options)
    fresh = ganeval.reference(real, **options, cache="off")
    assert (made.statistics["features"].values == fresh.statistics["features"].values).all()
    assert not made.cached
    assert not made.notes
    assert not held(empty_cache) & set(FIRST)
    assert not [path.name for path in empty_cache.iterdir() if path.name in folders.KINDS]
    assert ganeval.reference(real, **options).cached


@pytest.mark.parametrize("command", [["cache"], ["cache", "info"], ["cache", "prune", "--max-size", "1GB"]])
def test_the_command_removes_them_and_says_so_once(command, empty_cache, capsys):
    laid(empty_cache, FIRST + OWN)
    assert exit_code(command) == 0
    assert "9 files of an older version removed" in capsys.readouterr().out
    assert held(empty_cache) == set(OWN)
    assert exit_code(command) == 0
    assert "older" not in capsys.readouterr().out


def test_clear_removes_them_and_leaves_the_users_own_files(empty_cache, capsys):
    laid(empty_cache, FIRST + OWN)
    folders.prepared("features")
    assert exit_code(["cache", "clear"]) == 0
    assert held(empty_cache) == set(OWN)
    assert not folders.format_folder().exists()


def test_numbered_formats_before_todays_go_and_later_ones_stay(empty_cache, monkeypatch):
    monkeypatch.setattr(folders, "_FORMAT", 4)
    laid(empty_cache, tuple(f"format-{number}/features.npz" for number in (2, 3, 4, 5)))
    folders.prepared("graphs")
    assert held(empty_cache) == {f"format-{number}/features.npz" for number in (4, 5)}
