"""The values of a torch tensor as a NumPy array, without importing torch."""

from typing import Any

import numpy as np

from ganeval.core.errors import SourceError


def as_numpy(value: Any) -> np.ndarray | None:
    """The values of an array or a torch tensor, of a subclass too; None for anything else.

    bfloat16, which NumPy does not know, becomes float32. SourceError for a tensor without plain values, such as a
    sparse one.
    """
    if isinstance(value, np.ndarray):
        return value
    if not _is_tensor(value):
        return None
    _require_plain(value)
    try:
        tensor = value.detach().cpu().resolve_conj().resolve_neg()
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    except (RuntimeError, TypeError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SourceError(
            f"cannot read a {type(value).__name__} of {value.dtype} ({reason}): give a plain tensor, of uint8 or "
            "float32, or an array"
        ) from error


def _is_tensor(value: Any) -> bool:
    return any((c.__module__, c.__name__) == ("torch", "Tensor") for c in type(value).__mro__)


def _require_plain(tensor: Any) -> None:
    remedy = None
    if tensor.is_nested:
        remedy = "a nested tensor: give ganeval.stream(x.unbind())"
    elif str(tensor.layout) != "torch.strided":
        remedy = f"a tensor of the layout {tensor.layout}: give x.to_dense()"
    elif tensor.is_quantized:
        remedy = f"a tensor of {tensor.dtype}: give x.dequantize()"
    elif tensor.device.type == "meta":
        remedy = "a tensor on the device meta, which holds no values: give one on the CPU or a GPU"
    if remedy is not None:
        raise SourceError(f"cannot read {remedy}")
