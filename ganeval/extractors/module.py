"""A network of your own: a torch module from a factory, a TorchScript or a torch.export file.

    -x module:package.module:factory,size=224,mean=0.485/0.456/0.406,std=0.225
    -x module:net.pt,size=64,range=-1:1

View: `features`, whatever it returns for one image, flattened. The factory is imported with the
current folder importable and called without arguments; it returns a torch module, or a function,
from float32 (n, 3, size, size) to (n, d). `.pt2` is read by torch.export (export it in evaluation
mode with a dynamic first dimension), any other file as TorchScript.

Images are resized to `size` × `size` by the protocol's resizer, brought to `range` (0:1 unless
stated), then normalised by (x − mean)/std, one number or three. All of it is part of the protocol.

It runs in evaluation mode, without gradients, in the precision of its own parameters (the protocol's `dtype`); float32
is full float32, whatever the caller has set in torch. Numbers are named after it and the
sha256 of the file, or of the factory's tensors: `FD[module:net.pt@1a2b3c4d]`. A factory's weights
must be the same at every call, or no two numbers compare: seed it or load a file.

A factory and a TorchScript file are programs: run only those you trust.
"""

import importlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np

from ganeval.core.errors import FeatureError, SpecError, WeightsError
from ganeval.core.protocol import ResizerName
from ganeval.core.surroundings import clean_room, untouched_randomness
from ganeval.extractors._live import ModuleExtractor, Scaling, state_digest
from ganeval.extractors.base import Extractor
from ganeval.extractors.resizers import RESIZERS
from ganeval.extractors.weights import sha256_of, unchanged

_SUFFIXES = (".pt", ".pt2", ".pth", ".ts", ".torchscript")
_EXAMPLES = "-x module:package.module:factory,size=224 or -x module:net.pt,size=224"


@final
@dataclass(frozen=True)
class Module(Extractor):
    """A factory or a file, with the input size and the normalisation."""

    argument: str = ""
    size: int | None = None
    mean: str = "0"
    std: str = "1"
    range: str = "0:1"
    device: str = "auto"
    resizer: ResizerName = "torch-bilinear"

    views: ClassVar = ("features",)

    def __post_init__(self) -> None:
        if not self.argument:
            raise SpecError(f"the extractor module needs a network: {_EXAMPLES}")
        if self.size is None:
            raise SpecError(f"module:{self.argument}: state the size of its input in pixels, as in {_EXAMPLES}")
        if self.size < 1:
            raise SpecError(f"module:{self.argument}: size={self.size} is not possible: give at least 1")
        if not self._is_file and not all(self.argument.partition(":")):
            raise SpecError(
                f"module:{self.argument}: is neither package.module:factory nor a file ({' '.join(_SUFFIXES)})"
            )
        if self._is_file and not self._path.is_file():
            raise WeightsError(f"module:{self.argument}: no such file")
        _ = self._scaling

    @property
    def name(self) -> str:
        """`module:`, the factory or the file's name, and eight digits of the digest."""
        label = self._label
        return label if self.digest is None else f"{label}@{self.digest[:8]}"

    @cached_property
    def digest(self) -> str | None:
        """sha256 of the file, or of the factory's tensors (None where it has none)."""
        return sha256_of(self._path) if self._is_file else state_digest(self._live.net)

    @property
    def resize(self) -> str:
        """The resizer's name and the size."""
        return f"{self.resizer}-{self.size}"

    @property
    def normalisation(self) -> str:
        """Range, mean and std as stated."""
        return str(self._scaling)

    @property
    def dtype(self) -> str:
        """The precision of the network's parameters; rows are float32."""
        return self._live.dtype

    @property
    def origin(self) -> str:
        """The file or the factory."""
        return f"{self.argument} ({'no tensors' if self.digest is None else f'sha256 {self.digest[:8]}'})"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, size, size), normalised as stated."""
        assert self.size is not None
        return self._scaling.applied(RESIZERS[self.resizer](image, self.size))

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, d), flattened."""
        return self._live.rows(stack)

    @cached_property
    def _live(self) -> ModuleExtractor:
        from ganeval.extractors._network import chosen_device

        device = chosen_device(self.device)
        with clean_room(), untouched_randomness():
            net = _from_file(self._path, device, sha256=self.digest) if self._is_file else _made_by(self.argument)
            if hasattr(net, "parameters") and device != "cpu":
                net = net.to(device)  # pyright: ignore[reportFunctionMemberAccess]
        assert self.size is not None
        return ModuleExtractor(
            net=net, size=self.size, scaling=self._scaling, label=self._label, device=device, resizer=self.resizer
        )

    @property
    def _label(self) -> str:
        return f"module:{self._path.name if self._is_file else self.argument}"

    @property
    def _is_file(self) -> bool:
        return self._path.suffix in _SUFFIXES or self._path.is_file()

    @property
    def _path(self) -> Path:
        return Path(self.argument).expanduser()

    @cached_property
    def _scaling(self) -> Scaling:
        black, _, white = self.range.partition(":")
        low, high = _numbers("range", black, white)
        return Scaling(low, high, _numbers("mean", *self.mean.split("/")), _numbers("std", *self.std.split("/")))


def _numbers(name: str, *texts: str) -> tuple[float, ...]:
    try:
        return tuple(float(text) for text in texts)
    except ValueError:
        raise SpecError(
            f"{name}: {':'.join(texts)!r} is no number: write range=-1:1, mean=0.5 or mean=0.5/0.5/0.5"
        ) from None


def _made_by(argument: str) -> Callable[..., Any]:
    """What the factory `package.module:factory` returns."""
    module, _, name = argument.partition(":")
    with _current_folder_importable():
        try:
            factory = getattr(importlib.import_module(module), name, None)
        except Exception as error:  # the user's code: anything can happen
            raise SpecError(
                f"module:{argument}: {module} cannot be imported ({type(error).__name__}: {error}): it is looked for "
                f"in {Path.cwd()} and among installed packages"
            ) from error
        if not callable(factory):
            raise SpecError(f"module:{argument}: {module} has no function {name!r}")
        try:
            net = factory()
        except Exception as error:
            raise FeatureError(
                f"module:{argument}: the factory failed ({type(error).__name__}: {error}); it is called without "
                "arguments"
            ) from error
    if not callable(net):
        raise FeatureError(f"module:{argument}: the factory gave {type(net).__name__}; expected a torch module")
    return net


@contextmanager
def _current_folder_importable() -> Iterator[None]:
    """The current folder first on the import path while the block lasts."""
    before = list(sys.path)
    sys.path.insert(0, str(Path.cwd()))
    try:
        yield
    finally:
        sys.path[:] = before


def _from_file(path: Path, device: str, *, sha256: str | None) -> Callable[..., Any]:
    """The network in a file, which must be the one that numbers are named after."""
    import torch

    data = io.BytesIO(unchanged(path, digest=str(sha256)))
    log = logging.getLogger("torch.export")
    level = log.level
    log.setLevel(logging.CRITICAL)  # it logs tracebacks about damaged files
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchScript is deprecated, and people have files of it
            if path.suffix == ".pt2":
                return torch.export.load(data).module()
            return torch.jit.load(data, map_location=device)
    except Exception as error:  # torch raises many kinds on damaged files
        raise WeightsError(
            f"{path}: is no {'torch.export' if path.suffix == '.pt2' else 'TorchScript'} file (a state dict holds no "
            "network: save it with torch.export.save as .pt2, or name a factory, module:package.module:factory)"
        ) from error
    finally:
        log.setLevel(level)


EXTRACTOR = Module
