"""Images that Python code hands over: a torch Dataset, a DataLoader, or any iterable of batches."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal, final

import numpy as np
from PIL import Image as Pillow

from ganeval.errors import DecodeError, SourceError, TooFewError
from ganeval.sources.array import as_numpy, piece, tensor_layout
from ganeval.sources.decode import Exif, pictured
from ganeval.sources.labels import aligned_labels, own_targets
from ganeval.sources.source import OnError, Rounding, Source, Task, chosen_index, regrouped
from ganeval.types import Batch, Index, Labels, Note

Kind = Literal["dataset", "images", "batches"]
_KEYS = ("images", "image", "img", "pixel_values")
_RANGE = "ganeval.stream(…, value_range=(0, 1)) or (-1, 1)"


@final
@dataclass(frozen=True)
class Stream(Source):
    """Images in the order in which they come, or, of a map-style dataset, by number. Make it with `stream`."""

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

    @property
    def available(self) -> int | None:
        """The length of a map-style dataset; None for what only has a beginning."""
        return len(self.items) if self.kind == "dataset" else None

    def chosen(self, n: int | None, *, seed: int) -> Index | None:
        """A seeded choice from a map-style dataset, else the first `n`."""
        if self.kind == "dataset":
            return chosen_index(len(self.items), n, seed=seed, spec=self.spec)
        return None if n is None else np.arange(n, dtype=np.int64)

    def batches(self, index: Index | None, *, size: int) -> Iterator[Task]:
        """Batches read in the thread that iterates: a dataset need not bear more than one."""
        if self.kind == "dataset":
            return regrouped(self._numbered(self.chosen(None, seed=0) if index is None else index), size=size)
        return regrouped(self._first(None if index is None else len(index)), size=size)

    def _numbered(self, index: Index | None) -> Iterator[Batch]:
        for i in [] if index is None else index.tolist():
            try:
                item = self.items[i]
            except Exception as error:  # whatever the dataset's own code raises
                yield self._refused(i, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", error)
                continue
            yield from self._images(item, i)

    def _first(self, n: int | None) -> Iterator[Batch]:
        done = 0
        for item in self._items():
            for image in self._images(item, done):
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

    def _images(self, item: Any, first: int) -> Iterator[Batch]:
        """The images of one item, each as a batch of its own."""
        held = _without_labels(item)
        if isinstance(held, Pillow.Image):
            yield self._picture(held, first)
        elif isinstance(held, list | tuple) and held and all(isinstance(entry, Pillow.Image) for entry in held):
            for i, entry in enumerate(held, first):
                yield self._picture(entry, i)
        else:
            stack = self._stack(held, first)
            for i in range(first, first + len(stack)):
                yield stack.batch(np.array([i], dtype=np.int64))

    def _stack(self, held: Any, first: int):
        values = as_numpy(held)
        single = self.kind != "batches"
        if values is None or values.ndim not in ((2, 3) if single else (3, 4)):
            found = type(held).__name__ if values is None else f"{type(held).__name__} of shape {tuple(values.shape)}"
            wanted = "(h, w, c), (c, h, w) or (h, w)" if single else "(n, h, w, c), (n, c, h, w) or (n, h, w)"
            raise SourceError(
                f"{self.spec}: cannot read images from a {found}: its items must be {wanted}, or PIL images"
            )
        values = values[None] if single else values
        if values.ndim == 3 and values.shape[-1] in (3, 4) and not single:
            raise SourceError(
                f"{self.spec}: an item has the shape {tuple(values.shape)}, one image it seems: its items must be "
                "batches (n, h, w, c) or (n, c, h, w)"
            )
        return piece(
            values, first=first, spec=self.spec, value_range=self.value_range, rounding=self.rounding,
            on_error=self.on_error, layout=tensor_layout(held, values), remedy=_RANGE,
        )  # fmt: skip

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
    spec: str | None = None,
    labels: Any = None,
) -> Stream:
    """A source over a torch Dataset (its items are images), a DataLoader or any iterable of batches.

    A batch is (n, h, w, c), (n, c, h, w) or (n, h, w), or PIL images; of a tuple (images, labels) the
    images count. Float images need `value_range`, the values of black and white, and become levels
    by `rounding`. A map-style dataset has a length, and the evaluation's n is a seeded choice from
    it; anything else is read once, in order, and n takes its first n images: shuffle before. `labels` are
    class labels, one an image in that order; a map-style dataset's own `targets` are used by themselves.
    """
    if not is_iterable(items):
        raise SourceError(f"cannot read images from a {type(items).__name__}: give a dataset or an iterable of batches")
    name, kind = spec or type(items).__name__, _kind(items)
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
    )


def is_iterable(given: Any) -> bool:
    """Whether `stream` takes it: a torch dataset, or an iterable that is neither text, mapping nor array."""
    if isinstance(given, str | bytes | Mapping | np.generic) or as_numpy(given) is not None:
        return False
    return hasattr(given, "__iter__") or _kind(given) == "dataset"


def _kind(items: Any) -> Kind:
    """What its items are; neither torch nor the package datasets is imported to see it."""
    bases = {(c.__module__.partition(".")[0], c.__name__) for c in type(items).__mro__}
    if ("torch", "IterableDataset") in bases:
        return "images"
    return "dataset" if {("torch", "Dataset"), ("datasets", "Dataset")} & bases else "batches"


def _without_labels(item: Any) -> Any:
    if isinstance(item, Mapping):
        return next((item[key] for key in _KEYS if key in item), item)
    labelled = isinstance(item, tuple) or (
        isinstance(item, list) and not isinstance(next(iter(item), None), Pillow.Image)
    )
    return item[0] if labelled and item else item
