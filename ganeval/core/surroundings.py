"""A clean room for feature networks: whatever the caller has set in torch, features are the same.

Inside it autocast is off for every kind of device, inference mode is off, new tensors are float32 and lie on the CPU
unless a dtype or a device is named, and float32 is multiplied as float32: no TF32, no bfloat16. Afterwards, and after
an exception too, all of it is as it was. `deterministic`, `benchmark` and `enabled` of cuDNN, deterministic
algorithms, the number of threads and the mode of gradients are the caller's in the room too.

The default dtype and the flags of float32 belong to the whole process: rooms that overlap in several threads share
one change, which is undone when the last of them is left. Everything else belongs to the thread.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from ganeval.core.remarks import remark

Result = TypeVar("Result")
Flag = tuple[str, str]  # a backend, and the operations that its flag governs

_ABOVE: Sequence[Flag] = (("generic", "all"), ("cuda", "all"), ("mkldnn", "all"))
_LEAVES: Sequence[Flag] = tuple(
    (backend, operation) for backend in ("cuda", "mkldnn") for operation in ("matmul", "conv", "rnn")
)
_AUTOCAST = ("cpu", "cuda", "xpu", "mps", "hpu", "mtia", "xla", "privateuseone")


@contextmanager
def clean_room() -> Iterator[None]:
    """The room while the block runs, if torch is loaded. Rooms may stand in rooms."""
    torch = _torch()
    if torch is None:
        yield
        return
    with _clean_thread(torch), _PROCESS.strict(torch):
        yield


@contextmanager
def preparation_room() -> Iterator[None]:
    """As the clean room for what decoding threads do: the process is left alone unless its new tensors are not float32.

    Another thread's change would reach the generator that the caller runs meanwhile.
    """
    torch = _torch()
    if torch is None:
        yield
        return
    with _clean_thread(torch) if is_plain() else clean_room():
        yield


def in_clean_room(function: Callable[[], Result]) -> Result:
    """What a pure function returns in the room; it is called again where it was the first to load torch."""
    late = _torch() is None
    with clean_room():
        result = function()
    if late and _torch() is not None:
        with clean_room():
            return function()
    return result


@contextmanager
def untouched_randomness() -> Iterator[None]:
    """torch's generators as before after the block: a network that is built may draw weights only to replace them."""
    torch = _torch()
    if torch is None:
        yield
        return
    cpu = torch.get_rng_state()
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        torch.set_rng_state(cpu)
        if gpus is not None:
            torch.cuda.set_rng_state_all(gpus)


@contextmanager
def kept_randomness(label: Callable[[], str]) -> Iterator[None]:
    """As `untouched_randomness` while rows are made; that the generators moved is remarked, of what `label` names.

    In the main thread only: beside it another thread may draw, and what is put back would come again there.
    """
    torch = _torch()
    if torch is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    with untouched_randomness():
        before = _generators(torch)
        yield
        if any(not torch.equal(*pair) for pair in zip(before, _generators(torch), strict=False)):
            remark(f"{label()} drew random numbers while it ran: its features differ from run to run")


def _generators(torch: Any) -> list[Any]:
    """The states of torch's generators: the CPU's, and the GPUs' where they are in use."""
    return [torch.get_rng_state(), *(torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else ())]


def is_plain() -> bool:
    """Whether new tensors are float32 by default: then any thread may prepare images."""
    torch = _torch()
    return torch is None or torch.get_default_dtype() is torch.float32


def _torch() -> Any | None:
    """The module, if it is loaded to its end."""
    torch = sys.modules.get("torch")
    return torch if hasattr(torch, "set_default_dtype") else None


@contextmanager
def _clean_thread(torch: Any) -> Iterator[None]:
    with ExitStack() as stack:
        for device in _AUTOCAST:
            if _autocasts(torch, device):
                stack.enter_context(torch.autocast(device, enabled=False))
        gradients = torch.is_grad_enabled()
        stack.callback(torch.set_grad_enabled, gradients)
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))  # which switches gradients on
            torch.set_grad_enabled(gradients)
        if torch.empty(0).device.type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield


def _autocasts(torch: Any, device: str) -> bool:
    try:
        return torch.is_autocast_enabled(device)
    except RuntimeError:  # a kind that this torch does not know
        return False


class _Legacy(NamedTuple):
    """The switches that torch had before it had flags; mixed with flags, reading them raises."""

    matmul: str
    cudnn: bool


@dataclass(frozen=True)
class _Float32:
    """How the process multiplies float32: the flags as they are stored, by name, where torch has them."""

    flags: dict[Flag, str]
    legacy: _Legacy

    @classmethod
    def made_strict(cls, torch: Any) -> "_Float32":
        """Switch to exact float32; what was set before."""
        flags = _stored(torch) if has_flags(torch) else {}
        exact = dict.fromkeys(_LEAVES if flags else (), "ieee")
        legacy = _legacy(torch, exact)
        # both kinds say the same in the room: code in it may read either
        torch.set_float32_matmul_precision("highest")
        torch._C._set_cudnn_allow_tf32(False)
        _write(torch, exact)
        return cls(flags, legacy)

    def restore(self, torch: Any) -> None:
        """As it was: the switches first, as they write flags too."""
        torch.set_float32_matmul_precision(self.legacy.matmul)
        torch._C._set_cudnn_allow_tf32(self.legacy.cudnn)
        _write(torch, self.flags)


def has_flags(torch: Any) -> bool:
    """Whether this torch has `backends.*.fp32_precision` (2.9 and later)."""
    return hasattr(torch._C, "_get_fp32_precision_getter")


def _stored(torch: Any) -> dict[Flag, str]:
    """Every flag by itself. One that is "none" reads as the one above it, which is "none" meanwhile."""
    read = torch._C._get_fp32_precision_getter
    precisions: dict[Flag, str] = {}
    for flag in _ABOVE:
        precisions[flag] = read(*flag)
        _write(torch, {flag: "none"})
    precisions |= {flag: read(*flag) for flag in _LEAVES}
    _write(torch, {flag: precisions[flag] for flag in _ABOVE})
    return precisions


def _write(torch: Any, flags: dict[Flag, str]) -> None:
    # not by torch.backends: there the flag of mkldnn writes the one above it
    for (backend, operation), value in flags.items():
        torch._C._set_fp32_precision_setter(backend, operation, value)


def _legacy(torch: Any, exact: dict[Flag, str]) -> _Legacy:
    """The older switches, also where flags say otherwise: then they are read beside flags that they cannot deny."""
    try:
        return _Legacy(torch.get_float32_matmul_precision(), torch._C._get_cudnn_allow_tf32())
    except RuntimeError:
        _write(torch, exact)
        matmul = torch.get_float32_matmul_precision()
    try:
        return _Legacy(matmul, torch._C._get_cudnn_allow_tf32())
    except RuntimeError:  # the switch is not what the flags say, which is no
        return _Legacy(matmul, cudnn=True)


class _Process:
    """What the whole process shares, changed by the first that enters and changed back by the last that leaves."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.undo = ExitStack()

    @contextmanager
    def strict(self, torch: Any) -> Iterator[None]:
        """float32 by default, and exact."""
        with self.lock:
            if not self.inside:
                self._change(torch)
            self.inside += 1
        try:
            yield
        finally:
            with self.lock:
                self.inside -= 1
                if not self.inside:
                    self.undo.close()

    def _change(self, torch: Any) -> None:
        with ExitStack() as undo:
            undo.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(torch.float32)
            undo.callback(_Float32.made_strict(torch).restore, torch)
            self.undo = undo.pop_all()


_PROCESS = _Process()
