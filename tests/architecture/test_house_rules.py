"""The layers, the sizes and the vocabulary of the code."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import ganeval

HOUSE = Path(ganeval.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
CLICKS = ("get_command", "resolve_command", "format_commands", "list_commands", "get_help_record")  # its names


def house_name(path: Path) -> str:
    return path.relative_to(HOUSE).with_suffix("").parts[0]


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found


def lines_of_code(tree: ast.AST, text: str) -> int:
    """Lines that are neither blank, comment nor docstring."""
    silent = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            silent |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    start, end = getattr(tree, "lineno", 1), getattr(tree, "end_lineno", None) or len(text.splitlines())
    lines = text.splitlines()[start - 1 : end]
    return sum(
        number not in silent and bool(line.strip()) and not line.strip().startswith("#")
        for number, line in enumerate(lines, start)
    )


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_the_house_knows_nobody_outside(path):
    for module in imports(path):
        assert not module.startswith(("reference_models", "benchmarks", "tests")), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_who_may_do_what(path):
    name, text = house_name(path), path.read_text()
    if name != "cli":
        assert "click" not in imports(path), "only cli/ imports click"
        assert not re.search(r"^\s*(print|sys\.exit)\(", text, re.M), "only cli/ prints and exits"
    if path.name != "weights.py":
        assert "torch.load" not in text, "only weights.py touches weight files"
    if path.name not in ("engine.py", "source.py", "array.py"):
        assert ".batches(" not in text, "only engine.py iterates over a source"
    assert "import pickle" not in text
    assert "sqrtm(" not in text


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_sizes_and_names(path):
    text = path.read_text()
    tree = ast.parse(text)
    assert lines_of_code(tree, text) <= 250, f"{path.name} is too long"
    assert not re.search(r"utils|helpers|misc|common", path.stem), "a file is named for what it holds"
    assert ast.get_docstring(tree), f"{path.name} has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert lines_of_code(node, text) <= 40, f"{path.name}: {node.name} is too long"
            assert not re.match(r"_?(get|compute|calculate|do)_", node.name) or node.name in CLICKS, node.name
            positional = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
            inherited = node.name in CLICKS
            inherited = inherited or node.name in ("callback", "command", "progress")  # click passes these by name
            assert len(positional) <= 2 or inherited or node.name.startswith("_"), f"{node.name}: keyword-only, please"
            if not node.name.startswith("_") and node in tree.body:
                assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"


def test_the_median_file_is_short():
    assert statistics.median(lines_of_code(ast.parse(p.read_text()), p.read_text()) for p in FILES) <= 100


def test_benchmarks_are_short_too():
    for path in (HOUSE.parent / "benchmarks").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert lines_of_code(ast.parse(text), text) <= 300, path.name


@pytest.mark.parametrize(
    "code",
    [
        "import ganeval",
        "from ganeval.cli import exit_code; exit_code(['--help'])",
        "from ganeval.cli import exit_code; exit_code(['list'])",
    ],
)
def test_light_to_start(code):
    """Help, listing and the import itself load no heavy library."""
    heavy = "{'torch', 'sklearn', 'scipy', 'torchvision'} & set(sys.modules)"
    check = f"{code}\nimport sys\nassert not {heavy}, {heavy}"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_typed():
    assert (HOUSE / "py.typed").exists()
