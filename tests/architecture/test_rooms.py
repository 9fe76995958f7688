"""The rooms of the house and the direction of their imports: downwards only, never sideways, never in a circle."""

import ast
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

import ganeval
import reference_models


@dataclass(frozen=True)
class Law:
    """A package and its levels, from below: rooms, and modules at the root; '' is every other module there."""

    package: str
    folder: Path
    levels: tuple[tuple[str, ...], ...]

    @property
    def level(self) -> dict[str, int]:
        """The level of every room."""
        return {room: level for level, rooms in enumerate(self.levels) for room in rooms}


GANEVAL = Law(
    "ganeval",
    Path(ganeval.__file__).parent,
    (
        ("core",),
        ("numerics", "sources", "extractors"),
        ("metrics",),
        ("intervals", "report"),
        ("evaluation",),
        ("comparison", "training", "leaderboard"),
        ("integrations",),
        ("cli",),
        ("",),  # `ganeval` itself, `__main__`
    ),
)
MODELS = Law(
    "reference_models",
    Path(reference_models.__file__).parent,
    (
        ("errors",),
        ("options", "seeds", "tables"),
        ("data", "models", "rules"),
        ("training",),
        ("latent_space", "lab"),
        ("",),  # `reference_models` itself, `__main__`, the smallest example
    ),
)
CALLS = ("import_module", "__import__")
LAWS = pytest.mark.parametrize("law", [GANEVAL, MODELS], ids=lambda law: law.package)


def modules(house: Path) -> dict[str, Path]:
    """Every module by its dotted name inside the house; the root is ''."""
    found = {}
    for path in sorted(house.rglob("*.py")):
        name = ".".join(path.relative_to(house).with_suffix("").parts)
        found[name.removesuffix("__init__").rstrip(".")] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path], *, package: str) -> Iterator[str]:
    """The modules of the package that a module imports, at its top or inside a function.

    By a statement, by a call with a name in letters, or by what it asks of the package itself (`ganeval.kid`).
    """
    room = name if path.name == "__init__.py" else name.rpartition(".")[0]
    home = f"{package}.{room}".rstrip(".")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name.partition(".")[2] for a in node.names if a.name.partition(".")[0] == package)
        elif isinstance(node, ast.ImportFrom):
            whole = resolve_name("." * node.level + (node.module or ""), home)
            if whole.partition(".")[0] == package:
                base = whole.partition(".")[2]
                for alias in node.names:
                    inner = f"{base}.{alias.name}".strip(".")
                    yield inner if inner in known else base
                    if base and base == room and path.name != "__init__.py" and alias.name in offered(known[base]):
                        yield base  # the room's own shelf, on which a module may lie under a function's name
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
            "import_module",
            "__import__",
        ):
            (text, *_) = [a.value for a in node.args if isinstance(a, ast.Constant)] or [""]
            whole = resolve_name(str(text), home) if str(text).startswith(".") else str(text)
            if whole.partition(".")[0] == package:
                yield whole.partition(".")[2]
        elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith(f"{package}."):
            inner = node.attr if isinstance(node.value, ast.Name) else ""
            if inner and not inner.startswith("__"):
                yield inner if inner in known else ""


def offered(init: Path) -> set[str]:
    """The names in a room's `__all__`."""
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def room_of(name: str, known: dict[str, Path], *, law: Law) -> str:
    """The room of a module, or the module itself where it lies at the root and has a level of its own."""
    head = name.partition(".")[0]
    return head if "." in name or head in law.level or known[name].name == "__init__.py" else ""


def faults(house: Path, law: Law) -> list[str]:
    """What breaks the law in a house: arrows up or sideways, circles inside a room, rooms without a level."""
    known, level = modules(house), law.level
    arrows = {name: set(imported(name, path, known, package=law.package)) - {name} for name, path in known.items()}
    rooms = {name: room_of(name, known, law=law) for name in known}
    unknown = sorted(set(rooms.values()) - level.keys())
    if unknown:
        return [f"no level for {', '.join(unknown)}"]
    found = []
    for name, others in arrows.items():
        for other in sorted(others):
            here, there = rooms[name], rooms.get(other, other.partition(".")[0])
            if there not in level:
                found.append(f"{name or 'the root'} imports {other}, which is not there")
            elif here != there and level[there] >= level[here]:
                found.append(f"{name or 'the root'} imports {other or 'the root'}")
    for room in set(rooms.values()):
        inside = {n: {o for o in others if rooms.get(o) == room} for n, others in arrows.items() if rooms[n] == room}
        try:
            TopologicalSorter(inside).prepare()
        except CycleError as error:
            found.append(f"a circle: {' → '.join(error.args[1])}")
    return found


@LAWS
def test_imports_point_downwards(law):
    assert faults(law.folder, law) == []


def planted(folder: Path, **files: str) -> Path:
    """A small house that keeps the law, and what is planted into it (`room__module="code"`)."""
    sound = {
        "core__rows": "", "numerics__distances": "from ganeval.core.rows import Rows", "metrics__fd": "",
        "sources__folder": "import ganeval.core.rows", "cli__eval": "from ganeval.metrics import fd", "__main__": "",
    }  # fmt: skip
    for name, code in {**sound, **files}.items():
        room, _, module = name.rpartition("__") if name != "__main__" else ("", "", name)
        path = folder / room / ("__init__.py" if module == "init" else f"{module}.py")
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
        ({"core__types": "import ganeval.core.rows\ndef f(): ganeval.evaluate(1)"}, ["core.types imports the root"]),
        ({"core__types": "import ganeval.core.rows\ndef f(): ganeval.cli.main()"}, ["core.types imports cli"]),
        ({"core__types": "import importlib\nimportlib.import_module('ganeval.cli.eval')"}, ["core.types imports cli"]),
        (
            {"core__types": "from importlib import import_module as i\n__import__('ganeval.cli')"},
            ["core.types imports"],
        ),
        ({"core__types": "from ganeval import torchmetric"}, ["core.types imports the root"]),
        ({"core__types": "import ganeval.nothing"}, ["core.types imports nothing, which is not there"]),
        (
            {
                "metrics__init": "from ganeval.metrics.fd import fd\nfrom ganeval.metrics.kid import kid\n"
                "__all__ = ['fd', 'kid']",
                "metrics__kid": "from ganeval.metrics import fd",
            },
            ["a circle"],
        ),
    ],
)
def test_what_is_planted_is_found(tmp_path, files, says):
    found = faults(planted(tmp_path / "ganeval", **files), GANEVAL)
    assert len(found) == len(says)
    assert all(text.startswith(start) for text, start in zip(found, says, strict=True)), found


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("models/dcgan.py", "from reference_models.training.runs import Task", ["models.dcgan imports training.runs"]),
        ("models/dcgan.py", "def f():\n    from reference_models import lab", ["models.dcgan imports lab"]),
        ("data/sets.py", "from reference_models.models import recipes", ["data.sets imports models.recipes"]),
        ("lab/ring.py", "from ..latent_space.paths import path", ["lab.ring imports latent_space.paths"]),
        ("options.py", "import reference_models.seeds", ["options imports seeds"]),
        ("errors.py", "from reference_models.options import pairs", ["errors imports options"]),
        ("training/runs.py", "from reference_models import from_run", ["training.runs imports the root"]),
        ("training/runs.py", "from reference_models.training import loop", ["a circle"]),
        ("attic/a.py", "", ["no level for attic"]),
    ],
)
def test_what_is_planted_among_the_models_is_found(tmp_path, path, code, says):
    """Into a copy of the package itself."""
    house = tmp_path / "reference_models"
    shutil.copytree(MODELS.folder, house, ignore=shutil.ignore_patterns("__pycache__"))
    changed = house / path
    changed.parent.mkdir(exist_ok=True)
    (changed.parent / "__init__.py").touch()
    changed.write_text(f"{changed.read_text() if changed.exists() else ''}\n{code}\n", encoding="utf-8")
    found = faults(house, MODELS)
    assert len(found) == len(says), found
    assert all(text.startswith(start) for text, start in zip(found, says, strict=True)), found


@pytest.mark.parametrize(
    ("law", "doors"),
    [
        (GANEVAL, {"__init__.py", "__main__.py", "py.typed", "torchmetrics.py"}),
        (
            MODELS,
            {"__init__.py", "__main__.py", "errors.py", "options.py", "seeds.py", "tables.py", "minimal_dcgan.py"},
        ),
    ],
    ids=lambda value: getattr(value, "package", ""),
)
def test_the_house_has_few_doors(law, doors):
    """Rooms, and few modules: what `ls` shows is the sentence of docs/architecture.md."""
    entries = {path.name for path in law.folder.iterdir() if path.is_file() or any(path.rglob("*.py"))}
    assert entries <= {*law.level, *doors}
