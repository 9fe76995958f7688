"""How every network is run: in a clean room, float32, evaluation mode, batch norms folded.

On a CPU by ONNX Runtime where it is installed (two to four times faster than torch), else by torch in
channels-last blocks; on a GPU by torch with TF32 off, where images travel as uint8 and are resized (untimed so far).
"""

import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, final

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ganeval.core.errors import SpecError
from ganeval.core.protocol import ResizerName
from ganeval.core.surroundings import clean_room, untouched_randomness
from ganeval.extractors._graphs import Exportable, checked_session, has_runtime
from ganeval.extractors.resizers import torch_bilinear_stack

_CPU_BLOCK = 8  # activations of eight images stay in the processor's cache
_REDUCED_BLOCK = 16

Views = Callable[[nn.Module, torch.Tensor], Mapping[str, torch.Tensor]]
Scale = Callable[[Any], Any]  # from [0, 1] to what the network takes, of arrays and of tensors


@final
class Network(nn.Module):
    """A network with the function that names its views."""

    def __init__(self, network: nn.Module, views: Views) -> None:
        super().__init__()
        self.network = network
        self.views = views

    def forward(self, x: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """The views of a stack (n, c, h, w)."""
        return self.views(self.network, x)


Precision = Literal["float32", "bf16", "fp16"]
_REDUCED = {"bf16": torch.bfloat16, "fp16": torch.float16}


@final
@dataclass(frozen=True)
class Runner:
    """A network that is ready to run: a torch module, or an ONNX Runtime session made from it."""

    names: tuple[str, ...]
    network: Network | None
    session: Any | None
    dtype: torch.dtype = torch.float32
    size: int = 0
    scale: Scale = field(default=lambda x: x)

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """The views of a prepared stack (n, c, h, w), or of pixels (n, h, w, 3), as float32 arrays."""
        block = self._block(len(stack))
        with clean_room():
            pieces = [self.fitting(stack[i : i + block]) for i in range(0, len(stack), block)]
        columns = zip(*pieces, strict=True)
        return {name: np.concatenate(parts).astype(np.float32) for name, parts in zip(self.names, columns, strict=True)}

    def fitting(self, stack: np.ndarray) -> list[np.ndarray]:
        """The views of a block, in halves where the device's memory does not hold it."""
        try:
            return self._piece(stack)
        except torch.OutOfMemoryError:
            if len(stack) == 1:
                raise
        middle = len(stack) // 2
        halves = self.fitting(stack[:middle]), self.fitting(stack[middle:])
        return [np.concatenate(parts) for parts in zip(*halves, strict=True)]

    def _block(self, n: int) -> int:
        if self.network is not None and _device(self.network).type != "cpu":
            return n
        return _CPU_BLOCK if self.dtype is torch.float32 else _REDUCED_BLOCK

    def _piece(self, stack: np.ndarray) -> list[np.ndarray]:
        if self.network is None:
            assert self.session is not None
            return self.session.run(list(self.names), {"images": stack})
        with torch.inference_mode():
            device = _device(self.network)
            tensor = torch.from_numpy(stack)
            tensor = tensor.pin_memory() if device.type == "cuda" else tensor
            moved = tensor.to(device, non_blocking=True)
            if moved.dtype is torch.uint8:
                moved = self.scale(torch_bilinear_stack(moved, self.size))
            views = self.network(moved.to(self.dtype).contiguous(memory_format=torch.channels_last))
            return [views[name].float().cpu().numpy() for name in self.names]


def ready(
    build: Callable[[], nn.Module],
    *,
    views: Views,
    names: tuple[str, ...],
    size: int,
    device: str,
    label: str,
    key: str | None = None,
    precision: Precision = "float32",
    scale: Scale = lambda x: x,
) -> Runner:
    """The network that `build` makes, for inference on images of `size` × `size`: no gradients, batch norms folded.

    `names` are its views; `scale` is applied to pixels that it resizes itself; `key`, which must change when its
    weights do, lets its exported graph be kept; remarks call it `label`. Reduced precision runs in torch, float16 on a
    GPU only.
    """
    device = chosen_device(device)

    def module() -> Network:
        network = build()
        network.eval().requires_grad_(False)
        _fold_batch_norms(network)
        return Network(network, views).eval()

    if device == "cpu" and precision == "fp16":
        raise SpecError("precision fp16 needs a GPU: choose bf16, or float32")
    with clean_room(), untouched_randomness():
        if device == "cpu" and precision == "float32" and has_runtime():
            session = checked_session(key, lambda: _exportable(module(), names, size), label=label)
            if session is not None:
                return Runner(names, None, session)
        dtype = _REDUCED.get(precision, torch.float32)
        moved = module().to(device, dtype).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return Runner(names=names, network=moved, session=None, dtype=dtype, size=size, scale=scale)


def on_gpu(device: str, resizer: ResizerName) -> bool:
    """Whether images are resized where the network runs: on a GPU, by the resizer that is torch's own."""
    return resizer == "torch-bilinear" and chosen_device(device) != "cpu"


def chosen_device(name: str) -> str:
    """`auto` becomes cuda, else cpu; SpecError for a device that this machine does not have."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SpecError(f"the device {name!r} cannot be used here ({reason}): choose --device cpu or auto") from error
    return name


def _exportable(module: Network, names: tuple[str, ...], size: int) -> Exportable:
    example = torch.zeros(2, 3, size, size)
    return Exportable(size, lambda: _exported(module, example, names), Runner(names, module, None).rows)


def _exported(module: Network, example: torch.Tensor, names: tuple[str, ...]) -> bytes:
    """The module as an ONNX graph that takes any number of images."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter that needs no further package is deprecated, and says so at every call.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _AsTuple(module, names).eval(),
            (example,),
            buffer,  # pyright: ignore[reportArgumentType]
            input_names=["images"],
            output_names=list(names),
            dynamic_axes={name: {0: "n"} for name in ("images", *names)},
            dynamo=False,
        )
    return buffer.getvalue()


@final
class _AsTuple(nn.Module):
    """The views in a fixed order, which is what can be exported."""

    def __init__(self, module: Network, names: tuple[str, ...]) -> None:
        super().__init__()
        self.module = module
        self.names = names

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        views = self.module(x)
        return tuple(views[name] for name in self.names)


def _device(module: nn.Module) -> torch.device:
    return next(module.parameters()).device


def _fold_batch_norms(network: nn.Module) -> None:
    """Fold each batch norm into the convolution defined just before it (relative change 3e-6)."""
    for module in list(network.modules()):
        for (_, conv), (name, norm) in pairwise(list(module.named_children())):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                assert norm.running_mean is not None and norm.running_var is not None
                conv.weight, conv.bias = fuse_conv_bn_weights(
                    conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
                )
                setattr(module, name, nn.Identity())
    network.requires_grad_(False)
