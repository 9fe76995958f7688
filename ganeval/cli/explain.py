"""Explain a metric or an extractor: what it sees, its options, what to cite."""

import dataclasses

import click

from ganeval.errors import SpecError
from ganeval.registry import Entry, Kind, entries, entry
from ganeval.spec import nearest_name

_KINDS: tuple[Kind, ...] = ("metric", "extractor")


@click.command("explain", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name")
@click.option("--debug", is_flag=True, hidden=True)
def command(name: str, debug: bool) -> None:
    """Explain NAME, a metric or an extractor."""
    item = _found(name)
    cls = item.load()
    click.echo(f"{item.name} ({item.kind})\n")
    click.echo(item.docstring().strip())
    fields = [f for f in dataclasses.fields(cls) if f.init and f.name not in ("device", "weights", "seed")]
    if fields:
        click.echo("\nOptions: " + ", ".join(f"{f.name}={f.default}" for f in fields))
    if item.kind == "metric":
        click.echo(f"\nCite: {cls.citation}")


def _found(name: str) -> Entry:
    for kind in _KINDS:
        try:
            return entry(kind, name)
        except SpecError:
            continue
    known = [item.name for kind in _KINDS for item in entries(kind)]
    raise SpecError(f"nothing here is called {name!r}{nearest_name(name.lower(), known)} (known: {', '.join(known)})")
