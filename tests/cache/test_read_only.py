"""A cache that another user owns: sound entries are used, others are left aside, and nothing raises."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.core.files import entries_folder, remove_files
from ganeval.evaluation.cache import Cache
from ganeval.extractors.classifier import Classifier

HOW: dict[str, Any] = {"metrics": ["fd"], "extractor": "random-conv", "device": "cpu", "interval": "off"}
RIGHTS = "-dac_override,-dac_read_search,-fowner"
IMAGE = np.zeros((1, 3, 28, 28), np.float32)


@pytest.fixture
def place(monkeypatch, rng, tmp_path) -> Path:
    """Two sides, and a cache with their rows."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv, to give files away")
    monkeypatch.setenv("GANEVAL_CACHE", str(tmp_path / "cache"))
    for name in ("real", "fake"):
        save_images(tmp_path / name, rng.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8))
    scored(tmp_path)
    return tmp_path


def scored(place: Path) -> ganeval.Report:
    return ganeval.evaluate(place / "real", place / "fake", **HOW)


def elsewhere(call: str, place: Path) -> Any:
    """What an expression gives in a process without root's rights to files of others; the cache is given away."""
    for path in (place / "cache", *(place / "cache").rglob("*")):
        os.chown(path, 65534, 65534)
    script = (
        "import json, ganeval; from pathlib import Path; from ganeval.evaluation.cache import Cache, cache_folder\n"
        "from ganeval.cli import exit_code\n"
        f"def scored(): return ganeval.evaluate({str(place / 'real')!r}, {str(place / 'fake')!r}, **{HOW!r})\n"
        "def graph_rows():\n"
        "    import numpy; from ganeval.extractors.classifier import Classifier\n"
        "    return Classifier('mnist', device='cpu').rows(numpy.zeros((1, 3, 28, 28), 'f'))['features'].tolist()\n"
        "def report(r): return [r.to_dict(), r.sides['fake'].cached, list(r.warnings)]\n"
        f"found = {call}\nprint(); print(json.dumps(found))"
    )
    done = subprocess.run(
        ["setpriv", f"--bounding-set={RIGHTS}", sys.executable, "-c", script],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def files(place: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in (place / "cache").rglob("*") if path.is_file()}


def entries(suffix: str) -> list[Path]:
    kind = "graphs" if suffix in (".onnx", ".json") else "features"
    return list(entries_folder(kind).glob(f"*{suffix}"))


def report_of(report: ganeval.Report, *, cached: bool) -> list[Any]:
    return [report.to_dict(), cached, list(report.warnings)]


def test_sound_rows_are_used(place):
    expected, before = scored(place), files(place)
    assert elsewhere("report(scored())", place) == report_of(expected, cached=True)
    assert files(place) == before


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_rows_that_it_may_not_read_are_made_again_without_a_word(place, suffix):
    for path in entries(".npz"):
        path.unlink()
    ganeval.evaluate(place / "real", place / "fake", **{**HOW, "metrics": ["pr"]})  # which keeps rows
    expected = scored(place)
    for path in entries(suffix):
        path.chmod(0o600)
    assert elsewhere("report(scored())", place) == report_of(expected, cached=False)


def test_damaged_rows_are_left_aside_and_that_is_said(place):
    expected = scored(place)
    for path in entries(".npz"):
        path.write_bytes(path.read_bytes()[:-100])
    before = files(place)
    scores, cached, warnings = elsewhere("report(scored())", place)
    assert (scores, cached) == (expected.to_dict(), False)
    assert sum("damaged and cannot be removed" in warning for warning in warnings) == 2
    assert files(place) == before


def test_a_folder_that_it_may_not_enter_is_no_cache(place):
    expected = scored(place)
    for folder in (place / "cache" / "format-2").iterdir():
        folder.chmod(0o744)
    assert elsewhere("report(scored())", place) == report_of(expected, cached=False)
    assert elsewhere("[size for _, size in Cache(cache_folder()).sizes().values()]", place) == [0, 0, 0]


def test_what_cannot_be_removed_is_not_said_to_be(place):
    before = files(place)
    calls = ("cache prune --max-size 0", "cache", "cache clear")
    assert elsewhere(f"[exit_code(call.split()) for call in {calls}]", place) == [0, 0, 1]
    assert elsewhere("Cache(cache_folder()).prune(0)", place) == 0
    assert files(place) == before


@pytest.mark.parametrize("mode", [0o644, 0o600], ids=oct)
def test_a_graph_is_used_or_made_again(place, mode):
    expected = Classifier("mnist", device="cpu").rows(IMAGE)["features"].tolist()
    (path,) = entries(".onnx")
    path.chmod(mode)
    before = files(place)
    assert elsewhere("graph_rows()", place) == expected
    assert files(place) == before


def test_pruning_goes_on_behind_a_file_that_stays(monkeypatch, tmp_path):
    held = Cache(tmp_path)
    folder = entries_folder("features", cache=tmp_path)
    folder.mkdir(parents=True)
    for age, name in enumerate(("theirs", "mine", "newest")):
        (folder / f"{name}.npz").write_bytes(b"12345678")
        os.utime(folder / f"{name}.npz", (age, age))
    unlink = Path.unlink

    def refusing(path: Path, **how: Any) -> None:
        if path.stem == "theirs":
            raise PermissionError(path)
        unlink(path, **how)

    monkeypatch.setattr(Path, "unlink", refusing)
    assert held.prune(16) == 1
    assert sorted(path.stem for path in folder.iterdir()) == ["newest", "theirs"]


def test_removing_what_is_gone_is_no_failure(tmp_path):
    assert remove_files([tmp_path / "gone"]) == []
