"""A leaderboard of your own: fix its rules, pack and check submissions, build its page."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from ganeval.cli.command import Group
from ganeval.core.errors import GanevalError, SourceError
from ganeval.core.files import replacing, require_writable
from ganeval.core.records import one_line, short
from ganeval.leaderboard.checks import Checked, checked
from ganeval.leaderboard.rules import Board, board_from, read_board
from ganeval.leaderboard.standings import standings
from ganeval.leaderboard.submission import Submission, read_reports, read_submission, submissions_in
from ganeval.leaderboard.submission import pack as packed
from ganeval.leaderboard.tables import board_html, board_markdown
from ganeval.report.report import Report

_FILE = click.Path(path_type=Path)
_WIDEST = 60

EPILOG = """\b
Examples:
  ganeval leaderboard init run1.json --name "My digits" --rank-by kid
  ganeval leaderboard pack submissions/dcgan --name DCGAN run*.json
  ganeval leaderboard check BOARD.toml submissions/dcgan
  ganeval leaderboard build BOARD.toml submissions/ -o board.html -o board.md
"""


@click.group("leaderboard", cls=Group, epilog=EPILOG)
@click.option("--debug", is_flag=True, hidden=True)
def command(debug: bool) -> None:
    """A board is a file of rules, BOARD.toml, and a folder of submissions.

    A submission is a folder with a description and one report of `ganeval eval --json` a training seed. Who may be
    ranked, and what the ranks mean: docs/leaderboard.md.
    """


@command.command("init")
@click.argument("report", type=_FILE)
@click.option("--name", required=True, help="What the board is called.")
@click.option("--rank-by", required=True, metavar="KEY", help="The one score that ranks: kid, energy_distance, ...")
@click.option("--also", multiple=True, metavar="KEY", help="A secondary score; repeat for more; default: all.")
@click.option("--split", default="", metavar="TEXT", help="Which real images, in words: 'test, 10,000'.")
@click.option(
    "--reference", metavar="FILE", help="A file of `ganeval stats --rows` of the reals, to compute again from."
)
@click.option("--training-seeds", type=int, default=5, show_default=True, help="Runs that a rank needs; 5 at least.")
@click.option(
    "--smallest-difference",
    type=float,
    default=0.0,
    metavar="SIZE",
    help="In the ranking score's unit: smaller ones part no models.  [default: 0]",
)
@click.option("--version", type=int, default=1, show_default=True, help="A new one for every change.")
@click.option("-o", "--output", type=_FILE, default="BOARD.toml", show_default=True)
def init(
    *,
    report: Path,
    name: str,
    rank_by: str,
    also: tuple[str, ...],
    split: str,
    reference: str | None,
    training_seeds: int,
    smallest_difference: float,
    version: int,
    output: Path,
) -> None:
    """Write BOARD.toml so that REPORT would be a run on it: its reals, n, protocol, seed and scores.

    A file --reference is named in BOARD.toml as given: keep it beside.
    """
    if output.exists():
        raise SourceError(f"{output}: is there already, and a board is frozen: give another name (-o)")
    board = board_from(
        _reports([report])[0],
        rank_by,
        also=also or None,
        name=name,
        version=version,
        split=split,
        file=reference,
        training_seeds=training_seeds,
        smallest_difference=smallest_difference,
    )
    if reference is not None and not (output.parent / reference).is_file():
        raise SourceError(f"{output.parent / reference}: no such file: --reference lies beside {output}")
    _write(output, board.to_toml())
    others = ", ".join(board.secondary) or "nothing"
    click.echo(f"{output}: ranked by {board.rank_by}, beside it {others}; fingerprint {board.fingerprint}")


@command.command("pack")
@click.argument("output", type=_FILE)
@click.argument("reports", nargs=-1, required=True, type=_FILE, metavar="REPORT...")
@click.option("--board", "board_file", type=_FILE, default="BOARD.toml", show_default=True, help="The rules.")
@click.option("--name", required=True, help="What the model is called.")
@click.option("--link", "links", multiple=True, metavar="URL", help="Paper or code; repeat for more.")
@click.option("--cost", default="", metavar="TEXT", help="Of one training run: '2 h on one A100'.")
@click.option("--tried", type=int, metavar="N", help="How many configurations were tried before this one.")
@click.option("--extra-data", default="", metavar="TEXT", help="What else the model learnt from.")
@click.option(
    "--rows",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="A file of `ganeval stats --rows` of the fakes, one a report, in order.",
)
@click.option("--samples", type=_FILE, metavar="PNG", help="A grid of images.")
def pack(
    *,
    output: Path,
    reports: tuple[Path, ...],
    board_file: Path,
    name: str,
    links: tuple[str, ...],
    cost: str,
    tried: int | None,
    extra_data: str,
    rows: tuple[Path, ...],
    samples: Path | None,
) -> None:
    """Make the folder OUTPUT from one REPORT a training seed, and check it.

    A file with a list of reports counts as that many.
    """
    board = read_board(board_file)
    description = {"name": name, "links": links, "cost": cost, "configurations_tried": tried, "extra_data": extra_data}
    submission = packed(
        output, board, description=description, reports=_reports(reports), statistics=rows, samples=samples
    )
    try:
        _tell_and_require(board, [submission])
    except GanevalError:
        shutil.rmtree(output)  # it was made here, and the next try needs the place
        raise


@command.command("check")
@click.argument("board_file", type=_FILE, metavar="BOARD.toml")
@click.argument("folders", nargs=-1, required=True, type=_FILE, metavar="SUBMISSION...")
def check(board_file: Path, folders: tuple[Path, ...]) -> None:
    """Say whether each SUBMISSION may stand on the board; exit code 1 if one may not."""
    _tell_and_require(read_board(board_file), [read_submission(folder) for folder in folders])


@command.command("build")
@click.argument("board_file", type=_FILE, metavar="BOARD.toml")
@click.argument("folder", type=_FILE, metavar="SUBMISSIONS")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    required=True,
    type=_FILE,
    metavar="FILE",
    help="A page (.html) or a table (.md); repeat for both.",
)
def build(*, board_file: Path, folder: Path, outputs: tuple[Path, ...]) -> None:
    """Check every submission in the sub-folders of SUBMISSIONS and write the board.

    One that may not stand on it stops the build. The page needs no other file and holds no script.
    """
    forms = {".html": board_html, ".md": board_markdown}
    for output in outputs:
        if output.suffix not in forms:
            raise click.UsageError(f"-o {output}: the file must end in .html or .md")
        require_writable(output)
    board, submissions = read_board(board_file), submissions_in(folder)
    checks = _tell_and_require(board, submissions)
    table = standings(board, submissions, checks=checks)
    for output in outputs:
        _write(output, forms[output.suffix](table))
        click.echo(
            f"{output}: {len(submissions)} submissions, {sum(row.tier is not None for row in table.rows)} ranked"
        )


def _reports(paths: Sequence[Path]) -> list[Report]:
    return [report for path in paths for report in read_reports(path)]


def _tell_and_require(board: Board, submissions: Sequence[Submission]) -> list[Checked]:
    """Print what was found; GanevalError when one may not stand on the board."""
    checks = checked(board, submissions)
    for submission, one in zip(submissions, checks, strict=True):
        for line in _lines(submission, one, board):
            click.echo(line)
    bad = [one_line(s.place) for s, one in zip(submissions, checks, strict=True) if one.problems]
    if bad:
        raise SourceError(f"may not stand on {board.name!r} version {board.version}: {', '.join(bad)}")
    return checks


def _lines(submission: Submission, judgement: Checked, board: Board) -> list[str]:
    runs = len(submission.runs)
    few = f", {board.training_seeds} are needed for a rank" if runs < board.training_seeds else ""
    again = f" ({', '.join(sorted(judgement.recomputed))})" if judgement.recomputed else ""
    name = short(submission.name, most=_WIDEST)
    state = "refused" if judgement.problems else f"{runs} run{'s' if runs > 1 else ''}{few}, {judgement.level}{again}"
    lines = [f"{one_line(submission.place)}: {name}: {state}"]
    lines += [f"  problem: {one_line(text)}" for text in judgement.problems]
    return lines + [f"  ALARM: {one_line(text)}" for text in judgement.alarms]


def _write(path: Path, text: str) -> None:
    require_writable(path)
    with replacing(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
