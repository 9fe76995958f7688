"""What one item of a stream holds: the images in it, apart from labels, boxes, masks and texts beside them.

Images are the first part of a tuple or list, or stand under a usual key of a mapping. A further part that may hold
images too is refused: nobody knows whether it counts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as Pillow

from ganeval.core.errors import SourceError
from ganeval.sources.layout import Each
from ganeval.sources.tensors import as_numpy

_KEYS = ("images", "image", "img", "pixel_values")
_LABEL_KEYS = ("label", "labels", "target", "y")


class Item(NamedTuple):
    """Images, the label beside them, and "image" in `each` where it is that of one image."""

    images: Any
    label: Any = None

    @property
    def each(self) -> Each | None:
        """What the images are, as far as the label tells."""
        return "image" if _is_one(self.label) else None


def whole_numbers(label: Any) -> list[int]:
    """Whole numbers, one an image, that may be classes; none where the label is anything else.

    >>> whole_numbers([3, 3, 7]), whole_numbers(3), whole_numbers(["a"])
    ([3, 3, 7], [3], [])
    """
    if isinstance(label, list | tuple):
        return list(label) if all(isinstance(entry, int) for entry in label) else []
    if len(getattr(label, "shape", ())) > 1:
        return []
    try:
        values = np.array(label) if isinstance(label, int | np.integer) else as_numpy(label)
    except SourceError:  # a label does not make its image unreadable
        return []
    return np.atleast_1d(values).tolist() if values is not None and values.dtype.kind in "iu" else []


def parted(item: Any, *, spec: str) -> Item:
    """The images of an item and the first label beside them.

    >>> parted(([[0]], 7), spec="data").label
    7
    """
    if isinstance(item, Mapping):
        return _of_mapping(item, spec)
    if not isinstance(item, list | tuple) or not item or (isinstance(item, list) and _is_picture(item[0])):
        return Item(item)
    first, *others = item
    also = next((other for other in others if _may_be_images(other, beside=first)), None)
    if also is not None:
        raise SourceError(
            f"{spec}: an item holds {len(item)} things, of which several may be images, {_named(first)} and "
            f"{_named(also)}: are they all images, or the first alone? Give one part an item: "
            "(x for item in data for x in item) for all, (x for x, *_ in data) for the first alone"
        )
    return Item(first, others[0] if others else None)


def _of_mapping(item: Mapping[Any, Any], spec: str) -> Item:
    keys = [key for key in _KEYS if key in item and item[key] is not None]
    if len(keys) > 1:
        raise SourceError(
            f"{spec}: an item holds images under {' and '.join(map(repr, keys))}: give those that count, such as "
            f"(x[{keys[0]!r}] for x in data)"
        )
    labels = [item[name] for name in _LABEL_KEYS if name in item]
    return Item(item[keys[0]], labels[0] if labels else None) if keys else Item(item)


def _may_be_images(other: Any, *, beside: Any) -> bool:
    """A picture, or what has as many dimensions as the images beside it: a mask (h, w) beside (h, w, 3) has fewer."""
    if _is_picture(other) or (isinstance(other, list | tuple) and other and _is_picture(other[0])):
        return True
    return _dimensions(other) >= _dimensions(beside) > 1


def _dimensions(part: Any) -> int:
    """Of an array, a picture, or a list of them; 0 for anything else.

    >>> _dimensions([Pillow.new("RGB", (2, 2))]), _dimensions([[7]]), _dimensions("text")
    (4, 0, 0)
    """
    if isinstance(part, Pillow.Image):
        return 2 + (len(part.getbands()) > 1)
    if isinstance(part, list | tuple):
        within = max(map(_dimensions, part), default=0)
        return within and within + 1
    return len(getattr(part, "shape", ()))


def _is_picture(part: Any) -> bool:
    return isinstance(part, Pillow.Image)


def _named(part: Any) -> str:
    shape: Sequence[int] | None = getattr(part, "shape", None)
    if shape is not None:
        return f"the shape {tuple(shape)}"
    return "a PIL image" if _is_picture(part) else f"a {type(part).__name__} of {len(part)}"


def _is_one(label: Any) -> bool:
    """Whether a label is that of one image: a number or a text."""
    return isinstance(label, str | int | float) or getattr(label, "ndim", None) == 0
