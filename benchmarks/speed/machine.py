"""What this machine can do at best: a 4096 × 4096 matrix product, three ways in float32 and one in bfloat16.

An extraction's images a second can be judged against it on any machine, for the network's
multiplications are known.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed.sides import ROOT, Progress

INCEPTION_GFLOP = 11.4  # an image of 299 × 299; a multiplication and an addition are two
LITE0_GFLOP = 0.81  # an image of 224 × 224
_KERNEL_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # they choose OpenBLAS's kernels, not always the best
_BY_NUMPY = "from benchmarks.speed.machine import by_numpy; print(by_numpy(size={size}, times={times}))"


FLOAT32 = ("numpy", "torch", "onednn")


def products(*, size: int, times: int, progress: Progress, by: Sequence[str] = (*FLOAT32, "bf16")) -> dict[str, float]:
    """GFLOP/s by route, each the best of `times`; `float32` is the best of its three.

    A processor without bfloat16 emulates it, a hundred times slower: leave it out where nobody asks.
    """
    routes: dict[str, Callable[[], float]] = {
        "numpy": lambda: _numpy_in_a_child(size=size, times=times),
        "torch": lambda: _by_torch(torch.float32, size=size, times=times),
        "onednn": lambda: _by_onednn(size=size, times=times),
        "bf16": lambda: _by_torch(torch.bfloat16, size=size, times=times),
    }
    found: dict[str, float] = {}
    for name in by:
        try:
            found[name] = round(routes[name](), 1)
        except (RuntimeError, AttributeError) as error:  # a torch built without oneDNN
            progress(f"matrix product by {name}: {str(error).partition(chr(10))[0]}")
            continue
        progress(f"matrix product by {name}: {found[name]:.1f} GFLOP/s")
    return {"float32": max(speed for name, speed in found.items() if name != "bf16"), **found}


def by_numpy(*, size: int, times: int) -> float:
    """GFLOP/s of NumPy's float32 product in this process."""
    a, b = (np.random.default_rng(i).standard_normal((size, size), dtype=np.float32) for i in (0, 1))
    return _best(lambda: a @ b, size=size, times=times)


def _numpy_in_a_child(*, size: int, times: int) -> float:
    variables = {name: value for name, value in os.environ.items() if name not in _KERNEL_VARIABLES}
    code = _BY_NUMPY.format(size=size, times=times)
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)


def _by_torch(dtype: torch.dtype, *, size: int, times: int) -> float:
    a, b = (torch.randn(size, size, generator=torch.Generator().manual_seed(i)).to(dtype) for i in (0, 1))
    return _best(lambda: torch.mm(a, b), size=size, times=times)


def _by_onednn(*, size: int, times: int) -> float:
    a, b = (torch.randn(size, size, generator=torch.Generator().manual_seed(i)) for i in (0, 1))
    linear = torch.ops.mkldnn._linear_pointwise
    with torch.inference_mode():
        return _best(lambda: linear(a, b, None, "none", [], ""), size=size, times=times)


def _best(product: Callable[[], Any], *, size: int, times: int) -> float:
    product()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        product()
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds) / 1e9


def described() -> dict[str, Any]:
    """Processor, cores and versions: what a ratio may depend on."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for name in ("ganeval", "numpy", "scipy", "torch", "onnxruntime", "pytorch-fid", "torch-fidelity", "prdc"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "bf16_instructions": bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()),
        "versions": versions,
    }


def share(images_per_second: float, *, gflop: float, product: float) -> float:
    """Of the matrix product's speed: how much of it the network reaches.

    >>> share(10, gflop=11.4, product=228)
    0.5
    """
    return round(images_per_second * gflop / product, 3)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
