"""Show, fetch or verify the weight files of the built-in networks."""

from collections.abc import Iterable
from pathlib import Path

import click

from ganeval.cli.command import Group

EPILOG = """\b
Examples:
  ganeval weights status
  ganeval weights fetch        95 MB into torch's hub cache, once
  ganeval weights verify
"""


@click.group("weights", cls=Group, epilog=EPILOG, invoke_without_command=True)
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def command(ctx: click.Context, debug: bool) -> None:
    """Show, fetch or verify weight files; alone it is `status`.

    The FID Inception is looked for at --weights PATH (an option of the metrics), then at
    $GANEVAL_WEIGHTS, then in torch's hub cache; efficientnet-lite0 comes with ganeval.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(status)


@command.command("status", epilog="\b\nExample:\n  ganeval weights status")
def status() -> None:
    """Where weights are looked for, and what lies there."""
    from ganeval.extractors.weights import inception_places

    _show([*inception_places(), _installed()])
    if not any(place.digest for place in inception_places()):
        click.echo("inception: not on this machine; `ganeval weights fetch` downloads it (95 MB)")


@command.command("fetch", epilog="\b\nExample:\n  ganeval weights fetch")
def fetch() -> None:
    """Download the genuine FID Inception into torch's hub cache.

    A file that is there and genuine stays; a damaged one is replaced.
    """
    from ganeval.extractors import weights

    path = weights.hub_path()
    if weights.place("inception", path, origin="torch hub cache", known=weights.SHA256).verdict == "genuine":
        click.echo(f"{path}: already there and genuine")
        return
    click.echo(f"{weights.downloaded()}: downloaded, genuine (sha256 {weights.SHA256[:8]})")


@command.command("verify", epilog="\b\nExamples:\n  ganeval weights verify\n  ganeval weights verify copy.pth")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def verify(ctx: click.Context, file: Path | None) -> None:
    """Check digests: of FILE, a copy of the FID Inception, or of everything that is found.

    Exit code 1 when a file is not the genuine one, or a file that you named is missing.
    """
    from ganeval.extractors import weights

    if file is not None:
        places = [weights.place("inception", file, origin="FILE", known=weights.SHA256)]
    else:
        places = [*weights.inception_places(), _installed()]
    _show(places)
    cache = weights.hub_path()
    wrong = [p for p in places if p.verdict == "other weights" or (p.verdict == "missing" and p.path != cache)]
    for place in wrong:
        reason = "no such file" if place.digest is None else f"sha256 {place.digest}, the genuine one is {place.known}"
        click.echo(f"error: {place.path}: {reason}", err=True)
    ctx.exit(1 if wrong else 0)


def _installed():
    from ganeval.extractors.efficientnet_lite0 import installed_weights

    return installed_weights()


def _show(places: Iterable) -> None:
    for place in places:
        detail = "" if place.digest is None else f", {place.size:,} bytes, sha256 {place.digest[:8]}"
        click.echo(f"{place.network}: {place.verdict}{detail} ({place.origin})\n  {place.path}")
