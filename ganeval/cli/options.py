"""The options that every evaluating command has, and what they settle."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ganeval.cli.output import progress_bar
from ganeval.engine import Engine
from ganeval.run import Run, run
from ganeval.sources.statistics_file import require_writable


def _target(ctx: click.Context, param: click.Parameter, given: str | None) -> Path | str | None:
    """Refuses a file that cannot be written, before the long run."""
    if given is None or given == "-":
        return given
    require_writable(Path(given))
    return Path(given)


def file_option(*names: str, **settings: Any) -> Callable:
    """An option that names a file to write, refused before the long run if it cannot be."""
    return click.option(*names, callback=_target, **settings)


_SHARED: Sequence[Callable] = (
    click.option("-x", "--extractor", metavar="SPEC",
                 help="Features: inception, efficientnet-lite0, random-conv, pixels, features, "
                 "module:..., timm:NAME.  [default: inception]"),
    click.option("--weights", type=click.Path(path_type=Path), help="Weight file for the extractor."),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, ..."),
    click.option("--precision", type=click.Choice(["float32", "bf16", "fp16"]), default="float32", show_default=True,
                 help="Of inception; less is faster, and named in the score."),
    click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True,
                 help="Images per network call."),
    click.option("--num-workers", type=click.IntRange(1), help="Decoding threads; default: all cores."),
    click.option("--n", type=click.IntRange(1), help="Use a seeded choice of N images a side; a generator makes N."),
    click.option("--seed", type=int, help="Seed of every random choice; default: 0, or the protocol's."),
    click.option("--protocol", default="default", show_default=True, metavar="NAME",
                 help="Whose settings: default, torch-fidelity, clean-fid, adm."),
    click.option("--no-interval", "interval", flag_value="off", help="Numbers alone: faster, and less memory."),
    click.option("--level", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95,
                 show_default=True, help="Confidence level of the intervals."),
    click.option("--fixed-real", "population", flag_value="real",
                 help="Take the real images as the population, not as a sample of it."),
    click.option("--no-floor", "floor", flag_value="off",
                 help="Leave out what real images score against themselves."),
    click.option("--exif", type=click.Choice(["ignore", "apply"]), default="ignore", show_default=True,
                 help="EXIF orientation of photographs."),
    click.option("--on-error", type=click.Choice(["stop", "skip"]), default="stop", show_default=True,
                 help="What to do at an image that cannot be read."),
    click.option("--no-cache", "cache", flag_value="off", help="Extract anew, and keep no features."),
    click.option("--verify", "cache", flag_value="verify",
                 help="Use the cache after hashing every image again, not by size and time."),
    click.option("-q", "--quiet", is_flag=True, help="No progress bar and no warnings."),
    click.option("--debug", is_flag=True, help="Show a traceback when something fails."),
)  # fmt: skip
_BESIDE: Sequence[Callable] = (
    click.option("--train", metavar="TRAIN",
                 help="The images that the model was trained on, where REAL is others: for metrics of copying. All of "
                 "them are read, whatever --n."),
    click.option("--held-out", metavar="HELD_OUT",
                 help="Other real images, which are scored beside the fakes; without them REAL is halved."),
)  # fmt: skip
_REPORTING: Sequence[Callable] = (
    file_option("--json", "json_file", metavar="FILE|-", help="Write the full report; with - to stdout, alone."),
    click.option("--dry-run", is_flag=True, help="Show what would be done, read no image."),
)


@dataclass(frozen=True)
class Common:
    """The shared options as given."""

    extractor: str | None
    weights: Path | None
    device: str
    precision: str
    batch_size: int
    num_workers: int | None
    n: int | None
    seed: int | None
    protocol: str
    interval: Any
    level: float
    population: Any
    floor: Any
    exif: Any
    on_error: Any
    cache: Any
    quiet: bool
    debug: bool

    @contextmanager
    def running(self, metrics: Sequence[str] | None, spare: Sequence[str] = ()):
        """The settled run, with a progress bar on stderr while the block lasts."""
        with progress_bar(quiet=self.quiet) as progress:
            yield self.settled(metrics, Engine(self.batch_size, self.num_workers, progress), spare=spare)

    def settled(self, metrics: Sequence[str] | None, engine: Engine | None = None, *, spare: Sequence[str] = ()) -> Run:
        """The settled run; SpecError for unknown names."""
        return run(
            metrics=metrics, extractor=self.extractor, protocol=self.protocol, weights=self.weights,
            device=self.device, precision=self.precision, n=self.n, seed=self.seed, exif=self.exif,
            on_error=self.on_error, engine=engine, cache=self.cache or "use",
            interval=self.interval or "on", level=self.level, population=self.population or "none", spare=spare,
            floor=self.floor,
        )  # fmt: skip


def shared_options(command: Callable) -> Callable:
    """The options of a pass over images; the command gets them as one `common`."""

    def wrapped(**given: Any) -> Any:
        names = Common.__dataclass_fields__
        common = Common(**{name: given.pop(name) for name in names})
        return command(common=common, **given)

    return _decorated(_named_as(command, wrapped), _SHARED)


def report_options(command: Callable) -> Callable:
    """`--json` and `--dry-run`."""
    return _decorated(command, _REPORTING)


def beside_options(command: Callable) -> Callable:
    """The sides beside real and fake, which the command gets as one `beside`."""

    def wrapped(**given: Any) -> Any:
        return command(beside={role: given.pop(role) for role in ("train", "held_out")}, **given)

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
