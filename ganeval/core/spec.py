"""The one grammar for metrics, extractors and sources: `name[:argument][,key=value…]`.

`kid:degree=2`, `kid,degree=2`, `inception:dims=768` and `precision-recall` are specs. The part
after the colon may be one argument, `key=value` pairs, or an argument followed by pairs.
"""

import dataclasses
import difflib
import math
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from ganeval.core.errors import SpecError

_ARGUMENT = "argument"  # the field that holds a spec's argument
_PAIR = re.compile(r"^[A-Za-z_][\w-]*=")


@dataclass(frozen=True)
class Spec:
    """A parsed spec; `str(spec)` writes it back.

    >>> Spec.parse("kid:degree=2,coef0=0.5")
    Spec(name='kid', argument=None, options={'degree': '2', 'coef0': '0.5'})
    >>> str(Spec.parse("timm:vit_base,pool=avg"))
    'timm:vit_base,pool=avg'
    """

    name: str
    argument: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Spec":
        """The spec written in `text`; SpecError when it does not follow the grammar."""
        head, *pairs = re.split(r",(?=[A-Za-z_][\w-]*=)", text.strip())
        name, colon, rest = head.partition(":")
        if colon and _PAIR.match(rest):
            pairs, rest = [rest, *pairs], ""
        if not name or (colon and not rest and not pairs):
            raise SpecError(f"{text!r} is not a spec: write name, name:argument or name:key=value,key=value")
        options: dict[str, str] = {}
        for pair in pairs:
            key, _, value = pair.partition("=")
            key = key.replace("-", "_")
            if key in options:
                raise SpecError(f"{text!r} gives {key!r} twice")
            options[key] = value
        return cls(name.replace("_", "-"), rest or None, options)

    def __str__(self) -> str:
        pairs = ",".join(f"{key}={value}" for key, value in self.options.items())
        argument = self.argument or ""
        joined = f"{argument},{pairs}" if argument and pairs else argument + pairs
        return f"{self.name}:{joined}" if joined else self.name


def score_key(name: str, metrics: Mapping[str, str]) -> str:
    """The key of a score, also where its metric is named that has no other; `metrics` are metrics' names by key.

    A key with options is another score: no name without them stands for it.

    >>> metrics = {"energy": "energy-distance", "precision": "precision-recall", "recall": "precision-recall"}
    >>> [score_key(name, metrics) for name in ("energy", "energy_distance", "energy-distance", "precision_recall")]
    ['energy', 'energy', 'energy', 'precision_recall']
    >>> score_key("kid", {"kid:degree=2": "kid"})
    'kid'
    """
    metric = name.replace("_", "-")
    own = [key for key, owner in metrics.items() if owner == metric and ":" not in key]
    return own[0] if name not in metrics and len(own) == 1 else name


def nearest_name(name: str, known: Iterable[str]) -> str:
    """The suggestion `; did you mean 'kid'?`, or an empty string.

    >>> nearest_name("kdi", ["fd", "kid"])
    "; did you mean 'kid'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def parsed_value(text: str, kind: Any, *, name: str) -> Any:
    """`text` as a value of the annotated type `kind`: bool, int, float, str, Path, Literal or `X | None`.

    >>> parsed_value("none", int | None, name="size") is None
    True
    """
    if get_origin(kind) in (Union, types.UnionType):
        if text.lower() == "none":
            return None
        kind = next(k for k in get_args(kind) if k is not type(None))
    if get_origin(kind) is Literal:
        for choice in get_args(kind):
            if str(choice) == text:
                return choice
        raise SpecError(f"{name}={text} is not one of {', '.join(map(str, get_args(kind)))}")
    if kind is bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise SpecError(f"{name}={text} is not true or false")
    try:
        return {int: int, float: float, str: str, Path: Path}[kind](text)
    except ValueError:
        raise SpecError(f"{name}={text} is not {'a whole number' if kind is int else 'a number'}") from None


def require_at_least(least: float, **values: float) -> None:
    """SpecError for the first of the named values that is smaller, NaN or infinite.

    >>> require_at_least(1, k=3, splits=10)
    """
    for name, value in values.items():
        if not least <= value < math.inf:
            raise SpecError(f"{name} = {value} is not possible: give at least {least}")


def option_types(cls: type) -> dict[str, Any]:
    """The options of a parameter dataclass: field name to annotated type; `argument` is none."""
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls) if f.init and f.name != _ARGUMENT}


def option_notes(cls: type) -> dict[str, str]:
    """What a field says about itself, `k: Annotated[int, "Neighbours."] = 3`: field name to text."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in option_types(cls) if get_origin(hints[name]) is Annotated}


def takes_argument(cls: type) -> bool:
    """Whether specs of the class have an argument: `module:net.pt`, kept in a field called `argument`."""
    return any(f.name == _ARGUMENT and f.init for f in dataclasses.fields(cls))


def built(cls: type, spec: Spec, *, environment: Mapping[str, Any] | None = None) -> Any:
    """`cls` with the options of `spec`; `environment` fills fields that the spec does not name.

    Keys of `environment` that `cls` has no field for are ignored: they say where a thing runs,
    not what it is.
    """
    known = option_types(cls)
    options: dict[str, Any] = {k: v for k, v in (environment or {}).items() if k in known}
    if spec.argument is not None and takes_argument(cls):
        options[_ARGUMENT] = spec.argument
    elif spec.argument is not None:
        raise SpecError(f"{spec.name} takes no argument, got {spec.argument!r}; options: {', '.join(known) or 'none'}")
    for key, text in spec.options.items():
        if key not in known:
            raise SpecError(
                f"{spec.name} has no option {key!r}{nearest_name(key, known)} (options: {', '.join(known) or 'none'})"
            )
        options[key] = parsed_value(text, known[key], name=f"{spec.name}: {key}")
    return cls(**options)


def spec_of(value: Any, *, name: str, hidden: Iterable[str] = ()) -> str:
    """The shortest spec that builds `value`: only the fields that differ from their defaults."""
    options = {
        f.name: str(getattr(value, f.name))
        for f in dataclasses.fields(value)
        if f.init and f.name not in (*hidden, _ARGUMENT) and getattr(value, f.name) != f.default
    }
    argument = getattr(value, _ARGUMENT) or None if takes_argument(type(value)) else None
    return str(Spec(name, argument, options))
