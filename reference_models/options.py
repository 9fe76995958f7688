"""Options as text: `key=value,key=value`, and a dataclass filled from it."""

import types
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from reference_models.errors import ModelsError


def pairs(text: str) -> dict[str, str]:
    """`a=1,b=2` as a mapping.

    >>> pairs("d_steps=15,loss=hinge")
    {'d_steps': '15', 'loss': 'hinge'}
    """
    items = [item.partition("=") for item in text.split(",") if item]
    if any(not equals or not key for key, equals, _ in items):
        raise ModelsError(f"{text!r} is not of the form key=value,key=value")
    return {key.strip(): value.strip() for key, _, value in items}


def filled(kind: type[Any], options: Mapping[str, Any], *, name: str) -> Any:
    """A dataclass with some fields set, from text or from JSON; `name` is what errors call it."""
    known = {field.name for field in fields(kind)}
    hints = get_type_hints(kind)
    for key in options:
        if key not in known:
            raise ModelsError(
                f"{name} has no option {key!r}{nearest(key, known)} (options: {', '.join(sorted(known))})"
            )
    return kind(**{key: value_of(value, hints[key], name=key) for key, value in options.items()})


def value_of(value: Any, kind: Any, *, name: str) -> Any:
    """A value of the kind that an annotation asks for, from text or from JSON.

    >>> value_of("2e-4", float, name="rate"), value_of("none", int | None, name="n")
    (0.0002, None)
    """
    choices = get_args(kind)
    if get_origin(kind) is Literal:
        if value not in choices:
            raise ModelsError(f"{name} = {value!r} is none of {', '.join(map(str, choices))}")
        return value
    if get_origin(kind) in (Union, types.UnionType):
        return None if value in (None, "none") else value_of(value, choices[0], name=name)
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if str(value).lower() not in words:
            raise ModelsError(f"{name} = {value!r} is neither true nor false")
        return words[str(value).lower()]
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        raise ModelsError(f"{name} = {value!r} is no {getattr(kind, '__name__', kind)}") from error


def nearest(given: str, known: Any) -> str:
    """`, did you mean …?` for a slip of the keys, else nothing.

    >>> nearest("dcgam", ["dcgan", "vae"])
    ", did you mean 'dcgan'?"
    """
    found = get_close_matches(given, list(known), n=1)
    return f", did you mean {found[0]!r}?" if found else ""
