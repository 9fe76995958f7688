"""The rooms of the house and the direction of their imports: downwards only, never sideways, never in a circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

import ganeval

HOUSE = Path(ganeval.__file__).parent
LEVELS = (
    ("core",),
    ("numerics", "sources", "extractors"),
    ("metrics",),
    ("intervals", "report"),
    ("evaluation",),
    ("comparison", "training", "leaderboard"),
    ("integrations",),
    ("cli",),
    ("",),  # the modules at the root: `ganeval` itself, `__main__`
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}


def modules(house: Path) -> dict[str, Path]:
    """Every module by its dotted name inside the house; the root is ''."""
    found = {}
    for path in sorted(house.rglob("*.py")):
        name = ".".join(path.relative_to(house).with_suffix("").parts)
        found[name.removesuffix("__init__").rstrip(".")] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the house that a module imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name.partition(".")[2] for a in node.names if a.name.partition(".")[0] == "ganeval")
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(
                filter(None, ["ganeval", name if path.name == "__init__.py" else name.rpartition(".")[0]])
            )
            whole = resolve_name("." * node.level + (node.module or ""), package)
            if whole.partition(".")[0] == "ganeval":
                base = whole.partition(".")[2]
                for alias in node.names:
                    inner = f"{base}.{alias.name}".strip(".")
                    yield inner if inner in known else base


def faults(house: Path) -> list[str]:
    """What breaks the law in a house: arrows up or sideways, circles inside a room, rooms without a level."""
    known = modules(house)
    arrows = {name: set(imported(name, path, known)) - {name} for name, path in known.items()}
    rooms = {name: name.partition(".")[0] if "." in name or known[name].name == "__init__.py" else "" for name in known}
    unknown = sorted(set(rooms.values()) - LEVEL.keys())
    if unknown:
        return [f"no level for {', '.join(unknown)}"]
    found = []
    for name, others in arrows.items():
        for other in sorted(others):
            here, there = rooms[name], rooms.get(other, other.partition(".")[0])
            if here != there and LEVEL[there] >= LEVEL[here]:
                found.append(f"{name or 'the root'} imports {other or 'the root'}")
    for room in set(rooms.values()) - {""}:
        inside = {n: {o for o in others if rooms.get(o) == room} for n, others in arrows.items() if rooms[n] == room}
        try:
            TopologicalSorter(inside).prepare()
        except CycleError as error:
            found.append(f"a circle: {' → '.join(error.args[1])}")
    return found


def test_imports_point_downwards():
    assert faults(HOUSE) == []


def planted(folder: Path, **files: str) -> Path:
    """A small house that keeps the law, and what is planted into it (`room__module="code"`)."""
    sound = {
        "core__rows": "", "numerics__distances": "from ganeval.core.rows import Rows", "metrics__fd": "",
        "sources__folder": "import ganeval.core.rows", "cli__eval": "from ganeval.metrics import fd", "__main__": "",
    }  # fmt: skip
    for name, code in {**sound, **files}.items():
        room, _, module = name.rpartition("__") if name != "__main__" else ("", "", name)
        path = folder / room / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(code, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, []),
        ({"core__types": "from ganeval.metrics.fd import FD"}, ["core.types imports metrics.fd"]),
        ({"core__types": "def f():\n    import ganeval.cli.eval"}, ["core.types imports cli.eval"]),
        ({"core__types": "from ..metrics import fd"}, ["core.types imports metrics.fd"]),
        ({"core__types": "from ganeval import images"}, ["core.types imports the root"]),
        ({"numerics__pairs": "from ganeval.sources import folder"}, ["numerics.pairs imports sources.folder"]),
        ({"core__a": "from ganeval.core import b", "core__b": "from ganeval.core.a import x"}, ["a circle"]),
        ({"core__a": "from . import b", "core__b": "def f():\n    from .a import x"}, ["a circle"]),
        ({"attic__a": ""}, ["no level for attic"]),
    ],
)
def test_what_is_planted_is_found(tmp_path, files, says):
    found = faults(planted(tmp_path / "ganeval", **files))
    assert len(found) == len(says)
    assert all(text.startswith(start) for text, start in zip(found, says, strict=True)), found


def test_the_house_has_few_doors():
    """Rooms, and four modules: what `ls` shows is the sentence of docs/architecture.md."""
    entries = {path.name for path in HOUSE.iterdir() if path.is_file() or any(path.rglob("*.py"))}
    assert entries <= {*LEVEL, "__init__.py", "__main__.py", "py.typed", "torchmetrics.py"}
