"""Public names: listed once for readers and once for loading, found before and after every module is imported."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import ganeval

TEXT = Path(ganeval.__file__).read_text(encoding="utf-8")
EVERY = """
import importlib, pkgutil, types
import ganeval

first = {name: getattr(ganeval, name) for name in ganeval.__all__}
for module in pkgutil.walk_packages(ganeval.__path__, "ganeval."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
for name, value in first.items():
    assert getattr(ganeval, name) is value, name
    assert not isinstance(value, types.ModuleType), name
assert set(ganeval.__all__) <= set(dir(ganeval))
"""


def test_every_name_is_found_twice():
    done = subprocess.run([sys.executable, "-c", EVERY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_readers_see_is_what_is_loaded():
    (block,) = (node for node in ast.parse(TEXT).body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name: f"{node.module}:{alias.name}".removeprefix("ganeval.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    loaded = {name: home if ":" in home else f"{home}:{name}" for name, home in ganeval._HOMES.items()}
    assert seen == loaded
    assert sorted(ganeval.__all__) == sorted(loaded)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(ganeval, "fidd")


def test_every_room_offers_its_own():
    """By name in its `__init__`; rows and moments load numpy, which errors and help shall not wait for."""
    for name, home in ganeval._HOMES.items():
        room = importlib.import_module(f"ganeval.{home.partition('.')[0]}")
        own = home.partition(":")[2] or name
        if home == "core.rows":
            continue
        assert getattr(room, name, None) is getattr(ganeval, name) or getattr(room, own) is getattr(ganeval, name)
        assert {name, own} & set(room.__all__), f"{name} is not in ganeval.{room.__name__}.__all__"


def test_names_of_the_first_version_live_on():
    """Renamed ones as aliases; attributes too."""
    assert ganeval.Collection is ganeval.Features
    assert ganeval.rows is ganeval.features
    result = ganeval.Result(
        key="kid", name="KID", metric="kid", value=0.1, better="lower", group="distance", decimals=2, exponent=0,
        p_value=0.25,
    )  # fmt: skip
    assert result.p_same == 0.25
    (alarm, *_) = ganeval.diagnose(log={"step": range(1, 101), "loss_D": [0.001] * 100})
    assert (alarm.told, alarm.fooled) == (alarm.message, alarm.caveat)
    assert {"told", "fooled"} <= set(alarm.to_dict())
