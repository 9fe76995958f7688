"""How every torch network is run: float32, evaluation mode, folded, channels-last, in small blocks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

_CPU_BLOCK = 8  # activations of eight images stay in the processor's cache: twice as fast as 32

Views = Callable[[nn.Module, torch.Tensor], Mapping[str, torch.Tensor]]


def chosen_device(name: str) -> str:
    """`auto` becomes cuda, else cpu; other names stay."""
    if name != "auto":
        return name
    return "cuda" if torch.cuda.is_available() else "cpu"


def ready(network: nn.Module, *, device: str) -> nn.Module:
    """The network for inference: no gradients, batch norms folded into convolutions, channels-last."""
    network.eval().requires_grad_(False)
    _fold_batch_norms(network)
    return network.to(chosen_device(device)).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def views_of(network: nn.Module, stack: np.ndarray, *, views: Views) -> dict[str, np.ndarray]:
    """The views of a stack (n, c, h, w), as float32 arrays."""
    device = next(network.parameters()).device
    block = _CPU_BLOCK if device.type == "cpu" else len(stack)
    parts: dict[str, list[np.ndarray]] = {}
    with torch.inference_mode(), _exact_float32():
        for piece in torch.from_numpy(stack).split(max(block, 1)):
            moved = piece.to(device).contiguous(memory_format=torch.channels_last)
            for name, values in views(network, moved).items():
                parts.setdefault(name, []).append(values.float().cpu().numpy())
    return {name: np.concatenate(pieces) for name, pieces in parts.items()}


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


@contextmanager
def _exact_float32() -> Iterator[None]:
    """TF32 off on a GPU while the block runs; the user's setting comes back afterwards."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
