"""`make lowest` puts the oldest admitted versions first on the path; this proves that they are what is tested."""

import os
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PINNED = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints" / "lowest.txt").read_text(), re.MULTILINE))
LIGHT = ("click", "jaxtyping", "numpy", "pillow", "rich")


def test_the_pins_are_the_lower_bounds():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    bounds = dict(re.fullmatch(r"([\w-]+)>=([\d.]+)", line).groups() for line in wanted)  # pyright: ignore[reportOptionalMemberAccess]
    assert {name: bounds[name] for name in LIGHT} == {name: PINNED[name] for name in LIGHT}


@pytest.mark.parametrize("name", LIGHT)
def test_the_oldest_versions_are_imported(name):
    if ".lowest" not in os.environ.get("PYTHONPATH", ""):
        pytest.skip("not `make lowest`")
    assert version(name) == PINNED[name]
    module = __import__({"pillow": "PIL"}.get(name, name))
    assert ".lowest" in str(module.__file__)
