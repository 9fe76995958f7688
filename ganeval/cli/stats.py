"""Write a set's mean and covariance (and rows) to an .npz that serves as REAL."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ganeval.cli.command import Command
from ganeval.cli.options import Common, shared_options
from ganeval.cli.output import show_warnings
from ganeval.core.errors import SourceError
from ganeval.core.files import require_writable
from ganeval.core.rows import Moments, Rows, as_moments
from ganeval.evaluation.merging import shard_of
from ganeval.evaluation.sides import OpenedSide, extract, open_side
from ganeval.evaluation.warnings import side_warnings
from ganeval.sources.statistics_file import write_empty, write_statistics

EPILOG = """\b
Examples:
  ganeval stats real/ -o ref.npz -x efficientnet-lite0 --rows
  ganeval fd ref.npz fake/ -x efficientnet-lite0
  ganeval stats real/ --shard 1/4 -o part1.npz   then ganeval merge part*.npz
"""


@click.command("stats", cls=Command, epilog=EPILOG)
@click.argument("real")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .npz file to write.")
@click.option("--shard", metavar="I/N", help="Only every N-th image from the I-th on: a part for `ganeval merge`.")
@click.option(
    "--rows", "keep_rows", is_flag=True, help="Keep the feature rows too (precision, KID and others need them)."
)
@shared_options
def command(common: Common, real: str, output: Path, shard: str | None, keep_rows: bool) -> None:
    """Write mu, sigma, n and the protocol of REAL; pytorch-fid reads the file too."""
    part = None if shard is None else shard_of(shard)
    if output.suffix != ".npz":
        raise click.UsageError(f"-o {output}: the file must end in .npz")
    require_writable(output)
    with common.running([]) as settings:
        plan = open_side(real, settings)
        plan = plan if part is None else _sharded(plan, part)
        if isinstance(plan, OpenedSide) and plan.n == 0:
            write_empty(output, protocol=settings.protocol.to_json(), shard=shard or "")
            click.echo(f"{output}: an empty shard of {real}")
            return
        side = extract(plan, settings, wants={"features": Rows if keep_rows else Moments})
    statistic = side.statistics["features"]
    if side.protocol is None:
        raise SourceError(f"{real}: is a statistics file without a protocol already; give the images")
    write_statistics(
        output,
        moments=as_moments(statistic),
        rows=statistic if keep_rows and isinstance(statistic, Rows) else None,
        protocol=side.protocol.to_json(),
        shard=shard,
    )
    show_warnings(side_warnings(side, settings), quiet=common.quiet)
    click.echo(f"{output}: {side.n} images, {side.protocol.extractor}, protocol {side.protocol.fingerprint}")


def _sharded(plan: Any, part: tuple[int, int]) -> OpenedSide:
    if not isinstance(plan, OpenedSide) or plan.index is None:
        raise SourceError("--shard needs images whose number is known: a folder, an archive, an array")
    return replace(plan, index=plan.index[part[0] - 1 :: part[1]])
