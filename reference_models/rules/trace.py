"""What a network does, layer by layer: seen while it runs, not read off its list of modules.

Activations, resizing and dropout written as functions inside `forward` do not appear among a network's modules.
So a copy of it is run once in training mode, and every operation on the input, or on what was made of it, that
reaches torch's dispatcher is noted with the innermost module at work; what is done to weights alone (spectral
norm) is not. Operations are in order of execution: a network with branches is judged as if they were one after another.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from reference_models.errors import ModelsError

Kind = Literal["convolution", "linear", "norm", "other norm", "activation", "resizing", "pooling", "dropout", "unknown"]
BATCH = 4
_SIZES = (64, 32, 28, 128, 96, 48, 256)
_ACTIVATIONS = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "softplus": "softplus",
    "hardtanh": "hardtanh",
    "_prelu_kernel": "PReLU",
    "prelu": "PReLU",
    "rrelu_with_noise": "RReLU",
    "hardswish": "hardswish",
    "hardsigmoid": "hardsigmoid",
    "log_sigmoid_forward": "log-sigmoid",
    "glu": "GLU",
    "threshold": "threshold",
    "sin": "sin",
}
_LINEAR = {"addmm", "mm", "bmm", "baddbmm", "linear", "addbmm"}
_CONVOLUTION = {"convolution", "_convolution", "convolution_overrideable", "mkldnn_convolution"}
_DROPOUT = {"native_dropout", "bernoulli", "_fused_dropout"}
_SILENT = {
    *("view", "_unsafe_view", "reshape", "t", "transpose", "permute", "expand", "clone", "_to_copy", "detach", "alias"),
    *("unsqueeze", "squeeze", "cat", "add", "sub", "mul", "div", "slice", "contiguous", "empty", "empty_like", "copy"),
    *("zeros", "ones", "randn", "rand", "arange", "split", "chunk", "select", "stack", "as_strided", "lift_fresh"),
    *("native_batch_norm", "fill", "zero", "new_empty", "zeros_like", "ones_like", "scalar_tensor", "randn_like"),
}


@dataclass(frozen=True)
class Operation:
    """One step of the network: what, where (a module's path), and on which shapes."""

    kind: Kind
    name: str
    where: str
    given: tuple[int, ...]
    made: tuple[int, ...]
    slope: float = 0.0
    stride: int = 1
    epsilon: float = 0.0

    @property
    def is_layer(self) -> bool:
        """Whether it has weights of its own that connect units."""
        return self.kind in ("convolution", "linear")


@dataclass(frozen=True)
class Trace:
    """The operations of one network, one input's shape and its output's."""

    operations: tuple[Operation, ...]
    given: tuple[int, ...]
    made: tuple[int, ...]


def trace(network: nn.Module, shape: Sequence[int] | None = None) -> Trace:
    """What the network does to a small batch of inputs of a shape, which is guessed without one."""
    tried = []
    for candidate in [tuple(shape)] if shape else _candidates(network):
        try:
            return _traced(copy.deepcopy(network), candidate)
        except Exception as error:  # the wrong shape, told in whatever way the network tells it
            tried.append(f"{candidate}: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    raise ModelsError(
        f"{type(network).__name__} ran on none of the inputs that were tried ({'; '.join(tried)}): state one, "
        "--input 100,1,1; one that takes more than an input wants a factory that fixes the others"
    )


def _candidates(network: nn.Module) -> Iterator[tuple[int, ...]]:
    """Shapes that fit the first layer."""
    for part in network.modules():
        if isinstance(part, nn.Linear):
            yield (part.in_features,)
            yield (part.in_features, 1, 1)
        elif isinstance(part, nn.ConvTranspose2d):
            yield (part.in_channels, 1, 1)
            yield (part.in_channels,)
        elif isinstance(part, nn.Conv2d):
            yield from ((part.in_channels, size, size) for size in _SIZES)
            yield (part.in_channels, 1, 1)
            yield (part.in_channels,)
        else:
            continue
        break
    yield from ((100, 1, 1), (100,), (128,))


def _traced(network: nn.Module, shape: tuple[int, ...]) -> Trace:
    network.train()
    with torch.random.fork_rng(devices=[]):
        given = torch.randn(BATCH, *shape)
        with _Watch(network, given) as watch:
            made = network(given)
    if not isinstance(made, torch.Tensor):
        raise ModelsError(f"the network returned a {type(made).__name__}, expected a tensor")
    return Trace(tuple(watch.seen), shape, tuple(made.shape[1:]))


class _Watch(TorchDispatchMode):
    """Notes every operation on the input, or on what was made of it, with the module that is at work."""

    def __init__(self, network: nn.Module, given: torch.Tensor) -> None:
        super().__init__()
        self.network, self.seen, self.stack, self.hooks = network, [], [""], []
        self.fed = {_place(given): given}  # held, so that no place is used twice

    def __enter__(self) -> "_Watch":
        for path, part in self.network.named_modules():
            self.hooks += [
                part.register_forward_pre_hook(lambda *_, path=path: self.stack.append(path)),
                part.register_forward_hook(self._left, always_call=True),
            ]
        return super().__enter__()

    def _left(self, *_: Any) -> None:
        self.stack.pop()

    def __exit__(self, *exception: Any) -> None:
        for hook in self.hooks:
            hook.remove()
        super().__exit__(*exception)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if any(_place(one) in self.fed for one in _tensors((args, kwargs))):
            self.fed |= {_place(one): one for one in _tensors(made)}
            found = _operation(func.overloadpacket.__name__.rstrip("_"), args, made, where=self.stack[-1])
            self.seen += [found] if found is not None else []
        return made


def _tensors(nested: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(nested) if isinstance(leaf, torch.Tensor)]


def _place(tensor: torch.Tensor) -> int:
    """Where its numbers lie: the same for a view."""
    return tensor.untyped_storage().data_ptr()


def _operation(name: str, args: Any, made: Any, *, where: str) -> Operation | None:
    result = made[0] if isinstance(made, tuple | list) and made else made
    inputs = [one for one in args if isinstance(one, torch.Tensor)]
    if not isinstance(result, torch.Tensor) or not inputs:
        return None
    given, shape = tuple(inputs[0].shape), tuple(result.shape)

    def noted(kind: Kind, told: str, **more: Any) -> Operation:
        return Operation(kind=kind, name=told, where=where, given=given, made=shape, **more)

    if name in _CONVOLUTION:
        return noted("convolution", "transposed convolution" if args[6] else "convolution", stride=max(args[3]))
    if name in _LINEAR:
        fed = args[1] if name in ("addmm", "baddbmm", "addbmm") else args[0]
        return Operation(kind="linear", name="linear", where=where, given=tuple(fed.shape), made=shape)
    if "batch_norm" in name:
        if given[0] != BATCH:  # instance norm is batch norm on examples laid side by side
            return noted("other norm", "instance norm")
        return noted("norm", "batch norm", epsilon=float(args[-1] if isinstance(args[-1], float) else 0))
    if "layer_norm" in name or "group_norm" in name:
        return noted("other norm", name.removeprefix("native_").replace("_", " "))
    return _between_layers(name, args, noted, shapes=(given, shape))


def _between_layers(name: str, args: Any, noted: Any, *, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> Any:
    given, shape = shapes
    if name == "leaky_relu":
        slope = float(args[1]) if len(args) > 1 else 0.01
        return noted("activation", "LeakyReLU" if slope else "ReLU", slope=slope)
    if name in ("clamp", "clamp_min") and [*args[1:], None][:2] == [0, None]:
        return noted("activation", "ReLU")
    if name in _ACTIVATIONS:
        return noted("activation", _ACTIVATIONS[name])
    if "upsample" in name or name in (
        "pixel_shuffle",
        "grid_sampler_2d",
        "grid_sampler",
        "repeat",
        "repeat_interleave",
    ):
        return noted("resizing", name.replace("_", " "))
    if "pool" in name:
        return noted("pooling", name.replace("_", " "))
    if name in ("mean", "sum") and len(given) == 4 and shape[2:] != given[2:]:
        return noted("pooling", f"{name} over pixels")
    if name == "slice" and len(args) > 4 and args[4] > 1:
        return noted("pooling", "every other pixel")
    if name in _DROPOUT or "dropout" in name:
        return noted("dropout", "dropout")
    return None if name in _SILENT else noted("unknown", name)
