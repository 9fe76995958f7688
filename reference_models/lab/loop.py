"""Training in memory: the same steps as a run's, without its folder."""

from collections.abc import Iterator

import numpy as np

from reference_models.models.learner import Learner, Recipe
from reference_models.training.loop import Feed
from reference_models.training.runs import INITIALISATION, STEP, reproducible


def learner_of(recipe: Recipe, shape: tuple[int, ...], *, seed: int) -> Learner:
    """The model before its first step."""
    with reproducible(seed, INITIALISATION):
        return recipe.learner(shape)


def trained(learner: Learner, values: np.ndarray, *, seed: int, steps: int) -> Iterator[tuple[int, dict[str, float]]]:
    """Every step made, counted from 1, with what was measured in it."""
    feed = Feed(values, seed=seed)
    for step in range(steps):
        real = feed.batch(step, learner.appetite)
        with reproducible(seed, STEP, step):
            measured = learner.step(real)
        yield step + 1, measured
