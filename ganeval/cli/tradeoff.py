"""Draw quality against diversity over a sweep of one generator's settings, with its Pareto front."""

from collections.abc import Mapping
from pathlib import Path

import click

from ganeval.cli.command import Command
from ganeval.cli.options import Common, beside_options, file_option, report_options, shared_options
from ganeval.cli.output import Target, columns, show, show_plan, show_warnings, write_json
from ganeval.cli.plain import is_plain
from ganeval.comparison.tradeoff import DIVERSITY, QUALITY, swept, wanted
from ganeval.comparison.tradeoff_text import drawn, tradeoff_lines, tradeoff_markdown, tradeoff_table
from ganeval.report.figure import require_figure

EPILOG = """\b
Examples:
  ganeval tradeoff real/ 1.0=fake_a/ 1.5=fake_b/ 2.0=fake_c/ -x efficientnet-lite0
  ganeval tradeoff real/ early=e10/ late=e90/ --plot front.png
  ganeval tradeoff real/ 1=a/ 2=b/ --quality density --diversity coverage
"""


@click.command("tradeoff", cls=Command, epilog=EPILOG)
@click.argument("real")
@click.argument("settings", nargs=-1, required=True, metavar="LABEL=FAKE...")
@click.option("--quality", default=QUALITY, show_default=True, metavar="SCORE", help="What is drawn upwards.")
@click.option(
    "--diversity",
    default=DIVERSITY,
    show_default=True,
    metavar="SCORE",
    help="What is drawn to the right; either may have options, density:k=7.",
)
@file_option("--plot", metavar="FILE", help="Draw the curve into a .png, .svg or .pdf (needs ganeval[plots]).")
@click.option("--markdown", is_flag=True, help="Print the table in Markdown.")
@beside_options
@report_options
@shared_options
def command(
    common: Common,
    beside: Mapping[str, str | None],
    real: str,
    settings: tuple[str, ...],
    quality: str,
    diversity: str,
    plot: Path | str | None,
    markdown: bool,
    json_file: Target | None,
    dry_run: bool,
) -> None:
    """Score FAKE... of one generator under several settings (truncation, guidance, epochs) against REAL.

    Prints quality and diversity of each with intervals, which settings no other beats in both, and which are not told
    apart. Labels that are numbers are put in order. As many images of each are used; every image is read once.
    """
    fakes = _labelled(settings)
    metrics = wanted(quality, diversity)
    picture = None if plot is None else Path(plot)
    if picture is not None:
        require_figure(picture)
    if dry_run:
        return show_plan(common.settled(metrics), {"real": real} | fakes)
    with common.running(metrics) as settled:
        tradeoff = swept(real, fakes, settings=settled, quality=quality, diversity=diversity, beside=beside)
    show_warnings(tradeoff.warnings, quiet=common.quiet)
    try:
        if picture is not None:
            drawn(tradeoff, picture)
        if json_file is not None:
            write_json(tradeoff.to_json(), json_file)
    finally:  # a disk that is full must not cost the result
        if json_file != "-" and markdown:
            click.echo(tradeoff_markdown(tradeoff))
        elif json_file != "-":
            show(tradeoff_table(tradeoff, plain=is_plain()))
            click.echo("\n".join(tradeoff_lines(tradeoff, width=columns())))
    return None


def _labelled(settings: tuple[str, ...]) -> dict[str, str]:
    """`1.5=fake/` as {"1.5": "fake/"}; a path may hold further signs."""
    fakes: dict[str, str] = {}
    for text in settings:
        label, sign, fake = text.partition("=")
        if not sign or not label.strip() or not fake:
            raise click.UsageError(f"{text!r}: give a label and a set of fakes, such as 1.5=fake/")
        if label in fakes:
            raise click.UsageError(
                f"the label {label!r} stands for {fakes[label]} and for {fake}: give each set its own"
            )
        fakes[label] = fake
    if len(fakes) < 2:
        raise click.UsageError("give two settings or more: ganeval tradeoff REAL 1.0=A 1.5=B")
    return fakes
