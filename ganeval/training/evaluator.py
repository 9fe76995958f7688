"""Evaluation inside a training loop: the reals once, the same latents at every step, the loop undisturbed.

    evaluator = ganeval.Evaluator("real/", extractor="efficientnet-lite0", n=1000, latent=128)
    for step in range(1, steps + 1):
        ...                                # your step
        if step % 500 == 0:
            logger.log(evaluator(G, step=step).to_dict())
    evaluator.best("kid").step, evaluator.last.step
    evaluator.save("metrics.jsonl")
    evaluator.curves("curves.png")

Making the evaluator and calling it leaves the global generators of Python, NumPy and torch as they were, and G's
modes, buffers and gradients too: the loop ends with the same weights, bit for bit, as without it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack, final

import numpy as np

from ganeval.core.errors import SpecError
from ganeval.core.randomness import seeded
from ganeval.evaluation.engine import Features
from ganeval.evaluation.evaluate import evaluated
from ganeval.evaluation.options import Options, require_options
from ganeval.evaluation.settings import Settings, require_metrics, settings_for
from ganeval.evaluation.sides import ImagesLike, OpenedSide, extract, open_side
from ganeval.report.report import Report
from ganeval.sources.module import from_module
from ganeval.sources.sampler import Sampler, is_module
from ganeval.sources.source import Rounding
from ganeval.training.history import History, Point


@final
class Evaluator:
    """The callback of a training loop: judges a generator by the same reals and from the same latents every time.

    `reference` is a real side as `evaluate` takes it, or what `ganeval.reference` returned; it is read and
    extracted once, here. As many further images of it as fakes, where it has them, are scored as fakes are and stand
    beside every score as its floor: what a perfect generator would score (`held_out` are others for that; `floor`
    "off" does without).

    `n` is the number of images a side (None: all of the reference, and as many fakes). `latent`, `value_range` and
    `rounding` are those of `ganeval.from_module`, for generators that are torch modules. `interval` "off" makes a step
    cheaper. `train` are the images that are learnt from, where the reference is others: metrics of copying read them.
    Other options are those of `evaluate`. Raises GanevalError.

    >>> def drawn(brightness):
    ...     return lambda n, seed: np.random.default_rng(seed).integers(0, brightness, (n, 6, 6, 3), np.uint8)
    >>> evaluator = Evaluator(drawn(200)(80, 0), metrics=["kid"], extractor="pixels", n=40)
    >>> for step, brightness in ((1, 60), (2, 190), (3, 250)):
    ...     report = evaluator(drawn(brightness), step=step)
    >>> evaluator.best("kid").step, evaluator.last.step, len(evaluator.history.points)
    (2, 3, 3)
    """

    def __init__(
        self,
        reference: ImagesLike,
        *,
        metrics: Sequence[str] | None = None,
        latent: Any = None,
        value_range: tuple[float, float] | None = (-1, 1),
        rounding: Rounding = "nearest",
        train: ImagesLike = None,
        held_out: ImagesLike = None,
        **options: Unpack[Options],
    ) -> None:
        """Settle everything and collect the real sides."""
        require_options(options)
        with seeded(options.get("seed") or 0):  # networks are made here, and may draw
            settings = settings_for(reference, metrics=metrics, **options)
            require_metrics(settings)
            self._sides = _collected(reference, settings, beside={"train": train, "held_out": held_out})
        self._settings = replace(settings, n=settings.n or self._sides["real"].n)
        self._latent, self._value_range = latent, value_range
        self._rounding: Rounding = rounding
        self.history = History()

    def __call__(self, generator: ImagesLike, *, step: int | None = None) -> Report:
        """The report on a generator: a torch module, a function `(n, seed) -> uint8 (n, h, w, 3)`, or any source.

        A module is put into evaluation mode while it draws, and left as it was; what a function does to the network
        behind it is its own affair. `step` (None: one more than the last) finds the report in `history`.
        """
        if step is None:
            step = self.last.step + 1 if self.history.points else 0
        beside = {role: side for role, side in self._sides.items() if role != "real"}
        with seeded(self._settings.seed):
            fake = self._module(generator) if is_module(generator) else generator
            (report,) = evaluated(self._sides["real"], [fake], settings=self._settings, beside=beside)
        self.history = self.history.with_point(step, report)
        return report

    def _module(self, generator: Any) -> Sampler:
        if self._latent is None:
            raise SpecError(
                "a torch module draws no latents by itself: state them, Evaluator(…, latent=128), or (100, 1, 1), "
                "or a function (n, generator)"
            )
        return from_module(
            generator,
            latent=self._latent,
            seed=self._settings.seed,
            value_range=self._value_range,
            rounding=self._rounding,
        )

    @property
    def last(self) -> Point:
        """The latest step."""
        return self.history.last

    def best(self, key: str) -> Point:
        """The step with the best value of a score; see `History.best`."""
        return self.history.best(key)

    def save(self, path: str | Path) -> None:
        """One JSON line a step; see `History.save`."""
        self.history.save(path)

    def curves(self, path: str | Path, *, keys: Sequence[str] | None = None) -> Path:
        """A picture of the scores over the steps; see `History.curves`."""
        return self.history.curves(path, keys=keys)


def _collected(reference: ImagesLike, settings: Settings, *, beside: dict[str, ImagesLike]) -> dict[str, Features]:
    """The real side and those beside it, by role, after their passes."""
    plan = open_side(reference, settings)
    plans: dict[str, OpenedSide | Features] = {
        role: open_side(side, settings, role=role) for role, side in beside.items() if side is not None
    }
    rest = _rest(plan, settings)
    if "held_out" not in plans and rest is not None:
        plans["held_out"] = rest
    sides = {"real": plan, **{role: side for role, side in plans.items() if settings.wants(role)}}
    return {
        role: extract(side, settings, wants=settings.wants(role), prefers=settings.prefers(role))
        for role, side in sides.items()
    }


def _rest(plan: OpenedSide | Features, settings: Settings) -> OpenedSide | None:
    """As many images of the same source as it was asked for, and others; None where there are not as many."""
    if isinstance(plan, Features) or plan.stated or settings.n is None:
        return None
    available, n = plan.source.available, settings.n
    if available is None or available < 2 * n:
        return None
    twice = plan.source.chosen(2 * n, seed=settings.seed)  # of which the first n are the same choice
    return None if twice is None or plan.index is None else replace(plan, index=np.setdiff1d(twice, plan.index))
