"""Identity is content: other images get rows, and so scores, of their own, whatever sizes, times and names say.

Images are bitmaps of one size, and archives store them as they are: other images make files of equal length.
"""

import io
import os
import shutil
import tarfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

import ganeval
from ganeval.core.files import entries_folder
from ganeval.core.rows import Rows
from ganeval.evaluation.cache import Use
from ganeval.evaluation.cache import cache as opened_cache
from ganeval.evaluation.engine import Engine, Features
from ganeval.evaluation.settings import settings_for
from ganeval.evaluation.sides import extract, open_side
from ganeval.extractors.base import Extractor
from ganeval.sources import content, manifest
from ganeval.sources.content import content_of
from ganeval.sources.opening import opened

N = 6
WHEN = 1_600_000_000 * 10**9
FORMS = ("folder", "zip", "tar", "npy")


@dataclass(frozen=True)
class Colours(Extractor):
    """The pixels of one row of an image; `at` is called before the image of that number."""

    at: dict[int, Callable[[], object]] = field(default_factory=dict)
    asked: list = field(default_factory=list)
    views: ClassVar = ("features",)
    name: ClassVar = "colours"
    digest: ClassVar = "ab" * 32
    cacheable: ClassVar = True

    def prepare(self, image):
        self.asked.append(1)
        self.at.pop(len(self.asked) - 1, lambda: None)()
        return image[3, :2].ravel().astype(np.float32)

    def rows(self, stack):
        return {"features": stack}


def bitmaps(top: int) -> np.ndarray:
    return np.random.default_rng(top).integers(0, top, (N, 8, 8, 3), dtype=np.uint8)


def saved(path: Path, images: np.ndarray, form: str) -> Path:
    """The images in a form, with times of long ago as far as a program can set them."""
    bytes_of = {f"{i}.bmp": io.BytesIO() for i in range(len(images))}
    for image, file in zip(images, bytes_of.values(), strict=True):
        Image.fromarray(image).save(file, "BMP")
    if form == "folder":
        path.mkdir(parents=True)
        for name, file in bytes_of.items():
            (path / name).write_bytes(file.getvalue())
    elif form == "zip":
        with zipfile.ZipFile(path, "w") as packed:
            for name, file in bytes_of.items():
                packed.writestr(zipfile.ZipInfo(name), file.getvalue())
    elif form == "tar":
        with tarfile.open(path, "w") as packed:
            for name, file in bytes_of.items():
                entry = tarfile.TarInfo(name)
                entry.size = file.seek(0, os.SEEK_END)
                file.seek(0)
                packed.addfile(entry, file)
    else:
        np.save(path, images)
    for file in files_of(path):
        os.utime(file, ns=(WHEN, WHEN))
    return path


def files_of(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


@dataclass
class Sets:
    """A set that was scored before, and another one in files of equal names, sizes and modification times."""

    form: str
    here: Path
    other: Path

    def each(self, change: Callable[[Path, Path], object]) -> None:
        for old, new in zip(files_of(self.here), files_of(self.other), strict=True):
            change(old, new)


@pytest.fixture
def sets(request, tmp_path) -> Sets:
    end = "" if request.param == "folder" else f".{request.param}"
    here, other = (tmp_path / place / f"fake{end}" for place in ("here", "there"))
    for path, top in ((here, 256), (other, 90)):
        path.parent.mkdir()
        saved(path, bitmaps(top), request.param)
    return Sets(request.param, here, other)


SETTINGS = settings_for(metrics=[], extractor=Colours(), interval="off")


def side(images: Any, *, cache: Use = "use", **options: Any) -> Features:
    """As every command collects a side; its settings are settled once, which takes longer than these passes."""
    settings = replace(SETTINGS, cache=opened_cache(cache), **{"extractor": Colours(), **options})
    return extract(open_side(images, settings), settings, wants={"features": Rows})


def rows(images: Any, **options: Any) -> list[list[float]]:
    """What every score is a function of."""
    held = side(images, **options).statistics["features"]
    assert isinstance(held, Rows)
    return held.values.tolist()


def digest(path: Path) -> str | None:
    found = content_of(opened(path)).digest()
    return None if found is None else f"images:{found}"


def rewritten(old: Path, new: Path) -> None:
    """In place, as a program that restores the time does; what tar does when it unpacks over old files."""
    with old.open("r+b") as file:
        file.write(new.read_bytes())
    os.utime(old, ns=(WHEN, WHEN))


def copied(old: Path, new: Path) -> None:
    """As `cp -p` and `rsync -t --inplace`."""
    shutil.copy2(new, old)


def renamed_over(old: Path, new: Path) -> None:
    """As `mv` and `rsync -t`."""
    new.replace(old)


def linked(old: Path, new: Path) -> None:
    """Another file of the same disk under the name."""
    old.unlink()
    old.hardlink_to(new)


def retargeted(old: Path, new: Path) -> None:
    """The name was a link, and is one to another file."""
    old.unlink()
    old.symlink_to(new)


def swapped(old: Path, new: Path) -> None:
    """Both files change names."""
    aside = old.with_suffix(".aside")
    old.rename(aside)
    new.rename(old)
    aside.rename(new)


WAYS = (rewritten, copied, renamed_over, linked, retargeted, swapped)


@pytest.fixture
def later(monkeypatch) -> Callable[[], None]:
    """From when it is called, files were written some seconds ago."""

    class Clock:
        time_ns = staticmethod(lambda: time.time_ns() + 10 * 10**9)

    return lambda: monkeypatch.setattr(manifest, "time", Clock)


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The files that were hashed, apart from the pass."""
    seen: list[str] = []
    read = manifest._hashed
    monkeypatch.setattr(manifest, "_hashed", lambda path: seen.append(path) or read(path))
    return seen


every_form = pytest.mark.parametrize("sets", FORMS, indirect=True)


@every_form
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("settled", [True, False], ids=["settled", "just written"])
def test_other_images_have_other_rows(sets, way, settled, later):
    if way is retargeted:
        shutil.copytree(sets.here.parent, sets.here.parents[1] / "kept", copy_function=shutil.copy2)
        kept = sets.here.parents[1] / "kept" / sets.here.name
        for file, target in zip(files_of(sets.here), files_of(kept), strict=True):
            retargeted(file, target)
    if settled:
        later()
    before = rows(sets.here)
    sets.each(way)
    fresh = rows(sets.here, cache="off")
    assert fresh != before, "or there is nothing to be noticed"
    assert rows(sets.here) == fresh
    assert side(sets.here).digest == side(sets.here, cache="off").digest


@every_form
@pytest.mark.parametrize("moment", ["just written", "in the future"])
def test_equal_states_prove_nothing_within_the_ticks_of_a_clock(sets, moment, later, monkeypatch):
    """A file system that counts whole seconds, or a server whose clock is ahead: no field tells the change."""
    when = time.time_ns() // 10**9 * 10**9 + (3600 * 10**9 if moment == "in the future" else 0)
    honest = manifest._state
    coarse = lambda status: honest(status)._replace(modified=when, changed=when, inode=7)  # noqa: E731
    monkeypatch.setattr(manifest, "_state", coarse)
    if moment == "in the future":
        later()
    before = rows(sets.here)
    sets.each(rewritten)
    assert rows(sets.here) == rows(sets.here, cache="off") != before


@every_form
def test_where_the_time_of_change_is_not_kept_every_file_is_hashed(sets, later, monkeypatch):
    later()
    monkeypatch.setattr(manifest, "keeps_change_times", lambda path: False)
    honest = manifest._state
    monkeypatch.setattr(manifest, "_state", lambda status: honest(status)._replace(changed=WHEN, inode=7))
    before = rows(sets.here)
    sets.each(rewritten)
    assert rows(sets.here) == rows(sets.here, cache="off") != before


@pytest.mark.parametrize("sets", ["folder", "zip", "tar"], indirect=True)
def test_settled_files_are_not_read_again(sets, later, reads):
    later()
    first = side(sets.here).digest
    hashed = 0 if sets.form == "folder" else 1  # files are hashed as the pass reads them, an archive before it
    assert len(reads) == hashed
    for _ in range(2):
        colours = Colours()
        assert side(sets.here, extractor=colours).digest == first
        assert not colours.asked
    assert len(reads) == hashed, "unchanged"
    side(sets.here, cache="verify")
    assert len(reads) == hashed + len(files_of(sets.here)), "--verify"
    os.utime(files_of(sets.here)[0])
    side(sets.here)
    assert len(reads) == hashed + len(files_of(sets.here)) + 1, "one touched"


def test_a_file_that_was_just_written_is_read_once_more_and_then_believed(tmp_path, later, reads):
    path = saved(tmp_path / "fake", bitmaps(256), "folder")
    rows(path)
    later()
    for _ in range(2):
        rows(path)
        assert len(reads) == N


def test_a_clock_that_was_put_back_is_not_believed(tmp_path, reads, later, monkeypatch):
    path = saved(tmp_path / "fake", bitmaps(256), "folder")
    with monkeypatch.context() as ahead:
        ahead.setattr(manifest, "time", type("Clock", (), {"time_ns": staticmethod(lambda: 3 * 10**18)}))
        rows(path)
    later()
    rows(path)
    assert len(reads) == N


def test_a_damaged_manifest_is_not_believed(tmp_path, later, reads):
    later()
    path = saved(tmp_path / "fake", bitmaps(256), "folder")
    expected = side(path).digest
    (kept,) = entries_folder("manifests").glob("*.json")
    data = kept.read_text()
    named = data.index('.bmp": [') + 90
    kept.write_text(data[:named] + ("0" if data[named] != "0" else "1") + data[named + 1 :])
    assert side(path).digest == expected
    assert len(reads) == N


def before_the_pass(change: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    collect = Engine.collect
    monkeypatch.setattr(Engine, "collect", lambda *given, **named: (change(), collect(*given, **named))[1])


@every_form
@pytest.mark.parametrize("way", [rewritten, renamed_over], ids=lambda way: way.__name__)
@pytest.mark.parametrize("moment", ["before the pass", "in the pass"])
@pytest.mark.parametrize("cache", ["use", "off"])
def test_rows_are_kept_under_the_content_that_was_read(sets, way, moment, cache, monkeypatch, tmp_path):
    """A file that changes between its hashing and its decoding, and comes back after the pass."""
    first = shutil.copytree(sets.here.parent, tmp_path / "first", copy_function=shutil.copy2) / sets.here.name
    second = shutil.copytree(sets.other.parent, tmp_path / "second", copy_function=shutil.copy2) / sets.here.name
    known = {digest(path): rows(path, cache="off") for path in (first, second)}
    engine = Engine(batch_size=2, num_workers=1)
    with monkeypatch.context() as patched:
        change = lambda: sets.each(way)  # noqa: E731
        if moment == "before the pass":
            before_the_pass(change, patched)
        extractor = Colours({3: change} if moment == "in the pass" else {})
        try:
            made = side(sets.here, extractor=extractor, engine=engine, cache=cache)
        except ganeval.DecodeError:  # of a zip whose members have other sums by now
            assert sets.form == "zip"
        else:
            assert made.digest not in known or known[made.digest] == made.statistics["features"].values.tolist()
            mixed = made.content is None
            assert mixed == any("changed while it was read" in note.what for note in made.notes)
            assert not (mixed and sets.form == "folder")
    for path in (first, second, sets.here):
        assert rows(path) == rows(path, cache="off")


def test_what_cannot_be_read_once_is_not_kept_as_unreadable(tmp_path, later, monkeypatch):
    """A disk or a server that fails for a moment: with `skip` the image is missing, today only."""
    later()
    path = saved(tmp_path / "fake", bitmaps(256), "folder")
    source = opened(path, on_error="skip")
    read, failing = content.read_whole, {"3.bmp"}

    def failing_read(place: str) -> Any:
        if Path(place).name in failing:
            raise OSError(5, "Input/output error")
        return read(place)

    monkeypatch.setattr(content, "read_whole", failing_read)
    assert side(source).n == N - 1
    failing.clear()
    assert side(source).n == N


def test_a_lying_file_system_is_found_out_by_a_pass(tmp_path, later, monkeypatch):
    """Not by a run that finds everything kept: that is what --verify is for."""
    later()
    honest = manifest._state
    monkeypatch.setattr(manifest, "_state", lambda status: honest(status)._replace(changed=WHEN))
    first, other = (saved(tmp_path / name / "fake", bitmaps(top), "folder") for name, top in (("a", 256), ("b", 90)))
    before = rows(first)
    Sets("folder", first, other).each(rewritten)
    assert rows(first) == before
    assert rows(first, n=4) == rows(first, n=4, cache="off") != before
    assert rows(first) == rows(first, cache="off")


def test_a_place_that_holds_other_images_by_now_is_another_side(tmp_path):
    path = saved(tmp_path / "run" / "fake", bitmaps(256), "folder")
    other = saved(tmp_path / "next" / "fake", bitmaps(90), "folder")
    first = side(path)
    assert first.is_same_place(side(path))
    Sets("folder", path, other).each(renamed_over)
    assert not first.is_same_place(side(path))
    assert not any(
        "same place" in warning
        for warning in ganeval.evaluate(first, path, extractor=Colours(), metrics=["fd"]).warnings
    )


def test_an_archive_that_is_being_written_is_refused(tmp_path, monkeypatch):
    path = saved(tmp_path / "fake.tar", bitmaps(256), "tar")
    from ganeval.sources import archive

    read = archive._tar
    monkeypatch.setattr(archive, "_tar", lambda path: (read(path), os.utime(path))[0])
    with pytest.raises(ganeval.SourceError, match=r"fake\.tar: was changed while it was opened"):
        rows(path)


def test_digests_are_those_of_the_first_version(tmp_path):
    """Reports and boards hold them: they are read for ever."""
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    for name, data in {"b.png": b"two", "a.png": b"one", "sub/ü.jpg": b"three"}.items():
        (folder / name).write_bytes(data)
    assert content_of(opened(folder)).digest() == "82ef5b8836345c7aab0979174619924c89ecbf6ad63fdedf49ea3a2f4c95d0d5"
    array = np.arange(2 * 8 * 8 * 3, dtype=np.uint8).reshape(2, 8, 8, 3)
    assert content_of(opened(array)).digest() == "5a696ae2869eb47faf0c08dba9e9b3b923f80f8d9f09bbe98c9d7745b3b40e1c"
    assert (
        content_of(ganeval.images(array / 255, value_range=(0, 1))).digest()
        == "0b46588592618fe088dca065c2024e65f540563c4d85e2c1832dc84574427022"
    )
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(zipfile.ZipInfo("a.png"), b"one")
    assert content_of(opened(packed)).digest() == "f165a06d434bbfb327cfbeeca7870bb93c4d82711508df371d16d94789086dee"
