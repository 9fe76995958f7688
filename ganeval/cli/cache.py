"""Show, clear or prune the cache of extracted features."""

import re

import click

from ganeval.cli.command import Group

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}

EPILOG = """\b
Examples:
  ganeval cache info
  ganeval cache prune --max-size 5GB
  ganeval cache clear
"""


@click.group("cache", cls=Group, epilog=EPILOG, invoke_without_command=True)
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def command(ctx: click.Context, debug: bool) -> None:
    """Show, clear or prune what was extracted before; alone it is `info`.

    It lies in $GANEVAL_CACHE, else in the platform's cache folder. Images are known by their content: a file
    that was changed, added or removed is noticed. --no-cache on a metric leaves it aside, --verify hashes
    every image again.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(info)


@command.command("info")
def info() -> None:
    """Where it lies and what it holds."""
    from ganeval.core.files import cache_folder
    from ganeval.evaluation.cache import LIMIT, Cache

    _without_outdated()
    click.echo(f"{cache_folder()} (kept below {LIMIT / 1e9:g} GB)")
    for kind, (count, size) in Cache(cache_folder()).sizes().items():
        click.echo(f"{kind:<10} {count:>6} files  {size / 1e6:>10.1f} MB")


@command.command("clear")
def clear() -> None:
    """Remove everything in it."""
    from ganeval.core.files import cache_folder
    from ganeval.evaluation.cache import Cache

    Cache(cache_folder()).clear()
    click.echo(f"{cache_folder()}: empty")


@command.command("prune")
@click.option("--max-size", required=True, metavar="SIZE", help="Bytes to keep, such as 500MB or 5GB.")
def prune(max_size: str) -> None:
    """Remove the entries used longest ago until SIZE is left."""
    from ganeval.core.files import cache_folder
    from ganeval.evaluation.cache import Cache

    limit = _bytes(max_size)
    _without_outdated()
    gone = Cache(cache_folder()).prune(limit)
    click.echo(f"{cache_folder()}: {gone} {'entry' if gone == 1 else 'entries'} removed")


def _without_outdated() -> None:
    """Remove what older versions kept, which is never read, and say so."""
    from ganeval.core.files import remove_outdated

    gone = remove_outdated()
    if gone:
        click.echo(f"{gone} {'file' if gone == 1 else 'files'} of an older version removed")


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([0-9.]+)\s*([KMGT]?B?)", text.strip().upper())
    if not match:
        raise click.BadParameter(f"{text} is no size: write 500MB or 5GB", param_hint="--max-size")
    unit = match[2] if match[2] in _UNITS else f"{match[2]}B"
    try:
        return int(float(match[1]) * _UNITS.get(unit, 1))
    except ValueError:
        raise click.BadParameter(f"{text} is no size: write 500MB or 5GB", param_hint="--max-size") from None
