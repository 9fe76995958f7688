"""The reference models keep the same rules, and know nothing of ganeval; the lab knows its public API."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_house_rules import imports, lines_of_code

import ganeval
import reference_models

HOUSE = Path(reference_models.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
MINIMAL = "minimal_dcgan.py"
JUDGES = ("latent_space/scoring.py", MINIMAL)
COMMANDS = ("__main__.py", "latent_space/commands.py")


def place(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def foreign(path: Path) -> list[str]:
    """What a file imports of other packages of this project and may not."""
    judges = place(path) in JUDGES or place(path).startswith("lab/")
    found = [name for name in imports(path) if name.split(".")[0] in ("ganeval", "benchmarks", "tests")]
    return [name for name in found if not (judges and name == "ganeval")]


@pytest.mark.parametrize("path", FILES, ids=place)
def test_who_may_do_what(path):
    text = path.read_text()
    assert not foreign(path)
    if place(path) not in COMMANDS:
        assert "click" not in imports(path)
    if place(path) not in (*COMMANDS, MINIMAL):
        assert not re.search(r"^\s*(print|sys\.exit)\(", text, re.M)
    assert "torch.load" not in text
    assert "import pickle" not in text


@pytest.mark.parametrize("path", FILES, ids=place)
def test_each_file_is_read_in_one_sitting(path):
    text = path.read_text()
    tree = ast.parse(text)
    assert lines_of_code(tree, text) <= 250
    assert not re.search(r"utils|helpers|misc|common", path.stem)
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert lines_of_code(node, text) <= 40, node.name
            assert not re.match(r"_?(get|compute|calculate|do)_", node.name), node.name
            if not node.name.startswith("_") and node in tree.body:
                assert ast.get_docstring(node), node.name
            positional = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
            command = place(path) in COMMANDS  # click passes arguments by name
            assert len(positional) <= 2 or command or node.name.startswith("_"), f"{node.name}: keyword-only, please"


def test_names_taken_of_ganeval_are_public():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "ganeval":
                assert {alias.name for alias in node.names} <= set(ganeval.__all__), place(path)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ganeval":
                assert node.attr in ganeval.__all__, f"{place(path)}: ganeval.{node.attr}"


def test_help_is_light():
    code = (
        "from reference_models.__main__ import run; assert run(['train', '--help']) == 0\n"
        "import sys; assert not {'torch', 'numpy', 'sklearn'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
