"""Models by name, or from a file of one's own."""

import importlib
import importlib.util
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference_models.errors import ModelsError
from reference_models.models.learner import Recipe
from reference_models.models.shelf import names
from reference_models.options import filled, nearest
from reference_models.seeds import mixed_seed

_PACKAGE = "reference_models.models"


def recipe_class(name: str) -> type[Recipe]:
    """What the model's file calls RECIPE: one of ours, or that of `path/to/file.py`, or of `package.module`."""
    known = names()
    if name in known:
        module = importlib.import_module(f"{_PACKAGE}.{name.replace('-', '_')}")
    elif name.endswith(".py"):
        module = _from_file(Path(name))
    elif "." in name:
        module = _from_here(name)
    else:
        raise ModelsError(f"no model {name!r}{nearest(name, known)} (models: {', '.join(known)}, or a file my_gan.py)")
    found = getattr(module, "RECIPE", None)
    if not (isinstance(found, type) and issubclass(found, Recipe)):
        raise ModelsError(f"{name}: expected RECIPE = a dataclass derived from reference_models.models.learner.Recipe")
    return found


def recipe(name: str, options: Mapping[str, Any]) -> Recipe:
    """The model's recipe with some options set; text is read by the type of the field.

    >>> recipe("dcgan", {"width": "16", "loss": "hinge"}).width
    16
    """
    return filled(recipe_class(name), options, name=name)


def _from_file(path: Path) -> types.ModuleType:
    if not path.is_file():
        raise ModelsError(f"{path}: no such file")
    name = f"_model_of_{path.stem}_{mixed_seed(*str(path.resolve()).encode())}"  # hides no other module
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module
    _keep_former_names()
    spec.loader.exec_module(module)
    return module


def _from_here(name: str) -> types.ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    _keep_former_names()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ModelsError(f"no module {error.name!r}, neither installed nor in {here}") from error


def _keep_former_names() -> None:
    """Let `reference_models.gan` and its neighbours be imported by files, and named by runs, of version 0.1.0."""
    for path in Path(__file__).parent.glob("[!_]*.py"):
        module = importlib.import_module(f"{_PACKAGE}.{path.stem}")
        sys.modules.setdefault(f"reference_models.{path.stem}", module)
