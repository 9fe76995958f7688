"""List metrics, extractors and diagnostics."""

import click

from ganeval.cli.command import Command
from ganeval.cli.output import show
from ganeval.cli.plain import is_plain, told
from ganeval.core.registry import Kind, entries
from ganeval.report.text import plain_table

_KINDS: tuple[Kind, ...] = ("metric", "extractor", "diagnostic")


@click.command("list", cls=Command)
@click.option("--debug", is_flag=True, hidden=True)
def command(debug: bool) -> None:
    """List metrics, extractors and diagnostics with one line on each."""
    for kind in _KINDS:
        names = [
            (f"{i.name}, {i.initials}" if i.initials and kind == "metric" else i.name, i.summary) for i in entries(kind)
        ]
        rows = [tuple(map(told, row)) for row in names]
        show(plain_table([kind, "what it is"], rows, plain=is_plain()))
        click.echo()
    click.echo("ganeval explain NAME tells more.")
