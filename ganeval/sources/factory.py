"""`sampler:package.module:factory,key=value`: a live generator named on the command line."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

from ganeval.core.errors import GanevalError, SourceError, SpecError
from ganeval.core.spec import Spec, nearest_name, parsed_value
from ganeval.sources.sampler import Sampler, is_module, sampler

PREFIX = "sampler:"


def from_factory(text: str, *, seed: int = 0) -> Sampler:
    """The generator that `factory(key=value, …)` returns: a function (n, seed), or a `Sampler`.

    The module may lie in the current folder. Values are parsed by the factory's annotations, else they
    are text. SpecError or SourceError say which step failed.
    """
    spec = Spec.parse(text)
    module, colon, name = (spec.argument or "").partition(":")
    if not module or not colon or not name:
        raise SpecError(f"{text}: write sampler:module:factory, such as sampler:my_gan:make,ckpt=run.pt")
    factory = getattr(_imported(module, text), name, None)
    if not callable(factory):
        known = [key for key, value in vars(sys.modules[module]).items() if callable(value) and not key.startswith("_")]
        raise SpecError(f"{text}: the module {module} has no function {name!r}{nearest_name(name, known)}")
    options = _options(factory, spec.options, text)
    try:
        generator = factory(**options)
    except GanevalError:
        raise
    except Exception as error:
        raise SourceError(f"{text}: {name} failed: {_line(error)}") from error
    if isinstance(generator, Sampler):
        return replace(generator, spec=text)
    if is_module(generator):
        raise SourceError(f"{text}: {name} returned a torch module: let it return ganeval.from_module(G, latent=…)")
    if not callable(generator):
        raise SourceError(
            f"{text}: {name} returned a {type(generator).__name__}, expected a function (n, seed) -> images, or what "
            "ganeval.sampler or ganeval.from_module return"
        )
    return replace(sampler(generator, seed=seed, spec=text), spec=text)


def _imported(module: str, text: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)  # and kept: the function may import when it is called
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise SourceError(f"{text}: importing {module} failed: {_line(error)}") from error
        raise SpecError(f"{text}: no module {error.name!r}, neither installed nor here ({here})") from error
    except Exception as error:
        raise SourceError(f"{text}: importing {module} failed: {_line(error)}") from error


def _options(factory: Callable, options: Mapping[str, str], text: str) -> dict[str, Any]:
    parameters = inspect.signature(factory).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    named = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    for key in options:
        if key not in named and not takes_any:
            known = ", ".join(named) or "none"
            raise SpecError(f"{text}: no option {key!r}{nearest_name(key, named)} (options: {known})")
    missing = [name for name in named if parameters[name].default is inspect.Parameter.empty and name not in options]
    if missing == ["n", "seed"]:
        raise SpecError(f"{text}: this looks like the function itself: name a function that returns it")
    if missing:
        raise SpecError(f"{text}: the factory needs {', '.join(missing)}: add ,{missing[0]}=VALUE")
    try:
        hints = get_type_hints(factory)
    except Exception:  # annotations that cannot be evaluated say nothing
        hints = {}
    return {key: _value(value, hints.get(key, str), f"{text}: {key}") for key, value in options.items()}


def _value(text: str, kind: Any, name: str) -> Any:
    try:
        return parsed_value(text, kind, name=name)
    except KeyError:  # an annotation the grammar has no form for
        return text


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
