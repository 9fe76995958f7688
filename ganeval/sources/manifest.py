"""Digests of files, remembered with the state in which each file was read.

A digest is taken from memory only where the file cannot have changed since: size, modification time, time of change
(ctime) and inode are what they were, the two times lay more than two seconds before the file was read (a clock has
ticks, and a second change within one tick leaves no trace: git calls such a file racily clean), and the file system
keeps the time of change. Everything else is read again.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, final

from filelock import FileLock

from ganeval.core.files import entries_folder, prepared, remove_files, replacing
from ganeval.sources.filesystems import keeps_change_times

_MARGIN = 2_000_000_000  # nanoseconds: no clock of a file system has longer ticks
_SMALL = 1 << 20  # bytes of a file that is read at once
_GROUP = 64  # files that a thread reads before it is asked again


class State(NamedTuple):
    """What a file system says of a file; times in nanoseconds. An unchanged file has an equal state."""

    size: int
    modified: int
    changed: int
    inode: int


class Known(NamedTuple):
    """The digest of a file, its state after it was read, and when reading began (0: it changed under the reader)."""

    state: State
    digest: str
    read: int

    def is_settled(self, *, now: int) -> bool:
        """Whether the file's times are clearly past when it was read, and that moment is past, too."""
        return max(self.state.modified, self.state.changed) + _MARGIN < self.read <= now


def state_of(path: str | Path) -> State:
    """The state of a regular file, links followed; OSError for anything else: a pipe would be waited for."""
    return _state(Path(path).stat(), path)


@final
@dataclass
class Manifest:
    """What is known of the files in one folder, or of one archive.

    Only what was settled when it was read is remembered. With a `cache` folder later processes know it, too. With
    `verify` nothing of earlier processes is believed.
    """

    root: str
    cache: Path | None = None
    verify: bool = False
    _known: dict[str, Known] | None = field(default=None, init=False, repr=False)

    def files(self, names: Sequence[str]) -> dict[str, Known]:
        """All files of the root by name ("" is the root itself); OSError where one cannot be read."""
        known = self._remembered()
        places = {name: f"{self.root}/{name}" if name else self.root for name in names}
        found = {name: os.stat(place) for name, place in places.items()}  # noqa: PTH116 - a Path each is slow
        honest = _honest({one.st_dev: places[name] for name, one in found.items()})
        now = time.time_ns()
        files: dict[str, Known] = {}
        for name, one in found.items():
            held = known.get(name)
            state = _state(one, places[name])
            if held is not None and held.state == state and held.read <= now and one.st_dev in honest:
                files[name] = held
        stale = [name for name in names if name not in files]
        groups = [stale[start : start + _GROUP] for start in range(0, len(stale), _GROUP)]
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            done = pool.map(lambda group: [(name, _read(places[name])) for name in group], groups)
            read = {name: known for group in done for name, known in group}
        now = time.time_ns()
        settled = {n: held for n, held in read.items() if found[n].st_dev in honest and held.is_settled(now=now)}
        if settled or len(files) != len(known):
            self._remember(files | settled)
        return {name: files.get(name) or read[name] for name in names}

    def forget(self) -> None:
        """Believe nothing of it any more, in later processes either."""
        self._known = {}
        if self.cache is not None:
            remove_files([self._path(entries_folder("manifests", cache=self.cache))])

    def _remembered(self) -> dict[str, Known]:
        if self._known is None:
            self._known = {}
            if self.cache is not None and not self.verify:
                self._known = _loaded(self._path(entries_folder("manifests", cache=self.cache)), root=self.root)
        return self._known

    def _remember(self, files: dict[str, Known]) -> None:
        self._known = files
        if self.cache is None:
            return
        with suppress(OSError):  # a cache that cannot be written only costs time
            _save(self._path(prepared("manifests", cache=self.cache)), root=self.root, files=files)

    def _path(self, folder: Path) -> Path:
        return folder / f"{_sha256(self.root)[:32]}.json"


def _honest(devices: Mapping[int, str]) -> set[int]:
    """Of devices, each with a path on it, those whose file system keeps the time of change."""
    return {device for device, place in devices.items() if keeps_change_times(place)}


def _state(found: os.stat_result, path: str | Path) -> State:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is not a regular file")
    return State(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _read(path: str) -> Known:
    began = time.time_ns()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path each is slow
        before = _state(os.fstat(file.fileno()), path)
        if before.size < _SMALL:
            digest = hashlib.sha256(file.readall()).hexdigest()
        else:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        after = _state(os.fstat(file.fileno()), path)
    return Known(after, digest, began if before == after else 0)


def _save(path: Path, *, root: str, files: Mapping[str, Known]) -> None:
    """The sha256 of the rest on the first line: a damaged digest would name other images."""
    content = json.dumps({"root": root, "files": {name: [*f.state, f.digest, f.read] for name, f in files.items()}})
    with FileLock(f"{path}.lock"), replacing(path) as temporary:
        temporary.write_text(f"{_sha256(content)}\n{content}", encoding="ascii")


def _loaded(path: Path, *, root: str) -> dict[str, Known]:
    try:
        stated, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if stated != hashlib.sha256(content).hexdigest().encode():
        return {}
    try:
        held = json.loads(content)
        files = {
            name: Known(State(size, modified, changed, inode), digest, read)
            for name, (size, modified, changed, inode, digest, read) in held["files"].items()
        }
        return files if held["root"] == root else {}
    except Exception:  # intact, and not of our writing: of a later version, say
        return {}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
