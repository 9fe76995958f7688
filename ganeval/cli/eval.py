"""Score one or several sets of fakes against a real one, with several metrics at once."""

import click

from ganeval.cli.options import Common, report_options, shared_options
from ganeval.cli.output import is_plain, reports_json, show, show_plan, show_warnings, write_json
from ganeval.evaluation import collected, evaluate, planned
from ganeval.render.text import score_tables

EPILOG = """\b
Examples:
  ganeval eval real/ fake/ -x efficientnet-lite0
  ganeval eval real/ gan/ vae/ -x efficientnet-lite0 --n 1000
  ganeval eval real/ fake/ -m pr:k=5 -m kid --json report.json
  ganeval eval rows_real.npy rows_fake.npy -x features
"""


@click.command("eval", epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("real")
@click.argument("fakes", nargs=-1, required=True, metavar="FAKE...")
@click.option("-m", "--metric", "metrics", multiple=True, metavar="SPEC",
              help="A metric with options, kid:degree=2; repeat for more; `all` for every one.")  # fmt: skip
@click.option("--cite", is_flag=True, help="Also print what to cite.")
@report_options
@shared_options
def command(
    common: Common,
    real: str,
    fakes: tuple[str, ...],
    metrics: tuple[str, ...],
    cite: bool,
    json_file: str | None,
    dry_run: bool,
) -> None:
    """Score FAKE... against REAL. Each image is read and extracted once for all metrics.

    Default metrics: precision and recall, density and coverage, KID, the Fréchet distance, and
    the Inception Score as legacy.
    """
    if dry_run:
        sides = {"real": real} | {f"fake {i}" if len(fakes) > 1 else "fake": fake for i, fake in enumerate(fakes, 1)}
        return show_plan(common.settled(metrics or None), sides)
    with common.running(metrics or None) as settings:
        plans = [planned(fake, settings) for fake in fakes]
        side = (
            collected(planned(real, settings), settings, wants=settings.wants("real"))
            if "real" in settings.roles
            else None
        )
        reports = {}
        for fake, plan in zip(fakes, plans, strict=True):
            reports[fake] = evaluate(side, collected(plan, settings, wants=settings.wants("fake")), settings=settings)
    show_warnings(dict.fromkeys(w for report in reports.values() for w in report.warnings), quiet=common.quiet)
    if json_file is not None:
        write_json(reports_json(reports), json_file)
    if json_file != "-":
        show(score_tables(reports, plain=is_plain()))
        for report in reports.values():
            click.echo(report.signature)
        if cite:
            click.echo("\n".join(dict.fromkeys(chosen.metric.citation for chosen in settings.metrics)))
    return None
