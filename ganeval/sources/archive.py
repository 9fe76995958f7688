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

from ganeval.errors import SourceError
from ganeval.sources.decode import Exif
from ganeval.sources.folder import is_image_name, no_images
from ganeval.sources.labels import folder_labels
from ganeval.sources.manifest import state_of
from ganeval.sources.source import Files, OnError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


def archive(path: Path, *, spec: str, exif: Exif = "ignore", on_error: OnError = "stop") -> Files:
    """All images in the archive; SourceError when it is damaged or holds none, or is being written."""
    kind = "zip" if path.suffix.lower() == ".zip" else "tar"
    try:
        state = state_of(path)
        members, read = (_zip if kind == "zip" else _tar)(path)
        if state_of(path) != state:
            raise SourceError(f"{spec}: was changed while it was opened: open it when nothing writes to it")
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise SourceError(f"{spec}: not a readable {kind} file ({error})") from error
    names = tuple(sorted(name for name in members if is_image_name(name)))
    ignored = len(members) - len(names)
    if not names:
        raise SourceError(no_images(spec, ignored))
    return Files(spec, str(path.resolve()), names, ignored, read, exif, on_error, folder_labels(names), state)


def _zip(path: Path) -> tuple[set[str], Callable[[str], bytes]]:
    opened = zipfile.ZipFile(path)
    return {name for name in opened.namelist() if not name.endswith("/")}, opened.read


def _tar(path: Path) -> tuple[set[str], Callable[[str], bytes]]:
    """Names without a leading `./`; links, devices and the like are names that hold no image.

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
    others = {f".{name}" for name in places.keys() - regular.keys()}  # counted, and hidden from the images
    return regular.keys() | others, lambda name: plain.part(*regular[name])


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
