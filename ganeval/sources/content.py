"""What a source holds, as a digest: equal for equal images under equal names, wherever they lie.

Identity is content. A digest stands for the pixels of a pass only where the pass read what was hashed: of a folder
every file that is read is hashed as it is read; an archive or an array is looked at again afterwards.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

import numpy as np

from ganeval.sources.array import Array
from ganeval.sources.manifest import Manifest
from ganeval.sources.source import Files, Source

_BLOCK = 1 << 24
CHANGED = "changed while it was read: its images may be of two states; nothing was kept"


class Content(ABC):
    """What one source holds, before and after a pass over it.

    `doubt` says, after a pass, why its pixels may be of two states.
    """

    source: Source
    doubt: str | None = None

    @abstractmethod
    def digest(self) -> str | None:
        """sha256 of what lies there now; None for what cannot be read twice, or cannot be read."""

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
    manifest = Manifest(source.identity, cache, verify)
    return _FolderContent(source, manifest) if source.opened is None else _ArchiveContent(source, manifest)


@final
@dataclass
class _FolderContent(Content):
    """Files that may change one by one; `seen` are the digests of what the pass read (None: it could not)."""

    source: Files
    manifest: Manifest
    known: Mapping[str, str] = field(default_factory=dict)
    seen: dict[str, str | None] = field(default_factory=dict)

    def digest(self) -> str | None:
        self.known = self._hashed()
        return self._of(self.known)

    def watched(self) -> Source:
        self.seen.clear()
        return replace(self.source, read=self._read)

    def passed(self) -> str | None:
        if any(digest != self.known.get(name, digest) for name, digest in self.seen.items()):
            self.manifest.forget()  # what was remembered is of other files
            self.known = {}
        rest = {} if len(self.seen) == len(self.source.names) else self.known or self._hashed()
        return self._of({**rest, **self.seen})

    def _read(self, name: str) -> bytes:
        self.seen[name] = None
        data = self.source.read(name)
        self.seen[name] = hashlib.sha256(data).hexdigest()
        return data

    def _hashed(self) -> dict[str, str]:
        try:
            return {name: file.digest for name, file in self.manifest.files(self.source.names).items()}
        except OSError:  # the pass will tell it better
            return {}

    def _of(self, digests: Mapping[str, str | None]) -> str | None:
        found = [(name, digests.get(name)) for name in self.source.names]
        return None if any(digest is None for _, digest in found) else _files_digest(found)


@dataclass
class _WholeContent(Content):
    """What is hashed as a whole, before and after a pass."""

    before: str | None = field(default=None, init=False)

    def digest(self) -> str | None:
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
            file = self.manifest.files([""])[""]
        except OSError:  # the pass will tell it better
            return None
        return _files_digest([("", file.digest)]) if file.state == self.source.opened else None


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

    def digest(self) -> str | None:
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
