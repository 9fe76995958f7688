"""Images in one array: NumPy or torch in memory, .npy or .npz on disk."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np

from ganeval.errors import DecodeError, SourceError
from ganeval.sources.decode import ALPHA, eight_bits, three_channels
from ganeval.sources.source import OnError, Source, Task
from ganeval.types import Batch, Index, Note

Layout = Literal["nhwc", "nchw", "nhw"]
_CHANNELS: dict[Layout, int] = {"nhwc": 3, "nchw": 1}  # the axis of the channels
_OUTSIDE = "values outside the stated range were clipped"


@final
@dataclass(frozen=True)
class Array(Source):
    """Images stacked along the first axis. Make it with `array`, which checks it."""

    spec: str
    identity: str
    images: np.ndarray
    layout: Layout
    value_range: tuple[float, float] | None
    on_error: OnError = "stop"
    ignored: int = 0

    def __len__(self) -> int:
        return len(self.images)

    def batches(self, index: Index, *, size: int) -> Iterator[Task]:
        """One call per `size` images."""
        for start in range(0, len(index), size):
            part = index[start : start + size]
            yield lambda part=part: self._batch(part)

    def _batch(self, index: Index) -> Batch:
        kept, images, notes = [], [], []
        for i in index:
            where = f"{self.spec}[{i}]"
            try:
                image, whats = self._image(int(i))
            except DecodeError as error:
                if self.on_error == "stop":
                    raise DecodeError(f"{where}: {error} (--on-error skip goes on without it)") from error
                notes.append(Note("skipped", str(error), where))
                continue
            kept.append(i)
            images.append(image)
            notes += [Note("warning", what, where) for what in whats]
        return Batch(np.array(kept, dtype=np.int64), tuple(images), tuple(notes))

    def _image(self, i: int) -> tuple[np.ndarray, list[str]]:
        values = np.asarray(self.images[i])
        whats = []
        if self.layout == "nchw":
            values = values.transpose(1, 2, 0)
        if values.dtype == np.bool_:
            values = values.astype(np.uint8) * 255
        elif values.dtype.kind == "u" and values.dtype.itemsize == 2:
            values = eight_bits(values)
        elif self.value_range is not None:
            if not np.isfinite(values).all():
                raise DecodeError("the image holds NaN or infinite values")
            values, clipped = nearest_uint8(values, value_range=self.value_range)
            whats += [_OUTSIDE] if clipped else []
        image, dropped = three_channels(values)
        return image, [*whats, ALPHA] if dropped else whats


def array(
    images: Any,
    *,
    spec: str = "array",
    identity: str | None = None,
    value_range: tuple[float, float] | None = None,
    layout: Layout | None = None,
    on_error: OnError = "stop",
) -> Array:
    """A source over images (n, h, w, c), (n, c, h, w) or (n, h, w), a NumPy array or a torch tensor.

    uint8, bool and uint16 need nothing more; float images need `value_range`, the values of black
    and white, such as (0, 1) or (−1, 1). `layout` is found from the shape unless two fit.
    SourceError when the array is no stack of images or a needed statement is missing.
    """
    given, images = images, as_numpy(images)
    if images is None:
        raise SourceError(f"cannot read images from a {type(given).__name__}: give a path, an array or a tensor")
    if images.ndim == 2:
        raise SourceError(
            f"{spec}: shape {images.shape} is a table of numbers, not images: for feature rows use the extractor "
            "'features' (-x features)"
        )
    found = _layout(images.shape, layout, spec)
    if images.size == 0:
        raise SourceError(f"{spec}: the array, of shape {images.shape}, holds no images")
    _require_range(images.dtype, value_range, spec)
    return Array(spec, identity or array_identity(given, images), images, found, value_range, on_error)


def array_identity(given: Any, values: np.ndarray) -> str:
    """Equal for one array given twice; its first entry tells it from a later array at the same address."""
    return f"array-{id(given)}-{zlib.crc32(np.ascontiguousarray(values[:1]).tobytes())}"


def as_numpy(given: Any) -> np.ndarray | None:
    """The values of an array or a torch tensor; None for anything else.

    bfloat16, which NumPy does not know, becomes float32.
    """
    if isinstance(given, np.ndarray):
        return given
    if type(given).__module__.partition(".")[0] == "torch" and hasattr(given, "detach"):
        tensor = given.detach().cpu()
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    return None


def _require_range(dtype: np.dtype, value_range: tuple[float, float] | None, spec: str) -> None:
    if dtype.kind == "f":
        if value_range is None:
            raise SourceError(
                f"{spec}: float images need a stated range: value_range=(0, 1) in Python, "
                f"{spec},range=0:1 on the command line (or -1:1)"
            )
        if not -np.inf < value_range[0] < value_range[1] < np.inf:
            raise SourceError(f"{spec}: the range {value_range} is not (black, white) with black < white")
    elif dtype != np.bool_ and not (dtype.kind == "u" and dtype.itemsize <= 2):
        raise SourceError(f"{spec}: {dtype} images are not supported: give uint8, uint16, bool or float")
    elif value_range is not None:
        raise SourceError(f"{spec}: a range is for float images; these are {dtype}")


def nearest_uint8(values: np.ndarray, *, value_range: tuple[float, float]) -> tuple[np.ndarray, bool]:
    """The nearest of 256 levels, floor(255·(x − black)/(white − black) + ½), clipped; and whether any was.

    For (−1, 1) this is floor(127.5 x + 128). Values within half a level of the range are not
    called clipped.

    >>> nearest_uint8(np.array([-1.0, 0.0, 1.0]), value_range=(-1, 1))[0].tolist()
    [0, 128, 255]
    """
    black, white = value_range
    levels = np.floor((values.astype(np.float64) - black) * (255 / (white - black)) + 0.5)
    clipped = bool(((levels < 0) | (levels > 255)).any())
    return np.clip(levels, 0, 255).astype(np.uint8), clipped


def _layout(shape: tuple[int, ...], stated: Layout | None, spec: str) -> Layout:
    fits: list[Layout] = ["nhw"] if len(shape) == 3 else []
    if len(shape) == 4:
        fits = [layout for layout, axis in _CHANNELS.items() if shape[axis] in (1, 2, 3, 4)]
    if stated in fits:
        return stated
    if not fits or stated is not None:
        raise SourceError(
            f"{spec}: shape {shape} is no stack of images{f' in the layout {stated}' if stated else ''}: "
            "expected (n, h, w, c), (n, c, h, w) with 1 to 4 channels, or (n, h, w)"
        )
    if len(fits) > 1:
        raise SourceError(f"{spec}: shape {shape} fits both layouts: state layout='nhwc' or 'nchw' (,layout=nchw)")
    return fits[0]
