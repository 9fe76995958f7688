"""Write a set's mean and covariance (and rows) to an .npz that serves as REAL."""

from pathlib import Path

import click

from ganeval.cautions import side_warnings
from ganeval.cli.options import Common, shared_options
from ganeval.cli.output import show_warnings
from ganeval.errors import SourceError
from ganeval.plan import collected, planned
from ganeval.sources.statistics_file import require_writable, write_statistics
from ganeval.statistics import Moments, Rows, as_moments

EPILOG = """\b
Examples:
  ganeval stats real/ -o ref.npz -x efficientnet-lite0 --rows
  ganeval fd ref.npz fake/ -x efficientnet-lite0
"""


@click.command(
    "stats", epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}
)
@click.argument("real")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .npz file to write.")
@click.option("--rows", "keep_rows", is_flag=True, help="Keep the feature rows too (precision, KID … need them).")
@shared_options
def command(common: Common, real: str, output: Path, keep_rows: bool) -> None:
    """Write mu, sigma, n and the protocol of REAL; pytorch-fid reads the file too."""
    if output.suffix != ".npz":
        raise click.UsageError(f"-o {output}: the file must end in .npz")
    require_writable(output)
    with common.running([]) as settings:
        side = collected(planned(real, settings), settings, wants={"features": Rows if keep_rows else Moments})
    held = side.statistics["features"]
    if side.protocol is None:
        raise SourceError(f"{real}: is a statistics file without a protocol already; give the images")
    write_statistics(
        output, moments=as_moments(held), rows=held if keep_rows and isinstance(held, Rows) else None,
        protocol=side.protocol.to_json(),
    )  # fmt: skip
    show_warnings(side_warnings(side, settings), quiet=common.quiet)
    click.echo(f"{output}: {side.n} images, {side.protocol.extractor}, protocol {side.protocol.fingerprint}")
