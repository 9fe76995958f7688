"""One cell of a suite: the model trained, or taken up where it was, and judged; the record with its cost."""

import json
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import ganeval
from benchmarks.ledger import SCHEMA
from benchmarks.suite import Cell, Entry, Judge
from reference_models.data.data import mnist_5k, parts
from reference_models.data.sets import Examples, examples
from reference_models.training import pictures
from reference_models.training.loop import Pace, Progress, train
from reference_models.training.runs import Task, generator_of, images_of, planned, samples, surroundings, written

SAVE_EVERY = 500
_SHOWN, _SHOWN_POINTS = 32, 2500
_METER = "cost.json"

Watch = Callable[[Progress], object]


@dataclass(frozen=True)
class Cost:
    """What training took: seconds on the clock and of the processor's cores together, over all sittings."""

    seconds: float
    cpu_seconds: float

    def plus(self, other: "Cost") -> "Cost":
        """Both."""
        return Cost(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds)


class Ground:
    """A judge with the reals that all its cells share; they are looked at once."""

    def __init__(self, judge: Judge) -> None:
        """GanevalError when the extractor cannot be had: before anything is trained for it."""
        self.judge, self.metrics = judge, list(judge.metrics)
        self.reference = None
        if judge.reference is not None:
            shown = reals(judge)
            real = ganeval.images(shown.values, spec=f"{judge.reference} {judge.part}", labels=_labels(shown))
            self.reference = ganeval.reference(real, metrics=self.metrics, extractor=judge.extractor)

    def report(self, folder: Path, cell: Cell) -> ganeval.Report:
        """The run's samples, judged."""
        if self.reference is None:
            rows = np.concatenate(list(samples(folder, self.judge.n)))
            return ganeval.evaluate(fake=rows, metrics=self.metrics, extractor=self.judge.extractor, cache="off")
        fake = ganeval.sampler(images_of(folder, options=_scaled(cell)), n=self.judge.n, spec=cell.name)
        train = self._training(cell.entry.data)
        return ganeval.evaluate(self.reference, fake, metrics=self.metrics, train=train, cache="off")

    def _training(self, data: str) -> Any:
        if not any(metric.partition(":")[0] == "copying" for metric in self.metrics):
            return None
        return ganeval.images(examples(data, "training").values, spec=f"{data} training")


def reals(judge: Judge) -> Examples:
    """The reals that a judge compares with."""
    assert judge.reference is not None
    if judge.part == "reference":
        return examples(judge.reference, "reference")
    kept = parts(mnist_5k()).classifier
    return Examples(kept.images[..., None], kept.labels)


def record_of(cell: Cell, folder: Path, *, ground: Ground, watch: Watch | None = None) -> dict[str, Any]:
    """Train what is not trained yet, judge it: the record."""
    task, cost = trained(cell.entry, cell.seed, folder, watch=watch)
    began = time.perf_counter()
    report = ground.report(folder, cell)
    return {
        "schema": SCHEMA,
        "cell": cell.key(),
        "cost": {
            "seconds": round(cost.seconds, 1),
            "cpu_seconds": round(cost.cpu_seconds, 1),
            "judging_seconds": round(time.perf_counter() - began, 1),
            "steps": task.steps,
            "threads": torch.get_num_threads(),
            "parameters": parameters(task),
            "machine": surroundings(task)["machine"] or platform.machine(),
        },
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "report": json.loads(report.to_json()),
    }


def trained(entry: Entry, seed: int, folder: Path, *, watch: Watch | None = None) -> tuple[Task, Cost]:
    """The run in `folder` at its last step; what it took, as far as its checkpoints go."""
    shown = examples(entry.data, "training")
    task = planned(entry.model, entry.data, shape=shown.shape, options=entry.options, seed=seed)
    before = _metered(folder)
    began, busy = time.perf_counter(), time.process_time()
    for progress in train(folder, task, data=shown, pace=Pace(SAVE_EVERY, task.steps)):
        if progress.step % SAVE_EVERY == 0 or progress.step == task.steps:
            cost = before.plus(Cost(time.perf_counter() - began, time.process_time() - busy))
            written(json.dumps(vars(cost)) + "\n", folder / _METER)
        if watch is not None:
            watch(progress)
    return task, _metered(folder)


def picture(cell: Cell, folder: Path) -> Image.Image:
    """What the run draws: some samples, or points as a density."""
    made = generator_of(folder, options=_scaled(cell))
    if cell.judge.reference is None:
        return pictures.density(made(_SHOWN_POINTS, 0))
    return pictures.grid(made(_SHOWN, 0))


def parameters(task: Task) -> dict[str, int]:
    """How many numbers each network learns."""
    networks = task.learner().networks
    return {name: sum(p.numel() for p in network.parameters()) for name, network in networks.items()}


def _metered(folder: Path) -> Cost:
    with suppress(FileNotFoundError):
        return Cost(**json.loads((folder / _METER).read_text(encoding="utf-8")))
    return Cost(0.0, 0.0)


def _scaled(cell: Cell) -> dict[str, float]:
    return {} if cell.scale is None else {"scale": cell.scale}


def _labels(shown: Examples) -> list[str] | None:
    return None if shown.labels is None else [str(label) for label in shown.labels]
