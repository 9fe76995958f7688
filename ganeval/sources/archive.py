"""Archives of images, .zip and .tar (plain or compressed), in sorted order, without unpacking them into files."""

import bz2
import gzip
import lzma
import os
import posixpath
import shutil
import tarfile
import tempfile
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, final

from ganeval.core.errors import SourceError
from ganeval.sources.decode import Exif
from ganeval.sources.folder import ignored_notes, is_image_name, no_images
from ganeval.sources.ignored import START, ignored_images
from ganeval.sources.labels import folder_labels
from ganeval.sources.manifest import state_of
from ganeval.sources.source import Files, OnError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
ReadStart = Callable[[str, int | None], bytes]  # of a member so many bytes, or all
_COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


def archive(path: Path, *, spec: str, exif: Exif = "ignore", on_error: OnError = "stop") -> Files:
    """All images in the archive; SourceError when it is damaged or holds none, or is being written."""
    kind = "zip" if path.suffix.lower() == ".zip" else "tar"
    try:
        state = state_of(path)
        members, links, read = (_zip if kind == "zip" else _tar)(path)
        if state_of(path) != state:
            raise SourceError(f"{spec}: was changed while it was opened: open it when nothing writes to it")
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise SourceError(f"{spec}: not a readable {kind} file ({error})") from error
    names = tuple(sorted(name for name in members if is_image_name(name)))
    others = members.difference(names)
    ignored = len(others) + len(links)
    left_out = ignored_images(others, links=links, start=lambda name: _start(read, name))
    if not names:
        raise SourceError(no_images(spec, ignored, left_out=left_out))
    return Files(
        spec=spec,
        identity=str(path.resolve()),
        names=names,
        ignored=ignored,
        read=lambda name: read(name, None),
        exif=exif,
        on_error=on_error,
        labels=folder_labels(names),
        opened=state,
        notes=ignored_notes(left_out, spec),
    )


def _start(read: ReadStart, name: str) -> bytes:
    try:
        return read(name, START)
    except Exception:  # what cannot be read is no image to be missed
        return b""


def _zip(path: Path) -> tuple[set[str], set[str], ReadStart]:
    opened = zipfile.ZipFile(path)

    def read(name: str, size: int | None) -> bytes:
        with opened.open(name) as file:
            return file.read() if size is None else file.read(size)

    return {name for name in opened.namelist() if not name.endswith("/")}, set(), read


def _tar(path: Path) -> tuple[set[str], set[str], ReadStart]:
    """Names without a leading `./`, those of links, devices and the like, which hold no image, and what reads one.

    A compressed archive is unpacked once into an unnamed temporary file: its members come in any
    order, and going back in a compressed stream means reading it again from its beginning.
    """
    plain = _Plain(path)
    places: dict[str, tuple[int, int] | None] = {}
    with tarfile.open(fileobj=plain.file, mode="r:") as opened:
        for member in opened:
            if not member.isdir():
                name = posixpath.normpath(member.name).lstrip("/")
                whole = member.isreg() and not member.issparse()
                places[name] = (member.offset_data, member.size) if whole else None  # of two equal names the last
    _require_whole(places, plain.size)
    regular = {name: place for name, place in places.items() if place is not None}

    def read(name: str, size: int | None) -> bytes:
        offset, length = regular[name]
        return plain.part(offset, length if size is None else min(length, size))

    return set(regular), places.keys() - regular.keys(), read


def _require_whole(places: Mapping[str, tuple[int, int] | None], size: int) -> None:
    if any(place is not None and sum(place) > size for place in places.values()):
        raise tarfile.ReadError("it is cut short")


@final
class _Plain:
    """The uncompressed bytes of a tar file: the file itself, or a temporary copy; any thread may read."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            start = file.read(6)
        unpack = next((opener for magic, opener in _COMPRESSED.items() if start.startswith(magic)), None)
        self.file: BinaryIO
        if unpack is None:
            self.file = path.open("rb")
        else:
            self.file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self.file.close)
        if unpack is not None:
            with unpack(path) as packed:
                shutil.copyfileobj(packed, self.file, 1 << 20)  # pyright: ignore[reportArgumentType]
        self.size = self.file.seek(0, os.SEEK_END)
        self.file.seek(0)
        self.lock = threading.Lock()

    def part(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`."""
        with self.lock:
            self.file.seek(offset)
            return self.file.read(size)
