"""Networks exported for ONNX Runtime, kept beside the cached features: exporting takes longer than loading.

A graph is trusted once its rows of a fixed input were those of the network that it was made from. That result is kept
in a second file, with the graph's sha256 and with the processor and the versions that gave it: on others a kept graph
is compared again. One that fails is removed and made anew; if that fails, too, torch runs the network.

A graph's name holds the digest of its weights and the versions of what made it.
"""

import hashlib
import importlib.util
import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, final

import numpy as np

from ganeval.folders import entries_folder, prepared
from ganeval.remarks import remark

TOLERANCE = 1e-4  # of the largest value of a view: engines differ by 1e-6 to 1e-5
_FORMAT = 2
_FACTS = (  # of /proc/cpuinfo, on x86 and on ARM
    *("vendor_id", "cpu family", "model", "model name", "stepping", "flags"),
    *("features", "cpu implementer", "cpu architecture", "cpu variant", "cpu part"),
)


@final
@dataclass(frozen=True)
class Exportable:
    """A network for images of `size` pixels: how it is exported, and what torch makes of a prepared stack."""

    size: int
    graph: Callable[[], bytes]
    rows: Callable[[np.ndarray], Mapping[str, np.ndarray]]


def has_runtime() -> bool:
    """Whether ONNX Runtime, and what its exporter needs, are installed."""
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))


def session(exported: bytes) -> Any:
    """An ONNX Runtime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])


def checked_session(key: str | None, build: Callable[[], Exportable], *, label: str) -> Any | None:
    """A session that gives what the network does, from the cache where it can be; None where there is none.

    `build` makes the network, where it is needed. `key` None is never kept. What a reader of the numbers should know
    is remarked, of the network called `label`.
    """
    path = None if key is None else _path(key)
    kept = None if path is None else _kept(path)
    network: Exportable | None = None
    if path is not None and kept is not None:
        if kept.result.is_of_here and kept.result.passed:
            os.utime(path)
            return session(kept.graph)
        network = build()
        result = _compared(kept.graph, network)
        if result.passed:
            _write_result(path, _Kept(kept.graph, result))
            return session(kept.graph)
        path.unlink(missing_ok=True)
        remark(
            f"{label}: its kept graph gave other features than the network itself, by {_said(result)}: it was thrown "
            "away and made anew"
        )
    network = network or build()
    made = network.graph()
    result = _compared(made, network)
    if not result.passed:
        remark(
            f"{label}: its exported graph gives other features than the network itself, by {_said(result)}: torch ran "
            "the network instead, which is slower"
        )
        return None
    if path is not None:
        _write(path, _Kept(made, result))
    return session(made)


@final
@dataclass(frozen=True)
class _Result:
    """How far a graph's rows are from the network's, as a share of a view's largest value, and where that was seen."""

    deviation: float
    processor: str
    onnxruntime: str
    torch: str

    @classmethod
    def here(cls, deviation: float) -> "_Result":
        import torch

        return cls(deviation, processor(), version("onnxruntime"), str(torch.__version__))

    @property
    def passed(self) -> bool:
        return self.deviation <= TOLERANCE  # a deviation that is not a number is not

    @property
    def is_of_here(self) -> bool:
        return self == _Result.here(self.deviation)


@final
@dataclass(frozen=True)
class _Kept:
    """A graph with the result of its comparison."""

    graph: bytes
    result: _Result


def _compared(graph: bytes, network: Exportable) -> _Result:
    """The same fixed images through both; three, as a graph that only takes the two it was made with is wrong."""
    stack = np.random.default_rng(0).uniform(-1, 1, (3, 3, network.size, network.size)).astype(np.float32)
    expected = network.rows(stack)
    try:
        found = session(graph).run(list(expected), {"images": stack})
    except Exception:  # the runtime raises many kinds on a graph that it cannot run
        return _Result.here(float("inf"))
    pairs = zip(found, expected.values(), strict=True)
    return _Result.here(max(_deviation(mine, theirs) for mine, theirs in pairs))


def _deviation(found: np.ndarray, expected: np.ndarray) -> float:
    if found.shape != expected.shape or not np.isfinite(expected).all() or not np.isfinite(found).all():
        return float("inf")
    difference, largest = np.abs(found - expected).max(), np.abs(expected).max()
    return 0.0 if difference == 0 else float(difference / largest) if largest else float("inf")


def _said(result: _Result) -> str:
    return f"{result.deviation:.1e} of the largest (at most {TOLERANCE:.0e})"


@cache
def processor() -> str:
    """The machine's kind of processor, with what it can do: what a runtime chooses its kernels by."""
    kind = f"{platform.machine()} {platform.processor()}".strip()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0].splitlines()
    except OSError:  # not Linux
        return kind
    facts = [line for line in lines if line.partition(":")[0].strip().lower() in _FACTS]
    return f"{kind} {hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:16]}"


def _path(key: str) -> Path:
    made_by = [_FORMAT, key, *(version(name) for name in ("torch", "onnx", "onnxruntime", "ganeval"))]
    digest = hashlib.sha256(repr(made_by).encode()).hexdigest()
    return entries_folder("graphs") / f"{digest[:40]}.onnx"


def _kept(path: Path) -> _Kept | None:
    """What lies there, None where it is damaged or its second file is."""
    try:
        graph = path.read_bytes()
        fields = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        intact = fields.pop("sha256") == hashlib.sha256(graph).hexdigest()
        return _Kept(graph, _Result(**fields)) if intact else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _write(path: Path, entry: _Kept) -> None:
    """The result first: a graph without one is made again."""
    _write_result(path, entry)
    _renamed(path, entry.graph)


def _write_result(path: Path, entry: _Kept) -> None:
    fields = {"sha256": hashlib.sha256(entry.graph).hexdigest(), **asdict(entry.result)}
    _renamed(path.with_suffix(".json"), json.dumps(fields).encode())


def _renamed(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        prepared("graphs")
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:  # a cache that cannot be written only costs time
        pass
