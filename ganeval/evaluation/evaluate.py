"""Score fakes against reals: the two public calls, and from collected sides to a report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Unpack

import numpy as np

from ganeval.core.errors import FeatureError, SourceError, TooFewError
from ganeval.core.estimate import Estimate
from ganeval.core.rows import Rows
from ganeval.evaluation.engine import Features
from ganeval.evaluation.floors import floors
from ganeval.evaluation.options import Options
from ganeval.evaluation.scores import given_to, outcomes
from ganeval.evaluation.settings import SelectedMetric, Settings, require_metrics, settings_for
from ganeval.evaluation.sides import ImagesLike, OpenedSide, extract, open_side
from ganeval.evaluation.warnings import contradiction, depends, views_of_both, warnings_on, width
from ganeval.intervals.intervals import estimates
from ganeval.metrics.base import Metric, Outcome, Pair
from ganeval.numerics.dependence import REASON, warning
from ganeval.report.report import Finding, Floor, NamedPair, Report, Result, Side


def reference(
    real: ImagesLike,
    *,
    metrics: Sequence[str] | None = None,
    **options: Unpack[Options],
) -> Features:
    """The real side, computed once; pass it as `real` to any number of `evaluate` calls.

    Options are those of `evaluate`. The collection keeps its extractor, so that later calls load
    no network again; their metrics must be content with what these metrics made it keep. Where these read no real
    images, as the Inception Score, none is read.
    """
    settings = settings_for(real, metrics=metrics, **options)
    require_metrics(settings)
    return extract(open_side(real, settings), settings, wants=settings.wants("real"), prefers=settings.prefers("real"))


def evaluate(
    real: ImagesLike = None,
    fake: ImagesLike = None,
    *,
    metrics: Sequence[str] | None = None,
    train: ImagesLike = None,
    held_out: ImagesLike = None,
    **options: Unpack[Options],
) -> Report:
    """Score `fake` against `real`.

    Each side is a path (folder, .zip, .tar, .npy, .npz), a set's name (`cifar10:train`), an array or
    tensor of images (float ones through `ganeval.images`, which states their range), a generator
    (a function `(n, seed) -> images`, `ganeval.sampler`, `ganeval.from_module`), a torch dataset, a
    loader or an iterable of batches (`ganeval.stream`), or what `reference` returned. `metrics` are specs
    (None: the defaults). `train` are the images that the model learnt from, where they are not the real ones: metrics
    of copying read them. `held_out` are other reals; without them the real side is halved to tell what reals score
    against themselves, unless `floor` is "off".
    `ganeval.Options` says what the other keywords are. Raises GanevalError.
    """
    settings = settings_for(real, metrics=metrics, **options)
    return next(evaluated(real, [fake], settings=settings, beside={"train": train, "held_out": held_out}))


def evaluated(
    real: ImagesLike, fakes: Sequence[ImagesLike], *, settings: Settings, beside: Mapping[str, ImagesLike] | None = None
) -> Iterator[Report]:
    """A report on each of `fakes` against `real`, which is collected once; all sides are checked before the first.

    `beside` are further sides by role, train and held_out; those that nothing reads are left alone.
    """
    require_metrics(settings)
    images = {"real": [real], "fake": fakes}
    for role in settings.roles:
        if any(side is None for side in images[role]):
            raise SourceError(f"no {role} images given, and {settings.metrics[0].entry.name} needs them")
    further = {role: [side] for role, side in (beside or {}).items() if side is not None and settings.wants(role)}
    roles = (*settings.roles[:-1], *further, *settings.roles[-1:])
    plans = {role: [open_side(side, settings, role=role) for side in {**images, **further}[role]] for role in roles}
    for selection in settings.metrics:
        for role in selection.metric.roles:
            for plan in plans[role]:
                _require_enough(selection.metric, role, plan, settings)
    sides = {role: _pass(plans[role][0], role, settings) for role in roles[:-1]}
    for plan in plans[roles[-1]]:
        yield scored({**sides, roles[-1]: _pass(plan, roles[-1], settings)}, settings)


def _pass(plan: OpenedSide | Features, role: str, settings: Settings) -> Features:
    return extract(plan, settings, wants=settings.wants(role), prefers=settings.prefers(role))


def _require_enough(metric: Metric, role: str, plan: OpenedSide | Features, settings: Settings) -> None:
    """Refuses, before any pass, a side that holds too few images or not what is wanted."""
    if isinstance(plan, Features):
        spec, n = plan.spec, extract(plan, settings, wants=settings.wants(role)).n
    else:
        spec, n = plan.source.spec, plan.n
    try:
        metric.require(**{role: n})
    except TooFewError as error:
        raise TooFewError(f"{spec}: {error}") from error


def scored(sides: Mapping[str, Features], settings: Settings, *, dependent: frozenset[str] | None = None) -> Report:
    """The report on collected sides.

    By the views in `dependent` the fakes were made from the reals one by one (None: it is found out).
    """
    _require_same_width(sides)
    if dependent is None:
        dependent = _dependent_views(sides, settings)
    results, findings = _judged(sides, settings, settings.metrics, dependent)
    if not dependent and _unsure(results) and all(_holds_rows(sides, selection.metric) for selection in settings.spare):
        results = [*_judged(sides, settings, settings.spare, dependent)[0], *results]
    counts = {role: side.n for role, side in sides.items()}
    sentences = [warning(sides["fake"].spec)] if dependent else []
    doubt = contradiction({result.key: result for result in results}, settings, counts=counts)
    return Report(
        results=tuple(results),
        sides={role: _side(side) for role, side in sides.items()},
        protocol=settings.protocol,
        seed=settings.seed,
        warnings=(*warnings_on(sides, settings), *sentences, *([f"{sides['fake'].spec}: {doubt}"] if doubt else ())),
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        findings=tuple(findings),
    )


def _dependent_views(sides: Mapping[str, Features], settings: Settings) -> frozenset[str]:
    """The views by which the fakes were made from the reals one by one, where intervals are wanted of them."""
    views = views_of_both(settings)
    return frozenset(view for view in views if depends(sides["real"], sides["fake"], view=view))


def _judged(
    sides: Mapping[str, Features], settings: Settings, selections: Sequence[SelectedMetric], dependent: frozenset[str]
) -> tuple[list[Result], list[Finding]]:
    results: list[Result] = []
    findings: list[Finding] = []
    metrics, intervals = [selection.metric for selection in selections], settings.intervals
    inputs = [given_to(metric, sides) for metric in metrics]
    below = floors(metrics, sides, seed=settings.seed) if settings.floors else [{} for _ in metrics]
    by_metric = outcomes(metrics, inputs)
    for selection, statistics, outcome, floor in zip(selections, inputs, by_metric, below, strict=True):
        why = REASON if selection.metric.view in dependent else None
        by_key: dict[str, Estimate] = {}
        if intervals is not None:
            by_key = estimates(selection.metric, statistics, outcome=outcome, intervals=intervals, dependent=why)
        results += _results(selection, outcome, settings, _Beside(by_key, floor))
        if outcome.sentences or outcome.details:
            pairs = tuple(_named(pair, sides) for pair in outcome.pairs)
            findings.append(
                Finding(
                    metric=selection.spec,
                    sentences=outcome.sentences,
                    details=outcome.details,
                    pairs=pairs,
                    alarm=outcome.alarm,
                )
            )
    return results, findings


def _unsure(results: Sequence[Result]) -> bool:
    return all(result.no_interval is not None for result in results)


def _holds_rows(sides: Mapping[str, Features], metric: Metric) -> bool:
    """Whether the rows that this metric reads are known, and enough of them."""
    statistics = [sides[role].statistics.get(metric.view) for role in metric.roles]
    return all(isinstance(side, Rows) and side.n >= metric.minimum for side in statistics)


def _named(pair: Pair, sides: Mapping[str, Features]) -> NamedPair:
    def name(role: str, index: int) -> str:
        side = sides[role]
        return f"{side.spec}[{index}]" if side.source is None else side.source.place(index)

    other = name(pair.role, pair.other)
    return NamedPair(
        fake=pair.fake,
        fake_name=name("fake", pair.fake),
        other=pair.other,
        other_name=other,
        role=pair.role,
        share=pair.share,
    )


def _versions() -> dict[str, str]:
    versions = {}
    for name in ("ganeval", "torch", "torchvision", "numpy", "pillow", "pytorch-fid", "onnxruntime"):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def _require_same_width(sides: Mapping[str, Features]) -> None:
    for view in {view for side in sides.values() for view in side.statistics}:
        widths = {s.spec: width(s.statistics[view]) for s in sides.values() if view in s.statistics}
        if len(set(widths.values())) > 1:
            text = " and ".join(f"{spec} has {d:,}" for spec, d in widths.items())
            raise FeatureError(f"feature dimensions differ: {text}; use one extractor (and image size) for both")


@dataclass(frozen=True)
class _Beside:
    """What stands beside the scores of a metric, by key."""

    estimates: Mapping[str, Estimate]
    floors: Mapping[str, Floor]


def _results(selection: SelectedMetric, outcome: Outcome, settings: Settings, beside: _Beside) -> Iterable[Result]:
    spec, options = selection.spec, selection.options
    for key, score in selection.metric.scores.items():
        value = outcome.scores[key]
        if value is not None and not np.isfinite(value):
            raise FeatureError(f"{spec}: {key} is {value} on these rows: they are too large, or degenerate")
        estimate = beside.estimates.get(key, Estimate(value))
        name = score.name(settings.extractor.name, genuine=settings.extractor.is_fid_inception)
        yield Result(
            key=selection.keys[key],
            name=f"{name}({options})" if options else name,
            metric=spec,
            value=_number(value),
            better=score.better,
            group=selection.metric.group,
            decimals=score.decimals,
            exponent=score.exponent,
            settings="protocol" if settings.named.covers(selection.entry.name) else "ganeval",
            total=outcome.totals.get(key),
            withheld=outcome.withheld.get(key),
            secondary=score.secondary,
            corrected=_number(estimate.corrected),
            low=_number(estimate.low),
            high=_number(estimate.high),
            level=estimate.level,
            method=estimate.method,
            no_interval=estimate.reason,
            p_value=estimate.p_value,
            floor=beside.floors.get(key),
        )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _side(side: Features) -> Side:
    skipped = tuple((note.where, note.what) for note in side.skipped)
    fingerprint = None if side.protocol is None else side.protocol.fingerprint
    return Side(
        spec=side.spec,
        n=side.n,
        available=side.available,
        ignored=side.ignored,
        skipped=skipped,
        protocol=fingerprint,
        rounding=side.rounding,
        cached=side.cached,
        digest=side.digest,
    )
