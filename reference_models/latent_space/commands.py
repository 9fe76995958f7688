"""`python -m reference_models interpolate | arithmetic | attributes`: what lies between, and along, latents."""

from pathlib import Path
from typing import Any

import click

_RUN = click.argument("run", type=click.Path(path_type=Path))
_SEED = click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
_OUT = click.option("--out", type=click.Path(path_type=Path), help="Where pictures and numbers go; RUN/latent without.")
_AMOUNT = click.IntRange(1)


@click.command()
@_RUN
@click.option("--n-pairs", type=_AMOUNT, default=200, show_default=True, help="Paths that are judged.")
@click.option(
    "--how",
    type=click.Choice(["lerp", "renormalised", "slerp", "cdf"]),
    multiple=True,
    help="Kinds of path; all that differ for the run's prior without.",
)
@_SEED
@_OUT
def interpolate(run: Path, n_pairs: int, how: Any, seed: int, out: Path | None) -> None:
    """Go from sample to sample of a trained RUN: pictures, smoothness, and how real the middle looks.

    lerp is the straight path, renormalised the same at the prior's length, slerp the great circle, cdf the
    great circle of the normal vectors behind uniform ones.
    """
    from reference_models.latent_space.latent import kinds_of_path
    from reference_models.latent_space.paths import smoothness
    from reference_models.latent_space.pictures import strips

    decoder, judge = _opened(run)
    hows = how or kinds_of_path(decoder.prior)
    found = [
        smoothness(decoder, judge.look, how=kind, precision=judge.precision, pairs=n_pairs, seed=seed) for kind in hows
    ]
    _told(found, f"{n_pairs} paths; features of {judge.extractor}")
    _kept(out or run / "latent", "interpolate", strips(decoder, hows, seed=seed), found)


@click.command()
@_RUN
@click.option("--a", required=True, help="Attributes such as glasses+beard, classes, or numbers of samples: 3,17,40.")
@click.option("--b", required=True, help="What is taken away.")
@click.option("--c", required=True, help="What it is added to.")
@click.option("--d", help="What should come out, where that does not follow.")
@click.option("--k", default="1,2,3,5,10,30", show_default=True, help="Numbers of exemplars.")
@click.option("--n", type=_AMOUNT, default=200, show_default=True, help="Trials for each.")
@click.option("--n-pool", type=_AMOUNT, default=4096, show_default=True, help="Samples to find exemplars among.")
@click.option("--n-min", type=_AMOUNT, default=100, show_default=True, help="Fewer in a cell are too few to judge.")
@_SEED
@_OUT
def arithmetic(run: Path, a: str, b: str, c: str, d: str | None, out: Path | None, **more: Any) -> None:
    """A − B + C with latents of a trained RUN, judged beside four controls, and the 3 × 3 figure.

    On drawn faces: --a man+glasses --b man --c woman, where man means a beard and short hair, woman
    no beard and long hair. Numbers of samples are those of `sample RUN` with the same seed.
    """
    decoder, judge = _opened(run)
    folder, picked = out or run / "latent", _picked([a, b, c], judge.values)
    if picked is None:
        _by_words(decoder, judge, [a, b, c], folder, target=d, **more)
    else:
        _by_number(decoder, judge, picked, folder, seed=more["seed"])


@click.command()
@_RUN
@click.option("--n", type=click.IntRange(10), default=5000, show_default=True, help="Samples for the regression.")
@_SEED
@_OUT
def attributes(run: Path, n: int, seed: int, out: Path | None) -> None:
    """Directions in the latent space of a trained RUN along which one attribute changes."""
    import numpy as np

    from reference_models.errors import ModelsError
    from reference_models.latent_space.directions import POSITIONS, directions
    from reference_models.latent_space.pictures import moves

    decoder, judge = _opened(run)
    if not judge.values:
        raise ModelsError(f"{run}: there is no classifier for its data, so nothing to regress on its latents")
    found = directions(decoder, judge.look, values=judge.values, n=n, seed=seed)
    _told(found, f"{n} samples, half of them held out for R²; attributes by {judge.extractor}")
    image = moves(decoder, np.stack([each.vector for each in found]), positions=POSITIONS, seed=seed)
    _kept(out or run / "latent", "attributes", image, found)


def _opened(run: Path) -> Any:
    from reference_models.latent_space.decoder import decoder_of
    from reference_models.latent_space.scoring import judge_of
    from reference_models.training.runs import task_of

    decoder = decoder_of(run)
    return decoder, judge_of(task_of(run)[0].data)


def _by_words(decoder: Any, judge: Any, words: list[str], folder: Path, **more: Any) -> None:
    from reference_models.errors import ModelsError
    from reference_models.latent_space import analogies
    from reference_models.latent_space.cells import analogy_of, said
    from reference_models.latent_space.pictures import figure

    if not judge.values:
        raise ModelsError("there is no classifier for the run's data: pick samples by number, --a 3,17,40")
    cells = analogy_of(words, judge.values, target=more["target"])
    samples = analogies.pool(decoder, judge.look, n=more["n_pool"], seed=more["seed"])
    for letter, cell in cells.named().items():
        click.echo(f"{letter}: {said(cell, judge.values)}, {len(samples.members(cell))} of {more['n_pool']} samples")
    reason = analogies.untestable(samples, cells, values=judge.values, least=more["n_min"])
    if reason is not None:
        click.echo(reason)
        return
    ks = [int(k) for k in more["k"].split(",")]
    found = analogies.trials(
        decoder, samples, cells=cells, look=judge.look, precision=judge.precision, ks=ks, n=more["n"], seed=more["seed"]
    )
    _told(found, f"{more['n']} trials each; success with Wilson's 95 % interval; by {judge.extractor}")
    click.echo(analogies.verdict(found))
    shown = analogies.shown(samples, cells, seed=more["seed"])
    _kept(folder, "arithmetic", figure(decoder, shown, rescale=False, seed=more["seed"]), found)


def _by_number(decoder: Any, judge: Any, picked: list[list[int]], folder: Path, *, seed: int) -> None:
    from reference_models.latent_space.latent import analogy
    from reference_models.latent_space.pictures import figure

    latents = decoder.latents(max(map(max, picked)) + 1, seed=seed)
    shown = [latents[numbers] for numbers in picked]
    if judge.values:
        seen = judge.look(decoder.images(analogy(shown[0][None], shown[1][None], other=shown[2][None])))
        read = [
            f"{name} {judge.values[name][probs[0].argmax()]} ({probs[0].max():.2f})"
            for name, probs in seen.probs.items()
        ]
        click.echo(f"G(A − B + C): {', '.join(read)}; by {judge.extractor}")
    _kept(folder, "arithmetic", figure(decoder, shown, rescale=False, seed=seed), [])


def _picked(texts: list[str], values: Any) -> list[list[int]] | None:
    """Numbers of samples; None where the texts are words (the digit 3 is a word, `3,` the sample)."""
    from reference_models.latent_space.cells import vocabulary

    numbers = [text.replace(",", " ").split() for text in texts]
    if not all(each and all(map(str.isdigit, each)) for each in numbers) or set(texts) <= set(vocabulary(values)):
        return None
    return [[int(number) for number in each] for each in numbers]


def _told(found: Any, heading: str) -> None:
    from reference_models.tables import table

    click.echo(f"{heading}\n\n{table([each.told() for each in found])}\n")


def _kept(folder: Path, name: str, image: Any, found: Any) -> None:
    """Picture and numbers, each as a file."""
    import json
    from dataclasses import asdict

    from reference_models.training.pictures import saved
    from reference_models.training.runs import written

    saved(image, folder / f"{name}.png")
    rows = [{key: value for key, value in asdict(each).items() if key != "vector"} for each in found]
    if rows:
        written(json.dumps(rows, indent=2) + "\n", folder / f"{name}.json")
    click.echo(f"{folder / name}.png")
