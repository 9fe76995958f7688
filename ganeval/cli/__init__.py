"""The command line. Commands are files of this folder and, one each, the metrics on the shelf."""

import ast
import importlib
import io
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import click

from ganeval.cli.command import Group
from ganeval.cli.plain import told
from ganeval.core.errors import GanevalError, SpecError
from ganeval.core.registry import entries, entry, spoken_names
from ganeval.core.spec import nearest_name

_COMMANDS = (
    "eval",
    "compare",
    "tradeoff",
    "diagnose",
    "power",
    "stats",
    "merge",
    "leaderboard",
    "weights",
    "cache",
    "doctor",
    "list",
    "explain",
)


class Shelf(Group):
    """Lists commands from docstrings alone and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Fixed commands, then the metrics."""
        return [*_COMMANDS, *(item.name for item in entries("metric"))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name or of those initials."""
        if cmd_name in _COMMANDS:
            return importlib.import_module(f"ganeval.cli.{cmd_name}").command
        try:
            item = entry("metric", cmd_name)
        except SpecError:
            return None
        from ganeval.cli.metric import metric_command

        return metric_command(item)

    def resolve_command(self, ctx: click.Context, args: list[str]):
        """As click does, with a suggestion for unknown names."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            hint = nearest_name(args[0], [*_COMMANDS, *spoken_names(entries("metric"))])
            ctx.fail(f"no command {args[0]!r}{hint} (ganeval --help lists them)")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Two sections, from the files' first docstring lines."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(name)) for name in _COMMANDS])
        shelf = [(i.name + (f", {i.initials}" if i.initials else ""), told(i.summary)) for i in entries("metric")]
        with formatter.section("Metrics (each a command)"):
            formatter.write_dl(shelf)


def _summary(name: str) -> str:
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


EPILOG = """\b
Examples:
  ganeval eval real/ fake/ -x efficientnet-lite0   works offline at once
  ganeval fid real/ fake/                          fetches 95 MB once
  ganeval pr real/ fake/ --k 5 --json report.json
  ganeval explain fid
"""


@click.group(cls=Shelf, epilog=EPILOG)
@click.version_option(package_name="ganeval")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def cli(debug: bool) -> None:
    """Judge generative models: quality and diversity of generated images."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 usage, 130 interrupted, 1 any other error."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of the libraries below: ganeval's own are printed in one line each
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file name need not fit the terminal's encoding
    sys.exit(exit_code(sys.argv[1:] if arguments is None else list(arguments)))


def exit_code(arguments: list[str]) -> int:
    """Run the command line; errors become one line on stderr, a traceback only with --debug."""
    debug = "--debug" in arguments
    try:
        return cli.main(arguments or ["--help"], prog_name="ganeval", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        return 1
    except GanevalError as error:
        if debug:
            raise
        click.echo(f"error: {error}", err=True)
        return 2 if isinstance(error, SpecError) else 1
    except Exception as error:
        if debug:
            raise
        reason = str(error).partition("\n")[0]
        click.echo(f"error: {type(error).__name__}: {reason} (--debug shows where)", err=True)
        return 1
