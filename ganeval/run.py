"""What is settled before a pixel is read: extractor, metrics, n, seed."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganeval.engine import Engine, Wants, protocol_of
from ganeval.errors import SpecError, WeightsError
from ganeval.extractor import Extractor
from ganeval.metric import GROUPS, Metric
from ganeval.protocol import Protocol
from ganeval.registry import Entry, entries, entry
from ganeval.sources.decode import Exif
from ganeval.sources.source import OnError
from ganeval.spec import Spec, built, spec_of
from ganeval.statistics import Moments, Rows


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
