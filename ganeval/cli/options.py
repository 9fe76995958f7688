"""The options that every evaluating command has, and what they settle."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import click

from ganeval.cli.output import progress_bar
from ganeval.core.files import require_writable
from ganeval.core.protocol import PROTOCOLS
from ganeval.core.registry import entries
from ganeval.evaluation.engine import Engine
from ganeval.evaluation.options import FIELDS, Options
from ganeval.evaluation.settings import Settings, settings_beside, settings_for


def _target(ctx: click.Context, param: click.Parameter, target: str | None) -> Path | str | None:
    """Refuses a file that cannot be written, before the long run."""
    if target is None or target == "-":
        return target
    require_writable(Path(target))
    return Path(target)


def file_option(*names: str, **settings: Any) -> Callable:
    """An option that names a file to write, refused before the long run if it cannot be."""
    return click.option(*names, callback=_target, **settings)


class _Shelf(click.Option):
    """An option whose help lists what there is, read when help is asked for."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """As click's."""
        extractors = ", ".join(item.name for item in entries("extractor"))
        self.help = (self.help or "").format(extractors=extractors, protocols=", ".join(PROTOCOLS))
        return super().get_help_record(ctx)


def _field(name: str, *more: str, **settings: Any) -> Callable:
    """The option of a field of `Options`: its words, and its choices, of which the first is the default."""
    choices = get_args(FIELDS[name].type)
    if choices and all(isinstance(choice, str) for choice in choices):
        settings = {"type": click.Choice(choices), "default": choices[0], "show_default": True, **settings}
    return click.option(*more, f"--{name.replace('_', '-')}", **{"help": FIELDS[name].sentence, **settings})


_SHARED: Sequence[Callable] = (
    _field(
        "extractor",
        "-x",
        metavar="SPEC",
        cls=_Shelf,
        help="Features: {extractors}; some take a name, as classifier:mnist.  [default: inception]",
    ),
    _field("weights", type=click.Path(path_type=Path)),
    _field("device", default="auto", show_default=True),
    _field("precision", type=click.Choice(["float32", "bf16", "fp16"]), default="float32", show_default=True),
    click.option(
        "--batch-size", type=click.IntRange(1), default=32, show_default=True, help="Images per network call."
    ),
    click.option("--num-workers", type=click.IntRange(1), help="Decoding threads; default: all cores."),
    _field("n", type=click.IntRange(1)),
    _field("seed", type=int),
    _field(
        "protocol",
        default="default",
        show_default=True,
        metavar="NAME",
        cls=_Shelf,
        help="Whose settings: {protocols}.",
    ),
    click.option("--no-interval", "interval", flag_value="off", help="Numbers alone: faster, and less memory."),
    _field("level", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95, show_default=True),
    click.option(
        "--fixed-real",
        "population",
        flag_value="real",
        help="Take the real images as the population, not as a sample of it.",
    ),
    click.option("--no-floor", "floor", flag_value="off", help="Leave out what real images score against themselves."),
    _field("exif"),
    _field("on_error"),
    click.option("--no-cache", "cache", flag_value="off", help="Extract anew, and keep no features."),
    click.option(
        "--verify",
        "cache",
        flag_value="verify",
        help="Use the cache after hashing every image again, not by size and time.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress bar and no warnings."),
    click.option("--debug", is_flag=True, help="Show a traceback when something fails."),
)
_BESIDE: Sequence[Callable] = (
    click.option(
        "--train",
        metavar="TRAIN",
        help="The images that the model was trained on, where REAL is others: for metrics of copying. All of "
        "them are read, whatever --n.",
    ),
    click.option(
        "--held-out",
        metavar="HELD_OUT",
        help="Other real images, which are scored beside the fakes; without them REAL is halved.",
    ),
)
_REPORTING: Sequence[Callable] = (
    file_option("--json", "json_file", metavar="FILE|-", help="Write the full report; with - to stdout, alone."),
    click.option("--dry-run", is_flag=True, help="Show what would be done, read no image."),
)


@dataclass(frozen=True)
class Common:
    """The shared options as given: those of the library, and the command line's own."""

    options: Options
    batch_size: int
    num_workers: int | None
    quiet: bool

    @contextmanager
    def running(self, metrics: Sequence[str] | None, spare: Sequence[str] = ()):
        """The settled run, with a progress bar on stderr while the block lasts."""
        with progress_bar(quiet=self.quiet) as progress:
            engine = Engine(self.batch_size, self.num_workers, progress)
            yield settings_beside(metrics, spare, **{**self.options, "engine": engine})

    def settled(self, metrics: Sequence[str] | None) -> Settings:
        """The settled run; SpecError for unknown names."""
        return settings_for(metrics=metrics, **self.options)


def shared_options(command: Callable) -> Callable:
    """The options of a pass over images; the command gets them as one `common`."""

    def wrapped(**values: Any) -> Any:
        values.pop("debug")  # is for who shows errors
        own = {name: values.pop(name) for name in ("batch_size", "num_workers", "quiet")}
        stated = {name: values.pop(name) for name in Options.__annotations__ if name != "engine"}
        options = {name: value for name, value in stated.items() if value is not None}
        return command(common=Common(cast(Options, options), **own), **values)

    return _decorated(_named_as(command, wrapped), _SHARED)


def report_options(command: Callable) -> Callable:
    """`--json` and `--dry-run`."""
    return _decorated(command, _REPORTING)


def beside_options(command: Callable) -> Callable:
    """The sides beside real and fake, which the command gets as one `beside`."""

    def wrapped(**values: Any) -> Any:
        return command(beside={role: values.pop(role) for role in ("train", "held_out")}, **values)

    return _decorated(_named_as(command, wrapped), _BESIDE)


def _named_as(command: Callable, wrapped: Callable) -> Callable:
    """`wrapped` with the name, help and options of `command`."""
    wrapped.__name__ = command.__name__
    wrapped.__doc__ = command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", [])  # pyright: ignore[reportFunctionMemberAccess]
    return wrapped


def _decorated(command: Callable, options: Sequence[Callable]) -> Callable:
    for option in reversed(options):
        command = option(command)
    return command
