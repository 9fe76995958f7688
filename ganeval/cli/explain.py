"""Explain a metric, an extractor, a diagnostic or a protocol: what it sees, its options, what to cite."""

import dataclasses

import click

from ganeval.cli.command import Command
from ganeval.cli.plain import flowing, prose
from ganeval.core.errors import SpecError
from ganeval.core.protocol import NamedProtocol, named_protocol
from ganeval.core.registry import Entry, Kind, entries, entry, spoken_names
from ganeval.core.spec import nearest_name, option_notes
from ganeval.training.diagnostic import BASES

_KINDS: tuple[Kind, ...] = ("metric", "extractor", "diagnostic")


@click.command("explain", cls=Command)
@click.argument("name")
@click.option("--debug", is_flag=True, hidden=True)
def command(name: str, debug: bool) -> None:
    """Explain NAME, a metric, an extractor, a diagnostic, or protocol:NAME."""
    text = _protocol(named_protocol(name.partition(":")[2])) if name.startswith("protocol:") else _entry(_found(name))
    click.echo(prose(text))


def _entry(item: Entry) -> str:
    cls = item.load()
    lines = [f"{item.name} ({item.kind})", "", flowing(item.docstring())]
    silent = ("argument", "device", "weights", "seed")
    fields = [f for f in dataclasses.fields(cls) if f.init and f.name not in silent]
    if fields:
        notes = option_notes(cls)
        shown = [(f"{f.name}={f.default}", notes.get(f.name, "")) for f in fields]
        wide = max(len(setting) for setting, _ in shown)
        lines += ["", "Options:", *(f"  {setting:<{wide}}  {note}".rstrip() for setting, note in shown)]
    if item.kind == "metric":
        lines += ["", f"Cite: {cls.citation}"]
    if item.kind == "diagnostic":
        texts = (cls.remedy, cls.caveat, f"{BASES[cls.basis]} ({cls.source})")
        lines += [
            "",
            *(flowing(f"{name}: {text}") for name, text in zip(("Do", "But", "Threshold"), texts, strict=True)),
        ]
    return "\n".join(lines)


def _protocol(named: NamedProtocol) -> str:
    lines = [f"{named.name} (protocol, version {named.version})", "", f"Stands for {named.project}.", ""]
    lines.append(f"resizer    {named.resizer}")
    lines.append("normalise  " + {"symmetric": "2x - 1 for x in [0, 1]", "tf1": "(v - 128) / 128"}[named.normalise])
    for metric, options in named.metrics.items():
        settings = ", ".join(f"{key}={value}" for key, value in options.items()) or "as ganeval's"
        lines.append(f"{metric:<18} {settings}")
    if named.metrics:
        lines.append("Metrics that are not named here keep ganeval's settings, and reports mark them so.")
    return "\n".join([*lines, "", *(f"* {note}" for note in named.notes)])


def _found(name: str) -> Entry:
    for kind in _KINDS:
        try:
            return entry(kind, name)
        except SpecError:
            continue
    shelf = [item for kind in _KINDS for item in entries(kind)]
    known, spoken = [item.name for item in shelf], spoken_names(shelf)
    raise SpecError(f"nothing here is called {name!r}{nearest_name(name.lower(), spoken)} (known: {', '.join(known)})")
