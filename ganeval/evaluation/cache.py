"""Extracted features on disk, keyed by content: the same images and the same network are extracted once.

The key is a hash of the images' content, the chosen index, and the protocol with the digest of the weights. An entry
is kept under the content that its pass has read. It is written under a temporary name, then renamed; writers of one
entry wait for each other; a damaged one is told, removed and made again; one that may not be read is as if it were not
there. The oldest entries go when the folder grows
past its limit.
"""

import hashlib
import json
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL
from filelock import FileLock

from ganeval.core.errors import SourceError
from ganeval.core.files import (
    KINDS,
    VARIABLE,
    Kind,
    cache_folder,
    entries_folder,
    format_folder,
    prepared,
    remove_files,
    remove_outdated,
    replacing,
    touch,
)
from ganeval.core.protocol import Protocol
from ganeval.core.rows import Moments, Rows, Statistic, as_moments
from ganeval.core.types import Index, Note
from ganeval.evaluation.engine import Engine, Features, Wants
from ganeval.extractors.base import Extractor
from ganeval.sources.content import Content, content_of
from ganeval.sources.source import Source
from ganeval.sources.switches import changed_switches

Use = Literal["use", "off", "verify"]
LIMIT = 5_000_000_000  # bytes
_IN_MEMORY = 1 << 30
_REMOVED = "a cached entry was damaged: it was removed and the images were extracted again"
_STAYS = "a cached entry is damaged and cannot be removed here: it was left aside and the images were extracted again"


@dataclass(frozen=True)
class Cache:
    """A folder of entries. `verify` hashes every image again instead of trusting the states of files."""

    folder: Path
    verify: bool = False

    def extract(
        self,
        source: Source,
        index: Index | None,
        *,
        engine: Engine,
        extractor: Extractor,
        wants: Wants,
        protocol: Protocol,
        further: Sequence[Extractor] = (),
    ) -> Features:
        """As `extract_anew`, without a pass for what is here; what a pass makes is kept."""
        content = content_of(source, cache=self.folder, verify=self.verify)
        how: dict[str, Any] = {"engine": engine, "extractor": extractor, "protocol": protocol, "further": further}
        if not extractor.cacheable:
            return extract_anew(content, index, wants=wants, **how)
        before = content.digest(is_new=self._is_new)
        key = None if before is None else self._key(content, before, index, protocol)
        entries, damage = ({}, None) if key is None else self._found(key, wants, source.spec)
        missing = {view: kind for view, kind in wants.items() if view not in entries}
        side = extract_anew(content, index, wants=missing, **how) if missing else None
        if side is not None and side.content != before and entries:  # the rows that were found are of other images
            entries, side = {}, extract_anew(content, index, wants=wants, **how)
        if side is not None and side.content is not None:
            self._kept(self._key(content, side.content, index, protocol), side)
        joined = self._joined(source, side, entries, extractor=extractor, protocol=protocol, damage=damage)
        return replace(joined, content=before if side is None else side.content)

    def _key(self, content: Content, digest: str, index: Index | None, protocol: Protocol) -> str:
        return _outlined(content.outline) + _key(digest, content.source, index, protocol)

    def _is_new(self, outline: str) -> bool:
        """Whether nothing of such an outline is kept."""
        return not any(self._entries("features").glob(f"{_outlined(outline)}*.npz"))

    def _found(self, key: str, wants: Wants, spec: str) -> tuple[dict[str, "_Entry"], str | None]:
        """What is kept, by view, and what became of a damaged entry, if there was one."""
        entries: dict[str, _Entry] = {}
        damage = None
        for view, kind in wants.items():
            try:
                entry = self._entry(key, view, kind, spec)
            except (FileNotFoundError, PermissionError):  # another process removed it, or another user keeps it
                continue
            except Exception:  # zipfile, json and numpy raise many kinds on damaged files
                damage = _STAYS if self._remove(key, view) else _REMOVED
                continue
            if entry is not None:
                entries[view] = entry
        return entries, damage

    def _joined(
        self,
        source: Source,
        side: Features | None,
        entries: Mapping[str, "_Entry"],
        *,
        extractor: Extractor,
        protocol: Protocol,
        damage: str | None,
    ) -> Features:
        labels = source.labels
        by_view = {view: entry.statistic for view, entry in entries.items()}
        if labels is not None:
            by_view |= {view: replace(s, labels=labels[s.index]) for view, s in by_view.items() if isinstance(s, Rows)}
        if side is None:
            first = next(iter(entries.values()))
            side = Features(
                spec=source.spec,
                identity=source.identity,
                statistics={},
                protocol=protocol,
                n=first.n,
                available=source.available,
                ignored=source.ignored,
                notes=first.notes,
                extractor=extractor,
                rounding=source.rounding,
                cached=True,
                source=source,
            )
        notes = (*side.notes, Note("warning", damage, source.spec)) if damage else side.notes
        return replace(side, statistics={**by_view, **side.statistics}, notes=notes)

    def _path(self, key: str, view: str, kind: type) -> Path:
        return self._entries("features") / f"{key[:40]}.{view}.{kind.__name__.lower()}.npz"

    def _entry(self, key: str, view: str, kind: type[Rows] | type[Moments], spec: str) -> "_Entry | None":
        """Rows serve metrics that only need moments, too."""
        for held in dict.fromkeys((Rows, kind)):
            path = self._path(key, view, held)
            if path.exists():
                entry = _read(path, spec)
                touch(path)
                statistic = entry.statistic
                return replace(entry, statistic=as_moments(statistic)) if kind is Moments else entry
        return None

    def _kept(self, key: str, side: Features) -> None:
        try:
            prepared("features", cache=self.folder)
            for view, statistic in side.statistics.items():
                path = self._path(key, view, type(statistic))
                with FileLock(f"{path}.lock"):
                    _write(path, _Entry(statistic, side.n or 0, side.notes), side.spec)
            self.prune(LIMIT)
        except OSError:  # a full disk or a read-only cache only costs time
            pass

    def _remove(self, key: str, view: str) -> list[Path]:
        """Remove the entries of a view; the files that stay."""
        return remove_files(path for kind in (Rows, Moments) for path in _files_of(self._path(key, view, kind)))

    def sizes(self) -> dict[str, tuple[int, int]]:
        """By kind, how many entries there are, and their bytes."""
        return {
            kind: (len(files), sum(map(_size, files)))
            for kind in KINDS
            for files in [[p for p in sorted(self._entries(kind).glob("*")) if p.suffix != ".lock"]]
        }

    def prune(self, limit: int) -> int:
        """Remove the entries that were used longest ago until `limit` bytes are left; how many went.

        What cannot be removed stays, and counts.
        """
        groups = sorted(self._groups(), key=lambda group: group[0])
        total, gone = sum(size for _, size, _ in groups), 0
        for _, size, paths in groups:
            if total <= limit:
                break
            if not remove_files(paths):
                total, gone = total - size, gone + 1
        return gone

    def _groups(self) -> Iterator[tuple[float, int, list[Path]]]:
        for path in [*self._entries("features").glob("*.npz"), *self._entries("graphs").glob("*.onnx")]:
            try:
                paths = _files_of(path)
                yield path.stat().st_mtime, sum(map(_size, paths)), paths
            except OSError:  # another process was faster, or the folder may not be entered
                continue

    def clear(self) -> None:
        """Remove everything that ganeval keeps there; SourceError where something stays."""
        remove_outdated(self.folder)
        folder = format_folder(self.folder)
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise SourceError(
                f"{folder} cannot be emptied: some of it is another user's, or may not be written; ask its owner, or "
                f"name a folder of your own in {VARIABLE}"
            )

    def _entries(self, kind: Kind) -> Path:
        return entries_folder(kind, cache=self.folder)


def cache(use: Use) -> Cache | None:
    """The user's cache in the way it is to be used; None for "off"."""
    return None if use == "off" else Cache(cache_folder(), verify=use == "verify")


@dataclass(frozen=True)
class _Entry:
    """A statistic of one view, with what happened while it was made."""

    statistic: Statistic
    n: int
    notes: tuple[Note, ...]


def extract_anew(
    content: Content,
    index: Index | None,
    *,
    engine: Engine,
    extractor: Extractor,
    wants: Wants,
    protocol: Protocol,
    further: Sequence[Extractor] = (),
) -> Features:
    """A pass over the source of `content`, with the digest of what it read."""
    side = engine.collect(
        content.watched(), index, extractor=extractor, wants=wants, protocol=protocol, further=further
    )
    passed = content.passed()
    notes = (Note("warning", content.doubt, side.spec),) if content.doubt else ()
    return replace(side, source=content.source, content=passed, notes=(*side.notes, *notes))


def _outlined(outline: str) -> str:
    """What the names of entries begin with."""
    return _digest(outline.encode())[:10]


def _key(content: str, source: Source, index: Index | None, protocol: Protocol) -> str:
    """Pillow decodes and resizes: another version, or switches, may make other pixels of the same files."""
    subset = "all" if index is None or len(index) == source.available else _digest(index.tobytes())
    skip = getattr(source, "on_error", "stop")
    parts = [PIL.__version__, content, subset, protocol.fingerprint, protocol.digest, skip]
    switches = changed_switches()
    return _digest(json.dumps([*parts, switches] if switches else parts).encode())


def _files_of(path: Path) -> list[Path]:
    return [
        p
        for p in (path, path.with_suffix(".npy"), path.with_suffix(".json"), path.with_suffix(".sha256"))
        if p.exists()
    ]


def _size(path: Path) -> int:
    """Bytes; 0 for what is gone or cannot be looked at."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _write(path: Path, entry: _Entry, spec: str) -> None:
    notes = [[n.kind, n.what, n.where.removeprefix(spec)] for n in entry.notes]
    arrays: dict[str, Any] = {"n": entry.n, "notes": json.dumps(notes)}
    statistic = entry.statistic
    if isinstance(statistic, Rows):
        rows = path.with_suffix(".npy")
        with replacing(rows) as file:
            np.save(file, statistic.values)
        arrays |= {"index": statistic.index, "sum": _checksum(statistic.values), "shape": statistic.values.shape}
    else:
        arrays |= {"mean": statistic.mean, "moments_n": -1 if statistic.n is None else statistic.n}
        arrays |= {"deviations": statistic.deviations} if statistic.deviations is not None else {"full": statistic.full}
    with replacing(path) as file:
        np.savez(file, **arrays)


def _read(path: Path, spec: str) -> _Entry:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}  # zip checks the sum of each
    notes = tuple(Note(kind, what, spec + where) for kind, what, where in json.loads(str(arrays["notes"])))
    n = int(arrays["n"])
    if "index" not in arrays:
        known = int(arrays["moments_n"])
        moments = Moments(None if known < 0 else known, arrays["mean"], arrays.get("deviations"), arrays.get("full"))
        return _Entry(moments, n, notes)
    values = np.load(path.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
    if values.shape != tuple(arrays["shape"]) or _checksum(values) != int(arrays["sum"]):
        raise ValueError("rows do not fit their entry")
    return _Entry(Rows(arrays["index"], values if values.nbytes > _IN_MEMORY else np.array(values)), n, notes)


def _checksum(values: np.ndarray) -> int:
    total = 0
    for start in range(0, len(values), 4096):
        total = zlib.crc32(np.ascontiguousarray(values[start : start + 4096]).data, total)
    return total


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
