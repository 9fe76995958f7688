"""Opening .npy and .npz files: by content, never running code, and with one sentence about what is damaged."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.npyio import NpzFile

from ganeval.core.errors import SourceError

_MAGIC = {".npy": b"\x93NUMPY", ".npz": b"PK"}
SUFFIXES = tuple(_MAGIC)


@contextmanager
def opened_npz(path: Path, *, spec: str) -> Iterator[NpzFile]:
    """The arrays of an .npz, each read when it is asked for; SourceError where that fails inside of the block."""
    with _told(spec, ".npz"), path.open("rb") as file:
        _require_kind(file.read(6), ".npz", spec)
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            yield arrays


class Header(NamedTuple):
    """Shape of an array in a file, and the kind of its numbers (NumPy's letter)."""

    shape: tuple[int, ...]
    kind: str


def header(arrays: NpzFile, key: str) -> Header:
    """The header of an array of an .npz, without its values; a member that is no array has no shape."""
    opened = arrays.zip
    assert opened is not None
    with opened.open(f"{key}.npy" if f"{key}.npy" in opened.namelist() else key) as file:
        start = file.read(len(_MAGIC[".npy"]))
        if start != _MAGIC[".npy"]:
            return Header((), "V")
        major, _ = file.read(2)
        read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        return Header(shape, dtype.kind)


def mapped_npy(path: Path, *, spec: str) -> np.ndarray:
    """The array of an .npy, mapped and not read; SourceError where it is damaged."""
    with _told(spec, ".npy"):
        with path.open("rb") as file:
            _require_kind(file.read(6), ".npy", spec)
        return np.load(path, mmap_mode="r", allow_pickle=False)


@contextmanager
def _told(spec: str, suffix: str) -> Iterator[None]:
    """Errors of the file as one SourceError that names it."""
    try:
        yield
    except (
        ValueError,
        OSError,
        EOFError,
        MemoryError,
        RuntimeError,
        struct.error,
        zlib.error,
        zipfile.BadZipFile,
    ) as error:
        reason = str(error).partition("\n")[0]
        if "allow_pickle" in reason or "Python objects" in reason:
            reason = "objects instead of numbers, which could run code"
        raise SourceError(f"{spec}: not a readable {suffix} file ({reason})") from error


def _require_kind(start: bytes, suffix: str, spec: str) -> None:
    kind = next((kind for kind, magic in _MAGIC.items() if start.startswith(magic)), None)
    if kind is None:
        raise SourceError(f"{spec}: not a readable {suffix} file (empty, damaged, or another format)")
    if kind != suffix:
        raise SourceError(f"{spec}: its content is that of an {kind} file: rename it")
