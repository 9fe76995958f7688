"""Say how many images a difference needs to be seen, before they are made."""

import json
import textwrap
from dataclasses import asdict

import click

from ganeval.cli.command import Command, once
from ganeval.cli.compare import sized
from ganeval.cli.options import Common, report_options, shared_options
from ganeval.cli.output import Target, columns, show_plan, show_warnings, write_json
from ganeval.comparison.power import Need, images_needed, with_scores
from ganeval.core.errors import SpecError

EPILOG = """\b
Examples:
  ganeval power real/ --difference kid=0.4e-3 -x efficientnet-lite0
  ganeval power real/ gan/ vae/ --difference precision=0.02 -x efficientnet-lite0
"""


@click.command("power", cls=Command, epilog=EPILOG)
@click.argument("real")
@click.argument("fakes", nargs=-1, metavar="[A B]")
@click.option(
    "--difference",
    "differences",
    multiple=True,
    required=True,
    metavar="SCORE=SIZE",
    help="The difference to be seen, kid=0.4e-3; repeat for more.",
)
@click.option(
    "-m",
    "--metric",
    "metrics",
    multiple=True,
    metavar="SPEC",
    help="The metrics of the comparison that is planned, if not the default ones.",
)
@report_options
@shared_options
def command(
    common: Common,
    real: str,
    fakes: tuple[str, ...],
    differences: tuple[str, ...],
    metrics: tuple[str, ...],
    json_file: Target | None,
    dry_run: bool,
) -> None:
    """Say how many images a side show a difference 4 times in 5, if it is there.

    A and B are small sets such as those to be compared. Without them parts of REAL stand in for perfect generators:
    others need more.
    """
    if len(fakes) not in (0, 2):
        raise click.UsageError("give two sets of fakes as a pilot, or none")
    sizes = once((sized(text, option="--difference") for text in differences), option="--difference")
    wanted = {key: _number(size, f"{key}={size}") for key, size in sizes.items()}
    specs = with_scores(list(wanted), metrics)
    if dry_run:
        return show_plan(common.settled(specs), {"real": real} | dict(zip("AB", fakes, strict=False)))
    with common.running(specs) as settings:
        needs, warnings = images_needed(real, fakes, differences=wanted, settings=settings)
    show_warnings(warnings, quiet=common.quiet)
    try:
        if json_file is not None:
            write_json(json.dumps([asdict(need) for need in needs], indent=2), json_file)
    finally:
        if json_file != "-":
            for need in needs:
                click.echo("\n".join(_told(need, real, hopeful=not fakes)))
    return None


def _number(size: str, text: str) -> float:
    try:
        return float(size)
    except ValueError:
        raise SpecError(f"--difference {text}: {size!r} is no number: give a size such as 0.4e-3") from None


def _told(need: Need, real: str, *, hopeful: bool) -> list[str]:
    lines = [
        f"{need.name}: a difference of {need.difference:g} needs about {need.needed:,} images a side and as many reals "
        f"to be seen 4 times in 5."
    ]
    if not need.enough:
        lines.append(
            f"REAL is too small: {real} has {need.available:,}, which show a difference of {need.smallest:.2g} "
            "or more as often."
        )
    pilot = f"{need.n:,} images of A and of B"
    if hopeful:
        pilot = f"parts of REAL, {need.n:,} images each, as perfect generators; others need more"
    lines.append(f"(judged at {100 * need.level:.4g}%; pilot: {pilot})")
    return [part for line in lines for part in textwrap.wrap(line, columns(), subsequent_indent="  ")]
