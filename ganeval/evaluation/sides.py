"""Opening and counting a side, and its pass."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ganeval.core.errors import SourceError, SpecError
from ganeval.core.remarks import remarks
from ganeval.core.rows import Moments, Rows
from ganeval.core.types import Index, Note
from ganeval.evaluation.cache import extract_anew
from ganeval.evaluation.engine import Features, Wants
from ganeval.evaluation.settings import Settings
from ganeval.evaluation.warnings import width
from ganeval.sources.content import content_of
from ganeval.sources.opening import opened
from ganeval.sources.rows import GivenRows, lost_digits
from ganeval.sources.source import Input, Source, chosen_index
from ganeval.sources.statistics_file import StatisticsFile


class Indexed(Protocol):
    """A map-style dataset."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


if TYPE_CHECKING:
    ImagesLike = str | Path | Input | Features | Indexed | Iterable[Any] | Callable[..., Any] | None
else:
    ImagesLike = Any  # at run time `opened` says in words what cannot be read


@dataclass(frozen=True)
class OpenedSide:
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


def open_side(images: ImagesLike, settings: Settings, *, role: str = "real") -> OpenedSide | Features:
    """Open and count a side without reading pixels; statistics and rows are complete at once.

    Training images are all taken, whatever n is: copies of those that are left out could not be seen.
    """
    if role == "train":
        settings = replace(settings, n=None)
    if isinstance(images, Features):
        return _of_same_protocol(images, settings)
    takes = settings.extractor.takes
    source = opened(images, takes=takes, exif=settings.exif, on_error=settings.on_error, seed=settings.seed)
    if isinstance(source, StatisticsFile) and source.images is not None and takes == "images":
        index = source.images.chosen(settings.n, seed=settings.seed)
        return OpenedSide(source.images, index, {"features": source.moments, **source.further})
    if isinstance(source, StatisticsFile):
        return _of_same_protocol(_from_file(source, settings), settings)
    if isinstance(source, GivenRows):
        return _from_rows(source, settings)
    assert isinstance(source, Source)
    if takes == "rows":
        raise SourceError(f"{source.spec}: the extractor 'features' reads rows, not images")
    return OpenedSide(source, source.chosen(settings.n, seed=settings.seed))


def _from_rows(source: GivenRows, settings: Settings) -> Features:
    rows = _subset(source.rows, settings, source.spec)
    return Features(
        spec=source.spec,
        identity=source.identity,
        statistics={"features": rows},
        protocol=settings.protocol,
        n=rows.n,
        available=source.rows.n,
        notes=_notes(source.lost, source.spec),
    )


def _notes(lost: str | None, spec: str) -> tuple[Note, ...]:
    return () if lost is None else (Note("warning", lost, spec),)


def _of_same_protocol(side: Features, settings: Settings) -> Features:
    if side.protocol is not None:
        settings.protocol.require_same(side.protocol, here="this run", there=side.spec)
    return side


def _subset(rows: Rows, settings: Settings, spec: str) -> Rows:
    what = "rows" if settings.extractor.takes == "rows" else "images"
    kept = chosen_index(rows.n, settings.n, seed=settings.seed, spec=spec, what=what)
    return rows.chosen(kept)


def _from_file(file: StatisticsFile, settings: Settings) -> Features:
    if file.rows is None:
        n = file.moments.n
        return Features(
            spec=file.spec,
            identity=file.identity,
            statistics={"features": file.moments, **file.further},
            protocol=file.protocol,
            n=n,
            available=n,
        )
    rows = _subset(file.rows, settings, file.spec)
    own = settings.extractor.takes == "rows"  # what a network makes of images is as it is
    lost = lost_digits(file.rows.values, kind=file.rows.values.dtype.name) if own else None
    return Features(
        spec=file.spec,
        identity=file.identity,
        statistics={"features": rows},
        protocol=file.protocol,
        n=rows.n,
        available=file.rows.n,
        notes=_notes(lost, file.spec),
    )


def extract(side: OpenedSide | Features, settings: Settings, *, wants: Wants, prefers: Wants | None = None) -> Features:
    """Run the pass of an opened side, keeping what is preferred; features must hold what is wanted.

    Where nothing is wanted no image is read. What the pass remarks of its network is a warning of the side, and no
    part of what a cache keeps.
    """
    if isinstance(side, OpenedSide) and not (prefers or wants):
        return _unread(side, settings)
    if isinstance(side, OpenedSide):
        with remarks() as heard:
            features = _with_stated(side, settings, wants) if side.stated else _passed(side, settings, prefers or wants)
        said = tuple(Note("warning", sentence, side.source.spec) for sentence in heard)
        return replace(features, notes=(*features.notes, *said)) if said else features
    for view, kind in wants.items():
        if kind is Moments and view in side.stated:
            continue
        statistic = side.statistics.get(view)
        if statistic is None:
            raise SourceError(f"{side.spec}: holds no {view!r} rows: give the images instead")
        if kind is Rows and not isinstance(statistic, Rows):
            raise SourceError(
                f"{side.spec}: holds mean and covariance only, and a chosen metric needs the rows: give the images, "
                "or make the file with `ganeval stats --rows`"
            )
    return side


def _unread(side: OpenedSide, settings: Settings) -> Features:
    """A side that no metric reads: counted, and with the extractor for sides that are read."""
    source = side.source
    return Features(
        spec=source.spec,
        identity=source.identity,
        statistics={},
        protocol=settings.protocol,
        n=side.n,
        available=source.available,
        ignored=source.ignored,
        notes=source.notes,
        extractor=settings.extractor,
        rounding=source.rounding,
        source=source,
    )


def _passed(side: OpenedSide, settings: Settings, wants: Wants) -> Features:
    """What the cache has, and a pass over the images for the rest."""
    extractor, further = settings.extractor, settings.further
    for view in wants:
        if not any(view in one.views for one in (extractor, *further)):
            views = ", ".join(extractor.views)
            raise SpecError(f"{extractor.name} has no view {view!r} (it has {views}): choose another extractor")
    how: dict[str, Any] = {"extractor": extractor, "wants": wants, "protocol": settings.protocol, "further": further}
    if settings.cache is None:
        features = extract_anew(content_of(side.source), side.index, engine=settings.engine, **how)
    else:
        features = settings.cache.extract(side.source, side.index, engine=settings.engine, **how)
    # kept features do not hold what is beside them
    return replace(features, notes=(*side.source.notes, *features.notes))


def _with_stated(side: OpenedSide, settings: Settings, wants: Wants) -> Features:
    """What needs no rows is served by the file's statistics, if their width fits; the rest by its images."""
    engine, extractor, spec = settings.engine, settings.extractor, side.source.spec
    every = side.source.chosen(None, seed=0)
    one = replace(engine, progress=None).collect(
        side.source,
        None if every is None else every[:1],
        extractor=extractor,
        protocol=settings.protocol,
        wants=dict.fromkeys(wants, Rows),
        further=settings.further,
    )
    widths = {view: width(statistic) for view, statistic in one.statistics.items()}
    stated = {view: moments for view, moments in side.stated.items() if view in wants and moments.d == widths[view]}
    needed = {view: kind for view, kind in wants.items() if kind is Rows or view not in stated}
    if not needed:
        return Features(
            spec=spec,
            identity=side.source.identity,
            statistics=stated,
            protocol=None,
            n=None,
            available=side.source.available,
        )
    images = _passed(side, settings, needed)
    if stated:
        what = "mean and covariance are the file's own (of an unknown protocol), the rest comes from its images"
    else:
        what = f"its mean and covariance are not of {extractor.name}: everything comes from its images"
    return replace(images, stated=stated, notes=(*images.notes, Note("warning", what, spec)))
