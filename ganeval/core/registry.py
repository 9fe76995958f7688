"""What is on the shelf: the modules of a folder, listed without importing them.

A metric, an extractor or a diagnostic is one file that assigns `METRIC`, `EXTRACTOR` or `DIAGNOSTIC`. Its file name
is its name on the command line; a name of several words also answers to its initials. Listing reads the
files' first docstring line, so that it loads neither torch nor any other heavy library. The ways to make intervals are
found in the same way (`METHOD`), by the descriptions that metrics declare, not by name.
"""

import ast
import importlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ganeval.core.errors import SpecError
from ganeval.core.spec import nearest_name

Kind = Literal["metric", "extractor", "diagnostic", "interval"]
_FOLDERS = {
    "metric": "ganeval.metrics",
    "extractor": "ganeval.extractors",
    "diagnostic": "ganeval.training.diagnostics",
    "interval": "ganeval.intervals",
}
_MARKS = {"metric": "METRIC", "extractor": "EXTRACTOR", "diagnostic": "DIAGNOSTIC", "interval": "METHOD"}


@dataclass(frozen=True)
class Entry:
    """One file on the shelf: its CLI name, its initials if it has several words, its first line."""

    kind: Kind
    name: str
    module: str
    summary: str

    @property
    def initials(self) -> str | None:
        """`pr` for `precision-recall`; None for a single word."""
        words = self.name.split("-")
        return "".join(word[0] for word in words) if len(words) > 1 else None

    def load(self) -> Any:
        """The class that the file offers (imports it)."""
        return getattr(importlib.import_module(self.module), _MARKS[self.kind])

    def docstring(self) -> str:
        """The whole module docstring."""
        return importlib.import_module(self.module).__doc__ or ""


def entries(kind: Kind) -> list[Entry]:
    """All files of a kind, by name."""
    package = _FOLDERS[kind]
    shelf = []
    for folder in _folders(package):
        for path in sorted(Path(folder).glob("[!_]*.py")):
            summary = _summary(path, path.stat().st_mtime_ns, _MARKS[kind])
            if summary is not None:
                shelf.append(Entry(kind, path.stem.replace("_", "-"), f"{package}.{path.stem}", summary))
    return shelf


def _folders(package: str) -> Iterable[str]:
    """Where the files of a package lie. One that is not loaded stays so: help shall not wait for it."""
    loaded = sys.modules.get(package)
    if loaded is not None:
        return loaded.__path__
    return [str(Path(__file__).parents[1].joinpath(*package.split(".")[1:]))]


def entry(kind: Kind, name: str) -> Entry:
    """The file called `name` (or its initials); SpecError with a suggestion when there is none."""
    wanted = name.lower().replace("_", "-")
    shelf = entries(kind)
    for item in shelf:
        if wanted in (item.name, item.initials):
            return item
    known = ", ".join(item.name for item in shelf)
    raise SpecError(f"unknown {kind} {name!r}{nearest_name(wanted, spoken_names(shelf))} (known: {known})")


def spoken_names(shelf: Iterable[Entry]) -> list[str]:
    """Names and initials: all that a slip of the keys can have meant."""
    return [name for item in shelf for name in (item.name, item.initials) if name]


@cache
def _summary(path: Path, changed: int, mark: str) -> str | None:
    """The first line of a file's docstring, None without the mark; a file is parsed again after it has `changed`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not any(_assigns(node, mark) for node in tree.body):
        return None
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def _assigns(node: ast.stmt, mark: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == mark for t in node.targets)
