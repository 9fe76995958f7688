"""Tar archives, plain and compressed, as the folder they were made of."""

import gc
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.core.errors import SourceError
from ganeval.sources.opening import opened
from ganeval.sources.source import Files

SUFFIXES = {".tar": "", ".tar.gz": "gz", ".TGZ": "gz", ".tar.bz2": "bz2", ".tbz2": "bz2", ".tar.xz": "xz", ".txz": "xz"}


@pytest.fixture
def folder(digits, tmp_path) -> Path:
    save_images(tmp_path / "set" / "b", digits[:20])
    return save_images(tmp_path / "set" / "a", digits[20:40]).parent


def packed(folder: Path, suffix: str, *, name: str = ".") -> Path:
    """The folder's files in reverse, so that the order of the archive is not the sorted one."""
    path = folder.parent / f"set{suffix}"
    with tarfile.open(path, f"w:{SUFFIXES[suffix]}") as tar:
        tar.add(folder, arcname=name, recursive=False)
        for file in sorted((f for f in folder.rglob("*") if f.is_file()), reverse=True):
            tar.add(file, arcname=f"{name}/{file.relative_to(folder)}")
    return path


def files(path: Path) -> Files:
    source = opened(path)
    assert isinstance(source, Files)
    return source


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_archive_is_its_folder(folder, suffix, digits):
    scores = [
        ganeval.evaluate(
            digits[50:90],
            side,
            extractor="pixels",
            metrics=["fd", "kid"],
            n=30,
            engine=ganeval.Engine(3, num_workers=4),
        ).to_dict()
        for side in (folder, packed(folder, suffix))
    ]
    assert scores[0] == scores[1]
    assert files(folder.parent / f"set{suffix}").names == files(folder).names


def test_the_name_of_the_folder_may_lead(folder):
    assert files(packed(folder, ".tar", name="/abs/set")).names[0] == "abs/set/a/0000.png"


def test_what_is_no_image_is_ignored_and_counted(folder, digits):
    (folder / "._a.png").write_bytes(b"macOS")
    (folder / "notes.txt").write_text("x")
    path = packed(folder, ".tar")
    with tarfile.open(path, "a") as tar:
        for kind, name in ((tarfile.SYMTYPE, "c.png"), (tarfile.LNKTYPE, "d.png"), (tarfile.FIFOTYPE, "e.png")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "a/0000.png"
            tar.addfile(member)
        again = tarfile.TarInfo("a/0000.png")
        data = (folder / "a" / "0001.png").read_bytes()
        again.size = len(data)
        tar.addfile(again, io.BytesIO(data))
    source = files(path)
    assert (len(source), source.ignored) == (40, 5)
    first = next(source.batches(np.array([0]), size=1))()
    np.testing.assert_array_equal(first.images[0][..., 0], digits[21])  # of two members of one name the last


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_archives_are_named(folder, suffix):
    path = packed(folder, suffix)
    whole = path.read_bytes()
    for content in (b"", b"hello" * 1000, whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"not a readable tar file \(|no images found"):
            opened(path)
    gc.collect()  # files that were left open would be told here


def test_a_compressed_file_may_be_called_tar(folder):
    path = packed(folder, ".tar.gz")
    assert len(files(path.rename(folder.parent / "other.tar"))) == 40


def test_one_without_images(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w"):
        pass
    with pytest.raises(SourceError, match=r"no images found \(it is empty\)"):
        opened(tmp_path / "x.tar")
