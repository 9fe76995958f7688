"""A comparison as text: four rows and a sentence for every pair, plain ASCII of 80 columns where it is piped."""

import textwrap
from collections.abc import Iterator, Sequence

from ganeval.comparison.compare import Comparison, Contender
from ganeval.comparison.verdicts import Row
from ganeval.intervals.multiplicity import FEWEST_RUNS, RankSet
from ganeval.metrics.base import ASPECTS
from ganeval.report.text import INDEPENDENT

_ASPECT_WIDTH = 12
_INDENT = "   "
_MORE = f"To claim more, compare {FEWEST_RUNS} or more training runs a side:"


def comparison_lines(comparison: Comparison, *, plain: bool, width: int = 80) -> list[str]:
    """All that is printed: the sides, a block for each pair, rank sets where runs allow them, notes."""
    lines = [part for side in comparison.sides for text in _described(side) for part in _wrapped(text, width, "    ")]
    for key, ranks in list(comparison.ranks.items())[:1]:
        lines += ["", *_rank_lines(comparison, key, ranks, width)]
    for first, second in comparison.pairs:
        lines += ["", *_block(comparison, first, second, plain, width)]
    if len(comparison.pairs) > 1 and not comparison.several:
        command = f"ganeval compare REAL {' '.join(_side(side) for side in comparison.sides)}"
        lines += ["", _MORE, *_wrapped(command, width, "  ")]
    return [*lines, "", *(part for note in _notes(comparison) for part in _wrapped(note, width, "  "))]


def _described(side: Contender) -> Iterator[str]:
    first, *rest = side.runs
    runs = f"{len(side.runs)} training runs, {first} to {rest[-1]}" if rest else first
    yield f"{side.name} = {runs}"
    for alarm in (*side.copying, *side.doubts):
        yield f"ALARM for {side.name}: {alarm}"


def _side(side: Contender) -> str:
    return f"--side {side.name}='{side.name}/*'"


def _block(comparison: Comparison, first: Contender, second: Contender, plain: bool, width: int) -> Iterator[str]:
    runs = (
        "one training run each" if not comparison.several else f"{len(first.runs)} and {len(second.runs)} training runs"
    )
    counts = [
        f"same {comparison.n_real or '?':,} reals" if comparison.n_real else "same reals",
        f"{comparison.n:,} images each",
        runs,
    ]
    dot = ", " if plain else " · "
    yield from _wrapped(dot.join([f"{second.name} against {first.name}", *counts]), width, "  ")
    rows = comparison.between(first, second)
    yield from _row_lines(rows, _copying(comparison, first, second), width)
    yield from _wrapped(f"=> {comparison.conclusion(first, second)}", width, _INDENT)
    if len(comparison.pairs) == 1 and not comparison.several:
        yield _INDENT + _MORE
        yield _INDENT + "ganeval compare REAL --a 'A/*' --b 'B/*'"
    for row in rows:
        if row.seen or row.unsaid:
            yield from _wrapped(f"{row.aspect or 'other'}: {row.seen or row.unsaid}", width, "  ")


def _row_lines(rows: Sequence[Row], copying: str, width: int) -> Iterator[str]:
    """Aspect, verdict, score and difference in columns; a row that is too wide continues on the next line."""
    verdicts = max(len(row.words) for row in rows)
    headings = max(len(row.heading) for row in rows)
    whole = 2 + _ASPECT_WIDTH + verdicts + 2 + headings + 2 + max(len(row.printed) for row in rows)
    section = ""
    for aspect in (*ASPECTS, None):
        if aspect == "copying":
            yield f"  {aspect:<{_ASPECT_WIDTH}}{copying}"
        for row in (row for row in rows if row.aspect == aspect):
            label = "" if section == str(aspect) else aspect or "other"
            section = str(aspect)
            number = f"{row.heading:<{headings}}  {row.printed}".rstrip()
            if whole <= width:
                yield f"  {label:<{_ASPECT_WIDTH}}{row.words:<{verdicts}}  {number}".rstrip()
            else:
                yield f"  {label:<{_ASPECT_WIDTH}}{row.words}"
                yield " " * (2 + _ASPECT_WIDTH) + f"{row.heading}  {row.printed}".rstrip()


def _copying(comparison: Comparison, first: Contender, second: Contender) -> str:
    names = [side.name for side in (first, second) if side.copying]
    if names:
        return "ALARM for both" if len(names) == 2 else f"ALARM for {names[0]}"
    return "neither" if comparison.copying else "not measured"


def _rank_lines(comparison: Comparison, key: str, ranks: Sequence[RankSet], width: int) -> Iterator[str]:
    """A line a side: name, mean, and the places that are not excluded."""
    row = next(row for row in comparison.rows if row.key == key)
    of, which = ("mean over runs", "runs") if comparison.several else ("of these images", "images")
    yield from _wrapped(
        f"Places by {row.heading}, {of}, {row.better} is better. '1 to 2' is first or second: the {which} do not tell "
        f"which ({100 * comparison.level:g}%, for all at once).",
        width,
        "  ",
    )
    names = max(len(one.name) for one in ranks)
    means = [f"{one.mean * 10**row.exponent:.{row.decimals}f}" for one in ranks]
    sides = {side.name: side for side in comparison.sides}
    for one, mean in zip(ranks, means, strict=True):
        yield f"  {one.name:<{names}}  {mean:>{max(map(len, means))}}  {_place(one, sides[one.name])}"


def _place(one: RankSet, side: Contender) -> str:
    if one.best is not None:
        return f"{one.best}" if one.best == one.worst else f"{one.best} to {one.worst}"
    why = "its alarm is on" if side.copying or side.doubts else "no interval"
    return f"not ranked: {f'only {one.runs} runs' if 1 < one.runs < FEWEST_RUNS else why}"


def _notes(comparison: Comparison) -> Iterator[str]:
    judged = [row for row in comparison.rows if row.reason is None]
    if judged:
        names = [side.name for side in comparison.sides]
        less = "the second side less the first" if len(names) > 2 else f"{names[1]} less {names[0]}"
        among = f" among these {len(judged)}" if len(judged) > 1 else ""
        yield (
            f'A difference is {less}, with its interval in brackets. The chance of any false "closer" or "better"'
            f"{among} is at most {100 * (1 - comparison.level):.3g}%."
        )
        yield INDEPENDENT
    yield comparison.signature


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
