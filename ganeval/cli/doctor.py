"""Show device, versions and weights; --check tests the network on this machine."""

import click

from ganeval.cli.command import Command

EPILOG = """\b
Examples:
  ganeval doctor
  ganeval doctor --check
  ganeval doctor --check --device cpu
"""


@click.command("doctor", cls=Command, epilog=EPILOG)
@click.option(
    "--check",
    "checking",
    is_flag=True,
    help="Compare efficientnet-lite0 features of eight bundled photographs with stored ones.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, ...")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def command(ctx: click.Context, checking: bool, device: str, debug: bool) -> None:
    """Show what a run would use: device, threads, versions, weights.

    With --check the exit code is 1 when a feature deviates by more than the tolerance.
    """
    from ganeval.extractors.self_check import TOLERANCE, check, machine

    for name, description in machine(device):
        click.echo(f"{name:<19} {description}")
    if checking:
        result = check(device)
        verdict = "as stored" if result.passed else "NOT as stored: numbers from this device cannot be trusted"
        click.echo(
            f"{'check':<19} largest deviation {result.deviation:.1e} of the largest feature "
            f"(tolerance {TOLERANCE:.0e}): {verdict}"
        )
        for remark in result.remarks:
            click.echo(f"{'network':<19} {remark}")
        click.echo(f"{'speed':<19} {result.images_per_second:.1f} images/s (efficientnet-lite0, resize included)")
        ctx.exit(0 if result.passed else 1)
