"""The reference models keep the same rules, and know nothing of ganeval; the lab knows its public API."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_house_rules import imports, lines_of_code

import reference_models

HOUSE = Path(reference_models.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
JUDGES = ("scoring.py",)
COMMANDS = ("__main__.py", "latent_commands.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_who_may_do_what(path):
    text = path.read_text()
    foreign = [name for name in imports(path) if name.split(".")[0] in ("ganeval", "benchmarks", "tests")]
    if path.name in JUDGES or "lab" in path.relative_to(HOUSE).parts:  # and only by its public API
        foreign = [name for name in foreign if not re.fullmatch(r"ganeval(\.metrics\.\w+)?", name)]
    assert not foreign
    if path.name not in COMMANDS:
        assert "click" not in imports(path)
        assert not re.search(r"^\s*(print|sys\.exit)\(", text, re.M)
    assert "torch.load" not in text
    assert "import pickle" not in text


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
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
            command = path.name in COMMANDS  # click passes arguments by name
            assert len(positional) <= 2 or command or node.name.startswith("_"), f"{node.name}: keyword-only, please"


def test_help_is_light():
    code = (
        "from reference_models.__main__ import run; assert run(['train', '--help']) == 0\n"
        "import sys; assert not {'torch', 'numpy', 'sklearn'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
