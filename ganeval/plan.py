"""Opening and counting a side, and its pass."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ganeval.engine import Collection, Wants
from ganeval.errors import ProtocolError, SourceError, TooFewError
from ganeval.protocol import Protocol
from ganeval.run import Run
from ganeval.sources.opening import opened
from ganeval.sources.source import Source, seeded_choice
from ganeval.sources.statistics_file import StatisticsFile
from ganeval.statistics import Rows
from ganeval.types import Index

Given = Any  # path, array, tensor, Source or Collection: whatever `opened` takes


@dataclass(frozen=True)
class Planned:
    """A source that is open and counted, with the images that will be used."""

    source: Source
    index: Index


def planned(given: Given, settings: Run) -> Planned | Collection:
    """Open and count a side without reading pixels; statistics and rows are complete at once."""
    if isinstance(given, Collection):
        return _of_same_protocol(given, settings)
    takes = settings.extractor.takes
    source = opened(given, takes=takes, exif=settings.exif, on_error=settings.on_error)
    if isinstance(source, StatisticsFile):
        return _of_same_protocol(_from_file(source, settings), settings)
    if isinstance(source, Source):
        if takes == "rows":
            raise SourceError(f"{source.spec}: the extractor 'features' reads rows, not images")
        return Planned(source, _index(len(source), settings, source.spec))
    spec, identity, rows = source
    chosen = _subset(rows, settings, spec)
    return Collection(spec, identity, {"features": chosen}, settings.protocol, chosen.n, rows.n)


def _of_same_protocol(side: Collection, settings: Run) -> Collection:
    if side.protocol is not None:
        settings.protocol.require_same(side.protocol, here="this run", there=side.spec)
    return side


def _subset(rows: Rows, settings: Run, spec: str) -> Rows:
    kept = _index(rows.n, settings, spec)
    return Rows(rows.index[kept], rows.values[kept])


def _index(available: int, settings: Run, spec: str) -> Index:
    if settings.n is None:
        return np.arange(available, dtype=np.int64)
    if settings.n > available:
        what = "rows" if settings.extractor.takes == "rows" else "images"
        raise TooFewError(f"{spec}: has {available} {what}, fewer than n = {settings.n}: ask for fewer, or give more")
    return seeded_choice(available, settings.n, seed=settings.seed)


def _from_file(file: StatisticsFile, settings: Run) -> Collection:
    try:
        protocol = None if file.protocol is None else Protocol.from_json(file.protocol)
    except ProtocolError as error:
        raise ProtocolError(f"{file.spec}: {error}") from error
    if file.rows is None:
        n = file.moments.n
        return Collection(file.spec, file.identity, {"features": file.moments}, protocol, n, n)
    rows = _subset(file.rows, settings, file.spec)
    return Collection(file.spec, file.identity, {"features": rows}, protocol, rows.n, file.rows.n)


def collected(side: Planned | Collection, settings: Run, *, wants: Wants) -> Collection:
    """Run the pass of a planned side; a collection is returned as it is, if it holds what is wanted."""
    if isinstance(side, Planned):
        return settings.engine.collect(
            side.source, side.index, extractor=settings.extractor, wants=wants, exif=settings.exif
        )
    for view, kind in wants.items():
        held = side.statistics.get(view)
        if held is None:
            raise SourceError(f"{side.spec}: holds no {view!r} rows: give the images instead")
        if kind is Rows and not isinstance(held, Rows):
            raise SourceError(
                f"{side.spec}: holds mean and covariance only, and a chosen metric needs the rows: give the images, "
                "or make the file with `ganeval stats --rows`"
            )
    return side
