"""Records that others wrote: TOML files and dataclasses filled from JSON, taken only if every field has its type."""

import dataclasses
import json
import math
import tomllib
import types
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ganeval.core.errors import SourceError, SpecError
from ganeval.core.spec import nearest_name

Record = TypeVar("Record")
_LARGEST = 64_000_000  # bytes of a text file


def fits(value: Any, kind: Any) -> bool:
    """Whether a value from JSON or TOML is of the annotated type; a float must be finite, an int may stand for it.

    >>> fits(3, float), fits(float("nan"), float), fits("3", float), fits(None, int | None)
    (True, False, False, True)
    >>> fits(["a"], tuple[str, ...]), fits(["a", 1], tuple[str, ...]), fits("up", Literal["lower", "higher"])
    (True, False, False)
    """
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return any(fits(value, choice) for choice in get_args(kind))
    if origin is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(fits(one, get_args(kind)[0]) for one in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, type(None) if kind is None else origin or kind)


def require_fitting(fields: Mapping[str, Any], cls: type, *, where: str) -> None:
    """SourceError naming the first of the fields, meant for the dataclass `cls`, that has not its type."""
    kinds = get_type_hints(cls)
    for name, value in fields.items():
        if name in kinds and not fits(value, kinds[name]):
            raise SourceError(f"{where}: {name} is {short(repr(value))}, expected {_words(kinds[name])}")


def record_of(cls: type[Record], table: Mapping[str, Any], *, where: str) -> Record:
    """`cls` from a table of a file: SpecError for a field that is unknown, missing or of another type."""
    fields = {f.name: f for f in dataclasses.fields(cls)}  # pyright: ignore[reportArgumentType]
    kinds = get_type_hints(cls)
    for name, value in table.items():
        if name not in fields:
            known = ", ".join(fields)
            raise SpecError(f"{where}: no field {short(name)!r}{nearest_name(name, fields)} (fields: {known})")
        if not fits(value, kinds[name]):
            raise SpecError(f"{where}: {name} is {short(repr(value))}, expected {_words(kinds[name])}")
    required = [name for name, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING]
    for name in required:
        if name not in table:
            raise SpecError(f"{where}: the field {name} is missing")
    return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in table.items()})


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; SourceError when it cannot be read."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path}: is not TOML: {error}") from None


def read_text(path: Path) -> str:
    """A text file in UTF-8; SourceError when it is not there, too large or no text."""
    try:
        if path.stat().st_size > _LARGEST:
            raise SourceError(f"{path}: larger than {_LARGEST // 10**6} MB: give the report or description itself")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path}: is no text in UTF-8") from None


def toml_text(fields: Mapping[str, Any]) -> str:
    """Tables as TOML, values first; fields that are None are left out.

    >>> print(toml_text({"name": 'a "b"', "n": 3, "links": [], "run": {"of:k=3": {"seed": 0}, "by": None}}), end="")
    name = "a \\"b\\""
    n = 3
    links = []
    <BLANKLINE>
    [run."of:k=3"]
    seed = 0
    """
    return "\n".join(_toml_lines(fields, ())) + "\n"


def _toml_lines(fields: Mapping[str, Any], path: Sequence[str]) -> list[str]:
    known = {key: value for key, value in fields.items() if value is not None}
    plain = [f"{_bare(k)} = {_toml(v)}" for k, v in known.items() if not isinstance(v, Mapping)]
    header = ["", f"[{'.'.join(map(_bare, path))}]"] if path and plain else []
    tables = [_toml_lines(v, (*path, k)) for k, v in known.items() if isinstance(v, Mapping)]
    return [*header, *plain, *(line for table in tables for line in table)]


def _bare(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _toml(key)


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")


def one_line(text: str) -> str:
    """Text in one line without control characters and marks that turn its direction; spaces are kept single.

    >>> one_line("a\\n\\tb\\x1b[31m \\u202ec")
    'a b[31m c'
    """
    silent = {"\u200d", "\ufe0f"}  # joiners inside of emoji
    spaced = "".join(" " if c.isspace() else c for c in text)
    kept = (c for c in spaced if c in silent or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    return " ".join("".join(kept).split())


def short(text: str, *, most: int = 60) -> str:
    """The beginning of a text, with … where it was cut.

    >>> short("abcdef", most=4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _words(kind: Any) -> str:
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_words(choice) for choice in get_args(kind) if choice is not type(None))
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    if get_origin(kind) is tuple:
        return f"a list, each {_words(get_args(kind)[0])}"
    names = {int: "a whole number", float: "a finite number", str: "a text", bool: "true or false"}
    return names.get(kind) or f"a {getattr(get_origin(kind) or kind, '__name__', kind)}"
