"""Join the parts that `ganeval stats --shard` wrote into one statistics file."""

from pathlib import Path

import click

from ganeval.cli.command import Command
from ganeval.cli.output import show_warnings

EPILOG = """\b
Examples:
  ganeval stats real/ --shard 1/4 -o part1.npz       one a machine, 1/4 to 4/4
  ganeval merge part*.npz -o ref.npz
"""


@click.command("merge", cls=Command, epilog=EPILOG)
@click.argument("parts", nargs=-1, required=True, metavar="PART...", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .npz file to write.")
@click.option("-q", "--quiet", is_flag=True, help="No warnings.")
@click.option("--debug", is_flag=True, hidden=True)
def command(parts: tuple[Path, ...], output: Path, quiet: bool, debug: bool) -> None:
    """Add the statistics of PART... up, as if one run had seen all images.

    Rows are kept when every part has them. Parts made under unlike protocols, or the same part twice, are
    refused; a missing part is told.
    """
    from ganeval.core.files import require_writable
    from ganeval.evaluation.merging import merged
    from ganeval.sources.rows import lost_digits
    from ganeval.sources.statistics_file import read_shard, write_statistics

    if output.suffix != ".npz":
        raise click.UsageError(f"-o {output}: the file must end in .npz")
    require_writable(output)
    whole, missing = merged([read_shard(path) for path in parts])
    write_statistics(output, moments=whole.moments, rows=whole.rows, protocol=whole.protocol.to_json())
    if missing:
        show_warnings([f"shards {', '.join(missing)} are missing: {output} is not of the whole set"], quiet=quiet)
    lost = None if whole.rows is None else lost_digits(whole.rows.values, kind=whole.rows.values.dtype.name)
    if lost is not None and whole.protocol.extractor == "features":
        show_warnings([f"{output}: {lost}"], quiet=quiet)
    rows = "with rows" if whole.rows is not None else "without rows"
    click.echo(f"{output}: {whole.moments.n} images from {len(parts)} parts, {rows}")
