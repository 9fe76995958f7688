"""What a source holds, as a digest: equal for equal images under equal names, wherever they lie.

Identity is content. A digest stands for the pixels of a pass only where the pass read what was hashed: of a folder
every file that is read is hashed as it is read; an archive or an array is looked at again afterwards.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

import numpy as np

from ganeval.sources.array import Array
from ganeval.sources.manifest import Manifest, Reading, read_whole, state_of
from ganeval.sources.source import Files, Source

_BLOCK = 1 << 24
CHANGED = "changed while it was read: its images may be of two states; nothing was kept"


class Content(ABC):
    """What one source holds, before and after a pass over it.

    `doubt` says, after a pass, why its pixels may be of two states. `outline` is equal for equal content, and known
    without reading it; perhaps for other content, too.
    """

    source: Source
    doubt: str | None = None
    outline: str = ""

    @abstractmethod
    def digest(self, *, is_new: Callable[[str], bool] | None = None) -> str | None:
        """sha256 of what lies there now; None for what cannot be read twice, or cannot be read.

        None, too, where files would have to be read and `is_new` says of the outline that it is: the pass will read
        and hash them anyway.
        """

    @abstractmethod
    def watched(self) -> Source:
        """The source to read in a pass, which begins now."""

    @abstractmethod
    def passed(self) -> str | None:
        """sha256 of what a pass over `watched` has read; None where that cannot be told."""


def content_of(source: Source, *, cache: Path | None = None, verify: bool = False) -> Content:
    """The content of a folder, archive or array, or that there is none to be told (generators, streams).

    Digests of files are remembered in the folder `cache`; `verify` hashes everything again.
    """
    if isinstance(source, Array):
        return _ArrayContent(source)
    if not isinstance(source, Files):
        return _NoContent(source)
    if source.opened is None:
        return _FolderContent(source, Manifest(source.identity, source.names, cache, verify))
    return _ArchiveContent(source, Manifest(source.identity, [""], cache, verify))


@final
@dataclass
class _FolderContent(Content):
    """Files that may change one by one; `known` is what was told before the pass, `readings` what the pass read."""

    source: Files
    manifest: Manifest
    known: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    readings: dict[str, Reading | None] = field(default_factory=dict)

    def digest(self, *, is_new: Callable[[str], bool] | None = None) -> str | None:
        try:
            look = self.manifest.look()
            self.known, self.sizes = dict(look.believed), dict(look.sizes)
            if len(self.known) < len(self.source.names) and is_new is not None and is_new(self.outline):
                return None
            self._complete(())
        except OSError:  # the pass will tell it better
            return None
        return self._of(self.known)

    @property
    def outline(self) -> str:
        return f"{len(self.sizes)} files, {sum(self.sizes.values())} bytes"

    def watched(self) -> Source:
        self.readings.clear()
        return replace(self.source, read=self._read)

    def passed(self) -> str | None:
        readings = {name: reading for name, reading in self.readings.items() if reading is not None}
        if len(readings) < len(self.readings):
            return None
        if any(reading.digest != self.known.get(name, reading.digest) for name, reading in readings.items()):
            self.manifest.forget()  # what was remembered is of other files
            self.known = {}
        self.manifest.remember(readings)
        self.sizes |= {name: reading.state.size for name, reading in readings.items()}
        try:
            self._complete(readings)
        except OSError:
            return None
        return self._of({**self.known, **{name: reading.digest for name, reading in readings.items()}})

    def _read(self, name: str) -> bytes:
        self.readings[name] = None
        data, self.readings[name] = read_whole(self.manifest.place(name))
        return data

    def _complete(self, read: Collection[str]) -> None:
        """Hash the files that are neither known nor read."""
        rest = [name for name in self.source.names if name not in self.known and name not in read]
        if rest:
            self.known |= self.manifest.digests(rest)

    def _of(self, digests: Mapping[str, str]) -> str | None:
        return _files_digest([(name, digests[name]) for name in self.source.names])


@dataclass
class _WholeContent(Content):
    """What is hashed as a whole, before and after a pass."""

    before: str | None = field(default=None, init=False)

    def digest(self, *, is_new: Callable[[str], bool] | None = None) -> str | None:
        self.before = self._hashed()
        return self.before

    def passed(self) -> str | None:
        after = self._hashed()
        if after != self.before:
            self.doubt = CHANGED
        return after if after == self.before else None

    @abstractmethod
    def _hashed(self) -> str | None:
        """The digest now."""


@final
@dataclass
class _ArchiveContent(_WholeContent):
    """One file, open since the source was made: it must be in the state in which it was opened."""

    source: Files
    manifest: Manifest
    failed: bool = False

    def watched(self) -> Source:
        self.before, self.failed = self.before or self._hashed(), False
        return replace(self.source, read=self._read)

    def passed(self) -> str | None:
        passed = super().passed()
        return None if self.failed else passed

    def _read(self, name: str) -> bytes:
        try:
            return self.source.read(name)
        except OSError:  # of the disk or the network, not of the archive: another time it may be read
            self.failed = True
            raise

    def _hashed(self) -> str | None:
        try:
            before = state_of(self.manifest.root)
            digest = self.manifest.look().believed.get("") or self.manifest.digests([""])[""]
            is_the_opened = before == self.source.opened == state_of(self.manifest.root)
        except OSError:  # the pass will tell it better
            return None
        return _files_digest([("", digest)]) if is_the_opened else None


@final
@dataclass
class _ArrayContent(_WholeContent):
    """An array, perhaps mapped from a file that another program writes."""

    source: Array

    def watched(self) -> Source:
        self.before = self.before or self._hashed()
        return self.source

    def _hashed(self) -> str:
        return _array_digest(self.source)


@final
@dataclass
class _NoContent(Content):
    """What cannot be read twice."""

    source: Source

    def digest(self, *, is_new: Callable[[str], bool] | None = None) -> str | None:
        return None

    def watched(self) -> Source:
        return self.source

    def passed(self) -> str | None:
        return None


def _files_digest(digests: list[tuple[str, str | None]]) -> str:
    return hashlib.sha256(json.dumps(["files", *digests]).encode("utf-8", "surrogatepass")).hexdigest()


def _array_digest(source: Array) -> str:
    values = source.images
    stated = [str(values.dtype), values.shape, source.layout, source.value_range, source.rounding]
    total = hashlib.sha256(json.dumps(["array", *stated]).encode())
    rows = max(1, _BLOCK // max(values[:1].nbytes, 1))
    for start in range(0, len(values), rows):
        total.update(np.ascontiguousarray(values[start : start + rows]).data)
    return total.hexdigest()
