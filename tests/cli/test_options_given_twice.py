"""An option that takes one value is given once: of two values none is dropped without a word."""

import shlex
from collections.abc import Iterator

import click
import numpy as np
import pytest

from ganeval.cli import cli, exit_code
from ganeval.core.errors import SpecError
from ganeval.sources.opening import opened


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


COMMANDS = dict(commands(cli))


def takes_one_value(param: click.Parameter) -> bool:
    return isinstance(param, click.Option) and not (param.multiple or param.is_flag or param.count)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_option_of_one_value_is_taken_twice(path):
    for param in filter(takes_one_value, COMMANDS[path].params):
        for first, second in ((param.opts[0], param.opts[-1]), (param.opts[-1], param.opts[0])):
            with pytest.raises(click.UsageError, match=f"{'/'.join(param.opts)} is given 2 times and takes one value"):
                COMMANDS[path].make_context(path[-1], [first, "1", second, "2"])


def test_the_table_knows_the_options():
    """So that the test above does not run over nothing."""
    counts = {path: sum(map(takes_one_value, found.params)) for path, found in COMMANDS.items()}
    assert min(counts[path,] for path in ("eval", "compare", "tradeoff", "power", "stats", "fid", "kid")) > 10
    assert counts["merge",] == counts["doctor",] == counts["cache", "prune"] == 1
    assert counts["leaderboard", "pack"] == 6


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("fd a b -x pixels --extractor pixels", "-x/--extractor is given 2 times"),
        ("fd a b --no-cache --verify", "--no-cache and --verify exclude each other"),
        ("fd a b --n 5 --n=5 --n 5", "--n is given 3 times"),
        ("eval a b -qq -q -m fd -m fd -x pixels -x pixels", "-x/--extractor is given 2 times"),
        ("compare a b c --at-least fd=2% --at-least fd=3%", "--at-least is given twice for fd, as 2% and as 3%"),
        ("power a --difference kid=1 --difference kid=2", "--difference is given twice for kid"),
        ("diagnose log.csv --signal 'D loss=a' --signal 'D loss=b'", "--signal is given twice for D loss"),
        ("tradeoff a 1=b 1=c", "'1' stands for b and for c"),
        ("fd a b -x pixels:size=4,size=8", "gives 'size' twice"),
        ("kid a b --debug -m kid:degree=2", "No such option"),
    ],
)
def test_what_is_said(capsys, line, says):
    assert exit_code(shlex.split(line)) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("line", ["fd --n 1 --n 2 --help", "kid --n 1 --n 2 --cite", "doctor --device a --device b -h"])
def test_help_comes_first(run, line):
    run(line)


def test_what_may_be_repeated_is_repeated(run, tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", rng.normal(size=(20, 2)))
    out, _ = run("eval a.npy a.npy -x features -m fd -m kid -q -q --no-interval --no-interval --no-floor")
    assert "FD" in out and "KID" in out


def test_options_of_a_path(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 4, 4, 3), np.uint8))
    with pytest.raises(SpecError, match="gives 'layout' twice"):
        opened(f"{tmp_path}/a.npy,layout=nhwc,range=0:1,layout=nchw")
