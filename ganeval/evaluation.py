"""Score fakes against reals: the two public calls, and from collected sides to a report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from ganeval.cautions import warnings_on, width
from ganeval.engine import Collection, Engine
from ganeval.errors import FeatureError, SourceError, TooFewError
from ganeval.extractor import Extractor
from ganeval.metric import Metric
from ganeval.plan import Given, Planned, collected, planned
from ganeval.report import Report, Result, Side
from ganeval.run import Chosen, Run, run
from ganeval.sources.decode import Exif
from ganeval.sources.source import OnError
from ganeval.statistics import Statistic


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
        warnings=tuple(warnings_on(sides, settings)),
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
        widths = {s.spec: width(s.statistics[view]) for s in sides.values() if view in s.statistics}
        if len(set(widths.values())) > 1:
            told = " and ".join(f"{spec} has {d:,}" for spec, d in widths.items())
            raise FeatureError(f"feature dimensions differ: {told}; use one extractor (and image size) for both")


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
