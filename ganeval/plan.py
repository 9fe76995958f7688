"""Opening and counting a side, and its pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ganeval.cautions import width
from ganeval.engine import Collection, Wants
from ganeval.errors import ProtocolError, SourceError
from ganeval.protocol import Protocol
from ganeval.remarks import remarks
from ganeval.run import Run
from ganeval.sources.content import content_digest
from ganeval.sources.opening import opened
from ganeval.sources.source import Source, chosen_index
from ganeval.sources.statistics_file import StatisticsFile
from ganeval.statistics import Moments, Rows
from ganeval.types import Index, Note

Given = Any  # path, array, tensor, Source or Collection: whatever `opened` takes


@dataclass(frozen=True)
class Planned:
    """A source that is open and counted, with the images that will be used (None: all of an unknown number).

    `stated` are means and covariances, by view, that lie in the same file.
    """

    source: Source
    index: Index | None
    stated: Mapping[str, Moments] = field(default_factory=dict)

    @property
    def n(self) -> int | None:
        """Number of images that will be used, where it is known."""
        return None if self.index is None else len(self.index)


def planned(given: Given, settings: Run, *, role: str = "real") -> Planned | Collection:
    """Open and count a side without reading pixels; statistics and rows are complete at once.

    Training images are all taken, whatever n is: copies of those that are left out could not be seen.
    """
    if role == "train":
        settings = replace(settings, n=None)
    if isinstance(given, Collection):
        return _of_same_protocol(given, settings)
    takes = settings.extractor.takes
    source = opened(given, takes=takes, exif=settings.exif, on_error=settings.on_error, seed=settings.seed)
    if isinstance(source, StatisticsFile) and source.images is not None and takes == "images":
        index = source.images.chosen(settings.n, seed=settings.seed)
        return Planned(source.images, index, {"features": source.moments, **source.further})
    if isinstance(source, StatisticsFile):
        return _of_same_protocol(_from_file(source, settings), settings)
    if isinstance(source, Source):
        if takes == "rows":
            raise SourceError(f"{source.spec}: the extractor 'features' reads rows, not images")
        return Planned(source, source.chosen(settings.n, seed=settings.seed))
    spec, identity, rows = source
    chosen = _subset(rows, settings, spec)
    return Collection(spec, identity, {"features": chosen}, settings.protocol, chosen.n, rows.n)


def _of_same_protocol(side: Collection, settings: Run) -> Collection:
    if side.protocol is not None:
        settings.protocol.require_same(side.protocol, here="this run", there=side.spec)
    return side


def _subset(rows: Rows, settings: Run, spec: str) -> Rows:
    what = "rows" if settings.extractor.takes == "rows" else "images"
    kept = chosen_index(rows.n, settings.n, seed=settings.seed, spec=spec, what=what)
    return rows.chosen(kept)


def _from_file(file: StatisticsFile, settings: Run) -> Collection:
    try:
        protocol = None if file.protocol is None else Protocol.from_json(file.protocol)
    except ProtocolError as error:
        raise ProtocolError(f"{file.spec}: {error}") from error
    if file.rows is None:
        n = file.moments.n
        return Collection(file.spec, file.identity, {"features": file.moments, **file.further}, protocol, n, n)
    rows = _subset(file.rows, settings, file.spec)
    return Collection(file.spec, file.identity, {"features": rows}, protocol, rows.n, file.rows.n)


def collected(side: Planned | Collection, settings: Run, *, wants: Wants, prefers: Wants | None = None) -> Collection:
    """Run the pass of a planned side, keeping what is preferred; a collection must hold what is wanted.

    What the pass remarks of its network is a warning of the side, and no part of what a cache keeps.
    """
    if isinstance(side, Planned):
        with remarks() as heard:
            made = _with_stated(side, settings, wants) if side.stated else _passed(side, settings, prefers or wants)
        said = tuple(Note("warning", sentence, side.source.spec) for sentence in heard)
        return replace(made, notes=(*made.notes, *said)) if said else made
    for view, kind in wants.items():
        if kind is Moments and view in side.stated:
            continue
        held = side.statistics.get(view)
        if held is None:
            raise SourceError(f"{side.spec}: holds no {view!r} rows: give the images instead")
        if kind is Rows and not isinstance(held, Rows):
            raise SourceError(
                f"{side.spec}: holds mean and covariance only, and a chosen metric needs the rows: give the images, "
                "or make the file with `ganeval stats --rows`"
            )
    return side


def _passed(side: Planned, settings: Run, wants: Wants) -> Collection:
    """What the cache has, and a pass over the images for the rest."""
    how: dict[str, Any] = {"extractor": settings.extractor, "wants": wants, "protocol": settings.protocol}
    how["further"] = settings.further
    if settings.cache is None:
        made = settings.engine.collect(side.source, side.index, **how)
        return replace(made, content=content_digest(side.source))
    return settings.cache.collected(side.source, side.index, engine=settings.engine, **how)


def _with_stated(side: Planned, settings: Run, wants: Wants) -> Collection:
    """What needs no rows is served by the file's statistics, if their width fits; the rest by its images."""
    engine, extractor, spec = settings.engine, settings.extractor, side.source.spec
    every = side.source.chosen(None, seed=0)
    one = replace(engine, progress=None).collect(
        side.source, None if every is None else every[:1], extractor=extractor, protocol=settings.protocol,
        wants=dict.fromkeys(wants, Rows), further=settings.further,
    )  # fmt: skip
    widths = {view: width(held) for view, held in one.statistics.items()}
    stated = {view: held for view, held in side.stated.items() if view in wants and held.d == widths[view]}
    needed = {view: kind for view, kind in wants.items() if kind is Rows or view not in stated}
    if not needed:
        return Collection(spec, side.source.identity, stated, None, None, side.source.available)
    images = _passed(side, settings, needed)
    if stated:
        what = "mean and covariance are the file's own (of an unknown protocol), the rest comes from its images"
    else:
        what = f"its mean and covariance are not of {extractor.name}: everything comes from its images"
    return replace(images, stated=stated, notes=(*images.notes, Note("warning", what, spec)))
