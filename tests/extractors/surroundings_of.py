"""Surroundings in which people call ganeval, and a snapshot of all that torch keeps beside the tensors."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

_PAIRS = [
    ("generic", "all"),
    *((backend, operation) for backend in ("cuda", "mkldnn") for operation in ("all", "matmul", "conv", "rnn")),
]
HAS_NEW_FLAGS = hasattr(torch._C, "_get_fp32_precision_getter")


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def default_device(name: str) -> Iterator[None]:
    torch.set_default_device(name)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextmanager
def new_flags(generic: str, **leaves: str) -> Iterator[None]:
    """torch's fp32 flags: the generic one, and others by `cuda_matmul="tf32"`."""
    if not HAS_NEW_FLAGS:
        yield
        return
    switches = {("generic", "all"): generic, **{tuple(name.split("_")): value for name, value in leaves.items()}}
    try:
        for (backend, operation), value in switches.items():
            torch._C._set_fp32_precision_setter(backend, operation, value)
        yield
    finally:
        fresh_flags()


@contextmanager
def old_flags(precision: str, *, cudnn: bool) -> Iterator[None]:
    """The switches that torch had first."""
    try:
        torch.set_float32_matmul_precision(precision)
        torch._C._set_cudnn_allow_tf32(cudnn)
        yield
    finally:
        fresh_flags()


def fresh_flags() -> None:
    """The flags of a new process."""
    torch.set_float32_matmul_precision("highest")
    torch._C._set_cudnn_allow_tf32(True)
    for pair in _PAIRS if HAS_NEW_FLAGS else ():
        value = "tf32" if pair in (("cuda", "conv"), ("cuda", "rnn")) else "none"
        torch._C._set_fp32_precision_setter(*pair, value)


@contextmanager
def deterministic() -> Iterator[None]:
    """What people set for runs that repeat to the bit, with cuDNN off and its search on."""
    held = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark, torch.backends.cudnn.enabled
    torch._C._set_deterministic_algorithms(True)  # the public one loads the compiler first
    torch.backends.cudnn.benchmark, torch.backends.cudnn.enabled = True, False
    try:
        yield
    finally:
        torch._C._set_deterministic_algorithms(held[0])
        torch.backends.cudnn.benchmark, torch.backends.cudnn.enabled = held[1:]


@contextmanager
def threads(n: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def training_loop() -> Iterator[None]:
    """All at once."""
    with ExitStack() as held:
        for name in ("bf16 autocast", "float64 by default", "device meta", "inference mode", "deterministic"):
            held.enter_context(SURROUNDINGS[name]())
        held.enter_context(old_flags("medium", cudnn=True))
        yield


SURROUNDINGS: Mapping[str, Callable[[], Any]] = {
    "fp16 autocast": lambda: torch.autocast("cpu", torch.float16),
    "bf16 autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "float64 by default": lambda: default_dtype(torch.float64),
    "float16 by default": lambda: default_dtype(torch.float16),
    "device meta": lambda: default_device("meta"),
    "within a device": lambda: torch.device("meta"),
    "inference mode": torch.inference_mode,
    "no gradients": torch.no_grad,
    "new flags, tf32": lambda: new_flags("tf32"),
    "new flags, bf16": lambda: new_flags("bf16", cuda_matmul="ieee", mkldnn_all="bf16"),
    "new flags, ieee": lambda: new_flags("ieee", cuda_conv="none", cuda_rnn="tf32"),
    "old flags, medium": lambda: old_flags("medium", cudnn=False),
    "old flags, high": lambda: old_flags("high", cudnn=True),
    "deterministic": deterministic,
    "one thread": lambda: threads(1),
    "all at once": training_loop,
}


def snapshot() -> dict[str, Any]:
    """Everything that a caller could find changed; flags as they are stored, not as they are inherited."""
    return {
        "autocast": {kind: torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda")},
        "autocast dtype": {kind: torch.get_autocast_dtype(kind) for kind in ("cpu", "cuda")},
        "autocast cache": torch.is_autocast_cache_enabled(),
        "dtype": torch.get_default_dtype(),
        "device": torch.empty(0).device,
        "function modes": len(torch.overrides._get_current_function_mode_stack()),
        "inference": torch.is_inference_mode_enabled(),
        "grad": torch.is_grad_enabled(),
        "flags": _stored_flags(),
        "matmul": _told(torch.get_float32_matmul_precision),
        "cublas": _told(torch._C._get_cublas_allow_tf32),
        "cudnn": _told(torch._C._get_cudnn_allow_tf32),
        "cudnn switches": [getattr(torch.backends.cudnn, name) for name in ("enabled", "benchmark", "deterministic")],
        "deterministic": torch.get_deterministic_debug_mode(),
        "threads": torch.get_num_threads(),
        "random": bytes(torch.get_rng_state().numpy()),
    }


def _told(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except RuntimeError:
        return "mixed"


def _stored_flags() -> list[str]:
    """Each flag by itself: what those above it say is taken away while it is read, and put back."""
    if not HAS_NEW_FLAGS:
        return []
    read, write = torch._C._get_fp32_precision_getter, torch._C._set_fp32_precision_setter
    above = [pair for pair in _PAIRS if pair[1] == "all"]
    found = {}
    for pair in above:
        found[pair] = read(*pair)
        write(*pair, "none")
    found |= {pair: read(*pair) for pair in _PAIRS if pair not in above}
    for pair in above:
        write(*pair, found[pair])
    return [found[pair] for pair in _PAIRS]
