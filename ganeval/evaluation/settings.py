"""What is settled before a pixel is read: extractor, metrics, n, seed."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from ganeval.core.errors import SpecError, WeightsError
from ganeval.core.estimate import IntervalSettings
from ganeval.core.protocol import NamedProtocol, Protocol, named_protocol
from ganeval.core.registry import Entry, entries, entry
from ganeval.core.rows import Moments, Rows
from ganeval.core.spec import Spec, built, option_types, spec_of
from ganeval.core.surroundings import in_clean_room
from ganeval.evaluation.cache import Cache, Use
from ganeval.evaluation.cache import cache as opened_cache
from ganeval.evaluation.engine import Engine, Features, Wants
from ganeval.evaluation.extractor_objects import Making, kept_extractor, require_followed, require_resizer, require_spec
from ganeval.evaluation.options import Floors, Options, require_options
from ganeval.extractors.base import Extractor
from ganeval.intervals.intervals import Interval, Population
from ganeval.metrics.base import GROUPS, Metric
from ganeval.sources.decode import Exif
from ganeval.sources.source import OnError


@dataclass(frozen=True)
class SelectedMetric:
    """A metric with the name it is called by, the options the user stated, and the run's seed."""

    entry: Entry
    metric: Metric
    stated: frozenset[str]
    seed: int

    @property
    def spec(self) -> str:
        """The spec that builds it; a seed is left out when it is the run's, which the report holds."""
        same = getattr(self.metric, "seed", self.seed) == self.seed
        return spec_of(self.metric, name=self.entry.name, hidden=("seed",) if same else ())

    @property
    def options(self) -> str:
        """What the user stated beyond the defaults, such as `k=5`: part of the score's key and name."""
        unsaid = {f.name for f in dataclasses.fields(self.metric)} - self.stated  # pyright: ignore[reportArgumentType]
        return spec_of(self.metric, name=self.entry.name, hidden=unsaid).partition(":")[2]

    @property
    def keys(self) -> dict[str, str]:
        """By its scores' own keys what finds them in a report: the key, with what the user stated."""
        options = self.options
        return {key: f"{key}:{options}" if options else key for key in self.metric.scores}


@dataclass(frozen=True)
class Settings:
    """Everything that is settled before a pixel is read. `spare` metrics lead where no other has an interval."""

    extractor: Extractor
    metrics: tuple[SelectedMetric, ...]
    n: int | None
    seed: int
    exif: Exif
    on_error: OnError
    engine: Engine
    named: NamedProtocol
    cache: Cache | None = None
    intervals: IntervalSettings | None = None
    spare: tuple[SelectedMetric, ...] = ()
    floors: bool = False

    @property
    def protocol(self) -> Protocol:
        """What a pass of this run is recorded with; to say its name, an extractor may make its network."""
        return in_clean_room(self._protocol)

    def _protocol(self) -> Protocol:
        return Protocol(
            extractor=self.extractor.name,
            digest=self.extractor.digest,
            resize=self.extractor.resize,
            exif=self.exif,
            normalise=self.extractor.normalisation,
            dtype=self.extractor.dtype,
            name=self.named.name,
            version=self.named.version,
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that some metric reads, real first."""
        return tuple(role for role in ("real", "fake") if any(role in c.metric.roles for c in self.metrics))

    @property
    def further(self) -> tuple[Extractor, ...]:
        """The extractors that serve, in the same pass, the views which the chosen one does not have."""
        views = {c.metric.view: c.metric.extractor for c in self.metrics if c.metric.view not in self.extractor.views}
        return tuple(built_extractor(spec) for spec in dict.fromkeys(views.values()) if spec is not None)

    def prefers(self, role: str) -> Wants:
        """As `wants`, with rows where an interval or a floor needs them; reals score as fakes do, too."""
        wants = self.wants(role)
        if self.floors and role == "real" and wants:
            return dict.fromkeys((selection.metric.view for selection in self.metrics), Rows)
        if self.floors or (self.intervals is not None and role not in self.intervals.fixed):
            return dict.fromkeys(wants, Rows)
        return wants

    def wants(self, role: str) -> Wants:
        """By view, what a pass over this role must keep: rows as soon as one metric needs them."""
        kinds: dict[str, type[Rows] | type[Moments]] = {}
        for selection in self.metrics:
            metric = selection.metric
            floor = role == "held_out" and self.floors and "real" in metric.roles and not metric.has_own_floor
            if role in (*metric.roles, *metric.optional) or floor:
                kinds[metric.view] = Rows if floor or Rows in (kinds.get(metric.view), metric.statistic) else Moments
        return kinds


def settings_for(real: Any = None, *, metrics: Sequence[str] | None = None, **options: Unpack[Options]) -> Settings:
    """What a call with these options is settled on; SpecError for unknown names. `metrics` None are the defaults.

    Where `real` is a reference, an extractor and a protocol that are not stated are its own. Else the extractor is
    what the metrics read unless told otherwise: the FID Inception. An extractor object was made already: options that
    it does not follow are refused. A seed that is given wins over the protocol's. TypeError for an option that there
    is not.
    """
    require_options(options)
    return _settled(real, metrics, (), **options)


def settings_beside(metrics: Sequence[str] | None, spare: Sequence[str], **options: Unpack[Options]) -> Settings:
    """The same with `spare` metrics, scored from the same rows only where none of `metrics` has an interval."""
    require_options(options)
    return _settled(None, metrics, spare, **options)


def _settled(
    reference: Any,
    metrics: Sequence[str] | None,
    spare: Sequence[str],
    *,
    extractor: str | Extractor | None = None,
    protocol: str | None = None,
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str | None = None,
    n: int | None = None,
    seed: int | None = None,
    exif: Exif = "ignore",
    on_error: OnError = "stop",
    engine: Engine | None = None,
    cache: Use = "use",
    interval: Interval = "on",
    level: float = 0.95,
    population: Population = "none",
    floor: Floors | None = None,
) -> Settings:
    _require_possible(metrics, n, level, seed)
    environment = _Environment(_protocol(reference, protocol), seed)
    network = _network(reference, extractor, metrics, environment, Making(weights, device, precision))
    fixed = frozenset({"real"} if population == "real" else ())
    return Settings(
        extractor=network,
        metrics=tuple(_chosen(metrics, network, environment)),
        n=n,
        seed=seed or 0,
        exif=exif,
        on_error=on_error,
        engine=engine or Engine(),
        named=environment.named,
        cache=opened_cache(cache),
        intervals=IntervalSettings(level, seed or 0, fixed) if interval == "on" else None,
        spare=tuple(_one(text, network, environment) for text in spare),
        floors=(floor or interval) == "on",
    )


def _protocol(reference: Any, name: str | None) -> NamedProtocol:
    """The one that is named, else the reference's, else the default."""
    own = reference.protocol if isinstance(reference, Features) else None
    return named_protocol(name or (own.name if own else "default"))


def _network(
    reference: Any,
    extractor: str | Extractor | None,
    metrics: Sequence[str] | None,
    environment: "_Environment",
    making: Making,
) -> Extractor:
    """The reference's own where it will do, else the one that is named, else what the metrics read."""
    own = kept_extractor(reference, extractor, named=environment.named, making=making)
    return own or _extractor(extractor or _natural_extractor(metrics, environment), environment.named, making)


def _extractor(wanted: str | Extractor, named: NamedProtocol, making: Making) -> Extractor:
    if isinstance(wanted, Extractor):
        require_followed(wanted, named=named, making=making)
        return wanted
    spec = require_spec(wanted)
    return built_extractor(
        spec, protocol=named.name, weights=making.weights, device=making.device, precision=making.precision
    )


def require_metrics(settings: Settings) -> None:
    """SpecError when there is nothing to score."""
    if not settings.metrics:
        network = settings.extractor
        raise SpecError(
            f"no metric to score: none is named, or the default ones read none of the views of {network.name} "
            f"({', '.join(network.views)}): name one, as in metrics=['kid'] or -m kid"
        )


def _require_possible(metrics: Sequence[str] | None, n: int | None, level: float, seed: int | None) -> None:
    if isinstance(metrics, str):  # whose letters would be taken for names
        raise SpecError(f"metrics is a list of specs: give metrics=[{metrics!r}]")
    if n is not None and n < 1:
        raise SpecError(f"n = {n}: at least one image is needed")
    if seed is not None and seed < 0:
        raise SpecError(f"seed = {seed} is not possible: give 0 or more")
    if not 0 < level < 1:
        raise SpecError(f"level = {level} is not possible: give a share such as 0.95")


def _natural_extractor(metrics: Sequence[str] | None, settings: "_Environment") -> str:
    """What all of these metrics read by themselves, else the FID Inception."""
    named = [spec for spec in map(Spec.parse, metrics or ()) if spec.name != "all"]
    own = {settings.chosen(item, item.load(), spec).metric.extractor for spec in named for item in [_metric(spec)]}
    return (own.pop() if len(own) == 1 else None) or "inception"


def _metric(spec: Spec) -> Entry:
    return entry("metric", spec.name)


def built_extractor(
    text: str,
    *,
    protocol: str = "default",
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str | None = None,
) -> Extractor:
    """The extractor behind a spec, with the protocol's resizer and normalisation unless the spec names them."""
    spec, named = Spec.parse(text), named_protocol(protocol)
    cls = entry("extractor", spec.name).load()
    if weights is not None and "weights" not in {f.name for f in dataclasses.fields(cls)}:
        raise SpecError(f"the extractor {spec.name} loads no weight file: drop --weights, or choose -x inception")
    if precision not in (None, "float32") and "precision" not in option_types(cls):
        raise SpecError(f"the extractor {spec.name} has one precision, float32: drop --precision, or -x inception")
    environment = {
        "device": device,
        "weights": None if weights is None else Path(weights),
        "resizer": named.resizer,
        "normalise": named.normalise,
        "precision": precision or "float32",
    }
    extractor = built(cls, spec, environment=environment)
    if "resizer" not in option_types(cls):
        require_resizer(extractor, named=named)
    return extractor


@dataclass(frozen=True)
class _Environment:
    """What metrics are built with beyond their specs."""

    named: NamedProtocol
    seed: int | None

    def chosen(self, item: Entry, cls: type, spec: Spec) -> SelectedMetric:
        environment = {"seed": 0, **self.named.metrics.get(item.name, {})}
        if self.seed is not None:
            environment["seed"] = self.seed
        return SelectedMetric(item, built(cls, spec, environment=environment), frozenset(spec.options), self.seed or 0)


def _chosen(texts: Sequence[str] | None, extractor: Extractor, settings: _Environment) -> Iterable[SelectedMetric]:
    if texts is None or list(texts) == ["all"]:
        shelf = [(item, item.load()) for item in entries("metric")]
        wanted = [
            settings.chosen(item, cls, Spec(item.name))
            for item, cls in shelf
            if not cls.insists_on_fid_inception and (cls.default or texts is not None)
        ]
        wanted = [selection for selection in wanted if _serves(extractor, selection.metric)]
        return sorted(wanted, key=lambda c: (GROUPS.index(c.metric.group), c.metric.order, c.entry.name))
    if "all" in texts:
        raise SpecError("the metric all stands for every metric: give it alone")
    return [_one(text, extractor, settings) for text in dict.fromkeys(texts)]


def _serves(extractor: Extractor, metric: Metric) -> bool:
    """Whether the extractor has the metric's view, or the one that the metric names makes it from the same images."""
    return metric.view in extractor.views or (metric.extractor is not None and extractor.takes == "images")


def _one(text: str, extractor: Extractor, settings: _Environment) -> SelectedMetric:
    spec = Spec.parse(text)
    item = entry("metric", spec.name)
    selection = settings.chosen(item, item.load(), spec)
    metric = selection.metric
    if metric.insists_on_fid_inception and not extractor.is_fid_inception:
        raise WeightsError(
            f"{item.name} is only defined on the genuine FID Inception, and these features are {extractor.name}: "
            f"the same distance in any feature space is `ganeval fd -x {extractor.name.partition('@')[0]} …`"
        )
    if not _serves(extractor, metric):
        raise SpecError(
            f"{item.name} reads the view {metric.view!r}, which {extractor.name} does not have "
            f"(it has {', '.join(extractor.views)}): choose another extractor (-x inception, -x efficientnet-lite0)"
        )
    return selection
