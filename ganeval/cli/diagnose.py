"""Say what went wrong in a training, from its log and the reports made on the way."""

import json
from pathlib import Path

import click

from ganeval.cli.command import Command, once
from ganeval.cli.options import file_option
from ganeval.cli.output import Target, columns, show, show_warnings, write_json
from ganeval.cli.plain import is_plain, told
from ganeval.core.errors import SpecError

EPILOG = """\b
Examples:
  ganeval diagnose run/log.jsonl                     the loop's losses and D(x)
  ganeval diagnose run/log.jsonl metrics.jsonl       and an Evaluator's history
  ganeval diagnose log.csv --signal 'D loss=errD_total' -d strong-discriminator
  ganeval diagnose metrics.jsonl -d recall-drop:drop=0.2
  ganeval diagnose run/log.jsonl metrics.jsonl --plot what.png
"""


@click.command("diagnose", cls=Command, epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="LOG|HISTORY...", type=click.Path(path_type=Path))
@click.option(
    "-d",
    "--diagnostic",
    "diagnostics",
    multiple=True,
    metavar="SPEC",
    help="This one alone, with options if need be; repeat for more (see `ganeval list`).",
)
@click.option(
    "--signal",
    "signals",
    multiple=True,
    metavar="SIGNAL=COLUMN",
    help="Which column of the log is D loss, G loss, D(x), D(G(z)), D(held-out), D gradient or G gradient, "
    "where its name does not say it.",
)
@file_option(
    "--plot", metavar="FILE", help="Draw the numbers and the alarms, .png, .svg or .pdf (needs ganeval[plots])."
)
@file_option("--json", "json_file", metavar="FILE|-", help="Write the diagnoses; with - to stdout, alone.")
@click.option("-q", "--quiet", is_flag=True, help="No warnings.")
@click.option("--debug", is_flag=True, hidden=True)
def command(
    files: tuple[Path, ...],
    diagnostics: tuple[str, ...],
    signals: tuple[str, ...],
    plot: Path | str | None,
    json_file: Target | None,
    quiet: bool,
    debug: bool,
) -> None:
    """Look for known failures of a training: divergence, a D too strong or too weak, collapse, copies and others.

    LOG is a .csv or has a JSON object a line, with a column of steps; HISTORY is what `ganeval.Evaluator` saved. Give
    either or both. Every verdict comes with its numbers, and every alarm with what to do and when it is wrong.
    """
    from ganeval.report.figure import require_figure
    from ganeval.training.diagnose import examined, training_of
    from ganeval.training.diagnosis_text import diagnosis_lines, diagnosis_table
    from ganeval.training.history import History
    from ganeval.training.log import training_log
    from ganeval.training.training_figure import drawn

    if plot is not None:
        require_figure(Path(plot))
    names = once(map(_named, signals), option="--signal")
    log_file, history_file = _sorted(files)
    log = training_log({} if log_file is None else log_file, names=names)
    history = History() if history_file is None else History.load(history_file)
    training = training_of(history, log=log)
    diagnoses = examined(training, diagnostics or None)
    if log.ignored:
        show_warnings([f"{log_file}: not read: {', '.join(log.ignored)} (--signal says what a column is)"], quiet=quiet)
    try:
        if plot is not None:
            drawn(training, diagnoses, path=Path(plot))
        if json_file is not None:
            write_json(json.dumps([one.to_dict() for one in diagnoses], indent=2, ensure_ascii=False), json_file)
    finally:
        if json_file != "-":
            show(diagnosis_table(diagnoses, plain=is_plain()))
            click.echo()
            click.echo("\n".join(map(told, diagnosis_lines(diagnoses, width=columns()))))


def _named(text: str) -> tuple[str, str]:
    signal, sign, column = text.partition("=")
    if not sign or not signal or not column:
        raise SpecError(f"--signal {text}: write a signal and a column, 'D loss=errD'")
    return signal.strip(), column


def _sorted(files: tuple[Path, ...]) -> tuple[Path | None, Path | None]:
    """The log and the history among the files, by what their first line holds."""
    histories = [path for path in files if _is_history(path)]
    logs = [path for path in files if path not in histories]
    for name, paths in (("log of a loop", logs), ("history of reports", histories)):
        if len(paths) > 1:
            raise SpecError(f"two files are a {name}, {paths[0]} and {paths[1]}: one training at a time")
    return (logs or [None])[0], (histories or [None])[0]


def _is_history(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = json.loads(file.readline())
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and {"step", "report"} <= first.keys()
