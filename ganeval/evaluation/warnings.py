"""What a reader of the numbers should know: the warnings of a report."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ganeval.core.rows import Moments, Rows, Statistic
from ganeval.evaluation.engine import Features
from ganeval.evaluation.scores import given_to
from ganeval.evaluation.settings import SelectedMetric, Settings
from ganeval.numerics.dependence import dependence
from ganeval.numerics.duplicates import MOST, different
from ganeval.report.report import Result
from ganeval.sources.labels import in_class_order

_AT_FLOOR = 0.1  # of a floor: what a distance of fakes may exceed it by and still take them for real
_SAME = 1e-9  # of a score: what rounding leaves of an order
_FAR_BELOW = 0.5  # of what other reals score


def warnings_on(sides: Mapping[str, Features], settings: Settings) -> Iterable[str]:
    """All warnings of an evaluation, sides first."""
    counts = {role: side.n for role, side in sides.items() if role in ("real", "fake")}
    first, *others = sides.values()
    if len(others) == 1 and first.is_same_place(others[0]):
        yield f"{' and '.join(sides)} are the same place ({first.spec}): the numbers say nothing"
    for role, side in sides.items():
        yield from side_warnings(side, settings, role=role)
    if "fake" in sides:
        yield from repeats(sides["fake"])
        yield from class_orders(sides, settings)
    if len(set(counts.values())) > 1 and None not in counts.values():
        names = [c.entry.name for c in settings.metrics if c.metric.depends_on_n and len(c.metric.roles) > 1]
        if names:
            pairs = ", ".join(f"{n:,} {role}" for role, n in counts.items())
            depend = "depend" if len(names) > 1 else "depends"
            yield f"unequal numbers of images ({pairs}): {', '.join(names)} {depend} on n; --n makes them equal"
    for selection in settings.metrics:
        if selection.metric.statistic is Moments:
            yield from _few(selection, sides)


def class_orders(sides: Mapping[str, Features], settings: Settings) -> Iterable[str]:
    """Whether a score whose parts are cut in the order of the images was made of fakes that are sorted by class."""
    for selection in settings.metrics:
        shuffled = selection.metric.shuffled
        if shuffled is None or not _in_class_order(sides["fake"], selection.metric.view):
            continue
        statistics = given_to(selection.metric, sides)
        there = selection.metric(**statistics)
        for key, value in shuffled(**statistics).items():
            score = selection.metric.scores[key]
            name = score.name(settings.extractor.name, genuine=settings.extractor.is_fid_inception)
            here = there[key]
            if value is not None and here is not None and abs(value - here) > _SAME * abs(value):
                yield (
                    f"{sides['fake'].spec}: its images come class by class, and {name} {here:.{score.decimals}f} is "
                    f"the mean over parts in that order: shuffled it is {value:.{score.decimals}f}"
                )


def _in_class_order(side: Features, view: str) -> bool:
    """By class labels, else by file names or the labels beside the images."""
    rows = side.statistics.get(view)
    if not isinstance(rows, Rows):
        return False
    labels = rows.labels
    if labels is None and side.source is not None:
        labels = side.source.order_labels(rows.index)
    return labels is not None and in_class_order(labels)


def depends(real: Features, fake: Features, *, view: str) -> bool:
    """Whether these fakes were made from the reals one by one, as far as the rows of a view tell."""
    a, b = real.statistics.get(view), fake.statistics.get(view)
    return isinstance(a, Rows) and isinstance(b, Rows) and dependence(a.values, b.values).is_sure


def views_of_both(settings: Settings) -> frozenset[str]:
    """The views of the metrics whose intervals take the sides for independent; none where no intervals are wanted."""
    metrics = [selection.metric for selection in settings.metrics] if settings.intervals else []
    return frozenset(metric.view for metric in metrics if metric.compares_sides)


def contradiction(results: Mapping[str, Result], settings: Settings, *, counts: Mapping[str, int | None]) -> str | None:
    """A sentence where a distance takes the fakes for real and a share, such as recall, is far below its floor.

    A few points with the reals' mean and covariance have a Fréchet distance of 0, and look like no image. Repeated
    ones may only show among all images (`counts` of both sides), which are compared where there are fakes enough.
    """
    blind = [result.name for result in results.values() if result.group == "distance" and _takes_for_real(result)]
    enough = 2 * (counts.get("fake") or 0) >= (counts.get("real") or np.inf)
    low = []
    for selection in settings.metrics:
        for key, score in selection.metric.scores.items():
            result = results[selection.keys[key]]
            floor = result.floor
            if floor is None or result.value is None or (score.better, score.bounds) != ("higher", (0.0, 1.0)):
                continue
            least = min(floor.fake, result.value) if enough else floor.fake
            if least < _FAR_BELOW * floor.value:
                low.append(
                    (least / floor.value, f"{result.name} is {least:.3f} where other reals have {floor.value:.3f}")
                )
    if not blind or not low:
        return None
    return (
        f"{' and '.join(blind)} cannot tell the fakes from other reals, but their {min(low)[1]}: a few points can "
        "share the averages that such a distance compares"
    )


def _takes_for_real(result: Result) -> bool:
    """Its interval holds 0, or it is at its floor; of all images, at half its floor, as biases fall with n."""
    floor, value = result.floor, result.value
    if floor is None or value is None:
        return result.indistinguishable
    at_floor = floor.fake <= floor.value + _AT_FLOOR * abs(floor.value) or value <= floor.value / 2
    return at_floor or result.indistinguishable


def repeats(side: Features) -> Iterable[str]:
    """Whether many of a side's images are the same one again."""
    rows = side.statistics.get("features")
    count = different(rows) if isinstance(rows, Rows) else 0
    if isinstance(rows, Rows) and count < (1 - MOST) * rows.n:
        yield (
            f"{side.spec}: {rows.n - count:,} of its {rows.n:,} images repeat others, {count:,} are different: a "
            "distance can be near 0 all the same; recall, coverage and support-size tell"
        )


def _few(selection: SelectedMetric, sides: Mapping[str, Features]) -> Iterable[str]:
    for role in selection.metric.roles:
        side = sides[role]
        if selection.metric.view in side.stated:
            continue  # the moments of a whole set, whose n nobody states
        d = width(side.statistics[selection.metric.view])
        if side.n is not None and side.n <= d:
            yield (
                f"{selection.entry.name}: {side.n} {role} images in {d} dimensions put it far above its value for many "
                "images: compare only with numbers at the same n (KID has no such bias)"
            )
            return


def side_warnings(side: Features, settings: Settings, *, role: str = "real") -> Iterable[str]:
    """What is worth telling about one side alone: unknown protocol, skipped files, lossy conversions."""
    if side.protocol is None:
        yield f"{side.spec}: protocol unknown; nothing can check that it was made with {settings.extractor.name}"
    if settings.n is not None and role != "train" and side.n == side.available != settings.n:
        yield f"{side.spec}: holds no images to choose from, so n = {settings.n} does not apply to it"
    if side.skipped:
        first = side.skipped[0]
        yield f"{side.spec}: {_counted(side.skipped)} skipped as broken (first: {first.where}: {first.what})"
    by_kind: dict[str, list[str]] = {}
    for note in side.notes:
        if note.kind == "warning":
            by_kind.setdefault(note.what, []).append(note.where)
    for what, places in by_kind.items():
        if set(places) == {side.spec}:
            yield f"{side.spec}: {what}"
            continue
        yield f"{side.spec}: {what} in {_counted(places)} (first: {places[0]})"


def _counted(images: Sequence) -> str:
    return f"{len(images):,} image" + ("s" if len(images) != 1 else "")


def width(statistic: Statistic) -> int:
    """Number of feature dimensions."""
    return statistic.d if isinstance(statistic, Moments) else statistic.values.shape[1]
