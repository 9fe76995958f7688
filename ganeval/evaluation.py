"""From what the user gave to a report: resolve, plan, collect each side once, score."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ganeval.engine import Collection, Engine, Wants, protocol_of
from ganeval.errors import SourceError, SpecError, WeightsError
from ganeval.extractor import Extractor
from ganeval.metric import GROUPS, Metric
from ganeval.protocol import Protocol
from ganeval.registry import Entry, entries, entry
from ganeval.report import Report, Result, Side
from ganeval.sources.decode import Exif
from ganeval.sources.opening import opened
from ganeval.sources.source import OnError, Source, seeded_choice
from ganeval.sources.statistics_file import StatisticsFile
from ganeval.spec import Spec, built, spec_of
from ganeval.statistics import Moments, Rows, Statistic
from ganeval.types import Index

Given = Any  # path, array, tensor, Source or Collection: whatever `opened` takes


@dataclass(frozen=True)
class Chosen:
    """A metric with the name it is called by."""

    entry: Entry
    metric: Metric

    @property
    def spec(self) -> str:
        """The spec that builds it; the run's seed is left out, the report holds it."""
        return spec_of(self.metric, name=self.entry.name, hidden=("seed",))


@dataclass(frozen=True)
class Run:
    """Everything that is settled before a pixel is read."""

    extractor: Extractor
    metrics: tuple[Chosen, ...]
    n: int | None
    seed: int
    exif: Exif
    on_error: OnError
    engine: Engine

    @property
    def protocol(self) -> Protocol:
        """The protocol of this run."""
        return protocol_of(self.extractor, exif=self.exif)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that some metric reads, real first."""
        return tuple(role for role in ("real", "fake") if any(role in c.metric.roles for c in self.metrics))

    def wants(self, role: str) -> Wants:
        """By view, what a pass over this role must keep: rows as soon as one metric needs them."""
        found: dict[str, type[Rows] | type[Moments]] = {}
        for chosen in self.metrics:
            if role in chosen.metric.roles:
                view = chosen.metric.view
                found[view] = Rows if Rows in (found.get(view), chosen.metric.statistic) else Moments
        return found


@dataclass(frozen=True)
class Planned:
    """A source that is open and counted, with the images that will be used."""

    source: Source
    index: Index


def run(
    *,
    metrics: Sequence[str] | None = None,
    extractor: str | Extractor = "inception",
    weights: str | Path | None = None,
    device: str = "auto",
    n: int | None = None,
    seed: int = 0,
    exif: Exif = "ignore",
    on_error: OnError = "stop",
    engine: Engine | None = None,
) -> Run:
    """Settle names and options; SpecError for unknown ones. `metrics` None are the defaults."""
    network = (
        extractor if isinstance(extractor, Extractor) else built_extractor(extractor, weights=weights, device=device)
    )
    chosen = tuple(_chosen(metrics, network, seed))
    if n is not None and n < 1:
        raise SpecError(f"n = {n}: at least one image is needed")
    return Run(network, chosen, n, seed, exif, on_error, engine or Engine())


def built_extractor(text: str, *, weights: str | Path | None = None, device: str = "auto") -> Extractor:
    """The extractor behind a spec."""
    spec = Spec.parse(text)
    cls = entry("extractor", spec.name).load()
    if weights is not None and "weights" not in {f.name for f in dataclasses.fields(cls)}:
        raise SpecError(f"the extractor {spec.name} loads no weight file: drop --weights, or choose -x inception")
    return built(cls, spec, environment={"device": device, "weights": None if weights is None else Path(weights)})


def _chosen(texts: Sequence[str] | None, extractor: Extractor, seed: int) -> Iterable[Chosen]:
    if texts is None or list(texts) == ["all"]:
        shelf = [(item, item.load()) for item in entries("metric")]
        wanted = [
            Chosen(item, built(cls, Spec(item.name), environment={"seed": seed}))
            for item, cls in shelf
            if cls.view in extractor.views and not cls.insists_on_fid_inception and (cls.default or texts is not None)
        ]
        return sorted(wanted, key=lambda c: (GROUPS.index(c.metric.group), c.metric.order, c.entry.name))
    return [_one(text, extractor, seed) for text in dict.fromkeys(texts)]


def _one(text: str, extractor: Extractor, seed: int) -> Chosen:
    spec = Spec.parse(text)
    item = entry("metric", spec.name)
    metric = built(item.load(), spec, environment={"seed": seed})
    if metric.insists_on_fid_inception and not extractor.is_fid_inception:
        raise WeightsError(
            f"{item.name} is only defined on the genuine FID Inception, and these features are {extractor.name}: "
            f"the same distance in any feature space is `ganeval fd -x {extractor.name.partition('@')[0]} …`"
        )
    if metric.view not in extractor.views:
        raise SpecError(
            f"{item.name} reads the view {metric.view!r}, which {extractor.name} does not have "
            f"(it has {', '.join(extractor.views)}): choose another extractor (-x inception, -x efficientnet-lite0)"
        )
    return Chosen(item, metric)


def planned(given: Given, settings: Run) -> Planned | Collection:
    """Open and count a side without reading pixels; statistics and rows are complete at once."""
    if isinstance(given, Collection):
        return given
    takes = settings.extractor.takes
    source = opened(given, takes=takes, exif=settings.exif, on_error=settings.on_error)
    if isinstance(source, StatisticsFile):
        return _from_file(source)
    if isinstance(source, Source):
        if takes == "rows":
            raise SourceError(f"{source.spec}: the extractor 'features' reads rows, not images")
        return Planned(source, _index(len(source), settings, source.spec))
    spec, identity, rows = source
    kept = _index(rows.n, settings, spec)
    chosen = Rows(rows.index[kept], rows.values[kept])
    return Collection(spec, identity, {"features": chosen}, settings.protocol, chosen.n, rows.n)


def _index(available: int, settings: Run, spec: str) -> Index:
    if settings.n is None:
        return np.arange(available, dtype=np.int64)
    if settings.n > available:
        raise SourceError(f"{spec}: has {available} images, fewer than --n {settings.n}")
    return seeded_choice(available, settings.n, seed=settings.seed)


def _from_file(file: StatisticsFile) -> Collection:
    protocol = None if file.protocol is None else Protocol.from_json(file.protocol)
    n = file.moments.n if file.rows is None else file.rows.n
    return Collection(file.spec, file.identity, {"features": file.rows or file.moments}, protocol, n, n)


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


def reference(real: Given, **options: Any) -> Collection:
    """The real side, computed once; pass it as `real` to any number of `evaluate` calls.

    Options are those of `evaluate`; metrics and extractor must be the ones used later.
    """
    settings = run(**options)
    return collected(planned(real, settings), settings, wants=settings.wants("real"))


def evaluate(real: Given = None, fake: Given = None, *, settings: Run | None = None, **options: Any) -> Report:
    """Score `fake` against `real`.

    Each side is a path (folder, .zip, .npy, .npz), an array or tensor of images (float ones through
    `ganeval.images`, which states their range), or what `reference` returned. Options: `metrics`
    (specs), `extractor`, `weights`, `device`, `n` (a seeded subset of that many images a side),
    `seed`, `exif`, `on_error` ("stop", "skip"), `engine`. Raises GanevalError.
    """
    settings = settings or run(**options)
    given = {role: side for role, side in (("real", real), ("fake", fake)) if role in settings.roles}
    missing = [role for role, side in given.items() if side is None]
    if missing:
        raise SourceError(f"no {missing[0]} images given, and {settings.metrics[0].entry.name} needs them")
    plans = {role: planned(side, settings) for role, side in given.items()}
    for chosen in settings.metrics:
        chosen.metric.require(**{role: _count(plans[role]) for role in chosen.metric.roles})
    sides = {role: collected(plan, settings, wants=settings.wants(role)) for role, plan in plans.items()}
    return scored(sides, settings)


def _count(plan: Planned | Collection) -> int | None:
    return plan.n if isinstance(plan, Collection) else len(plan.index)


def scored(sides: Mapping[str, Collection], settings: Run) -> Report:
    """The report on collected sides; ProtocolError when they were made under unlike protocols."""
    for role, side in sides.items():
        if side.protocol is not None:
            settings.protocol.require_same(side.protocol, here="this run", there=f"{side.spec} ({role})")
    results: list[Result] = []
    for chosen in settings.metrics:
        statistics = {role: sides[role].statistics[chosen.metric.view] for role in chosen.metric.roles}
        results += _results(chosen, statistics, settings.extractor)
    return Report(
        results=tuple(results),
        sides={role: _side(side) for role, side in sides.items()},
        protocol=settings.protocol,
        seed=settings.seed,
        warnings=tuple(_warnings(sides, settings)),
        versions={
            name: version(name) for name in ("ganeval", "torch", "torchvision", "numpy", "pillow", "pytorch-fid")
        },
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _results(chosen: Chosen, statistics: Mapping[str, Statistic], extractor: Extractor) -> Iterable[Result]:
    spec = chosen.spec
    options = spec.partition(":")[2]
    values = chosen.metric(**statistics)
    for key, score in chosen.metric.scores.items():
        name = score.name(extractor.name, genuine=extractor.is_fid_inception)
        yield Result(
            key=f"{key}:{options}" if options else key,
            name=f"{name}({options})" if options else name,
            metric=spec,
            value=float(values[key]),
            better=score.better,
            group=chosen.metric.group,
            decimals=score.decimals,
            exponent=score.exponent,
        )


def _side(side: Collection) -> Side:
    skipped = tuple((note.where, note.what) for note in side.skipped)
    return Side(side.spec, side.n, side.available, side.ignored, skipped)


def _warnings(sides: Mapping[str, Collection], settings: Run) -> Iterable[str]:
    counts = {role: side.n for role, side in sides.items()}
    if len(sides) == 2 and len({side.identity for side in sides.values()}) == 1:
        yield f"real and fake are the same place ({sides['real'].spec}): the numbers say nothing"
    for side in sides.values():
        yield from side_warnings(side, settings)
    if len(set(counts.values())) > 1 and None not in counts.values():
        names = [c.entry.name for c in settings.metrics if c.metric.depends_on_n and len(c.metric.roles) > 1]
        if names:
            pairs = ", ".join(f"{n:,} {role}" for role, n in counts.items())
            yield f"unequal numbers of images ({pairs}): {', '.join(names)} depend on n; --n makes them equal"
    for chosen in settings.metrics:
        if chosen.metric.statistic is Moments:
            yield from _few(chosen, sides)


def _few(chosen: Chosen, sides: Mapping[str, Collection]) -> Iterable[str]:
    for role in chosen.metric.roles:
        side = sides[role]
        held = side.statistics[chosen.metric.view]
        d = held.d if isinstance(held, Moments) else held.values.shape[1]
        if side.n is not None and side.n <= d:
            yield (
                f"{chosen.entry.name}: {side.n} {role} images in {d} dimensions put it far above its value for many "
                "images: compare only with numbers at the same n (KID has no such bias)"
            )
            return


def side_warnings(side: Collection, settings: Run) -> Iterable[str]:
    """What is worth telling about one side alone: unknown protocol, skipped files, lossy conversions."""
    if side.protocol is None:
        yield f"{side.spec}: protocol unknown; nothing can check that it was made with {settings.extractor.name}"
    if side.skipped:
        first = side.skipped[0]
        yield f"{side.spec}: {len(side.skipped)} broken images skipped (first: {first.where}: {first.what})"
    by_kind: dict[str, list[str]] = {}
    for note in side.notes:
        if note.kind == "warning":
            by_kind.setdefault(note.what, []).append(note.where)
    for what, places in by_kind.items():
        yield f"{side.spec}: {what} in {len(places)} images (first: {places[0]})"
