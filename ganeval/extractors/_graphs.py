"""Networks exported for ONNX Runtime, kept beside the cached features: exporting takes longer than loading.

A graph's name holds the digest of its weights and the versions of what made it; a second file holds its own
sha256, and a graph that does not fit it is made again.
"""

import hashlib
import importlib.util
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ganeval.folders import entries_folder

_FORMAT = 1


def has_runtime() -> bool:
    """Whether ONNX Runtime, and what its exporter needs, are installed."""
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))


def graph(key: str | None, export: Callable[[], bytes]) -> bytes:
    """The exported network: from the cache, else from `export` and then kept. `key` None is never kept."""
    if key is None:
        return export()
    path = _path(key)
    held = _intact(path)
    if held is not None:
        os.utime(path)
        return held
    made = export()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _renamed(path.with_suffix(".sha256"), hashlib.sha256(made).hexdigest().encode())
        _renamed(path, made)
    except OSError:  # a cache that cannot be written only costs time
        pass
    return made


def session(exported: bytes) -> Any:
    """An ONNX Runtime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])


def _path(key: str) -> Path:
    made_by = [_FORMAT, key, *(version(name) for name in ("torch", "onnx", "onnxruntime", "ganeval"))]
    digest = hashlib.sha256(repr(made_by).encode()).hexdigest()
    return entries_folder("graphs") / f"{digest[:40]}.onnx"


def _intact(path: Path) -> bytes | None:
    try:
        held = path.read_bytes()
        stated = path.with_suffix(".sha256").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return held if hashlib.sha256(held).hexdigest() == stated else None


def _renamed(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
