"""Images in one array: NumPy or torch in memory, .npy or .npz on disk."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from ganeval.core.errors import DecodeError, SourceError
from ganeval.core.spec import parsed_value
from ganeval.core.types import Batch, Index, Labels, Note
from ganeval.sources.decode import ALPHA, eight_bits, three_channels
from ganeval.sources.labels import aligned_labels
from ganeval.sources.layout import NO_WIDTHS, ImageLayout, Layout, Shapes, batch_layout, require_known
from ganeval.sources.source import OnError, Rounding, Source, Task, chosen_index
from ganeval.sources.tensors import as_numpy

_OUTSIDE = "values outside the stated range were clipped"
_LOOKED_AT = 64  # images
_FAR, _FEW = 10, 0.001  # so many times the range beyond it, this share of the values shows another range


@final
@dataclass(frozen=True)
class Array(Source):
    """Images stacked along the first axis. Make it with `array`, which checks it.

    `first` is the number of its first image, where it is a piece of something longer. `beside` are whole numbers that
    came with the images, one an image, and may be their classes.
    """

    spec: str
    identity: str
    images: np.ndarray
    layout: Layout
    value_range: tuple[float, float] | None
    on_error: OnError = "stop"
    ignored: int = 0
    rounding: Rounding | None = None
    first: int = 0
    labels: Labels | None = None
    beside: Labels | None = None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def available(self) -> int:
        """Number of images."""
        return len(self.images)

    def order_labels(self, index: Index) -> Labels | None:
        """The whole numbers beside the images."""
        return None if self.beside is None else self.beside[index]

    def chosen(self, n: int | None, *, seed: int) -> Index:
        """A seeded choice."""
        return chosen_index(len(self.images), n, seed=seed, spec=self.spec)

    def batches(self, index: Index | None, *, size: int) -> Iterator[Task]:
        """One call per `size` images."""
        index = self.chosen(None, seed=0) if index is None else index
        for start in range(0, len(index), size):
            part = index[start : start + size]
            yield lambda part=part: self.batch(part)

    def batch(self, index: Index) -> Batch:
        """The named images as uint8 (h, w, 3)."""
        kept, images, notes = [], [], []
        for i in index:
            where = f"{self.spec}[{i}]"
            try:
                image, whats = self._image(int(i) - self.first)
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
            values, clipped = levels(values, value_range=self.value_range, rounding=self.rounding or "nearest")
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
    rounding: Rounding = "nearest",
    on_error: OnError = "stop",
    labels: Any = None,
) -> Array:
    """A source over images (n, h, w, c), (n, c, h, w) or (n, h, w), a NumPy array or a torch tensor.

    uint8, bool and uint16 need nothing more; float images need `value_range`, the values of black
    and white, such as (0, 1) or (−1, 1), and become levels by `rounding` (see `levels`). `layout` is
    found from the shape unless two fit (see `layout.py`). `labels` are class labels, one an image.
    SourceError when the array is no stack of images, a needed statement is missing, or most values lie far outside
    the stated range.
    """
    original, images = images, as_numpy(images)
    if images is None:
        raise SourceError(f"cannot read images from a {type(original).__name__}: give a path, an array or a tensor")
    if images.ndim == 2:
        raise SourceError(
            f"{spec}: shape {images.shape} is a table of numbers, not images: for feature rows use the extractor "
            "'features' (-x features)"
        )
    layout = _stack_layout(images.shape, layout, spec, tensor=not isinstance(original, np.ndarray))
    if images.size == 0:
        raise SourceError(f"{spec}: the array, of shape {images.shape}, holds no images")
    _require_range(images.dtype, value_range, spec)
    if value_range is not None:
        _require_within(images, value_range, spec)
    parsed_value(rounding, Rounding, name=f"{spec}: rounding")  # a misspelt rule must not mean nearest
    return Array(
        spec=spec,
        identity=identity or array_identity(original, images),
        images=images,
        layout=layout,
        value_range=value_range,
        on_error=on_error,
        rounding=None if value_range is None else rounding,
        labels=None if labels is None else aligned_labels(labels, n=len(images), spec=spec),
    )


def piece(
    images: Any,
    *,
    first: int,
    spec: str,
    value_range: tuple[float, float] | None,
    rounding: Rounding | None,
    on_error: OnError,
    layout: Layout | ImageLayout,
    remedy: str,
) -> Array:
    """A stack out of a longer sequence, its first image numbered `first`; `remedy` says how to state a range."""
    values = as_numpy(images)
    assert values is not None
    if values.dtype.kind == "f" and value_range is None:
        raise SourceError(f"{spec}: {values.dtype} images need a stated range: {remedy}")
    if values.dtype.kind != "f" and value_range is not None:
        raise SourceError(f"{spec}: a range is stated, {value_range}, for {values.dtype} images: give value_range=None")
    stack = array(
        values if layout[0] == "n" else values[None],
        spec=spec,
        identity=spec,
        value_range=value_range,
        rounding=rounding or "nearest",
        layout=batch_layout(layout),
        on_error=on_error,
    )
    return replace(stack, first=first)


def array_identity(original: Any, values: np.ndarray) -> str:
    """Equal for one array given twice; its first entry tells it from a later array at the same address."""
    return f"array-{id(original)}-{zlib.crc32(np.ascontiguousarray(values[:1]).tobytes())}"


def _require_range(dtype: np.dtype, value_range: tuple[float, float] | None, spec: str) -> None:
    if dtype.kind == "f":
        if value_range is None:
            file = ".npy" in spec or ".npz" in spec
            remedy = f"{spec},range=0:1 (or -1:1)" if file else "ganeval.images(x, value_range=(0, 1)), or (-1, 1)"
            raise SourceError(f"{spec}: float images need a stated range: {remedy}")
        if not -np.inf < value_range[0] < value_range[1] < np.inf:
            raise SourceError(f"{spec}: the range {value_range} is not (black, white) with black < white")
    elif dtype != np.bool_ and not (dtype.kind == "u" and dtype.itemsize <= 2):
        raise SourceError(f"{spec}: {dtype} images are not supported: give uint8, uint16, bool or float")
    elif value_range is not None:
        raise SourceError(f"{spec}: a range is for float images; these are {dtype}")


def levels(
    values: np.ndarray, *, value_range: tuple[float, float], rounding: Rounding = "nearest"
) -> tuple[np.ndarray, bool]:
    """Floats as 256 levels, clipped; and whether any was. With t = (x − black)/(white − black):

    `nearest` is floor(255·t + ½), for (−1, 1) floor(127.5 x + 128); `floor` is floor(255·t) in the
    values' own precision, what `(t * 255).byte()` gives. Values within half a level of the range
    are not called clipped.

    >>> levels(np.array([-1.0, 0.0, 1.0]), value_range=(-1, 1))[0].tolist()
    [0, 128, 255]
    >>> levels(np.array([-1.0, 0.0, 1.0]), value_range=(-1, 1), rounding="floor")[0].tolist()
    [0, 127, 255]
    """
    black, white = value_range
    nearest = np.floor((values.astype(np.float64) - black) * (255 / (white - black)) + 0.5)
    clipped = bool(((nearest < 0) | (nearest > 255)).any())
    if rounding == "floor":
        own = np.result_type(values.dtype, np.float32).type
        nearest = np.floor((values.astype(own) - own(black)) / own(white - black) * own(255))
    return np.clip(nearest, 0, 255).astype(np.uint8), clipped


def _require_within(images: np.ndarray, value_range: tuple[float, float], spec: str) -> None:
    """SourceError where the first images show that the range is another: it would make them all black and white."""
    values = np.asarray(images[:_LOOKED_AT], np.float64)
    values = values[np.isfinite(values)]
    black, white = value_range
    span = white - black
    beyond = np.maximum(black - values, values - white) / span
    if values.size and ((beyond > 0.5).mean() > 0.5 or (beyond > _FAR).mean() > _FEW):
        raise SourceError(
            f"{spec}: many values are far outside the stated range: they go from {values.min():g} to "
            f"{values.max():g}, expected {black:g} to {white:g}: state another range"
        )


def _stack_layout(shape: tuple[int, ...], stated: Layout | None, spec: str, *, tensor: bool) -> Layout:
    """The layout of a set of images. One image is refused: it is no set."""
    require_known(stated, spec=spec)
    if stated is None and len(shape) == 3 and (shape[2] in NO_WIDTHS or shape[0] in (3, 4)):
        stack, width = ("(n, h, w, c)", " of that width") if shape[2] in NO_WIDTHS else ("(n, c, h, w)", "")
        raise SourceError(
            f"{spec}: shape {shape} is one colour image it seems: give a stack {stack}; greys{width} need "
            "layout='nhw' (,layout=nhw)"
        )
    shapes = Shapes(spec, "layout='{0}' (,layout={0})", each=None if stated else "batch", stated=stated)
    if stated is None and not shapes.fits(shape):
        raise SourceError(
            f"{spec}: shape {shape} is no stack of images: expected (n, h, w, c) or (n, c, h, w), with 1 to 4 "
            "channels, or (n, h, w)"
        )
    return batch_layout(shapes.layout(shape, tensor=tensor))
