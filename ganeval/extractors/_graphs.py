"""Networks exported for ONNX Runtime, kept beside the cached features: exporting takes longer than loading.

A graph is trusted once its rows of a fixed input were those of the network that it was made from. That result is kept
in a second file, with the graph's name and sha256 and with the processor and the versions that gave it: on others a
kept graph is compared again. One that fails in any way is removed, said and made anew; if that fails, too, torch runs
the network.

A graph's name is a digest of its weights and of the versions of what made it.
"""

import functools
import hashlib
import importlib.util
import json
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np

from ganeval.core.files import entries_folder, prepared, remove_files, replacing, touch
from ganeval.core.remarks import remark

TOLERANCE = 1e-4  # of the largest value of a view: engines differ by 1e-6 to 1e-5
_FORMAT = 3
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
    path, network = None if key is None else _path(key), functools.cache(build)
    inference = None if path is None else _kept_session(path, network, label)
    if inference is not None:
        return inference
    graph = network().graph()
    result = _compared(graph, network())
    if not result.passed:
        remark(
            f"{label}: its exported graph gives other features than the network itself, by {_said(result)}: torch ran "
            "the network instead, which is slower"
        )
        return None
    if path is not None:
        _write(path, _Kept(graph, result))
    return session(graph)


def _kept_session(path: Path, network: Callable[[], Exportable], label: str) -> Any | None:
    """A session of the graph that is kept at `path`; None where there is none, or where it was thrown away."""
    try:
        files = _Files(path.read_bytes(), path.with_suffix(".json").read_bytes())
    except OSError:  # not there, not whole yet, or not ours to read
        return None
    try:
        kept = _parsed(files, name=path.stem)
        inference = session(kept.graph)
    except Exception as error:  # the runtime raises many kinds on what is no graph
        _throw_away(path, f"{label}: its kept graph is damaged ({type(error).__name__})")
        return None
    if kept.result.is_of_here and kept.result.passed:
        touch(path)
        return inference
    result = _compared(kept.graph, network())
    if not result.passed:
        _throw_away(path, f"{label}: its kept graph gave other features than the network itself, by {_said(result)}")
        return None
    _write_result(path, _Kept(kept.graph, result))
    return inference


def _throw_away(path: Path, reason: str) -> None:
    left = remove_files([path, path.with_suffix(".json")])
    fate = "left aside, as it cannot be removed here," if left else "thrown away"
    remark(f"{reason}: it was {fate} and made anew")


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
        rows = session(graph).run(list(expected), {"images": stack})
    except Exception:  # the runtime raises many kinds on a graph that it cannot run
        return _Result.here(float("inf"))
    pairs = zip(rows, expected.values(), strict=True)
    return _Result.here(max(_deviation(mine, theirs) for mine, theirs in pairs))


def _deviation(rows: np.ndarray, expected: np.ndarray) -> float:
    if rows.shape != expected.shape or not np.isfinite(expected).all() or not np.isfinite(rows).all():
        return float("inf")
    difference, largest = np.abs(rows - expected).max(), np.abs(expected).max()
    return 0.0 if difference == 0 else float(difference / largest) if largest else float("inf")


def _said(result: _Result) -> str:
    return f"{result.deviation:.1e} of the largest (at most {TOLERANCE:.0e})"


@functools.cache
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


class _Files(NamedTuple):
    """The bytes of a graph and of its result."""

    graph: bytes
    result: bytes


def _parsed(files: _Files, *, name: str) -> _Kept:
    """The graph with its result; ValueError, or another error, where the files are not what was written as `name`."""
    fields = json.loads(files.result)
    if (fields.pop("name"), fields.pop("sha256")) != (name, hashlib.sha256(files.graph).hexdigest()):
        raise ValueError("the result is of another graph")
    result = _Result(**fields)
    if type(result.deviation) is not float or result.deviation < 0:
        raise ValueError(f"a deviation of {result.deviation!r}")
    return _Kept(files.graph, result)


def _write(path: Path, entry: _Kept) -> None:
    """The result first: a graph without one is made again."""
    _write_result(path, entry)
    _replace(path, entry.graph)


def _write_result(path: Path, entry: _Kept) -> None:
    fields = {"name": path.stem, "sha256": hashlib.sha256(entry.graph).hexdigest(), **asdict(entry.result)}
    _replace(path.with_suffix(".json"), json.dumps(fields).encode())


def _replace(path: Path, content: bytes) -> None:
    with suppress(OSError):  # a cache that cannot be written only costs time
        prepared("graphs")
        with replacing(path) as file:
            file.write(content)
