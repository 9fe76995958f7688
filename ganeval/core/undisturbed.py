"""What a call of a user's network may change, and what is put back after it: modes, buffers and gradients.

Buffers are copied at every call, as a call may change them at any time and must not see what an earlier one left. A
copy that was kept from call to call would be out of date where the user has written through `.data` between two: no
counter tells of that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


@contextmanager
def undisturbed(module: Any, *, keeps_caches: bool = False) -> Iterator[list[str]]:
    """A torch module in evaluation mode while the block lasts; modes, buffers and gradients as before after it.

    What is yielded names after the block, also after an exception, the buffers whose values had changed. With
    `keeps_caches` one that is new, or has another shape, stays as it is: a network makes such ones for itself, and
    they are none of those that changed.
    """
    modes = [(part, part.training) for part in module.modules()]
    named = [] if keeps_caches else [(part._buffers, dict(part._buffers)) for part in _open_parts(module)]
    snapshots = list(_buffers(module))
    gradients = [(parameter, parameter.grad) for parameter in module.parameters()]
    changed: list[str] = []
    try:
        for parameter, gradient in gradients:
            if gradient is not None:
                parameter.grad = None  # what the network accumulates goes into new ones
        if any(training for _, training in modes):
            try:
                module.eval()
            except NotImplementedError:  # an exported network is fixed in the mode of its export
                modes = []
        yield changed
    finally:
        for part, training in modes:
            part.training = training
        changed += [buffer.path for buffer in snapshots if _put_back(buffer, keeps_caches)]
        for buffers, before in named:  # there may be another tensor under the name, or one more
            buffers.clear()
            buffers.update(before)
        for parameter, gradient in gradients:
            if parameter.grad is not gradient:
                parameter.grad = gradient


class _Buffer(NamedTuple):
    """A buffer as it was: where it hangs, the tensor, how often it had been written, and its values."""

    module: Any
    name: str
    path: str
    tensor: Any
    version: int
    values: Any


def _open_parts(module: Any) -> Iterator[Any]:
    """The parts whose buffers can be exchanged; a compiled module lets nobody do that."""
    yield from (part for part in module.modules() if isinstance(part._buffers, dict))


def _buffers(module: Any) -> Iterator[_Buffer]:
    for place, part in module.named_modules():
        for name, tensor in part.named_buffers(recurse=False):
            if not tensor.is_inference():  # outside inference mode nobody can write into one
                path = f"{place}.{name}" if place else name
                yield _Buffer(
                    module=part,
                    name=name,
                    path=path,
                    tensor=tensor,
                    version=tensor._version,
                    values=tensor.detach().clone(),
                )


def _put_back(buffer: _Buffer, keeps_caches: bool) -> bool:
    """Put a buffer's values back, and with `keeps_caches` its tensor; whether they had changed."""
    import torch

    now: Any = getattr(buffer.module, buffer.name, None)
    written = buffer.tensor._version != buffer.version
    if now is buffer.tensor and not written:
        return False
    fits = isinstance(now, torch.Tensor) and now.shape == buffer.values.shape
    if keeps_caches and not fits:
        return False
    same = fits and now.dtype == buffer.values.dtype and torch.equal(now, buffer.values)
    if written:
        buffer.tensor.data.copy_(buffer.values)  # unseen by a graph that waits for its backward pass
    if keeps_caches and now is not buffer.tensor:
        setattr(buffer.module, buffer.name, buffer.tensor)
    return not same
