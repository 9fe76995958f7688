"""Names are nouns of the field: no participle outlives three lines, and what has many parts is named by keywords."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ganeval

HOUSE = Path(ganeval.__file__).parent
PARTICIPLES = {"found", "given", "held", "told", "chosen", "made"}
FILES = sorted(HOUSE.rglob("*.py"))


def participles(tree: ast.AST) -> Iterator[str]:
    """Arguments so named, and variables that are read three lines or more after they are set."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        arguments = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
        yield from (f"{function.name}({name})" for name in sorted(arguments & PARTICIPLES))
        lines: dict[str, list[int]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in PARTICIPLES - arguments:
                lines.setdefault(node.id, []).append(node.lineno)
        yield from (f"{function.name}: {name}" for name, own in sorted(lines.items()) if max(own) - min(own) >= 3)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_participle_outlives_three_lines(path):
    assert list(participles(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_a_planted_participle_is_seen():
    code = "def f(given):\n    found = 1\n    a = 2\n    b = 3\n    return found + a + b\n"
    assert list(participles(ast.parse(code))) == ["f(given)", "f: found"]
    assert list(participles(ast.parse("def f(a):\n    found = a\n    return found\n"))) == []


def fields_by_class(paths: list[Path]) -> dict[str, int]:
    """Dataclasses and named tuples of the house with their number of fields; a name that stands twice has the most."""
    sizes: dict[str, int] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(d) for d in node.decorator_list):
                size = sum(isinstance(item, ast.AnnAssign) for item in node.body)
                sizes[node.name] = max(size, sizes.get(node.name, 0))
    return sizes


@pytest.mark.parametrize("package", [HOUSE, HOUSE.parent / "reference_models"], ids=lambda path: path.name)
def test_beyond_four_fields_every_one_is_named(package):
    paths = sorted(package.rglob("*.py"))
    sizes = fields_by_class(paths)
    places = [
        f"{path.name}:{node.lineno} {ast.unparse(node.func)}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and sizes.get(ast.unparse(node.func).rpartition(".")[2], 0) > 4
        if len(node.args) > 4
    ]
    assert not places
    assert not [path.name for path in paths if "fmt: skip" in path.read_text(encoding="utf-8")]
