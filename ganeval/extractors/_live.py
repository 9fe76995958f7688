"""An extractor around any network of the user's, which is left as it was found."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from ganeval.core.errors import FeatureError, SpecError
from ganeval.core.protocol import ResizerName
from ganeval.core.remarks import remark
from ganeval.core.surroundings import clean_room, kept_randomness
from ganeval.core.undisturbed import undisturbed
from ganeval.extractors.base import Extractor
from ganeval.extractors.resizers import RESIZERS


@final
@dataclass(frozen=True)
class Scaling:
    """What a network wants to see: pixels from [0, 1] to `low` … `high`, then (x − mean)/std per channel."""

    low: float = 0.0
    high: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, 3) or not np.isfinite(values).all():
                raise SpecError(f"{name} = {_joined(values)}: give one number or three, as in {name}=0.485/0.456/0.406")
        if min(self.std) <= 0:
            raise SpecError(f"std = {_joined(self.std)} is not possible: give positive numbers")
        if not -np.inf < self.low < self.high < np.inf:
            raise SpecError(f"range = {self.low}:{self.high} is not possible: give black and white, as in range=-1:1")

    def __str__(self) -> str:
        """Range, mean and std as a spec states them."""
        return f"range={_joined((self.low, self.high), ':')},mean={_joined(self.mean)},std={_joined(self.std)}"

    def applied(self, pixels: np.ndarray) -> np.ndarray:
        """float32 (3, h, w) from pixels in [0, 1]."""
        mean, std = (np.array(values, np.float32).reshape(-1, 1, 1) for values in (self.mean, self.std))
        return ((pixels * np.float32(self.high - self.low) + np.float32(self.low)) - mean) / std


@final
@dataclass(frozen=True)
class ModuleExtractor(Extractor):
    """A network that takes (n, 3, size, size) and gives (n, d); made by `module_extractor`.

    It runs where its parameters are, or on `device` when it has none, in their precision (the protocol's `dtype`), in
    evaluation mode and without gradients; after every call each module's mode and buffers are what they were, and so is
    torch's generator in the main thread. The digest is of the tensors
    in its state dict, as they are now: two networks of equal tensors and unlike code have one digest.
    """

    net: Callable[..., Any]
    size: int
    scaling: Scaling
    label: str
    device: str = "cpu"
    resizer: ResizerName = "torch-bilinear"

    views: ClassVar = ("features",)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise SpecError(f"size = {self.size}: the size is a number of pixels, at least 1")

    @property
    def name(self) -> str:
        """The label with eight digits of the digest."""
        return self.label if self.digest is None else f"{self.label}@{self.digest[:8]}"

    @property
    def digest(self) -> str | None:
        """sha256 of the state dict's tensors; None for a function, which has none."""
        return state_digest(self.net)

    @property
    def resize(self) -> str:
        """The resizer's name and the size."""
        return f"{self.resizer}-{self.size}"

    @property
    def normalisation(self) -> str:
        """Range, mean and std as stated."""
        return str(self.scaling)

    @property
    def runs_on(self) -> str:
        """Where its parameters are."""
        return str(_device(self.net) or self.device)

    @property
    def dtype(self) -> str:
        """The precision of the network's parameters, as they are now; rows are float32."""
        return "+".join(map(_spelt, float_dtypes(self.net)))

    @property
    def origin(self) -> str:
        """The caller."""
        return "a network in memory"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, size, size), normalised as stated."""
        return self.scaling.applied(RESIZERS[self.resizer](image, self.size))

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, d), flattened."""
        return {"features": output_rows(self.net, stack, label=self.label, device=self.device)}


def module_extractor(
    net: Callable[..., Any],
    *,
    size: int,
    mean: float | Sequence[float] = 0.0,
    std: float | Sequence[float] = 1.0,
    value_range: tuple[float, float] = (0.0, 1.0),
    resizer: ResizerName = "torch-bilinear",
    name: str | None = None,
) -> Extractor:
    """An extractor around a torch module (or a function) from (n, 3, size, size) to (n, d).

    Images are resized to `size` × `size` by `resizer`, brought to `value_range`, then
    normalised by (x − mean)/std, one number or one per channel. They are float32, or of the precision of the
    network's parameters, which the report names. Numbers are named after `name`
    (default: the class of the network) and a digest of its tensors.

    Give the module itself where there is one. A function, such as `lambda x: net(x)`, has no tensors and so no digest:
    that its network changed, between `ganeval.reference` and `evaluate` say, is not noticed, and its modes and buffers
    are not put back.

    >>> import torch
    >>> extractor = module_extractor(torch.nn.Flatten(), size=2, name="flat")
    >>> extractor.name, extractor.rows(np.ones((1, 3, 2, 2), np.float32))["features"].shape
    ('module:flat', (1, 12))
    """
    low, high = value_range
    scaling = Scaling(float(low), float(high), _numbers(mean), _numbers(std))
    label = name or getattr(net, "__name__", type(net).__name__)
    return ModuleExtractor(net, size, scaling, f"module:{label}", resizer=resizer)


def output_rows(net: Callable[..., Any], stack: np.ndarray, *, label: str, device: str) -> np.ndarray:
    """float32 (n, d): what the network makes of a stack; FeatureError when that is no stack of rows."""
    import torch

    where, dtype = _device(net) or torch.device(device), next(iter(float_dtypes(net)))
    with clean_room(), _left_alone(net, label), kept_randomness(lambda: label), torch.no_grad():
        try:
            output = net(torch.from_numpy(stack).to(where, dtype))
        except Exception as error:  # the user's code: anything can happen
            reason = " ".join(str(error).split())[:200]
            raise FeatureError(
                f"{label}: the network failed on {_spelt(dtype)} {tuple(stack.shape)} ({type(error).__name__}: "
                f"{reason}): it must take any number of images of the stated size (an export needs a dynamic first "
                "dimension)"
            ) from error
    if not isinstance(output, torch.Tensor) or output.ndim < 1 or len(output) != len(stack):
        shape = tuple(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        raise FeatureError(
            f"{label}: the network gave {shape} for {len(stack)} images; expected a tensor ({len(stack)}, d): wrap it "
            "so that it returns one row an image"
        )
    return output.detach().float().cpu().numpy().reshape(len(stack), -1)


@contextmanager
def _left_alone(net: Callable[..., Any], label: str) -> Iterator[None]:
    """The network as before after the block, also after an exception; that its buffers changed is remarked."""
    from torch import nn

    if not isinstance(net, nn.Module):
        yield
        return
    changed: list[str] = []
    try:
        with undisturbed(net, keeps_caches=True) as changed:
            yield
    finally:
        if changed:
            names = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
            remark(
                f"{label}: the network changed its buffers ({names}) while it ran: they were put back after every "
                "batch, but the features of an image may depend on the others in its batch"
            )


def state_digest(net: Callable[..., Any]) -> str | None:
    """sha256 over names, types, shapes and bytes of the state dict's tensors; None where there are none."""
    import torch
    from torch import nn

    state = net.state_dict() if isinstance(net, nn.Module) else {}
    tensors = {name: value for name, value in sorted(state.items()) if isinstance(value, torch.Tensor)}
    if not tensors:
        return None
    total = hashlib.sha256()
    for name, tensor in tensors.items():
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def float_dtypes(net: Callable[..., Any]) -> list[Any]:
    """The precisions of the network's parameters, that of its first matrix or filter first: its images must have it.

    Buffers count where there are no parameters; float32 is what a function is given.
    """
    import torch
    from torch import nn

    parts = (list(net.parameters()) or list(net.buffers())) if isinstance(net, nn.Module) else []
    floats = [part for part in parts if part.is_floating_point()]
    in_order = sorted(floats, key=lambda part: part.ndim < 2)
    return list(dict.fromkeys(part.dtype for part in in_order)) or [torch.float32]


def _device(net: Callable[..., Any]):
    from torch import nn

    if not isinstance(net, nn.Module):
        return None
    return next((tensor.device for tensor in (*net.parameters(), *net.buffers())), None)


def _spelt(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _numbers(values: float | Sequence[float]) -> tuple[float, ...]:
    return tuple(map(float, values)) if isinstance(values, Sequence) else (float(values),)


def _joined(values: Sequence[float], between: str = "/") -> str:
    return between.join(f"{value:.10g}" for value in values)
