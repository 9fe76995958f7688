"""Where ganeval keeps files of its own: `$GANEVAL_CACHE`, else the platform's cache folder of this user.

Entries lie in a folder named after their format, so that a version reads only what it can trust. Those of older
formats are never read; `prepared` and `ganeval cache` remove them.
"""

import errno
import io
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from ganeval.core.errors import SourceError

VARIABLE = "GANEVAL_CACHE"
Kind = Literal["features", "graphs", "manifests"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_FORMAT = 2
# what version 0.1.0 wrote, straight into the cache folder; nothing else there is touched
_FIRST_FORMAT: dict[Kind, re.Pattern[str]] = {
    "features": re.compile(r"\.?[0-9a-f]{40}\..+\.(npz|npy|lock)"),
    "graphs": re.compile(r"\.?[0-9a-f]{40}\.(onnx|sha256)(\.\d+)?"),
    "manifests": re.compile(r"[0-9a-f]{32}\.(json|json\.lock|\d+\.tmp)"),
}


def cache_folder() -> Path:
    """The folder of cached features and graphs; it need not exist yet."""
    stated = os.environ.get(VARIABLE)
    if stated:
        return Path(stated).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("ganeval", appauthor=False)


def format_folder(cache: Path | None = None) -> Path:
    """Everything of today's format in a cache folder (None: the user's)."""
    return (cache or cache_folder()) / f"format-{_FORMAT}"


def entries_folder(kind: Kind, *, cache: Path | None = None) -> Path:
    """Where entries of one kind lie; it need not exist yet."""
    return format_folder(cache) / kind


def prepared(kind: Kind, *, cache: Path | None = None) -> Path:
    """The same folder, made if need be, after the entries of older formats are removed; OSError where it cannot be."""
    remove_outdated(cache)
    folder = entries_folder(kind, cache=cache)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def remove_outdated(cache: Path | None = None) -> int:
    """Remove the entries of older formats; how many files went. Files that ganeval did not write stay."""
    cache, gone = cache or cache_folder(), 0
    for older in range(2, _FORMAT):
        shutil.rmtree(cache / f"format-{older}", ignore_errors=True)
    for kind in KINDS:
        folder = cache / kind
        for path in _outdated(folder, _FIRST_FORMAT[kind]):
            with suppress(OSError):  # another process was faster, or the folder cannot be written
                path.unlink()
                gone += path.suffix != ".lock"
        with suppress(OSError):  # not there, or something else lies in it
            folder.rmdir()
    return gone


def touch(path: Path) -> None:
    """Set an entry's time of last use, which pruning goes by, where it can be set."""
    with suppress(OSError):
        os.utime(path)


def remove_files(paths: Iterable[Path]) -> list[Path]:
    """Remove files; those that could not be removed. One that is gone already is no failure."""
    left = []
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            left.append(path)
    return left


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A binary file beside `path` that takes its name when the block ends without an error, and goes otherwise.

    Its name is of no other process or thread. Its rights are those that the user's new files have: tempfile would keep
    others from reading it.
    """
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    finally:
        remove_files([temporary])


def _outdated(folder: Path, pattern: re.Pattern[str]) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    yield from (path for path in paths if pattern.fullmatch(path.name))


def open_regular(path: str | Path) -> io.FileIO:
    """A regular file, opened for reading without a buffer; OSError for anything else, which is not waited for."""
    file = io.FileIO(os.fspath(path), opener=_without_waiting)
    try:
        require_regular(os.fstat(file.fileno()), path)
    except OSError:
        file.close()
        raise
    return file


def require_regular(status: os.stat_result, path: str | Path) -> None:
    """OSError where a path is a pipe, a device or a socket: reading would wait, or never end."""
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def _without_waiting(path: str, flags: int) -> int:
    """A pipe that nobody writes to would be waited for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def require_writable(path: Path) -> None:
    """SourceError when `path` cannot be a new file: cheap enough to ask before a long run."""
    if path.is_dir():
        raise SourceError(f"{path}: is a folder, give the name of a file to write")
    if not path.parent.is_dir():
        raise SourceError(f"{path}: the folder {path.parent} does not exist")
    if not os.access(path.parent, os.W_OK):
        raise SourceError(f"{path}: no permission to write into the folder {path.parent}")
