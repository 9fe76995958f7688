"""Score one or several sets of fakes against a real one, with several metrics at once."""

from collections.abc import Mapping

import click

from ganeval.cli.command import Command
from ganeval.cli.options import Common, beside_options, report_options, shared_options
from ganeval.cli.output import Target, columns, reports_json, show, show_plan, show_warnings, write_json
from ganeval.cli.plain import is_plain
from ganeval.evaluation.evaluate import evaluated
from ganeval.report.report import Report
from ganeval.report.text import floor_lines, pair_lines, score_tables, sentences

EPILOG = """\b
Examples:
  ganeval eval real/ fake/ -x efficientnet-lite0
  ganeval eval real/ gan/ vae/ -x efficientnet-lite0 --n 1000
  ganeval eval real/ fake/ -m pr:k=5 -m kid --json report.json
  ganeval eval rows_real.npy rows_fake.npy -x features
"""


@click.command("eval", cls=Command, epilog=EPILOG)
@click.argument("real")
@click.argument("fakes", nargs=-1, required=True, metavar="FAKE...")
@click.option(
    "-m",
    "--metric",
    "metrics",
    multiple=True,
    metavar="SPEC",
    help="A metric with options, kid:degree=2; repeat for more; `all` for every one.",
)
@click.option("--cite", is_flag=True, help="Also print what to cite.")
@beside_options
@report_options
@shared_options
def command(
    common: Common,
    beside: Mapping[str, str | None],
    real: str,
    fakes: tuple[str, ...],
    metrics: tuple[str, ...],
    cite: bool,
    json_file: Target | None,
    dry_run: bool,
) -> None:
    """Score FAKE... against REAL. Each image is read and extracted once for all metrics.

    Default metrics: precision and recall, density and coverage, mode counts, copying (--train names other training
    images), KID, FID (FD with other features), and the Inception Score as legacy. Below them stands what real images
    score against themselves.
    """
    if dry_run:
        sides = {"real": real} | {f"fake {i}" if len(fakes) > 1 else "fake": fake for i, fake in enumerate(fakes, 1)}
        return show_plan(common.settled(metrics or None), sides)
    names = tuple(dict.fromkeys(fakes))
    with common.running(metrics or None) as settings:
        reports = dict(zip(names, evaluated(real, names, settings=settings, beside=beside), strict=True))
    warnings = [f"{fake}: given twice, shown once" for fake in names if fakes.count(fake) > 1]
    warnings += [warning for report in reports.values() for warning in report.warnings]
    show_warnings(dict.fromkeys(warnings), quiet=common.quiet)
    try:
        if json_file is not None:
            write_json(reports_json(reports), json_file)
    finally:  # a disk that is full must not cost the result
        if json_file != "-":
            _print(reports)
            if cite:
                click.echo("\n".join(dict.fromkeys(selection.metric.citation for selection in settings.metrics)))
    return None


def _print(reports: Mapping[str, Report]) -> None:
    show(score_tables(reports, plain=is_plain(), width=columns()))
    lines = [*floor_lines(reports, width=columns()), *sentences(reports, width=columns())]
    for report in reports.values():
        lines += pair_lines(report, most=3) if report.copying_alarm else []
    click.echo("".join(f"{line}\n" for line in lines), nl=False)
    for signature in dict.fromkeys(report.signature for report in reports.values()):
        click.echo(signature)
