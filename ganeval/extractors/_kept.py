"""What a call of a user's network may change, and what is put back after it: modes and buffers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ganeval.core.remarks import remark


@contextmanager
def evaluating(net: Callable[..., Any]) -> Iterator[None]:
    """The network in evaluation mode; every module's own mode comes back, also after an exception."""
    from torch import nn

    modes = [(module, module.training) for module in net.modules()] if isinstance(net, nn.Module) else []
    try:
        if any(training for _, training in modes):
            try:
                net.eval()  # pyright: ignore[reportFunctionMemberAccess]
            except NotImplementedError:  # an exported network is fixed in the mode of its export
                modes = []
        yield
    finally:
        for module, training in modes:
            module.training = training


class _Buffer(NamedTuple):
    """A buffer as it was: where it hangs, the tensor, how often it had been written, and its values."""

    module: Any
    name: str
    path: str
    tensor: Any
    version: int
    values: Any


@contextmanager
def kept_buffers(net: Callable[..., Any], *, label: str) -> Iterator[None]:
    """The network's buffers as before after the block, also after an exception; that they changed is remarked.

    A buffer that is new, or has another shape, stays as it is: such ones are caches that a network makes for itself.
    """
    from torch import nn

    held = list(_buffers(net)) if isinstance(net, nn.Module) else []
    try:
        yield
    finally:
        changed = [buffer.path for buffer in held if _put_back(buffer)]
        if changed:
            names = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
            remark(
                f"{label}: the network changed its buffers ({names}) while it ran: they were put back after every "
                "batch, but the features of an image may depend on the others in its batch"
            )


def _buffers(net: Any) -> Iterator[_Buffer]:
    for place, module in net.named_modules():
        for name, tensor in module.named_buffers(recurse=False):
            if not tensor.is_inference():  # outside inference mode nobody can write into one
                path = f"{place}.{name}" if place else name
                yield _Buffer(module, name, path, tensor, tensor._version, tensor.detach().clone())


def _put_back(buffer: _Buffer) -> bool:
    """Put a buffer back; whether its values had changed."""
    import torch

    now = getattr(buffer.module, buffer.name, None)
    if not isinstance(now, torch.Tensor) or now.shape != buffer.values.shape:
        return False
    if now is buffer.tensor and now._version == buffer.version:
        return False
    same = now.dtype == buffer.values.dtype and torch.equal(now, buffer.values)
    if buffer.tensor._version != buffer.version:
        buffer.tensor.data.copy_(buffer.values)  # unseen by a graph that waits for its backward pass
    if now is not buffer.tensor:
        setattr(buffer.module, buffer.name, buffer.tensor)
    return not same
