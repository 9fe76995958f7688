"""What a reader of the numbers should know: the warnings of a report."""

from collections.abc import Iterable, Mapping, Sequence

from ganeval.engine import Collection
from ganeval.run import Chosen, Run
from ganeval.statistics import Moments, Statistic


def warnings_on(sides: Mapping[str, Collection], settings: Run) -> Iterable[str]:
    """All warnings of an evaluation, sides first."""
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
        if chosen.metric.view in side.stated:
            continue  # the moments of a whole set, whose n nobody states
        d = width(side.statistics[chosen.metric.view])
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
        if set(places) == {side.spec}:
            yield f"{side.spec}: {what}"
            continue
        yield f"{side.spec}: {what} in {_counted(places)} (first: {places[0]})"


def _counted(images: Sequence) -> str:
    return f"{len(images):,} image" + ("s" if len(images) != 1 else "")


def width(statistic: Statistic) -> int:
    """Number of feature dimensions."""
    return statistic.d if isinstance(statistic, Moments) else statistic.values.shape[1]
