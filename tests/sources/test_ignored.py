"""Images that are left out are told in one line, at every door; other files are not."""

import os
import re
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import save_images
from handmade import saved
from PIL import Image

import ganeval
from ganeval.core.errors import SourceError
from ganeval.sources.decode import SUFFIXES
from ganeval.sources.ignored import ignored_images
from ganeval.sources.opening import opened
from ganeval.sources.source import Files

JPEG = saved(Image.new("RGB", (4, 4)), "JPEG")
ORDINARY = (
    "Thumbs.db", ".DS_Store", "labels.json", "dataset.json", "notes.txt", "a.csv", "desktop.ini", "net.pt", "rows.npz",
    "README", "LICENSE", "._1.png", ".ipynb_checkpoints/1-checkpoint.png", "__MACOSX/1.png", ".thumbnails/1.png",
    ".1.png.aB3x", "0.caption", "log.1", "a.b/notes.unknown", ".git/objects/ab",
)  # fmt: skip
LEFT_OUT = {
    "by ending": (["1.heic", "a/2.HEIC", "3.dcm"], "3 images were ignored (2 .heic, 1 .dcm)"),
    "one": (["1.svg"], "1 image was ignored (1 .svg)"),
    "by content": (["1.jpgx", "2.jpgx", "a/noending"], "3 images were ignored (2 .jpgx, 1 without an ending)"),
    "hidden": ([".old/1.png", ".old/2.jpg", ".old/notes.txt"], "2 images were ignored (2 in hidden folders)"),
    "many kinds": (
        ["1.heic", "1.jxl", "1.exr", "1.nef", "1.psd", "1.cr2"],
        "6 images were ignored (1 .cr2, 1 .exr, 1 .heic, 1 .jxl, 2 of other kinds)",
    ),
}


def packed(folder: Path, kind: str) -> Path:
    """The folder itself, or an archive of it."""
    if kind == "folder":
        return folder
    path = folder.parent / f"{folder.name}.{kind}"
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as made:
            for file in files:
                made.write(file, file.relative_to(folder))
    else:
        with tarfile.open(path, "w:gz" if kind == "tgz" else "w") as made:
            for file in files:
                made.add(file, file.relative_to(folder))
    return path


def filled(folder: Path, names) -> Path:
    """Two images that are read, and files of these names: a JPEG's bytes in those that are to be known by them."""
    save_images(folder, np.zeros((2, 4, 4, 3), np.uint8))
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG if name.endswith((".jpgx", "noending")) else b"some words")
    return folder


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tgz"])
@pytest.mark.parametrize("what", LEFT_OUT)
def test_images_that_are_left_out_are_counted_by_ending(tmp_path, kind, what):
    names, says = LEFT_OUT[what]
    place = packed(filled(tmp_path / "real", [*names, *ORDINARY]), kind)
    source = opened(str(place))
    assert isinstance(source, Files)
    assert [note.what for note in source.notes] == [says]
    assert (len(source), source.ignored) == (2, len([*names, *ORDINARY]))


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_ordinary_files_are_silent(tmp_path, kind):
    source = opened(str(packed(filled(tmp_path / "real", ORDINARY), kind)))
    assert isinstance(source, Files)
    assert source.notes == ()


def test_links_in_an_archive(tmp_path):
    folder = filled(tmp_path / "real", [])
    os.link(folder / "0000.png", folder / "0002.png")
    os.link(folder / "0000.png", folder / "labels.txt")
    with tarfile.open(tmp_path / "real.tar", "w") as made:
        made.add(folder, "real")
    source = opened(tmp_path / "real.tar")
    assert isinstance(source, Files)
    assert [note.what for note in source.notes] == ["1 image was ignored (1 behind links)"]


def test_a_place_with_nothing_else_says_so(tmp_path):
    (tmp_path / "1.heic").write_bytes(b"")
    (tmp_path / "a.txt").write_bytes(b"")
    with pytest.raises(SourceError, match=r"no images found \(2 other files\); 1 image was ignored \(1 \.heic\)"):
        opened(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path):
    filled(tmp_path, [])
    os.mkfifo(tmp_path / "pipe")
    assert isinstance(opened(tmp_path), Files)


def test_few_files_are_looked_into():
    """Of a thousand of unknown ending a few; all count where each of those is an image."""
    seen = []

    def start(name: str) -> bytes:
        seen.append(name)
        return JPEG if name.endswith((".a", "mixed0.b")) else b"words"

    names = [*(f"{i}.a" for i in range(990)), *(f"mixed{i}.b" for i in range(10)), *(f"0.{i}" for i in range(900))]
    assert ignored_images(names, start=start) == "991 images were ignored (990 .a, 1 .b)"
    assert len(seen) <= 256


WARNING = "fake: 3 images were ignored (3 .heic)"
COMMANDS = {
    "fd real fake": 1,
    "inception-score fake -x classifier:mnist": 1,
    "eval real fake -m kid": 1,
    "compare real fake other -m fd": 1,
    "tradeoff real 1=fake 2=other --no-interval": 1,
    "power fake --difference kid=0.1 -m kid": 1,
    "stats fake -o ref.npz": 1,
    "kid real other --held-out fake": 1,
    "copying real other --train fake": 1,
    "fd real fake -q": 0,
}


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Real, fake and other digits; beside the fakes lie images that are not read."""
    from sklearn.datasets import load_digits

    folder = tmp_path_factory.mktemp("three")
    digits = np.round(load_digits().images[:120] * (255 / 16)).astype(np.uint8)
    for i, name in enumerate(("real", "fake", "other")):
        save_images(folder / name, digits[40 * i : 40 * (i + 1)])
    for i in range(3):
        (folder / "fake" / f"{i}.heic").write_bytes(b"")
    return folder


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_tells_it_once(three, run, monkeypatch, line):
    monkeypatch.chdir(three)
    line = line if " -x " in line else f"{line} -x pixels:size=4"
    for _ in range(2 if line.startswith("fd real fake") else 1):  # the second time from kept features
        _, err = run(line)
        assert err.count(WARNING) == COMMANDS[line.partition(" -x pixels")[0]]
    Path("ref.npz").unlink(missing_ok=True)


def test_every_call_tells_it(three, monkeypatch):
    monkeypatch.chdir(three)
    settings = {"metrics": ["fd"], "extractor": "pixels:size=4"}
    for cache in ("off", "use", "use", "verify"):
        report = ganeval.evaluate("real", "fake", cache=cache, interval="off", **settings)
        assert report.warnings.count(WARNING) == 1
        assert report.sides["fake"].ignored == 3
    held = ganeval.reference("fake", **settings)
    assert WARNING in ganeval.evaluate(held, "other", metrics=["fd"], interval="off").warnings
    evaluator = ganeval.Evaluator("fake", interval="off", **settings)
    assert WARNING in evaluator("other").warnings
    assert WARNING in ganeval.compare("real", ["fake", "other"], **settings).warnings
    with pytest.warns(UserWarning, match=re.escape(WARNING)):
        ganeval.rows("fake", extractor="pixels")


def test_the_plan_tells_it(three, run, monkeypatch):
    monkeypatch.chdir(three)
    out, _ = run("fd real fake -x pixels --dry-run")
    assert "40 of 40 images, 3 other files ignored; 3 images were ignored (3 .heic)" in out


@pytest.mark.filterwarnings("ignore:.*levels? ")  # pictures of one grey
@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_ending_that_is_named_is_read(tmp_path, suffix):
    """From a folder and from an archive, in either case of letters."""
    kinds = {".jfif": "JPEG", ".jpe": "JPEG", ".jp2": "JPEG2000", ".j2k": "JPEG2000", ".jpx": "JPEG2000"}
    kind = kinds.get(suffix, Image.registered_extensions()[suffix])
    grey = Image.fromarray(np.full((8, 8), 128, np.uint8))
    data = saved(Image.new("1", (8, 8), 1) if suffix == ".pbm" else grey, kind)
    (tmp_path / "real").mkdir()
    for name in (f"a{suffix}", f"b{suffix.upper()}"):
        (tmp_path / "real" / name).write_bytes(data)
    for place in ("folder", "zip", "tar"):
        source = opened(packed(tmp_path / "real", place))
        assert isinstance(source, Files)
        assert (len(source), source.notes) == (2, ())
        found = ganeval.rows(packed(tmp_path / "real", place), extractor="pixels", cache="off")["features"]
        assert np.ptp(found) == 0
        assert abs(found[0, 0] - (1 if suffix == ".pbm" else 128 / 255)) < 0.01


def test_jpeg_under_another_ending_is_the_same_image(tmp_path, rng):
    images = rng.integers(0, 256, (5, 8, 8, 3), np.uint8)
    for suffix in (".jpg", ".jfif", ".JPE"):
        folder = tmp_path / suffix[1:]
        folder.mkdir()
        for i, image in enumerate(images):
            (folder / f"{i}{suffix}").write_bytes(saved(Image.fromarray(image), "JPEG"))
    rows = [ganeval.rows(tmp_path / name, extractor="pixels")["features"] for name in ("jpg", "jfif", "JPE")]
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])
