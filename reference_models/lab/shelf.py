"""The presets of the lab, listed by their folder, and their knobs as text."""

import importlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from reference_models.errors import ModelsError
from reference_models.lab.preset import Preset
from reference_models.options import filled, nearest

_PACKAGE = "reference_models.lab.presets"
_FIRST = ("dirac", "ratios", "vanishing", "weak-d", "arrows", "rates", "packing", "rules", "collapse", "blur")


def names() -> list[str]:
    """All presets, those of the first list in its order."""
    folder = Path(importlib.import_module(_PACKAGE).__path__[0])
    found = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    return [name for name in _FIRST if name in found] + sorted(found - set(_FIRST))


def preset(name: str, options: Mapping[str, Any] | None = None) -> Preset:
    """The preset of a name with some knobs turned.

    >>> preset("dirac", {"lr": "0.2"}).lr
    0.2
    """
    known = names()
    if name not in known:
        raise ModelsError(f"no preset {name!r}{nearest(name, known)} (presets: {', '.join(known)}, or all)")
    return filled(kind(name), options or {}, name=name)


def kind(name: str) -> type[Preset]:
    """The class of a preset."""
    return importlib.import_module(f"{_PACKAGE}.{name.replace('-', '_')}").PRESET


def knobs(name: str) -> str:
    """The knobs of a preset with their own values.

    >>> knobs("dirac")
    'lr=0.1,steps=1000,gamma=0.3,start=1.0'
    """
    return ",".join(f"{field.name}={field.default}" for field in fields(kind(name)))
