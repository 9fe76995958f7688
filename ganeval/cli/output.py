"""Everything that is printed: stdout carries results, stderr progress and warnings."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ganeval.cli.plain import WIDTH, is_plain
from ganeval.core.files import replacing, require_writable
from ganeval.evaluation.settings import Settings
from ganeval.evaluation.sides import OpenedSide, open_side
from ganeval.report.report import Report


def columns() -> int:
    """The width that stdout offers: 80 unless it is a terminal."""
    return WIDTH if is_plain() else Console().width


def show(renderable: RenderableType) -> None:
    """Print on stdout: rich on a terminal, plain text of 80 columns elsewhere."""
    if is_plain():
        console = Console(file=sys.stdout, width=WIDTH, color_system=None, force_terminal=False, highlight=False)
    else:
        console = Console(highlight=False)
    with console.capture() as capture:
        console.print(renderable)
    click.echo("\n".join(line.rstrip() for line in capture.get().rstrip().split("\n")))


def show_warnings(warnings: Iterable[str], *, quiet: bool) -> None:
    """One line each on stderr."""
    if not quiet:
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)


Target = Path | Literal["-"]


def write_json(text: str, target: Target) -> None:
    """Into a file, whole or not at all, or on stdout for `-` and then in ASCII."""
    if target == "-":
        click.echo(json.dumps(json.loads(text), indent=2))
    else:
        require_writable(target)
        with replacing(target) as file:  # file names that are not UTF-8 become JSON's escapes
            file.write((text + "\n").encode(errors="backslashreplace"))


def show_plan(settings: Settings, sides: Mapping[str, str]) -> None:
    """What a run would do: sources with counts, extractor, weights, metrics."""
    for role, spec in sides.items():
        plan = open_side(spec, settings, role=role)
        available = plan.source.available if isinstance(plan, OpenedSide) else plan.available
        ignored = plan.source.ignored if isinstance(plan, OpenedSide) else plan.ignored
        rest = f", {ignored} other file{'s' if ignored > 1 else ''} ignored" if ignored else ""
        notes = plan.source.notes if isinstance(plan, OpenedSide) else ()
        rest += "".join(f"; {note.what}" for note in notes)
        of = "" if isinstance(plan, OpenedSide) and available is None else f" of {available}"
        click.echo(f"{role:<10} {spec}: {'?' if plan.n is None else plan.n}{of} images{rest}")
    click.echo(f"extractor  {settings.extractor.name}, views {', '.join(settings.extractor.views)}")
    click.echo(f"weights    {settings.extractor.origin}")
    click.echo(f"resize     {settings.extractor.resize}, EXIF orientation {settings.exif}")
    click.echo(f"metrics    {', '.join(selection.spec for selection in settings.metrics)}")
    click.echo(f"seed       {settings.seed}")
    click.echo("dry run: no image was read")


def reports_json(reports: Mapping[str, Report]) -> str:
    """One report as itself, several as a list."""
    texts = [report.to_json() for report in reports.values()]
    return texts[0] if len(texts) == 1 else "[" + ",\n".join(texts) + "]"


class _Rate(ProgressColumn):
    """Images per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} img/s" if task.speed else "", style="cyan")


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator:
    """A callback for the engine that draws one bar per source on stderr; None when quiet or not on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    tasks: dict[str, TaskID] = {}

    def progress(label: str, done: int, total: int | None) -> None:
        if not tasks:
            bars.start()
        if label not in tasks:
            tasks[label] = bars.add_task(escape(label), total=total)
        bars.update(tasks[label], completed=done)

    try:
        yield progress
    finally:
        if tasks:
            bars.stop()
