"""The single pass: every image of a source is read and extracted once, whatever the number of metrics."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from ganeval.core.errors import SourceError
from ganeval.core.protocol import Protocol
from ganeval.core.rows import Moments, Rows, Statistic, finite_rows
from ganeval.core.surroundings import clean_room, in_clean_room, is_plain, kept_randomness
from ganeval.core.types import Batch, Image, Index, Labels, Note
from ganeval.evaluation.row_store import BUDGET, RowStore
from ganeval.extractors.base import Extractor
from ganeval.sources.levels import level_counts, remarks
from ganeval.sources.source import Source, Task

Progress = Callable[[str, int, int | None], None]
Prepared = list[list[np.ndarray]]  # by extractor, an array an image
Wants = Mapping[str, type[Rows] | type[Moments]]
_MOMENT_BLOCK = 1024


@dataclass(frozen=True)
class Features:
    """One side of an evaluation after its pass: statistics by view, and what happened on the way.

    `n` counts the images that were used (None where a statistics file does not say), `available`
    those on offer; `protocol` is None where a file does not say it. `extractor` is the one that made the
    rows, kept so that a network is loaded once. `stated` are means and covariances that came with the
    images: metrics that need no more take them. `cached` says that nothing had to be extracted. `source` names the
    images, where they are images. `content` is their digest, where they can be read twice.
    """

    spec: str
    identity: str
    statistics: Mapping[str, Statistic]
    protocol: Protocol | None
    n: int | None
    available: int | None
    ignored: int = 0
    notes: tuple[Note, ...] = ()
    extractor: Extractor | None = None
    rounding: str | None = None
    stated: Mapping[str, Moments] = field(default_factory=dict)
    cached: bool = False
    source: Source | None = None
    content: str | None = None

    @property
    def digest(self) -> str | None:
        """What the side holds, in few letters: equal for equal images, else for equal statistics."""
        if self.content is not None:
            return f"images:{self.content}"
        statistic = self.statistics.get("features") or next(iter(self.statistics.values()), None)
        return None if statistic is None else f"{type(statistic).__name__.lower()}:{statistic.digest}"

    def is_same_place(self, other: "Features") -> bool:
        """Whether both sides are of one place that held the same images both times, as far as that is known."""
        known = None not in (self.content, other.content)
        return self.identity == other.identity and not (known and self.content != other.content)

    def statistic(self, view: str, kind: type[Rows] | type[Moments]) -> Statistic:
        """What a metric that needs `kind` of this view is given."""
        return self.stated[view] if kind is Moments and view in self.stated else self.statistics[view]

    @property
    def skipped(self) -> tuple[Note, ...]:
        """The files that could not be read, with reasons."""
        return tuple(note for note in self.notes if note.kind == "skipped")


@dataclass(frozen=True)
class Engine:
    """How passes are run: batch size, decoding threads, progress. None of it changes a number.

    Rows of one view beyond `rows_budget` bytes lie in a temporary file.
    """

    batch_size: int = 32
    num_workers: int | None = None
    progress: Progress | None = None
    rows_budget: int = BUDGET

    def collect(
        self,
        source: Source,
        index: Index | None,
        *,
        extractor: Extractor,
        wants: Wants,
        protocol: Protocol,
        further: Sequence[Extractor] = (),
    ) -> Features:
        """One pass over the images `index` of `source`, keeping the statistics that `wants` names by view.

        `protocol` is what the run records about it. Views that `extractor` does not have come from `further` ones.
        """
        total = None if index is None else len(index)
        kept = self._accumulators(wants, total)
        makers = _makers(kept, (extractor, *further))
        notes: list[Note] = []
        done, used, levels = 0, 0, level_counts([])
        tasks = source.batches(index, size=self.batch_size)
        for batch, prepared in self._prefetched(tasks, [maker.extractor for maker in makers]):
            notes.extend(batch.notes)
            levels += level_counts(batch.images)
            done += len(batch.index) + sum(note.kind == "skipped" for note in batch.notes)
            used += len(batch.index)
            for maker, arrays in zip(makers, prepared, strict=True):
                maker.add(batch.index, arrays, spec=source.spec)
            self._report_progress(source.spec, done, total)
        if not used:
            raise _unreadable(source.spec, done, notes)
        notes += _doubts(levels, source)
        return Features(
            spec=source.spec,
            identity=source.identity,
            statistics={view: accumulator.result(source.labels) for view, accumulator in kept.items()},
            protocol=protocol,
            n=used,
            available=source.available,
            ignored=source.ignored,
            notes=tuple(notes),
            extractor=extractor,
            rounding=source.rounding,
            source=source,
        )

    def _report_progress(self, spec: str, done: int, total: int | None) -> None:
        if self.progress is not None:
            self.progress(spec, done, total)

    def _accumulators(self, wants: Wants, total: int | None) -> "dict[str, _Accumulator]":
        return {
            view: _Accumulator(kind, RowStore(self.rows_budget, _expected(kind, total))) for view, kind in wants.items()
        }

    def _prefetched(self, tasks: Iterator[Task], extractors: Sequence[Extractor]) -> Iterator[tuple[Batch, Prepared]]:
        """Batches in order, read and prepared for each extractor ahead in threads, a bounded number at a time.

        Where new tensors are not float32 by default, this thread prepares: what it must change for that is the whole
        process's, and what makes the images runs in this thread, too.
        """

        def prepared(batch: Batch) -> Prepared:
            return [[extractor.prepare(image) for image in batch.images] for extractor in extractors]

        def ahead(task: Task) -> tuple[Batch, Prepared | None]:
            batch = task()
            return batch, prepared(batch)

        def read(task: Task) -> tuple[Batch, Prepared | None]:
            return task(), None

        def completed(batch: Batch, arrays: Prepared | None) -> tuple[Batch, Prepared]:
            if arrays is not None:
                return batch, arrays
            with clean_room():
                return batch, prepared(batch)

        workers = max(1, _cores() if self.num_workers is None else self.num_workers)
        pool = ThreadPoolExecutor(workers, thread_name_prefix="ganeval")
        pending: deque[Future] = deque()
        try:
            for task in tasks:
                pending.append(pool.submit(ahead if is_plain() else read, task))
                if len(pending) > workers + 1:
                    yield completed(*pending.popleft().result())
            while pending:
                yield completed(*pending.popleft().result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    """Cores this process may use; some systems only tell how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pictures(source: Source, index: Index) -> dict[int, Image]:
    """The pixels of a few images, by index number."""
    batches = [task() for task in source.batches(index, size=len(index))]
    return {int(i): image for batch in batches for i, image in zip(batch.index, batch.images, strict=True)}


def _rows(prepared: list[np.ndarray], extractor: Extractor) -> Mapping[str, np.ndarray]:
    """The rows of a batch, in its order: images of one size go together."""
    by_shape: dict[tuple, list[int]] = {}
    for position, array in enumerate(prepared):
        by_shape.setdefault(array.shape, []).append(position)
    stacks = [np.stack([prepared[i] for i in positions]) for positions in by_shape.values()]
    with kept_randomness(lambda: extractor.name):
        blocks = in_clean_room(lambda: [extractor.rows(stack) for stack in stacks])
    if len(blocks) == 1:
        return blocks[0]
    back = np.argsort(np.concatenate(list(by_shape.values())))
    return {view: np.concatenate([rows[view] for rows in blocks])[back] for view in blocks[0]}


def _one_shape(prepared: list[np.ndarray], shape: tuple | None, spec: str, extractor: str) -> tuple:
    shapes = {array.shape for array in prepared} | ({shape} if shape else set())
    if len(shapes) > 1:
        sizes = ", ".join(f"{s[-1]}×{s[-2]}" for s in sorted(shapes)[:3])
        raise SourceError(
            f"{spec}: images differ in size ({sizes} …) and {extractor} needs one size: resize them with "
            f"{extractor}:size=32, or use an extractor that does (efficientnet-lite0)"
        )
    return shapes.pop()


def _expected(kind: type[Rows] | type[Moments], total: int | None) -> int | None:
    return total if kind is Rows else 2 * _MOMENT_BLOCK


def _of_rows(labels: Labels, index: Index) -> Labels:
    if len(index) and index[-1] >= len(labels):
        raise SourceError(f"{len(labels):,} labels for at least {int(index[-1]) + 1:,} images: give one an image")
    return labels[index]


@dataclass
class _Accumulator:
    """Gathers the rows of one view: keeps them, or folds them into moments a block at a time."""

    kind: type[Rows] | type[Moments]
    store: RowStore
    index: list[Index] = field(default_factory=list)
    moments: Moments | None = None

    def add(self, index: Index, values: np.ndarray) -> None:
        self.store.append(finite_rows(values, index=index))
        self.index.append(index)
        if self.kind is Moments and self.store.used >= _MOMENT_BLOCK:
            self._fold()

    def result(self, labels: Labels | None) -> Statistic:
        if self.kind is Rows:
            rows = Rows.of(np.concatenate(self.index), self.store.rows())
            return rows if labels is None else replace(rows, labels=_of_rows(labels, rows.index))
        self._fold()
        assert self.moments is not None
        return self.moments

    def _fold(self) -> None:
        if self.store.used:
            block = Moments.of(np.concatenate(self.index), self.store.rows())
            self.moments = block if self.moments is None else self.moments + block
            self.store.used, self.index = 0, []


@dataclass
class _Maker:
    """An extractor with the views that are taken from it."""

    extractor: Extractor
    kept: Mapping[str, _Accumulator]
    shape: tuple | None = None

    def add(self, index: Index, prepared: list[np.ndarray], *, spec: str) -> None:
        if prepared:
            if not self.extractor.resizes_in_rows:
                self.shape = _one_shape(prepared, self.shape, spec, self.extractor.name)
            rows = _rows(prepared, self.extractor)
            for view, accumulator in self.kept.items():
                accumulator.add(index, rows[view])


def _makers(kept: Mapping[str, _Accumulator], extractors: Sequence[Extractor]) -> list[_Maker]:
    """Every view from the first extractor that has it; extractors from which none is taken are left out."""
    first = {view: next((e for e in extractors if view in e.views), extractors[0]) for view in kept}
    makers = [_Maker(e, {view: kept[view] for view in kept if first[view] is e}) for e in extractors]
    return [maker for maker in makers if maker.kept]


def _unreadable(spec: str, n: int, notes: Sequence[Note]) -> SourceError:
    reason = f" (first: {notes[0].where}: {notes[0].what})" if notes else ""
    return SourceError(f"{spec}: none of its {n} images could be read{reason}")


def _doubts(levels: np.ndarray, source: Source) -> list[Note]:
    return [Note("warning", doubt, source.spec) for doubt in remarks(levels, stated=source.rounding is not None)]
