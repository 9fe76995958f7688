"""`python -m reference_models COMMAND`: train, sample, data, rules, lab, exercise, and those of `latent_space`."""

import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from reference_models.errors import ModelsError, ResumeWarning
from reference_models.latent_space.commands import arithmetic, attributes, interpolate
from reference_models.models.shelf import names as models

_SEED = click.option("--seed", type=click.IntRange(0), default=0, show_default=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Small generative models to learn from, and to judge."""


_TRAINS = f"""Train MODEL: {", ".join(models())}, my_gan.py or package.module.

Ctrl-C saves and stops; the same command goes on from there.
"""


@main.command(help=_TRAINS)
@click.argument("model")
@click.option("--data", default="mnist-5k", show_default=True, help="A set's name, or folder:PATH; see `data`.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The run's folder; an unfinished one goes on."
)
@click.option("--steps", type=click.IntRange(1), help="Steps of training; without it, what the model's recipe says.")
@_SEED
@click.option("--set", "settings", default="", metavar="KEY=VALUE,…", help="Options of the model: width=16,loss=hinge.")
@click.option("--held-out", metavar="DATA", help="Reals not to train on, judged for the log: a set's reference part.")
@click.option("--save-every", type=click.IntRange(1), default=250, show_default=True, help="Steps between checkpoints.")
@click.option("--sample-every", type=click.IntRange(1), default=500, show_default=True, help="Steps between pictures.")
@click.option("--threads", type=click.IntRange(1), help="CPU threads; other numbers may round otherwise.")
def train(
    model: str, data: str, out: Path, steps: int | None, seed: int, settings: str, held_out: str | None, **pace: Any
) -> None:
    """Train a model, saved as it goes."""
    import torch

    from reference_models.data import sets
    from reference_models.models.recipes import recipe
    from reference_models.options import pairs
    from reference_models.training.loop import Pace
    from reference_models.training.loop import train as training
    from reference_models.training.runs import planned

    if pace["threads"]:
        torch.set_num_threads(pace["threads"])
    options = pairs(settings)
    recipe(model, options)  # mistakes are told before data are read
    shown = sets.examples(data, "training")
    unseen = None if held_out is None else sets.held_out(held_out)
    task = planned(model, data, shape=shown.shape, options=options, seed=seed, steps=steps)
    every = Pace(pace["save_every"], pace["sample_every"])
    steps_made = training(out, task, data=shown, held_out=unseen, pace=every)
    with interruption() as asked, closing(steps_made), progress_shown(task.steps) as tell:
        done = 0
        for progress in steps_made:
            done = progress.step
            tell(progress)
            if asked():
                break
    if done and done < task.steps:
        click.echo(f"Stopped and saved after {done} of {task.steps} steps: the same command goes on.", err=True)
        sys.exit(130)
    click.echo(f"{out}: {task.steps} steps. Pictures in {out / 'samples'}; judge it with")
    click.echo(f"  ganeval eval REAL sampler:reference_models:from_run,run={out} --n 1000")
    click.echo(f"  ganeval diagnose {out / 'log.jsonl'}")


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--n", type=click.IntRange(1), required=True, help="How many.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder of PNG files, or one file.npy.")
@_SEED
def sample(run: Path, n: int, out: Path, seed: int) -> None:
    """Draw N samples of a trained RUN."""
    from reference_models.training.runs import samples

    _write(samples(run, n, seed=seed), out)


@main.command()
@click.argument("data")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder of PNG files, or one file.npy.")
@click.option("--part", type=click.Choice(["reference", "training"]), default="reference", show_default=True)
def data(data: str, out: Path, part: Any) -> None:
    """Write a part of the set DATA: the reference to judge by (default), or what is trained on.

    Images with labels go into a folder for each.
    """
    from reference_models.data.sets import examples

    found = examples(data, part)
    labels = None if found.labels is None else [str(label) for label in found.labels]
    _write(iter([found.values]), out, labels=labels)


@main.command()
@click.argument("factory")
@click.option("--reading", type=click.Choice(["essay", "paper", "both"]), default="both", show_default=True)
@click.option("--input", "shape", help="One input of the network, such as 100,1,1; guessed without it.")
def rules(factory: str, reading: str, shape: str | None) -> None:
    """Check the networks that FACTORY (package.module:name) makes against DCGAN's four rules.

    The factory takes no arguments and returns one torch module, or several. The status is 1 when a
    rule is broken.
    """
    from reference_models.rules.check import report

    text, broken = report(factory, reading=reading, shape=shape)
    click.echo(text)
    sys.exit(int(broken))


@main.command()
@click.argument("name", required=False)
@click.option("--set", "settings", default="", metavar="KEY=VALUE,…", help="Knobs of the preset: lr=1e-3,r1=0.1.")
@_SEED
@click.option("--out", type=click.Path(path_type=Path), default=Path("lab"), show_default=True, help="For figures.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True)
def lab(name: str | None, settings: str, seed: int, out: Path, lang: Any) -> None:
    """Watch a small training fail, and cure it: NAME of a preset, or all; without it, what there is.

    Ends in a figure, numbers, three sentences and a score to beat by turning the knobs.
    """
    from reference_models.lab.report import drawn, lines
    from reference_models.lab.shelf import kind, knobs, names, preset
    from reference_models.options import pairs

    if name is None:
        for each in names():
            click.echo(f"{each:<10} {kind(each).title.spoken(lang)}\n           {knobs(each)}")
        return
    for each in names() if name == "all" else [name]:
        chosen = preset(each, pairs(settings))
        seen = chosen.run(seed=seed)
        click.echo("\n".join(lines(each, chosen, seen=seen, language=lang)))
        click.echo(f"{drawn(chosen, seen, path=out / f'{each}.png')}\n")


@main.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--copy", type=click.Path(path_type=Path), help="Write the file with the blanks here.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True)
def exercise(file: Path | None, copy: Path | None, lang: Any) -> None:
    """A GAN in forty lines with three blanks: `--copy my_gan.py`, fill them in, and have FILE judged.

    The status is 1 when it is not right yet. The file is a program: it is run.
    """
    from reference_models.lab.examiner import copied, examined

    if (file is None) == (copy is None):
        raise click.UsageError("give FILE to be judged, or --copy PATH to begin")
    if copy is not None:
        click.echo(f"{copied(copy)}: fill in the three blanks, then: python -m reference_models exercise {copy}")
        return
    assert file is not None
    mark = examined(file)
    click.echo("\n".join(said.spoken(lang) for said in mark.told))
    sys.exit(int(not mark.passed))


for command in (interpolate, arithmetic, attributes):
    main.add_command(command)


@contextmanager
def interruption() -> Iterator[Any]:
    """Ctrl-C and a polite kill only ask, while the block lasts; a second Ctrl-C interrupts at once."""
    asked: list[int] = []

    def ask(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress_shown(steps: int) -> Iterator[Any]:
    """A bar on a terminal, else a line whenever the log gets one."""
    if not sys.stderr.isatty():
        yield lambda p: click.echo(f"step {p.step}/{steps}  {_told(p)}", err=True) if p.logged else None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("step"), MofNCompleteColumn(), BarColumn(20), TextColumn("{task.fields[told]}")
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("", total=steps, told="")

        def tell(progress: Any) -> None:
            bars.update(bar, completed=progress.step)
            if progress.logged:
                bars.update(bar, told=_told(progress))

        yield tell


def _told(progress: Any) -> str:
    measures = "  ".join(f"{name} {value:.3g}" for name, value in progress.measures.items())
    return f"{measures}  {progress.rate:.0f} steps/s  {int(progress.left) // 60}:{int(progress.left) % 60:02} left"


def _write(blocks: Any, out: Path, *, labels: list[str] | None = None) -> None:
    from reference_models.training.writing import write_array, write_folder

    n = write_array(blocks, out) if out.suffix == ".npy" else write_folder(blocks, out, labels=labels)
    click.echo(f"{out}: {n}")


def run(arguments: list[str] | None = None) -> int:
    """The status of a command line; errors and warnings are told in one line each."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", ResumeWarning)
        warnings.showwarning = lambda message, *_: click.echo(f"warning: {message}", err=True)
        try:
            main(arguments, prog_name="python -m reference_models", standalone_mode=False)
        except ModelsError as error:
            click.echo(f"error: {error}", err=True)
            return 1
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            return 130
        except SystemExit as ending:
            return int(ending.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(run())
