"""Diagnoses as a table, and what to do about the alarms."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from ganeval.report.text import plain_table
from ganeval.training.diagnose import Diagnosis
from ganeval.training.diagnostic import BASES


def diagnosis_table(diagnoses: Sequence[Diagnosis], *, plain: bool) -> RenderableType:
    """A row for each diagnostic that could tell: its verdict, since which step, and the numbers."""
    rows = [
        (one.name, "ALARM" if one.verdict == "alarm" else one.verdict, _step(one), one.message)
        for one in diagnoses
        if one.verdict != "unknown"
    ]
    return plain_table(["diagnostic", "verdict", "since", "what was measured"], rows, plain=plain)


def diagnosis_lines(diagnoses: Sequence[Diagnosis], *, width: int = 80) -> list[str]:
    """For each alarm what to do, when it is wrong, where its threshold comes from; and what could not be told."""
    return [
        part
        for line in _notes(diagnoses)
        for part in textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
    ]


def _notes(diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    alarms = [one for one in diagnoses if one.verdict == "alarm"]
    if not alarms:
        yield "no alarm"
    for one in alarms:
        yield one.name
        yield f"  do: {one.remedy}"
        yield f"  but: {one.caveat}"
        yield f"  threshold: {BASES[one.basis]} ({one.source})"
    untold: dict[str, list[str]] = {}
    for one in diagnoses:
        if one.verdict == "unknown":
            untold.setdefault(one.message, []).append(one.name)
    for why, names in untold.items():
        yield f"not told: {', '.join(names)} ({why})"


def _step(one: Diagnosis) -> str:
    return "" if one.since is None else f"{one.since:,}"
