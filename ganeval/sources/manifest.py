"""Digests of files, remembered with the state in which each file was read.

A digest is taken from memory only where the file cannot have changed since: size, modification time, time of change
(ctime) and inode are what they were, the two times lay more than two seconds before the file was read (a clock has
ticks, and a second change within one tick leaves no trace: git calls such a file racily clean), and the file system
keeps the time of change. Everything else is read again.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, final

from filelock import FileLock

from ganeval.core.files import entries_folder, open_regular, prepared, remove_files, replacing, require_regular
from ganeval.sources.filesystems import keeps_change_times

_MARGIN = 2_000_000_000  # nanoseconds: no clock of a file system has longer ticks
_SMALL = 1 << 20  # bytes of a file that is hashed at once
_GROUP = 64  # files that a thread reads before it is asked again

# the four fields of a state, digest, beginning of reading: a plain tuple costs the garbage collector nothing
_Row = tuple[int, int, int, int, str, int]


class State(NamedTuple):
    """What a file system says of a file; times in nanoseconds. An unchanged file has an equal state."""

    size: int
    modified: int
    changed: int
    inode: int


class Reading(NamedTuple):
    """The digest of a file, its state after it was read, and when reading began (0: it changed under the reader)."""

    state: State
    digest: str
    began: int
    device: int

    def is_settled(self, *, now: int) -> bool:
        """Whether the file's times are clearly past when it was read, and that moment is past, too."""
        return max(self.state.modified, self.state.changed) + _MARGIN < self.began <= now


class Look(NamedTuple):
    """What the file system says of files, by name: their sizes in bytes, and the digests that hold still."""

    sizes: Mapping[str, int]
    believed: Mapping[str, str]


def state_of(path: str | Path) -> State:
    """The state of a regular file, links followed; OSError for anything else: a pipe would be waited for."""
    status = Path(path).stat()
    require_regular(status, path)
    return _state(status)


@final
@dataclass
class Manifest:
    """What is known of the files in one folder, or of one archive (whose only name is "").

    Only what was settled when it was read is remembered. With a `cache` folder later processes know it, too. With
    `verify` nothing of earlier processes is believed.
    """

    root: str
    names: Sequence[str]
    cache: Path | None = None
    verify: bool = False
    _known: dict[str, _Row] | None = field(default=None, init=False, repr=False)
    _is_saved: bool = field(default=True, init=False, repr=False)

    def look(self) -> Look:
        """Look at every file without reading it; OSError where one is not a regular file, or gone."""
        known, now = self._remembered(), time.time_ns()
        statuses = {name: os.stat(self.place(name)) for name in self.names}  # noqa: PTH116 - a Path each is slow
        honest = _honest({status.st_dev: self.place(name) for name, status in statuses.items()})
        believed: dict[str, str] = {}
        for name, status in statuses.items():
            require_regular(status, self.place(name))
            row = known.get(name)
            if row and row[:4] == _state(status) and row[5] <= now and status.st_dev in honest:
                believed[name] = row[4]
        if len(believed) < len(known):
            self._known, self._is_saved = {name: known[name] for name in believed}, False
        return Look({name: status.st_size for name, status in statuses.items()}, believed)

    def digests(self, names: Iterable[str]) -> dict[str, str]:
        """Read files, believed or not; OSError where one cannot be read."""
        names = list(names)
        groups = [names[start : start + _GROUP] for start in range(0, len(names), _GROUP)]
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            read = pool.map(lambda group: [(name, _hashed(self.place(name))) for name in group], groups)
            readings = {name: reading for group in read for name, reading in group}
        self.remember(readings)
        return {name: reading.digest for name, reading in readings.items()}

    def remember(self, readings: Mapping[str, Reading]) -> None:
        """Believe from now on what was settled when it was read."""
        known, now = self._remembered(), time.time_ns()
        honest = _honest({reading.device: self.place(name) for name, reading in readings.items()})
        settled = {
            name: _row(reading)
            for name, reading in readings.items()
            if reading.device in honest and reading.is_settled(now=now)
        }
        if self._is_saved and not settled:
            return
        self._known = rows = {**known, **settled}
        self._is_saved = True
        if self.cache is not None:
            with suppress(OSError):  # a cache that cannot be written only costs time
                _save(self._file(prepared("manifests", cache=self.cache)), root=self.root, rows=rows)

    def forget(self) -> None:
        """Believe nothing of it any more, in later processes either."""
        self._known = {}
        if self.cache is not None:
            remove_files([self._file(entries_folder("manifests", cache=self.cache))])

    def place(self, name: str) -> str:
        """The path of a file."""
        return f"{self.root}/{name}" if name else self.root

    def _remembered(self) -> dict[str, _Row]:
        if self._known is None:
            self._known = {}
            if self.cache is not None and not self.verify:
                rows = _loaded(self._file(entries_folder("manifests", cache=self.cache)), root=self.root)
                self._known = {name: rows[name] for name in self.names if name in rows}
                self._is_saved = len(self._known) == len(rows)
        return self._known

    def _file(self, folder: Path) -> Path:
        return folder / f"{_sha256(self.root)[:32]}.json"


def read_whole(path: str) -> tuple[bytes, Reading]:
    """The bytes of a regular file, and what is known of them; OSError where it cannot be read."""
    began = time.time_ns()
    with open_regular(path) as file:
        before = os.fstat(file.fileno())
        data = file.readall()
        return data, _reading(before, os.fstat(file.fileno()), hashlib.sha256(data).hexdigest(), began)


def _hashed(path: str) -> Reading:
    began = time.time_ns()
    with open_regular(path) as file:
        before = os.fstat(file.fileno())
        if before.st_size < _SMALL:
            digest = hashlib.sha256(file.readall()).hexdigest()
        else:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return _reading(before, os.fstat(file.fileno()), digest, began)


def _reading(before: os.stat_result, after: os.stat_result, digest: str, began: int) -> Reading:
    state = _state(after)
    return Reading(state, digest, began if _state(before) == state else 0, after.st_dev)


def _row(reading: Reading) -> _Row:
    size, modified, changed, inode = reading.state
    return size, modified, changed, inode, reading.digest, reading.began


def _honest(devices: Mapping[int, str]) -> set[int]:
    """Of devices, each with a path on it, those whose file system keeps the time of change."""
    return {device for device, place in devices.items() if keeps_change_times(place)}


def _state(status: os.stat_result) -> State:
    return State(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _save(path: Path, *, root: str, rows: Mapping[str, _Row]) -> None:
    """The sha256 of the rest on the first line: a damaged digest would name other images."""
    content = json.dumps({"root": root, "files": rows})
    with FileLock(f"{path}.lock"), replacing(path) as file:
        file.write(f"{_sha256(content)}\n{content}".encode("ascii"))


def _loaded(path: Path, *, root: str) -> dict[str, _Row]:
    try:
        stated, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if stated != hashlib.sha256(content).hexdigest().encode():
        return {}
    try:
        record = json.loads(content)
        rows = {
            name: (size, modified, changed, inode, digest, began)
            for name, (size, modified, changed, inode, digest, began) in record["files"].items()
        }
        return rows if record["root"] == root else {}
    except Exception:  # intact, and not of our writing: of a later version, say
        return {}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
