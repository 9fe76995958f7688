"""What it costs to know images by content: a first run that hashes them, a later one that asks the file system."""

import hashlib
import json
import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final
from unittest.mock import patch

from PIL import Image

import ganeval
from benchmarks.speed.setting import Record, Setting, record
from benchmarks.speed.sides import Work, by_turns
from benchmarks.stand_in import crops, photographs
from ganeval.core.files import VARIABLE, entries_folder
from ganeval.extractors.base import Extractor
from ganeval.extractors.classifier import Classifier
from ganeval.extractors.efficientnet_lite0 import EfficientNetLite0
from ganeval.sources.content import Content
from ganeval.sources.source import Files, Source

_SIZE = 128
_TURNS = 5  # times as many turns as elsewhere: the differences are small
_SETTLED = 2.5  # seconds after which a file that was written is believed


def identity(setting: Setting) -> Record:
    """First runs with and without hashing; kept runs that check states, against a check of size and time alone."""
    pairs = [
        _first(setting, EfficientNetLite0(device="cpu"), n=setting.size(200, quick=4)),
        _first(setting, Classifier("mnist", device="cpu"), n=setting.size(1000, quick=4)),
        _kept(setting, n=setting.size(10_000, quick=20)),
    ]
    times = setting.times * (1 if setting.quick else _TURNS)
    sides: dict[str, Record] = {}
    notes = []
    for works in pairs:
        base, name = works
        timed = by_turns(works, times=times, progress=setting.progress, clock=time.process_time)
        more = [b / a - 1 for a, b in zip(timed[base]["seconds"], timed[name]["seconds"], strict=True)]
        notes.append(f"{name}: {statistics.median(more):+.1%} to {base}, the median of {times} turns side by side")
        sides |= timed
    what = f"knowing images by content: PNG of {_SIZE} × {_SIZE}, one side; seconds of CPU time"
    return record(what, sides, pairs={name: base for base, name in pairs}, notes=notes)


def _first(setting: Setting, extractor: Extractor, *, n: int) -> dict[str, Work]:
    folder = _written(setting.folder / f"first-{extractor.name.partition(':')[0]}", n=n, seed=51)
    own = setting.folder / f"{folder.name}-cache"

    def run() -> int:
        for kind in ("features", "manifests"):
            shutil.rmtree(entries_folder(kind, cache=own), ignore_errors=True)
        with patch.dict(os.environ, {VARIABLE: str(own)}):
            return _side(folder, extractor)

    def unhashed() -> int:
        with patch("ganeval.evaluation.cache.content_of", _unhashed):
            return run()

    label = f"first run, {n:,} images, {extractor.name}"
    return {f"{label}, not hashed": unhashed, label: run}


def _kept(setting: Setting, *, n: int) -> dict[str, Work]:
    folder = _written(setting.folder / "kept-identity", n=n, seed=52)
    extractor = Classifier("mnist", device="cpu")
    time.sleep(_SETTLED)

    def by_time() -> int:
        with patch("ganeval.evaluation.cache.content_of", _by_time):
            return _side(folder, extractor)

    return {f"kept run, {n:,} images, size and time": by_time, "kept run": lambda: _side(folder, extractor)}


def _side(folder: Path, extractor: Extractor) -> int:
    return ganeval.reference(folder, metrics=["fd"], extractor=extractor, interval="off").n or 0


def _written(folder: Path, *, n: int, seed: int) -> Path:
    folder.mkdir(parents=True)
    for i, picture in enumerate(crops(photographs(), n=n, size=_SIZE, seed=seed)):
        Image.fromarray(picture).save(folder / f"{i:05}.png")
    return folder


@final
@dataclass
class _Stated(Content):
    """A source whose digest is what a function says."""

    source: Source
    stated: Callable[[], str]

    def digest(self, **options: Any) -> str:
        return self.stated()

    def watched(self) -> Source:
        return self.source

    def passed(self) -> str:
        return self.stated()


def _unhashed(source: Source, **options: Any) -> Content:
    """Nothing is hashed."""
    return _Stated(source, lambda: hashlib.sha256(source.identity.encode()).hexdigest())


def _by_time(source: Source, *, cache: Path, **options: Any) -> Content:
    """What version 0.1.0 did: a digest is believed where size and modification time are unchanged."""
    assert isinstance(source, Files)
    path = cache / "by-time.json"
    root = Path(source.identity)
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        found = {name: [*_by_stat(root / name), _sha256((root / name).read_bytes())] for name in source.names}
        path.write_text(json.dumps({"root": str(root), "files": found}), encoding="utf-8")

    def digest() -> str:
        known = json.loads(path.read_text(encoding="utf-8"))["files"]
        states = {name: _by_stat(root / name) for name in source.names}
        assert not [name for name in source.names if known.get(name, [None])[:2] != states[name]]
        return _sha256(json.dumps(["files", *((name, known[name][2]) for name in source.names)]).encode())

    return _Stated(source, digest)


def _by_stat(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
