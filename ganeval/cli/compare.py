"""Say in what two or more sets of fakes differ, over the same reals, and how surely."""

import glob
from collections.abc import Mapping, Sequence

import click

from ganeval.cli.command import Command, once
from ganeval.cli.options import Common, beside_options, report_options, shared_options
from ganeval.cli.output import Target, columns, show_plan, show_warnings, write_json
from ganeval.cli.plain import is_plain
from ganeval.comparison.compare import DEFAULT, compared, letters
from ganeval.comparison.text import comparison_lines

EPILOG = """\b
Examples:
  ganeval compare real/ gan/ vae/ -x efficientnet-lite0
  ganeval compare real/ gan/ vae/ flow/ --train train/ -x efficientnet-lite0
  ganeval compare real/ --a 'gan/run*' --b 'vae/run*' -x efficientnet-lite0
  ganeval compare real.npy a.npy b.npy -x features -m fd --at-least fd=2%
"""


@click.command("compare", cls=Command, epilog=EPILOG)
@click.argument("real")
@click.argument("fakes", nargs=-1, metavar="A B...")
@click.option("--a", "first", multiple=True, metavar="PATTERN", help="Training runs of side A, quoted: 'gan/run*'.")
@click.option("--b", "second", multiple=True, metavar="PATTERN", help="Training runs of side B.")
@click.option(
    "--side",
    "named",
    multiple=True,
    metavar="NAME=PATTERN",
    help="Training runs of a side with a name, gan='gan/run*'; repeat for more sides.",
)
@click.option(
    "-m",
    "--metric",
    "metrics",
    multiple=True,
    metavar="SPEC",
    help="Judge by these instead of kid, precision-recall and copying; repeat for more.",
)
@click.option(
    "--at-least",
    "smallest",
    multiple=True,
    metavar="SCORE=SIZE",
    help="Smallest difference that matters, fd=2% or kid=0.4e-3; default: fd=1.3%, as large as "
    "another training run makes by itself.",
)
@beside_options
@report_options
@shared_options
def command(
    common: Common,
    beside: Mapping[str, str | None],
    real: str,
    fakes: tuple[str, ...],
    first: tuple[str, ...],
    second: tuple[str, ...],
    named: tuple[str, ...],
    metrics: tuple[str, ...],
    smallest: tuple[str, ...],
    json_file: Target | None,
    dry_run: bool,
) -> None:
    """Compare A, B... pair by pair over the same images of REAL, as many of each.

    A verdict for overall closeness, quality and diversity, and whether anything is copied (from REAL, or from
    --train). Three sides or more are also ranked by the first metric. Every image is read and extracted once.
    `ganeval power` tells how many images a difference needs.
    """
    sides = _sides(fakes, _runs_by_name(first, second, named))
    at_least = once((sized(text, option="--at-least") for text in smallest), option="--at-least")
    wanted = metrics or DEFAULT
    if dry_run:
        every = {
            f"{name} {i}" if len(runs) > 1 else name: run
            for name, runs in sides.items()
            for i, run in enumerate(runs, 1)
        }
        return show_plan(common.settled(wanted), {"real": real} | every)
    with common.running(wanted) as settings:
        comparison = compared(real, sides, settings=settings, at_least=at_least, beside=beside)
    show_warnings(dict.fromkeys(comparison.warnings), quiet=common.quiet)
    try:
        if json_file is not None:
            write_json(comparison.to_json(), json_file)
    finally:  # a disk that is full must not cost the result
        if json_file != "-":
            click.echo("\n".join(comparison_lines(comparison, plain=is_plain(), width=columns())))
    return None


def sized(text: str, *, option: str) -> tuple[str, str]:
    """`fd=2%` as ("fd", "2%"); a score's options may hold further signs, `kid:degree=2=0.1`."""
    key, sign, size = text.rpartition("=")
    if not sign or not key or not size:
        raise click.UsageError(f"{option} {text}: give a score and a size, such as kid=0.4e-3 or fd=2%")
    return key, size


def _sides(fakes: tuple[str, ...], runs: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    if fakes and runs:
        raise click.UsageError("give either A B... (one training run each) or --a, --b and --side (several each)")
    if runs:
        if len(runs) < 2:
            raise click.UsageError("--a and --b belong together, and --side needs another: give two sides or more")
        return runs
    if len(fakes) < 2:
        raise click.UsageError("give two sets of fakes or more: ganeval compare REAL A B")
    return {name: [fake] for name, fake in zip(letters(), fakes, strict=False)}


def _runs_by_name(first: tuple[str, ...], second: tuple[str, ...], named: tuple[str, ...]) -> Mapping[str, list[str]]:
    patterns: dict[str, list[tuple[str, str]]] = {}
    for option, name, texts in (("--a", "A", first), ("--b", "B", second)):
        for pattern in texts:
            patterns.setdefault(name, []).append((option, pattern))
    for text in named:
        name, sign, pattern = text.partition("=")
        if not (name and sign and pattern):
            raise click.UsageError(f"--side {text}: give a name and a pattern, such as gan='gan/run*'")
        patterns.setdefault(name, []).append(("--side", pattern))
    return {name: _runs(pairs) for name, pairs in patterns.items()}


def _runs(patterns: Sequence[tuple[str, str]]) -> list[str]:
    """What the patterns match, in order; a name that matches nothing is taken as it is (a set's name, a sampler)."""
    runs: list[str] = []
    for option, pattern in patterns:
        matches = sorted(glob.glob(pattern))  # noqa: PTH207
        if not matches and glob.has_magic(pattern):
            raise click.UsageError(f"{option} {pattern}: nothing matches")
        runs += matches or [pattern]
    return list(dict.fromkeys(runs))
