"""Small convolutional models on MNIST-5k, and how their digits are judged.

Trained on 2,000 digits; judged, 1,000 fakes at a time, against the other 2,000 by ganeval in the features of its
own classifier (`classifier:mnist`): FD, precision, recall, and the number of digits drawn at all.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from reference_models.data.sets import Examples, examples
from reference_models.lab.loop import learner_of, trained
from reference_models.models.learner import Recipe
from reference_models.training.pictures import coloured, grid
from reference_models.training.runs import sampler_of

METRICS = ("modes", "precision-recall", "fd")
JUDGED = 1000
_EXTRACTOR = "classifier:mnist"


@dataclass(frozen=True)
class Digits:
    """What is trained on and what is judged by, read once."""

    metrics: tuple[str, ...] = METRICS

    @cached_property
    def training(self) -> Examples:
        """What is trained on."""
        return examples("mnist-5k", "training")

    @cached_property
    def reference(self) -> Any:
        """What ganeval keeps of the real side."""
        import ganeval

        real = examples("mnist-5k", "reference")
        images = ganeval.images(coloured(real.values), labels=real.labels)
        return ganeval.reference(images, metrics=self.metrics, extractor=_EXTRACTOR, cache="off", interval="off")

    def scores(self, fakes: np.ndarray) -> dict[str, float]:
        """Every score by its key; a count that ganeval withholds is not a number."""
        import ganeval

        fake = ganeval.images(coloured(fakes))
        report = ganeval.evaluate(self.reference, fake, metrics=self.metrics, cache="off", interval="off")
        return {one.key: float("nan") if one.value is None else one.value for one in report.results}


@dataclass(frozen=True)
class Lesson:
    """A training on digits: scores on the way, what was told in every step, the last drawings, CPU seconds of training."""

    steps: np.ndarray
    scores: Mapping[str, np.ndarray]
    measured: Mapping[str, np.ndarray]
    images: np.ndarray
    seconds: float = 0.0

    def last(self, key: str) -> float:
        """The score at the end."""
        return float(self.scores[key][-1])


def lesson(recipe: Recipe, digits: Digits, *, seed: int, every: int | None = None) -> Lesson:
    """Train for the recipe's steps; judged every so many steps, or at the end only."""
    learner = learner_of(recipe, digits.training.shape, seed=seed)
    draw, begun, spent = sampler_of(learner), time.process_time(), 0.0
    at: list[int] = []
    scores: list[dict[str, float]] = []
    measured: list[dict[str, float]] = []
    for step, measures in trained(learner, digits.training.values, seed=seed, steps=recipe.steps):
        measured.append(measures)
        if step == recipe.steps or (every and step % every == 0):
            spent += time.process_time() - begun
            at.append(step)
            scores.append(digits.scores(draw(JUDGED, 0)))
            begun = time.process_time()
    columns = [{key: np.array([row[key] for row in rows]) for key in rows[0]} for rows in (scores, measured)]
    return Lesson(steps=np.array(at), scores=columns[0], measured=columns[1], images=draw(64, 0), seconds=spent)


def sheet_drawn(panel: Any, images: np.ndarray, *, title: str, columns: int = 8) -> None:
    """Digits in rows."""
    panel.imshow(np.asarray(grid(images, columns=columns)), cmap="gray", vmin=0, vmax=255)
    panel.set_xticks([])
    panel.set_yticks([])
    panel.set_title(title, fontsize=9)
