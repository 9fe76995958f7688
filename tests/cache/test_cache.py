"""The cache: nothing is extracted twice, nothing stale or damaged is believed."""

import multiprocessing
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from conftest import save_images
from PIL import Image

import ganeval
from ganeval.cli import exit_code
from ganeval.core.errors import DecodeError
from ganeval.core.files import entries_folder
from ganeval.evaluation.cache import Cache
from ganeval.extractors.base import Extractor

OPTIONS = {"metrics": ["fd", "pr"], "seed": 0, "interval": "off"}


@dataclass(frozen=True)
class Counting(Extractor):
    """Mean colours of the halves of an image, and how often it was asked."""

    seen: list
    digest_of: str = "ab" * 32
    kept: bool = True
    views: ClassVar = ("features",)

    @property
    def name(self):
        return "counting"

    @property
    def digest(self):
        return self.digest_of

    @property
    def cacheable(self):
        return self.kept

    def prepare(self, image):
        return np.concatenate([image[:4].mean((0, 1)), image[4:].mean((0, 1))]).astype(np.float32)

    def rows(self, stack):
        self.seen.append(len(stack))
        return {"features": stack}


@pytest.fixture
def sides(tmp_path, rng):
    for name in ("real", "fake"):
        save_images(tmp_path / name, rng.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8))
    return tmp_path / "real", tmp_path / "fake"


def extracted(real, fake, **options) -> tuple[ganeval.Report, int]:
    """The report, and how many images the extractor was shown."""
    counting = Counting([], **{k: options.pop(k) for k in ("digest_of", "kept") if k in options})
    report = ganeval.evaluate(real, fake, extractor=counting, **{**OPTIONS, **options})
    return report, sum(counting.seen)


def test_the_second_run_extracts_nothing_and_says_the_same(sides):
    first, n = extracted(*sides)
    second, none = extracted(*sides)
    assert (n, none) == (60, 0)
    assert second.to_dict() == first.to_dict()
    assert not first.sides["real"].cached
    assert second.sides["real"].cached
    assert second.sides["real"].n == 30


def test_another_fake_costs_only_itself(sides, rng):
    extracted(*sides)
    save_images(sides[0].parent / "other", rng.integers(0, 256, (9, 8, 8, 3), dtype=np.uint8))
    assert extracted(sides[0], sides[0].parent / "other")[1] == 9


def test_files_are_known_by_content(sides):
    real, fake = sides
    extracted(*sides)
    copied = shutil.copytree(real, real.parent / "copy")
    assert extracted(copied, fake)[1] == 0, "the same images elsewhere"
    os.utime(real / "0000.png")
    assert extracted(*sides)[1] == 0, "another time, the same content"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(real / "0000.png")
    changed, n = extracted(*sides)
    assert n == 30, "a changed file"
    assert changed.to_dict() == extracted(*sides, cache="off")[0].to_dict()
    (real / "0001.png").unlink()
    assert extracted(*sides)[1] == 29, "a removed file"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(real / "new.png")
    assert extracted(*sides)[1] == 30, "an added file"


def test_a_pipe_among_the_images_is_not_waited_for(sides):
    os.mkfifo(sides[0] / "pipe.png")
    with pytest.raises(DecodeError, match=r"pipe\.png: .*not a regular file"):
        extracted(*sides)


def test_what_makes_other_rows_has_another_key(sides):
    extracted(*sides)
    assert extracted(*sides, digest_of="cd" * 32)[1] == 60
    assert extracted(*sides, exif="apply")[1] == 60
    assert extracted(*sides, n=20)[1] == 40
    assert extracted(*sides, n=20, seed=1)[1] == 40
    assert extracted(*sides, n=20, seed=1)[1] == 0
    assert extracted(*sides, cache="off")[1] == 60
    assert extracted(*sides, kept=False)[1] == 60


def test_rows_serve_moments_but_not_the_other_way(sides):
    extracted(*sides, metrics=["fd"])
    assert extracted(*sides, metrics=["pr"])[1] == 60
    report, n = extracted(*sides, metrics=["fd"])
    assert n == 0
    assert report["fd"].value == pytest.approx(extracted(*sides, metrics=["fd"], cache="off")[0]["fd"].value, rel=1e-12)


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("how", ["cut", "flipped", "emptied"])
def test_a_damaged_entry_is_told_and_made_again(sides, empty_cache, suffix, how):
    expected, _ = extracted(*sides)
    for path in entries_folder("features").glob(f"*{suffix}"):
        data = bytearray(path.read_bytes())
        if how == "flipped":
            data[-200 if suffix == ".npy" else len(data) // 2] ^= 1
        path.write_bytes({"cut": data[: len(data) // 2], "flipped": data, "emptied": b""}[how])
    again, n = extracted(*sides)
    assert n == 60
    assert again.to_dict() == expected.to_dict()
    assert any("damaged" in warning for warning in again.warnings)
    assert extracted(*sides)[1] == 0


def test_skipped_files_and_warnings_come_back(sides):
    (sides[0] / "0003.png").write_bytes(b"broken")
    Image.fromarray(np.zeros((8, 8, 4), np.uint8)).save(sides[0] / "0004.png")
    first, _ = extracted(*sides, on_error="skip")
    second, n = extracted(*sides, on_error="skip")
    assert n == 0
    assert second.sides["real"].skipped == first.sides["real"].skipped
    assert second.warnings == first.warnings
    with pytest.raises(ganeval.DecodeError):
        extracted(*sides)


def test_class_labels_are_those_of_today(tmp_path, rng):
    for kind in "ab":
        save_images(tmp_path / "real" / kind, rng.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8))
    extractor = Counting([])
    options = {"metrics": ["modes"], "extractor": extractor}
    assert set(ganeval.reference(tmp_path / "real", **options).statistics["features"].labels) == {"a", "b"}
    labels = tmp_path / "labels.txt"
    labels.write_text("x\n" * 8)
    held = ganeval.reference(f"{tmp_path / 'real'},labels={labels}", **options)
    assert set(held.statistics["features"].labels) == {"x"}
    assert sum(extractor.seen) == 8


def test_arrays_and_archives_are_kept_and_generators_are_not(tmp_path, sides, rng):
    images = rng.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    assert extracted(images, sides[1])[1] == 60
    assert extracted(images.copy(), sides[1])[1] == 0
    assert extracted(255 - images, sides[1])[1] == 30
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", sides[0])
    assert extracted(packed, sides[1])[1] == 30
    assert extracted(packed, sides[1])[1] == 0
    generator = ganeval.sampler(lambda n, seed: images[:1].repeat(n, 0), n=30)
    assert [extracted(sides[0], generator)[1] for _ in range(2)][1] == 30


def test_the_oldest_entries_go_first(sides, empty_cache):
    extracted(*sides, metrics=["fd"])
    held = Cache(empty_cache)
    old, new = sorted(entries_folder("features").glob("*.npz"))
    os.utime(old, (1, 1))
    assert held.prune(new.stat().st_size) == 1
    assert not old.exists()
    assert new.exists()


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(sides, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANEVAL_CACHE", str(tmp_path / "file" / "below"))
    assert extracted(*sides)[1] == 60
    assert extracted(*sides)[1] == 60


def _run(folder: str, real: str, fake: str) -> None:
    os.environ["GANEVAL_CACHE"] = folder
    for _ in range(3):
        ganeval.evaluate(real, fake, extractor=Counting([]), **OPTIONS)


def test_processes_may_write_at_the_same_time(sides, empty_cache):
    workers = [
        multiprocessing.get_context("fork").Process(target=_run, args=(str(empty_cache), *map(str, sides)))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert extracted(*sides)[1] == 0
    assert not list(empty_cache.rglob(".*")), "no temporary file is left"


def test_the_command(sides, empty_cache, capsys):
    assert exit_code(["fd", *map(str, sides), "-x", "random-conv", "-q", "--no-interval"]) == 0
    capsys.readouterr()
    assert exit_code(["cache"]) == 0
    shown = capsys.readouterr().out
    assert str(empty_cache) in shown
    assert "features        2 files" in shown
    assert exit_code(["cache", "prune", "--max-size", "0"]) == 0
    assert "2 entries removed" in capsys.readouterr().out
    assert exit_code(["cache", "prune", "--max-size", "many"]) == 2
    capsys.readouterr()
    assert exit_code(["cache", "clear"]) == 0
    assert not list(Path(empty_cache).iterdir())
    assert exit_code(["fd", *map(str, sides), "-x", "random-conv", "-q", "--no-cache"]) == 0
    assert not entries_folder("features").exists()


def test_an_exported_graph_is_kept_and_a_damaged_one_made_again(empty_cache, monkeypatch):
    from ganeval.extractors import _network
    from ganeval.extractors.efficientnet_lite0 import EfficientNetLite0

    made = []
    exported = _network._exported
    monkeypatch.setattr(_network, "_exported", lambda *given: made.append(1) or exported(*given))
    stack = np.zeros((1, 3, 224, 224), np.float32)
    first = EfficientNetLite0(device="cpu").rows(stack)["features"]
    assert (EfficientNetLite0(device="cpu").rows(stack)["features"] == first).all()
    assert len(made) == 1
    (graph,) = entries_folder("graphs").glob("*.onnx")
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)
    with pytest.warns(UserWarning, match="its kept graph is damaged"):
        assert (EfficientNetLite0(device="cpu").rows(stack)["features"] == first).all()
    assert len(made) == 2
