"""What all commands share: help with -h, and an error where an option that takes one value is given twice."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

import click

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


class Command(click.Command):
    """A command with these rules."""

    def __init__(self, *args: Any, context_settings: Mapping[str, Any] | None = None, **more: Any) -> None:
        """As click's."""
        super().__init__(*args, context_settings={**_SETTINGS, **(context_settings or {})}, **more)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, after a look at what is given twice."""
        _require_once(self, ctx, args)
        return super().parse_args(ctx, args)


class Group(click.Group):
    """A group of commands with these rules."""

    command_class = Command

    def __init__(self, *args: Any, context_settings: Mapping[str, Any] | None = None, **more: Any) -> None:
        """As click's."""
        super().__init__(*args, context_settings={**_SETTINGS, **(context_settings or {})}, **more)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, after a look at what is given twice."""
        _require_once(self, ctx, args)
        return super().parse_args(ctx, args)


def once(pairs: Iterable[tuple[Key, Value]], *, option: str) -> dict[Key, Value]:
    """A dictionary of the pairs of a repeated option; a usage error for a key that comes twice.

    >>> once([("fd", "2%"), ("kid", "1e-3")], option="--at-least")
    {'fd': '2%', 'kid': '1e-3'}
    """
    values: dict[Key, Value] = {}
    for key, value in pairs:
        if key in values:
            raise click.UsageError(f"{option} is given twice for {key}, as {values[key]} and as {value}: give one")
        values[key] = value
    return values


def _require_once(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """A usage error for an option given twice, and for two options that set one thing; help comes first."""
    if ctx.resilient_parsing:
        return
    _, _, order = command.make_parser(ctx).parse_args(list(args))
    if any(param.is_eager for param in order):
        return
    options: dict[str | None, click.Option] = {}
    for option in order:
        if not isinstance(option, click.Option) or option.multiple or option.count:
            continue
        name = "/".join(option.opts)
        before = options.setdefault(option.name, option)
        if before is not option:
            raise click.UsageError(f"{'/'.join(before.opts)} and {name} exclude each other: give one", ctx)
        if not option.is_flag and order.count(option) > 1:
            raise click.UsageError(
                f"{name} is given {order.count(option)} times and takes one value: give it once", ctx
            )
