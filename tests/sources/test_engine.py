"""The single pass: each image once, and a number that depends on nothing but images and protocol."""

import threading
import time
from collections import Counter
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.core.errors import DecodeError, FeatureError, SourceError, SpecError
from ganeval.evaluation.engine import Engine
from ganeval.extractors.base import Extractor
from ganeval.sources.source import seeded_choice


@final
class Counting(Extractor):
    """Pixel rows in two views; remembers every image it was shown, by its first row of pixels."""

    views: ClassVar = ("features", "probs")

    def __init__(self) -> None:
        self.prepared: Counter[bytes] = Counter()
        self.rowed = 0
        self.lock = threading.Lock()

    @property
    def name(self) -> str:
        return "counting"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        with self.lock:
            self.prepared[image.tobytes()] += 1
        return image.astype(np.float32) / 255

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        self.rowed += len(stack)
        flat = stack.reshape(len(stack), -1)
        weights = np.exp(flat[:, :30:3])
        return {"features": flat, "probs": (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)}


METRICS = ["fd", "kid", "pr", "pr:k=5", "dc", "is:splits=2"]


def test_each_image_is_extracted_once_however_many_metrics(folders, digits):
    counting = Counting()
    report = ganeval.evaluate(*folders, extractor=counting, metrics=METRICS)
    assert len(report) == 9
    shown = Counter(np.repeat(image[..., None], 3, axis=2).tobytes() for image in digits[:80])
    assert counting.prepared == shown
    assert counting.rowed == 80


def test_several_fakes_share_the_real_side(folders, digits, tmp_path, monkeypatch):
    from ganeval.cli import exit_code

    counting = Counting()
    monkeypatch.setattr("ganeval.evaluation.settings.built_extractor", lambda *_, **__: counting)
    third = save_images(tmp_path / "third", digits[100:140])
    assert exit_code(["eval", *map(str, [*folders, third]), "-q", "--json", str(tmp_path / "out.json")]) == 0
    assert counting.rowed == 120


@pytest.mark.parametrize("metrics", [["fd"], ["fd", "kid", "pr", "dc"]])
def test_numbers_do_not_depend_on_how_the_pass_is_run(folders, metrics):
    first, *rest = (
        ganeval.evaluate(*folders, extractor="pixels", metrics=metrics, n=35, engine=Engine(size, workers))
        for size, workers in ((32, None), (1, 1), (7, 3), (1000, 8))
    )
    for other in rest:
        assert other.to_dict() == pytest.approx(first.to_dict(), rel=1e-12)
        assert other.signature == first.signature


def test_moments_of_many_blocks_equal_those_of_all_rows(rng):
    images = rng.integers(0, 256, (2500, 2, 2), np.uint8)
    others = rng.integers(0, 200, (2500, 2, 2), np.uint8)
    by_moments = ganeval.evaluate(images, others, extractor="pixels", metrics=["fd"])
    by_rows = ganeval.evaluate(images, others, extractor="pixels", metrics=["fd", "dc"])
    assert by_moments["fd"].value == pytest.approx(by_rows["fd"].value, rel=1e-9)


def test_order_of_files_is_that_of_their_names(tmp_path, digits):
    for name, order in (("a", range(40)), ("b", reversed(range(40)))):
        (tmp_path / name).mkdir()
        for i in order:  # the file system may list them in the order of writing
            save_images(tmp_path / name / f"{i:02}", digits[i : i + 1])
    first, second = (
        ganeval.evaluate(tmp_path / name, digits[40:80], extractor="pixels", metrics=METRICS[:5], n=30) for name in "ab"
    )
    assert first.to_dict() == second.to_dict()


def test_a_failure_in_a_worker_stops_promptly_with_the_path(tmp_path, digits):
    root = save_images(tmp_path / "many", np.repeat(digits[:50], 20, axis=0))
    (root / "0003.png").write_bytes(b"broken")

    read = Counting()
    with pytest.raises(DecodeError, match=r"many/0003\.png: not an image .*--on-error skip"):
        ganeval.evaluate(root, root, extractor=read, metrics=["fd"], engine=Engine(8, 2))
    deadline = time.monotonic() + 2
    while any(thread.name.startswith("ganeval") for thread in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sum(read.prepared.values()) < 100
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ganeval")]


@pytest.mark.parametrize("broken", [False, True])
def test_progress_reaches_the_total(folders, broken):
    seen: dict[str, list[tuple[int, int]]] = {}
    if broken:
        (folders[1] / "0011.png").write_bytes(b"")
    engine = Engine(7, 2, lambda label, done, total: seen.setdefault(label, []).append((done, total)))
    ganeval.evaluate(*folders, extractor="pixels", metrics=["kid"], engine=engine, on_error="skip")
    for steps in seen.values():
        assert [total for _, total in steps] == [40] * 6
        assert [done for done, _ in steps] == [7, 14, 21, 28, 35, 40]


def test_mixed_sizes_need_an_extractor_that_resizes(tmp_path, digits, folders):
    mixed = save_images(
        tmp_path / "mixed", [*digits[:10], *(np.kron(d, np.ones((2, 2), np.uint8)) for d in digits[:10])]
    )
    with pytest.raises(SourceError, match=r"mixed: images differ in size \(8×8, 16×16 …\) and pixels needs one size"):
        ganeval.evaluate(mixed, mixed, extractor="pixels", metrics=["fd"])
    assert ganeval.evaluate(mixed, mixed, extractor="pixels:size=8", metrics=["fd"])["fd"].value < 1e-9
    large = save_images(tmp_path / "large", [np.kron(d, np.ones((2, 2), np.uint8)) for d in digits[:10]])
    with pytest.raises(FeatureError, match=r"real has 192 and .*large has 768; use one extractor \(and image size\)"):
        ganeval.evaluate(folders[0], large, extractor="pixels", metrics=["fd"])


def test_tiny_images(rng):
    values = rng.integers(0, 256, (30, 1, 1, 3), np.uint8)
    tiny, turned = (ganeval.images(part, layout="nhwc") for part in (values, values[::-1].copy()))
    assert abs(ganeval.evaluate(tiny, turned, extractor="pixels", metrics=["fd"])["fd"].value) < 1e-9
    assert abs(ganeval.evaluate(tiny, turned, extractor="random-conv", metrics=["fd"])["fd"].value) < 1e-6


def test_the_subset_is_seeded_sorted_and_bounded(folders):
    for seed in range(5):
        chosen = seeded_choice(1000, 20, seed=seed)
        assert chosen.tolist() == sorted(set(chosen.tolist()))
        assert chosen.tolist() == seeded_choice(1000, 20, seed=seed).tolist()
    assert len({tuple(seeded_choice(1000, 20, seed=seed)) for seed in range(5)}) == 5
    assert seeded_choice(20, 20, seed=3).tolist() == list(range(20))
    drawn = {seed: ganeval.evaluate(*folders, extractor="pixels", metrics=["fd"], n=20, seed=seed) for seed in (1, 2)}
    assert drawn[1]["fd"].value != drawn[2]["fd"].value
    assert "|seed:1" in drawn[1].signature
    assert drawn[1].sides["real"].n == 20
    assert drawn[1].sides["real"].available == 40
    with pytest.raises(SourceError, match=r"real: has 40 images, fewer than n = 41"):
        ganeval.evaluate(*folders, extractor="pixels", metrics=["fd"], n=41)
    with pytest.raises(SpecError, match="n = 0: at least one image is needed"):
        ganeval.evaluate(*folders, extractor="pixels", metrics=["fd"], n=0)


def warned(real, fake, *metrics: str, **options) -> list[str]:
    return list(ganeval.evaluate(real, fake, extractor="pixels", metrics=metrics, **options).warnings)


def test_the_same_place_twice_is_worth_a_warning(folders, tmp_path, monkeypatch):
    real, fake = folders
    monkeypatch.chdir(tmp_path)
    for left, right in ((real, real), ("real", "./real/"), ("real", tmp_path / "fake" / ".." / "real")):
        assert any("real and fake are the same place" in warning for warning in warned(left, right, "kid"))
    Path("link").symlink_to(real, target_is_directory=True)
    assert any("the same place" in warning for warning in warned(real, "link", "kid"))
    assert not warned(real, fake, "kid")


def test_unequal_and_few_images_are_worth_a_warning(folders, digits):
    real, _ = folders
    (unequal,) = [w for w in warned(real, digits[40:70], "pr", "kid") if "unequal" in w]
    assert unequal.startswith("unequal numbers of images (40 real, 30 fake): precision-recall depends on n; --n makes")
    assert not warned(real, digits[40:70], "kid")
    assert not warned(real, digits[40:70], "pr", n=30)
    (few,) = warned(real, digits[40:80], "fd")
    assert few.startswith("fd: 40 real images in 192 dimensions")
    small = digits[:400, :2, :2]
    assert not [w for w in warned(small[:200], small[200:], "fd") if w.startswith("fd:")]


def test_a_reference_keeps_its_extractor(folders, digits):
    """In a training loop no network is loaded again, whether the extractor is named once more or not."""
    held = ganeval.reference(folders[0], extractor="random-conv", metrics=["fd"])
    runner = held.extractor._runner
    for again in (None, "random-conv"):
        report = ganeval.evaluate(held, digits[40:80], extractor=again, metrics=["fd"])
        assert report.protocol.extractor == "random-conv"
    assert held.extractor._runner is runner
    fresh = ganeval.evaluate(folders[0], digits[40:80], extractor="random-conv", metrics=["fd"])
    assert report.to_dict() == fresh.to_dict()
