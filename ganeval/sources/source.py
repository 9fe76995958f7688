"""What a source is: numbered images that can be read in any order."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, final

import numpy as np

from ganeval.core.errors import DecodeError, TooFewError
from ganeval.core.types import Batch, Index, Labels, Note
from ganeval.sources.decode import Exif, decoded
from ganeval.sources.labels import prefix_labels
from ganeval.sources.manifest import State

OnError = Literal["stop", "skip"]
Rounding = Literal["nearest", "floor"]
Task = Callable[[], Batch]


class Input(ABC):
    """What a door opens on: images, feature rows or statistics.

    `spec` is how the user named it; `identity` is equal for the same place.
    """

    spec: str
    identity: str


class Source(Input):
    """Numbered images.

    `rounding` names the rule that makes 256 levels of float images, None where there are none. `labels` are
    class labels, one an image by its number, where they are known. `notes` are worth telling before an image is read.
    """

    ignored: int
    rounding: Rounding | None = None
    labels: Labels | None = None
    notes: tuple[Note, ...] = ()

    def place(self, i: int) -> str:
        """What to call one image, by its number."""
        return f"{self.spec}[{i}]"

    def order_labels(self, index: Index) -> Labels | None:
        """Labels that may tell whether these images come class by class, after a pass; no metric reads them."""
        return None

    @property
    @abstractmethod
    def available(self) -> int | None:
        """Number of images on offer, None where nobody knows."""

    @abstractmethod
    def chosen(self, n: int | None, *, seed: int) -> Index | None:
        """The images that a pass over `n` of them reads (None: all); None when only reading will tell how many."""

    @abstractmethod
    def batches(self, index: Index | None, *, size: int) -> Iterator[Task]:
        """Calls that each read up to `size` of the named images (None: all); any thread may make them."""


@final
@dataclass(frozen=True)
class Files(Source):
    """Image files behind one reading function; folder and archive make these.

    `opened` is the state in which an archive's one file was opened; None for files that are opened one by one.
    """

    spec: str
    identity: str
    names: tuple[str, ...]
    ignored: int
    read: Callable[[str], bytes]
    exif: Exif = "ignore"
    on_error: OnError = "stop"
    labels: Labels | None = None
    opened: State | None = None
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def available(self) -> int:
        """Number of files."""
        return len(self.names)

    def chosen(self, n: int | None, *, seed: int) -> Index:
        """A seeded choice."""
        return chosen_index(len(self.names), n, seed=seed, spec=self.spec)

    def batches(self, index: Index | None, *, size: int) -> Iterator[Task]:
        """One call per `size` files."""
        index = self.chosen(None, seed=0) if index is None else index
        for start in range(0, len(index), size):
            part = index[start : start + size]
            yield lambda part=part: self._batch(part)

    def _batch(self, index: Index) -> Batch:
        kept, images, notes = [], [], []
        for i in index:
            name = self.names[i]
            try:
                image, remarks = self._image(name)
            except DecodeError as error:
                if self.on_error == "stop":
                    raise DecodeError(f"{error} (--on-error skip goes on without it)") from error
                where = self.where(name)
                notes.append(Note("skipped", str(error).removeprefix(f"{where}: "), where))
                continue
            kept.append(i)
            images.append(image)
            notes.extend(remarks)
        return Batch(np.array(kept, dtype=np.int64), tuple(images), tuple(notes))

    def _image(self, name: str):
        where = self.where(name)
        try:
            data = self.read(name)
        except Exception as error:  # zipfile and the operating system raise many kinds
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            if isinstance(error, FileNotFoundError):
                reason = "the file is gone, or a link to nothing"
            raise DecodeError(f"{where}: {reason}") from error
        return decoded(data, where=where, exif=self.exif)

    def place(self, i: int) -> str:
        """The file's path."""
        return self.where(self.names[i])

    def order_labels(self, index: Index) -> Labels | None:
        """What the files' names begin with."""
        return prefix_labels([self.names[i] for i in index.tolist()])

    def where(self, name: str) -> str:
        """The file's path as shown to the user."""
        return f"{self.spec.rstrip('/')}/{name}"


def chosen_index(available: int, n: int | None, *, seed: int, spec: str, what: str = "images") -> Index:
    """All of `available` numbers, or a seeded choice of `n`; TooFewError when there are fewer."""
    if n is None:
        return np.arange(available, dtype=np.int64)
    if n > available:
        raise TooFewError(f"{spec}: has {available} {what}, fewer than n = {n}: ask for fewer, or give more")
    return seeded_choice(available, n, seed=seed)


def regrouped(pieces: Iterable[Batch], *, size: int) -> Iterator[Task]:
    """Pieces joined in groups of `size`: for images that one thread must make, in order."""
    pieces = iter(pieces)
    while group := list(islice(pieces, size)):
        index = np.concatenate([piece.index for piece in group])
        images = tuple(image for piece in group for image in piece.images)
        notes = tuple(note for piece in group for note in piece.notes)
        joined = Batch(index, images, notes)
        yield lambda joined=joined: joined


def seeded_choice(available: int, n: int, *, seed: int) -> Index:
    """`n` of `available` numbers without replacement, sorted; the same for the same seed.

    >>> seeded_choice(5, 3, seed=0).tolist()
    [2, 3, 4]
    """
    return np.sort(np.random.default_rng(seed).permutation(available)[:n]).astype(np.int64)
