"""From what the user gave to a report: resolve, plan, collect each side once, score."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ganeval.engine import Collection, Engine, Wants, protocol_of
from ganeval.errors import FeatureError, ProtocolError, SourceError, SpecError, TooFewError, WeightsError
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
    if "all" in texts:
        raise SpecError("the metric all stands for every metric: give it alone")
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


def reference(
    real: Given,
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
) -> Collection:
    """The real side, computed once; pass it as `real` to any number of `evaluate` calls.

    Arguments are those of `evaluate`. The collection keeps its extractor, so that later calls load
    no network again; their metrics must be content with what these metrics made it keep.
    """
    settings = run(
        metrics=metrics, extractor=extractor, weights=weights, device=device, n=n, seed=seed, exif=exif,
        on_error=on_error, engine=engine,
    )  # fmt: skip
    return collected(planned(real, settings), settings, wants=settings.wants("real"))


def evaluate(
    real: Given = None,
    fake: Given = None,
    *,
    metrics: Sequence[str] | None = None,
    extractor: str | Extractor | None = None,
    weights: str | Path | None = None,
    device: str = "auto",
    n: int | None = None,
    seed: int = 0,
    exif: Exif = "ignore",
    on_error: OnError = "stop",
    engine: Engine | None = None,
) -> Report:
    """Score `fake` against `real`.

    Each side is a path (folder, .zip, .npy, .npz), an array or tensor of images (float ones through
    `ganeval.images`, which states their range), or what `reference` returned. `metrics` are specs
    (None: the defaults), `extractor` a spec or an extractor (None: the one of a reference, else
    inception), `n` a seeded subset of that many images a side, `on_error` what to do at a broken
    image. Raises GanevalError.
    """
    network = _extractor_of(real, extractor) if weights is None else extractor
    settings = run(
        metrics=metrics, extractor=network or "inception", weights=weights, device=device, n=n, seed=seed, exif=exif,
        on_error=on_error, engine=engine,
    )  # fmt: skip
    return next(evaluated(real, [fake], settings=settings))


def _extractor_of(real: Given, wanted: str | Extractor | None) -> str | Extractor | None:
    """The extractor that a reference keeps, if it is the wanted one or none is wanted: nothing is loaded twice."""
    kept = real.extractor if isinstance(real, Collection) else None
    return kept if kept is not None and wanted in (None, kept.name) else wanted


def evaluated(real: Given, fakes: Sequence[Given], *, settings: Run) -> Iterator[Report]:
    """A report on each of `fakes` against `real`, which is collected once; all sides are checked before the first."""
    given = {"real": [real], "fake": fakes}
    for role in settings.roles:
        if any(side is None for side in given[role]):
            raise SourceError(f"no {role} images given, and {settings.metrics[0].entry.name} needs them")
    plans = {role: [planned(side, settings) for side in given[role]] for role in settings.roles}
    for chosen in settings.metrics:
        for role in chosen.metric.roles:
            for plan in plans[role]:
                _require_enough(chosen.metric, role, plan, settings)
    held = {role: collected(plans[role][0], settings, wants=settings.wants(role)) for role in settings.roles[:-1]}
    last = settings.roles[-1]
    for plan in plans[last]:
        yield scored({**held, last: collected(plan, settings, wants=settings.wants(last))}, settings)


def _require_enough(metric: Metric, role: str, plan: Planned | Collection, settings: Run) -> None:
    """Refuses, before any pass, a side that holds too few images or not what is wanted."""
    if isinstance(plan, Collection):
        spec, n = plan.spec, collected(plan, settings, wants=settings.wants(role)).n
    else:
        spec, n = plan.source.spec, len(plan.index)
    try:
        metric.require(**{role: n})
    except TooFewError as error:
        raise TooFewError(f"{spec}: {error}") from error


def scored(sides: Mapping[str, Collection], settings: Run) -> Report:
    """The report on collected sides."""
    _require_same_width(sides)
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
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in ("ganeval", "torch", "torchvision", "numpy", "pillow", "pytorch-fid", "onnxruntime"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _require_same_width(sides: Mapping[str, Collection]) -> None:
    for view in {view for side in sides.values() for view in side.statistics}:
        widths = {s.spec: _width(s.statistics[view]) for s in sides.values() if view in s.statistics}
        if len(set(widths.values())) > 1:
            told = " and ".join(f"{spec} has {d:,}" for spec, d in widths.items())
            raise FeatureError(f"feature dimensions differ: {told}; use one extractor (and image size) for both")


def _width(statistic: Statistic) -> int:
    return statistic.d if isinstance(statistic, Moments) else statistic.values.shape[1]


def _results(chosen: Chosen, statistics: Mapping[str, Statistic], extractor: Extractor) -> Iterable[Result]:
    spec = chosen.spec
    options = spec.partition(":")[2]
    values = chosen.metric(**statistics)
    for key, score in chosen.metric.scores.items():
        if not np.isfinite(values[key]):
            raise FeatureError(f"{spec}: {key} is {values[key]} on these rows: they are too large, or degenerate")
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
    fingerprint = None if side.protocol is None else side.protocol.fingerprint
    return Side(side.spec, side.n, side.available, side.ignored, skipped, fingerprint)


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
            depend = "depend" if len(names) > 1 else "depends"
            yield f"unequal numbers of images ({pairs}): {', '.join(names)} {depend} on n; --n makes them equal"
    for chosen in settings.metrics:
        if chosen.metric.statistic is Moments:
            yield from _few(chosen, sides)


def _few(chosen: Chosen, sides: Mapping[str, Collection]) -> Iterable[str]:
    for role in chosen.metric.roles:
        side = sides[role]
        d = _width(side.statistics[chosen.metric.view])
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
    if settings.n is not None and side.n == side.available != settings.n:
        yield f"{side.spec}: holds no images to choose from, so n = {settings.n} does not apply to it"
    if side.skipped:
        first = side.skipped[0]
        yield f"{side.spec}: {_counted(side.skipped)} skipped as broken (first: {first.where}: {first.what})"
    by_kind: dict[str, list[str]] = {}
    for note in side.notes:
        if note.kind == "warning":
            by_kind.setdefault(note.what, []).append(note.where)
    for what, places in by_kind.items():
        yield f"{side.spec}: {what} in {_counted(places)} (first: {places[0]})"


def _counted(images: Sequence) -> str:
    return f"{len(images):,} image" + ("s" if len(images) != 1 else "")
