"""Images that Python code hands over: a torch Dataset, a DataLoader, or any iterable of images or batches."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal, final

import numpy as np
from PIL import Image as Pillow

from ganeval.core.errors import DecodeError, SourceError, TooFewError
from ganeval.core.types import Batch, Index, Labels, Note
from ganeval.sources.array import piece
from ganeval.sources.decode import Exif, pictured
from ganeval.sources.items import parted, whole_numbers
from ganeval.sources.labels import aligned_labels, as_labels, own_targets
from ganeval.sources.layout import LAYOUTS, Each, ImageLayout, Layout, Shapes, require_known
from ganeval.sources.source import OnError, Rounding, Source, Task, chosen_index, regrouped
from ganeval.sources.tensors import as_numpy

Kind = Literal["dataset", "images", "batches", "items"]  # the last: nobody knows whether they are images or batches
_RANGE = "ganeval.stream(…, value_range=(0, 1)) or (-1, 1)"
_LAYOUT = "ganeval.stream(…, layout='{}')"


@final
@dataclass(frozen=True)
class Stream(Source):
    """Images in the order in which they come, or, of a map-style dataset, by number. Make it with `stream`.

    `beside` gathers the whole numbers that come with the images, by image, while they are read.
    """

    spec: str
    identity: str
    items: Any
    kind: Kind
    value_range: tuple[float, float] | None
    rounding: Rounding | None
    exif: Exif = "ignore"
    on_error: OnError = "stop"
    ignored: int = 0
    labels: Labels | None = None
    layout: Layout | ImageLayout | None = None
    beside: dict[int, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def available(self) -> int | None:
        """The length of a map-style dataset; None for what only has a beginning."""
        return len(self.items) if self.kind == "dataset" else None

    def chosen(self, n: int | None, *, seed: int) -> Index | None:
        """A seeded choice from a map-style dataset, else the first `n`."""
        if self.kind == "dataset":
            return chosen_index(len(self.items), n, seed=seed, spec=self.spec)
        return None if n is None else np.arange(n, dtype=np.int64)

    def order_labels(self, index: Index) -> Labels | None:
        """The whole numbers beside the images, where each has one."""
        wanted = index.tolist()
        return as_labels([self.beside[i] for i in wanted]) if self.beside.keys() >= set(wanted) else None

    def batches(self, index: Index | None, *, size: int) -> Iterator[Task]:
        """Batches read in the thread that iterates: a dataset need not bear more than one."""
        if self.kind == "dataset":
            return regrouped(self._numbered(self.chosen(None, seed=0) if index is None else index), size=size)
        return regrouped(self._first(None if index is None else len(index)), size=size)

    def _shapes(self) -> Shapes:
        """What is known of the items' shapes before the first is read."""
        each: Each | None = "image" if self.kind == "dataset" else "batch" if self.kind == "batches" else None
        largest = getattr(self.items, "batch_size", None) if self.kind == "batches" else None
        return Shapes(self.spec, _LAYOUT, each=each, stated=self.layout, largest=largest)

    def _numbered(self, index: Index | None) -> Iterator[Batch]:
        shapes = self._shapes()
        for i in [] if index is None else index.tolist():
            try:
                item = self.items[i]
            except Exception as error:  # whatever the dataset's own code raises
                yield self._refused(i, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", error)
                continue
            yield from self._images(item, i, shapes)

    def _first(self, n: int | None) -> Iterator[Batch]:
        done, shapes = 0, self._shapes()
        for item in self._items():
            for image in self._images(item, done, shapes):
                if done == 0 and n is not None:
                    note = Note("warning", f"a stream: its first {n:,} images were taken, in its order", self.spec)
                    image = replace(image, notes=(*image.notes, note))
                yield image
                done += 1
                if done == n:
                    return
        if not done:
            raise SourceError(f"{self.spec}: holds no images (an iterator can be read only once)")
        if n is not None:
            raise TooFewError(
                f"{self.spec}: ended after {done} images, fewer than n = {n}: ask for fewer, or give more"
            )

    def _items(self) -> Iterator[Any]:
        items = iter(self.items)
        for number in count():
            try:
                item = next(items)
            except StopIteration:
                return
            except Exception as error:
                reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
                raise SourceError(f"{self.spec}: reading its item {number} failed: {reason}") from error
            yield item

    def _images(self, item: Any, first: int, shapes: Shapes) -> Iterator[Batch]:
        """The images of one item, each as a batch of its own."""
        parts = parted(item, spec=self.spec)
        images = parts.images
        self.beside.update(enumerate(whole_numbers(parts.label), first))
        if isinstance(images, Pillow.Image):
            yield self._picture(images, first)
        elif isinstance(images, list | tuple) and all(isinstance(entry, Pillow.Image) for entry in images):
            if self.kind == "dataset" and len(images) != 1:
                raise SourceError(
                    f"{self.spec}: item {first} holds {len(images)} images: the items of a dataset must be one image "
                    "each; give batches as an iterable: (data[i] for i in range(len(data)))"
                )
            for i, entry in enumerate(images, first):
                yield self._picture(entry, i)
        else:
            yield from self._stacked(images, first, shapes, "image" if self.kind == "images" else parts.each)

    def _stacked(self, images: Any, first: int, shapes: Shapes, each: Each | None) -> Iterator[Batch]:
        values = as_numpy(images)
        if values is None:
            raise SourceError(
                f"{self.spec}: cannot read images from a {type(images).__name__}: its items must be arrays, tensors or "
                "PIL images"
            )
        layout = shapes.layout(values.shape, tensor=not isinstance(images, np.ndarray), each=each)
        if layout[0] == "n" and not len(values):
            return  # a filter left nothing of a batch
        stack = piece(
            images,
            first=first,
            spec=self.spec,
            value_range=self.value_range,
            rounding=self.rounding,
            on_error=self.on_error,
            layout=layout,
            remedy=_RANGE,
        )
        for i in range(first, first + len(stack)):
            yield stack.batch(np.array([i], dtype=np.int64))

    def _picture(self, image: Pillow.Image, i: int) -> Batch:
        where = f"{self.spec}[{i}]"
        try:
            pixels, notes = pictured(image, where=where, exif=self.exif)
        except DecodeError as error:
            return self._refused(i, str(error).removeprefix(f"{where}: "), error)
        return Batch(np.array([i], dtype=np.int64), (pixels,), notes)

    def _refused(self, i: int, reason: str, error: Exception) -> Batch:
        where = f"{self.spec}[{i}]"
        if self.on_error == "stop":
            raise DecodeError(f"{where}: {reason} (on_error='skip' goes on without it)") from error
        return Batch(np.empty(0, dtype=np.int64), (), (Note("skipped", reason, where),))


def stream(
    items: Any,
    *,
    value_range: tuple[float, float] | None = None,
    rounding: Rounding = "nearest",
    layout: Layout | ImageLayout | None = None,
    spec: str | None = None,
    labels: Any = None,
) -> Stream:
    """A source over a torch Dataset (its items are images), a DataLoader or any iterable of images or batches.

    An image is (h, w, c), (c, h, w) or (h, w), a batch (n, h, w, c), (n, c, h, w) or (n, h, w), or they are PIL images;
    of a tuple (images, labels) the images count, and one that may hold more images is refused. What has two readings,
    such as (3, 28, 28) in a list, needs `layout`: "chw" for colour images, "nhw" for batches of greys. Float images
    need `value_range`, the values of black and white, and become levels by `rounding`. A map-style dataset has a
    length, and the evaluation's n is a seeded choice from it; anything else is read once, in order, and n takes its
    first n images: shuffle before. `labels` are class labels, one an image in that order; a map-style dataset's own
    `targets` are used by themselves.
    """
    if not is_iterable(items):
        raise SourceError(f"cannot read images from a {type(items).__name__}: give a dataset or an iterable of batches")
    name, kind = spec or type(items).__name__, _kind(items)
    require_known(layout, LAYOUTS, spec=name)
    if labels is None and kind == "dataset":
        labels = own_targets(items)
    return Stream(
        spec=name,
        identity=f"stream-{id(items)}",
        items=items,
        kind=kind,
        value_range=value_range,
        rounding=None if value_range is None else rounding,
        labels=None
        if labels is None
        else aligned_labels(labels, n=len(items) if kind == "dataset" else None, spec=name),
        layout=layout,
    )


def is_iterable(items: Any) -> bool:
    """Whether `stream` takes it: a torch dataset, or an iterable that is neither text, mapping nor array."""
    if isinstance(items, str | bytes | Mapping | np.generic) or as_numpy(items) is not None:
        return False
    return hasattr(items, "__iter__") or _kind(items) == "dataset"


def _kind(items: Any) -> Kind:
    """What its items are; neither torch nor the package datasets is imported to see it."""
    bases = {(c.__module__.partition(".")[0], c.__name__) for c in type(items).__mro__}
    if ("torch", "IterableDataset") in bases:
        return "images"
    if {("torch", "Dataset"), ("datasets", "Dataset")} & bases:
        return "dataset"
    if ("torch", "DataLoader") in bases:
        return "images" if items.batch_size is None and items.batch_sampler is None else "batches"
    return "items"
