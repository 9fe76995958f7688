"""Folders and archives as people really have them."""

import os
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.core.errors import DecodeError, SourceError, TooFewError
from ganeval.sources.opening import opened
from ganeval.sources.source import Files


def files(path: Path | str, **options) -> Files:
    source = opened(path, **options)
    assert isinstance(source, Files)
    return source


def fd(real, fake, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, extractor="pixels", metrics=["fd"], **options)


@pytest.fixture
def digit(digits, tmp_path) -> bytes:
    return (save_images(tmp_path / "one", digits[:1]) / "0000.png").read_bytes()


def put(root: Path, digit: bytes, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(digit)
    return root


def test_recursive_in_any_letter_case_and_sorted(tmp_path, digit):
    names = ["b/2.PNG", "a/1.JPeG", "B/x.Tiff", "z.png", "a/deep/er/w.WebP", "a b/[c], d/ü 한글.png", "q.pgm"]
    source = files(put(tmp_path / "set", digit, *names))
    assert list(source.names) == sorted(names)
    assert source.ignored == 0


def test_what_is_hidden_or_no_image_is_ignored_and_counted(tmp_path, digit):
    names = ["a.png", "._a.png", ".hidden/b.png", "__MACOSX/c.png", "notes.txt", "Makefile", "x.npy", ".DS_Store"]
    source = files(put(tmp_path / "set", digit, *names))
    assert source.names == ("a.png",)
    assert source.ignored == 7


def test_a_folder_may_be_called_like_an_image(tmp_path, digit):
    assert files(put(tmp_path / "set", digit, "x.png/y.png")).names == ("x.png/y.png",)


def test_links_are_followed_once_and_in_a_fixed_order(tmp_path, digit):
    root = put(tmp_path / "set", digit, "b/1.png", "b/2.png")
    (root / "b" / "up").symlink_to(root, target_is_directory=True)
    (root / "a").symlink_to(root / "b", target_is_directory=True)
    (root / "c.png").symlink_to(root / "b" / "1.png")
    assert files(root).names == ("a/1.png", "a/2.png", "c.png")


def test_the_root_may_be_a_link(tmp_path, digit):
    (tmp_path / "link").symlink_to(put(tmp_path / "set", digit, "1.png"), target_is_directory=True)
    assert len(files(tmp_path / "link")) == 1
    assert files(tmp_path / "link").identity == files(tmp_path / "set").identity


@pytest.mark.parametrize("name", ["a,b=c", "a,range=0:1", "[red]x", "x.npy", "it's 100% \\ ü", "-n", "a,b=c/d,e=f"])
def test_any_name_is_a_path(tmp_path, digits, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_images(Path(name), digits[:5])
    assert len(files(name)) == 5
    assert files(name).where("0000.png") == f"{name}/0000.png"


def test_options_follow_the_longest_existing_path(tmp_path, digits, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a,b=c").mkdir()
    np.save("a,b=c/x.npy", digits[:5] / 255)
    assert len(opened("a,b=c/x.npy,range=0:1")) == 5  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("empty", r"^empty: no images found \(it is empty\); looked for .*png"),
        ("texts", r"^texts: no images found \(2 other files\)"),
        ("missing", r"^missing: no such file or folder \(here: /"),
        ("set/a.png", r"^set/a\.png: is one image; give the folder"),
        ("texts/a.txt", r"^texts/a\.txt: not something to read images from; give a folder, \.zip"),
        ("", r"^'' is not a path"),
        ("set,range=0:1", r"^set,range=0:1: options range are for \.npy and \.npz only"),
    ],
)
def test_places_without_a_set_are_told_apart(tmp_path, digit, path, says, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    put(Path("texts"), digit, "a.txt", "b.md")
    put(Path("set"), digit, "a.png")
    with pytest.raises(ganeval.GanevalError, match=says):
        opened(path)


def test_a_folder_that_cannot_be_listed_is_not_passed_over(tmp_path, digit, monkeypatch):
    root = put(tmp_path / "set", digit, "1.png", "locked/2.png")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceError, match=r"locked: this folder cannot be listed \(Permission denied\)"):
        opened(root)


def spoilt(tmp_path: Path, digits: np.ndarray) -> Path:
    """Five digits, then: text, half a file, an empty file, a link to nothing, a link to itself and a pipe."""
    root = save_images(tmp_path / "set", digits[:5])
    whole = (root / "0000.png").read_bytes()
    (root / "5.png").write_text("hello")
    (root / "6.png").write_bytes(whole[:60])
    (root / "7.png").write_bytes(b"")
    (root / "8.png").symlink_to(root / "gone.png")
    (root / "9.png").symlink_to(root / "9.png")
    os.mkfifo(root / "99.png")
    return root


def test_a_broken_image_stops_with_its_path_and_the_remedy(tmp_path, digits):
    root = spoilt(tmp_path, digits)
    for name, reason in (("5", "not an image"), ("6", "truncated"), ("7", "empty"), ("8", "link to nothing"),
                         ("9", "symbolic links"), ("99", "not a regular file")):  # fmt: skip
        os.link(root / f"{name}.png", tmp_path / f"{name}.png", follow_symlinks=False)
        one = save_images(tmp_path / f"with{name}", digits[:3])
        os.link(root / f"{name}.png", one / f"{name}.png", follow_symlinks=False)
        with pytest.raises(DecodeError, match=rf"with{name}/{name}\.png: .*{reason}.*\(--on-error skip"):
            fd(one, one)


def test_skipped_images_are_counted_and_named(tmp_path, digits):
    good = save_images(tmp_path / "good", digits[:5])
    report = fd(good, spoilt(tmp_path, digits), on_error="skip")
    side = report.sides["fake"]
    assert (side.n, side.available) == (5, 11)
    assert [Path(where).name for where, _ in side.skipped] == ["5.png", "6.png", "7.png", "8.png", "9.png", "99.png"]
    assert all(reason and str(tmp_path) not in reason for _, reason in side.skipped)
    assert report["fd"].value == fd(good, good)["fd"].value
    assert any("6 images skipped as broken (first: " in warning for warning in report.warnings)
    assert ganeval.Report.from_json(report.to_json()).sides["fake"].skipped == side.skipped


def test_skipping_everything_is_an_error_and_so_is_too_little(tmp_path, digits):
    good = save_images(tmp_path / "good", digits[:5])
    bad = put(tmp_path / "bad", b"x", "1.png", "2.png")
    with pytest.raises(SourceError, match=r"bad: none of its 2 images .* \(first: .*bad/1\.png: not an image"):
        fd(good, bad, on_error="skip")
    (bad / "3.png").write_bytes((good / "0000.png").read_bytes())
    with pytest.raises(TooFewError, match=r"at least 2 fake images.* got 1: give more"):
        fd(good, bad, on_error="skip")


def test_a_subset_counts_what_it_skipped(tmp_path, digits):
    root = spoilt(tmp_path, digits)
    report = fd(root, root, on_error="skip", n=8, seed=3)
    side = report.sides["real"]
    assert side.n is not None and side.n + len(side.skipped) == 8


@pytest.fixture
def zipped(tmp_path, digits) -> Path:
    """The folder `set` of 30 digits in three subfolders, and set.zip of it with what macOS adds."""
    for i in range(3):
        save_images(tmp_path / "set" / f"class {i}", digits[10 * i : 10 * i + 10])
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((tmp_path / "set").rglob("*"), reverse=True):
            archive.write(path, path.relative_to(tmp_path))
        archive.writestr("__MACOSX/set/._0000.png", b"x")
        archive.writestr("set/.DS_Store", b"x")
        archive.writestr("set/readme.txt", b"x")
    return tmp_path / "set.zip"


def test_an_archive_equals_its_folder(zipped, folders):
    real, _ = folders
    source = files(zipped)
    assert (len(source), source.ignored) == (30, 3)
    assert fd(real, zipped)["fd"].value == fd(real, zipped.with_suffix(""))["fd"].value


def test_an_archive_is_read_from_many_threads(zipped):
    source = files(zipped)
    barrier = threading.Barrier(8)

    def sums(_: int) -> list[int]:
        barrier.wait()
        index = np.arange(30, dtype=np.int64)
        return [int(image.sum()) for task in source.batches(index, size=3) for image in task().images]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(sums, range(8)))
    assert all(one == found[0] for one in found)


def test_damaged_archives(tmp_path, zipped, folders):
    data = zipped.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(data[:-40])
    with pytest.raises(SourceError, match=r"cut\.zip: not a readable zip file"):
        opened(cut)
    start = data.index(b"IDAT", data.index(b"class 2/0009.png")) if b"IDAT" in data else 400
    spoilt = tmp_path / "crc.zip"
    spoilt.write_bytes(data[:start] + bytes(byte ^ 255 for byte in data[start : start + 4]) + data[start + 4 :])
    with pytest.raises(DecodeError, match=r"crc\.zip/set/class \d/\d+\.png: "):
        fd(folders[0], spoilt)
    report = fd(folders[0], spoilt, on_error="skip")
    assert len(report.sides["fake"].skipped) == 1
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(SourceError, match=r"empty\.zip: no images found \(1 other file"):
        opened(empty)


def test_an_encrypted_member_is_named(zipped, folders, tmp_path):
    data = bytearray(zipped.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag in both headers of each file
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    (tmp_path / "secret.zip").write_bytes(data)
    with pytest.raises(DecodeError, match=r"secret\.zip/set/class 0/0000\.png: .*encrypted"):
        fd(folders[0], tmp_path / "secret.zip")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes there")
def test_a_name_that_is_not_utf8(tmp_path, digits):
    root = save_images(tmp_path / "set", digits[:3])
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.png")).write_text("broken")
    report = fd(root, root, on_error="skip")
    assert "\\udcff.png" in report.to_json().encode(errors="backslashreplace").decode()
