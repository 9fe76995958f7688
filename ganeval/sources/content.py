"""What a source holds, as a digest: equal for equal images under equal names, wherever they lie.

Files are hashed whole, once: a manifest remembers size and modification time of each, so that a later run only
asks the file system. `verify` hashes everything again.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from ganeval.sources.array import Array
from ganeval.sources.source import Files, Source

_RECENT = 2_000_000_000  # nanoseconds: a file changed this shortly before it was hashed may change again unseen
_BLOCK = 1 << 24


def content_digest(source: Source, *, manifests: Path | None = None, verify: bool = False) -> str | None:
    """sha256 of a folder, archive or array; None for what cannot be read twice (generators, streams).

    Without a folder of `manifests` everything is hashed, and nothing remembered.
    """
    if isinstance(source, Array):
        return _array_digest(source)
    if not isinstance(source, Files):
        return None
    root = Path(source.identity)
    names = source.names if root.is_dir() else ("",)
    path = None if manifests is None else manifests / f"{_text_digest(source.identity)[:32]}.json"
    digests = _Manifest(path).digests(root, names, verify=verify)
    return None if digests is None else _text_digest(json.dumps(["files", *zip(names, digests, strict=True)]))


def _array_digest(source: Array) -> str:
    values = source.images
    stated = [str(values.dtype), values.shape, source.layout, source.value_range, source.rounding]
    total = hashlib.sha256(json.dumps(["array", *stated]).encode())
    rows = max(1, _BLOCK // max(values[:1].nbytes, 1))
    for start in range(0, len(values), rows):
        total.update(np.ascontiguousarray(values[start : start + rows]).data)
    return total.hexdigest()


@dataclass(frozen=True)
class _Manifest:
    """Digests of the files of one folder or of one archive, with the size and time that they had."""

    path: Path | None

    def digests(self, root: Path, names: Sequence[str], *, verify: bool) -> list[str] | None:
        """One digest a name; None where a file cannot be read, which the pass will tell better."""
        known = {} if verify else self._read(root)
        try:
            found = {name: _state(root / name) for name in names}
            stale = [name for name in names if known.get(name, [None])[:2] != found[name]]
            started = time.time_ns()
            with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
                fresh = dict(zip(stale, pool.map(lambda name: _file_digest(root / name), stale), strict=True))
        except OSError:
            return None
        digests = [fresh[name] if name in fresh else str(known[name][2]) for name in names]
        if stale or len(known) != len(names):
            settled = {
                name: [*found[name], digest]
                for name, digest in zip(names, digests, strict=True)
                if found[name][1] < started - _RECENT
            }
            self._write(root, settled)
        return digests

    def _read(self, root: Path) -> dict[str, list]:
        if self.path is None:
            return {}
        try:
            held = json.loads(self.path.read_text(encoding="utf-8"))
            return held["files"] if held["root"] == str(root) else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _write(self, root: Path, files: dict[str, list]) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock"):
                temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
                temporary.write_text(json.dumps({"root": str(root), "files": files}), encoding="utf-8")
                temporary.replace(self.path)
        except OSError:  # a cache that cannot be written only costs time
            pass


def _state(path: Path) -> list:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
        raise OSError(f"{path} is not a regular file")
    return [found.st_size, found.st_mtime_ns]


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
