"""How a shape is read: one image or a batch of them, channels first or last. The one rule of every door.

| shape | readings |
|---|---|
| (h, w) | one grey image, or a table of numbers |
| (h, w, c), (c, h, w) | one image of c = 1 to 4 channels |
| (n, h, w) | n grey images, unless w is 1, 3 or 4 |
| (n, h, w, c), (n, c, h, w) | n images of c channels |

A side's first item decides, and all that follow are read as it was: after greys (64, 28, 28) a last (3, 28, 28) is
three greys. After batches of colours it may also be one of them without its first axis, and is refused. What has two
readings that give other pixels, such as a first (3, 28, 28) of which nobody knows whether it is a batch, is refused. Of
two readings of a tensor that differ in the place of the channels, channels first is meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ganeval.core.errors import SourceError, SpecError

Layout = Literal["nhwc", "nchw", "nhw"]
ImageLayout = Literal["hwc", "chw", "hw"]
Each = Literal["image", "batch"]
STACK_LAYOUTS: tuple[str, ...] = get_args(Layout)
LAYOUTS: tuple[str, ...] = (*STACK_LAYOUTS, *get_args(ImageLayout))
CHANNELS = (1, 2, 3, 4)
NO_WIDTHS = (1, 3, 4)  # a last axis of such a length is one of channels


class Reading(NamedTuple):
    """What each item is, and where its channels are."""

    each: Each
    channels: Literal["first", "last"]

    def layout(self, shape: Sequence[int]) -> Layout | ImageLayout | None:
        """The layout of this shape under the reading; None where it has none.

        >>> Reading("image", "first").layout((3, 16, 16)), Reading("batch", "first").layout((3, 16, 16))
        ('chw', 'nhw')
        """
        if self.each == "image":
            if len(shape) == 2:
                return "hw"
            layout: Layout | ImageLayout = "chw" if self.channels == "first" else "hwc"
        elif len(shape) == 3:
            return None if shape[2] in NO_WIDTHS else "nhw"
        else:
            layout = "nchw" if self.channels == "first" else "nhwc"
        return layout if len(shape) == len(layout) and shape[layout.index("c")] in CHANNELS else None


_ALL = tuple(Reading(each, channels) for each in ("image", "batch") for channels in ("first", "last"))
_STATED: dict[str, tuple[Reading, ...]] = {
    "nhwc": (Reading("batch", "last"),),
    "nchw": (Reading("batch", "first"),),
    "hwc": (Reading("image", "last"),),
    "chw": (Reading("image", "first"),),
}


@dataclass
class Shapes:
    """The shapes of one side's items: each narrows how the others may be read.

    `each` is what the items are where the door tells it; `stated` what the user says about them. `remedy` says how to
    say it. `largest` is the size that no batch exceeds, where it is known.
    """

    spec: str
    remedy: str
    each: Each | None = None
    stated: str | None = None
    largest: int | None = None

    def __post_init__(self) -> None:
        require_known(self.stated, LAYOUTS, spec=self.spec)
        self._readings = _STATED.get(self.stated or "", _ALL)
        if self.each is not None:
            self._readings = tuple(reading for reading in self._readings if reading.each == self.each)
        self._first: str | None = None
        self._colours = False  # whether a batch of several channels came

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether the shape has a reading."""
        return any(reading.layout(shape) is not None for reading in self._readings)

    def layout(self, shape: Sequence[int], *, tensor: bool, each: Each | None = None) -> Layout | ImageLayout:
        """How an item of this shape is read; SourceError where it is ambiguous, or unlike the items before it.

        `each` says what this item is, where something beside it tells.
        """
        shape = tuple(shape)
        if self.stated is not None:
            return self._as_stated(shape)
        layouts: dict[Reading, Layout | ImageLayout] = {
            reading: layout for reading in self._readings if (layout := reading.layout(shape)) is not None
        }
        if each is not None and len(shape) == 3:
            layouts = {reading: layout for reading, layout in layouts.items() if reading.each == each}
        if not layouts or (len(shape) == 3 and self.largest is not None and shape[0] > self.largest):
            raise SourceError(self._unlike(shape))
        if tensor:
            first: dict[Reading, Layout | ImageLayout] = {
                reading: layout for reading, layout in layouts.items() if reading.channels == "first"
            }
            layouts = first if {r.each for r in first} == {r.each for r in layouts} else layouts
        kinds = dict.fromkeys(layouts.values())
        if len(kinds) > 1 and not (set(kinds) == {"chw", "nhw"} and shape[0] == 1):  # one grey image in both
            raise SourceError(self._ambiguous(shape, list(kinds)))
        if len(shape) == 2 and each is None and any(reading.each == "batch" for reading in self._readings):
            raise SourceError(
                f"{self.spec}: the shape {shape} is ambiguous, one grey image (hw) or a table of numbers: "
                f"{self._say(['hw'])}, or give feature rows to the extractor 'features'"
            )
        self._require_no_lost_axis(shape, layouts)
        self._readings = tuple(layouts)
        self._first = self._first or f"{shape} as {_described(shape, next(iter(kinds)))}"
        return next(iter(kinds))

    def _require_no_lost_axis(self, shape: tuple[int, ...], layouts: Mapping[Reading, str]) -> None:
        """SourceError for greys after colours that may be one colour image: a batch of one, squeezed."""
        for reading, layout in layouts.items():
            if len(layout) == 4:
                self._colours |= shape[layout.index("c")] > 1
            image = Reading("image", reading.channels).layout(shape)
            if layout != "nhw" or not self._colours or image is None or (image == "chw" and shape[0] == 1):
                continue
            greys = (shape[0], 1, *shape[1:]) if image == "chw" else (*shape, 1)
            raise SourceError(
                f"{self.spec}: after batches of colours the shape {shape} is ambiguous, {_described(shape, image)} or "
                f"{_described(shape, layout)}: keep the first axis of a batch of one, {(1, *shape)}, and give greys as "
                f"{greys}"
            )

    def _as_stated(self, shape: tuple[int, ...]) -> Layout | ImageLayout:
        stated: Any = self.stated
        channels = {"c": shape[stated.index("c")]} if "c" in stated and len(shape) == len(stated) else {}
        if len(shape) != len(stated) or any(c not in CHANNELS for c in channels.values()):
            raise SourceError(
                f"{self.spec}: shape {shape} is no {'stack of images' if stated[0] == 'n' else 'image'} in the layout "
                f"{stated}: expected ({', '.join(stated)}){' with 1 to 4 channels' if 'c' in stated else ''}"
            )
        return stated

    def _unlike(self, shape: tuple[int, ...]) -> str:
        if self._first is not None:
            return (
                f"{self.spec}: an item has the shape {shape}, and the first was read, {self._first}: its items must be "
                "alike"
            )
        wanted = {
            "image": "images (h, w, c), (c, h, w) or (h, w)",
            "batch": "batches (n, h, w, c), (n, c, h, w) or (n, h, w)",
            None: "images (h, w, c), (c, h, w) or (h, w), or batches (n, h, w, c), (n, c, h, w) or (n, h, w)",
        }[self.each]
        one = [layout for reading in _ALL if (layout := reading.layout(shape)) is not None and reading.each == "image"]
        seems = f", {_described(shape, one[0])} it seems" if one and self.each == "batch" else ""
        return f"{self.spec}: an item has the shape {shape}{seems}: its items must be {wanted}, with 1 to 4 channels"

    def _ambiguous(self, shape: tuple[int, ...], layouts: Sequence[str]) -> str:
        alternatives = " or ".join(_described(shape, layout) for layout in layouts)
        return f"{self.spec}: the shape {shape} is ambiguous, {alternatives}: {self._say(layouts)}"

    def _say(self, layouts: Sequence[str]) -> str:
        return f"state {' or '.join(self.remedy.format(layout) for layout in layouts)}"


def _described(shape: Sequence[int], layout: str) -> str:
    """What a shape is under a layout.

    >>> _described((3, 16, 20), "chw"), _described((3, 16, 20), "nhw")
    ('one image of 16 × 20 pixels and 3 channels (chw)', '3 grey images of 16 × 20 pixels (nhw)')
    """
    size = dict(zip(layout, shape, strict=True))
    pixels = f"of {size['h']} × {size['w']} pixels"
    many = f"{size['n']} " if "n" in size else "one "
    noun = "images" if "n" in size else "image"
    grey = "" if "c" in size else "grey "
    channels = f" and {size['c']} channel{'s' if size['c'] > 1 else ''}" if "c" in size else ""
    return f"{many}{grey}{noun} {pixels}{channels} ({layout})"


def require_known(stated: str | None, known: Sequence[str] = STACK_LAYOUTS, *, spec: str) -> None:
    """SpecError for a stated layout that a door does not know; a door of stacks knows no layout of one image."""
    if stated is not None and stated not in known:
        raise SpecError(f"{spec}: layout = {stated!r} is not known (known: {', '.join(known)})")


def batch_layout(layout: Layout | ImageLayout) -> Layout:
    """The layout of a stack of such images, each with a first axis of its own.

    >>> batch_layout("chw"), batch_layout("nhw")
    ('nchw', 'nhw')
    """
    if layout == "hw":
        return "nhw"
    if layout == "chw":
        return "nchw"
    return "nhwc" if layout == "hwc" else layout
