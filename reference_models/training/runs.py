"""A run: a folder that says what is trained, on what, with which seed and versions, and how far it is.

RUN/config.json             the task and the surroundings it began in
RUN/checkpoint.safetensors  networks and optimisers after the last saved step
RUN/log.jsonl               losses and the rest, one line every 50 steps
RUN/samples/002000.png      what it drew then, always from the same latents
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from reference_models.errors import ModelsError
from reference_models.models.learner import Learner, Recipe
from reference_models.models.recipes import recipe
from reference_models.seeds import mixed_seed
from reference_models.training import checkpoint
from reference_models.training.pictures import coloured, pixels

CONFIG = "config.json"
BLOCK = 64
SCHEMA = 1
INITIALISATION, STEP, ORDER, HELD_OUT = range(4)  # what a seed is mixed with


@dataclass(frozen=True)
class Task:
    """What is to be trained. `options` are all of the recipe's; `shape` is that of one example."""

    model: str
    data: str
    seed: int
    steps: int
    shape: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def recipe(self) -> Recipe:
        """The model with its options."""
        return recipe(self.model, self.options)

    def learner(self) -> Learner:
        """The model before its first step: the same for the same seed."""
        with reproducible(self.seed, INITIALISATION):
            return self.recipe().learner(self.shape)


@contextmanager
def reproducible(*seeds: int) -> Iterator[None]:
    """torch's global generator seeded while the block lasts, and as before after it."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(mixed_seed(*seeds))
        yield


def step_seeds(task: Task, step: int) -> tuple[int, ...]:
    """What the random numbers of one step hang on, and nothing else."""
    return task.seed, STEP, step


def surroundings(task: Task) -> dict[str, str | int]:
    """On what the last bits of a run depend: machine, versions, threads, the model's own file."""
    own = Path(task.model)
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "safetensors": version("safetensors"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()} {_processor()}".strip(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "model file": hashlib.sha256(own.read_bytes()).hexdigest() if own.suffix == ".py" else "",
    }


def planned(
    model: str,
    data: str,
    *,
    shape: tuple[int, ...],
    options: Mapping[str, Any],
    seed: int = 0,
    steps: int | None = None,
) -> Task:
    """A task with every option written out; as many steps as the recipe says, unless stated."""
    chosen = asdict(recipe(model, options))
    usual = chosen.pop("steps")
    own = str(Path(model).resolve()) if model.endswith(".py") else model
    return Task(model=own, data=data, seed=seed, steps=steps or usual, shape=shape, options=chosen)


def write_config(folder: Path, task: Task, *, began: Mapping[str, Any] | None = None) -> None:
    """config.json: the task, and the surroundings (of now, if it did not begin earlier)."""
    kept = {"schema": SCHEMA, "task": asdict(task), "surroundings": began or surroundings(task)}
    written(json.dumps(kept, indent=2) + "\n", folder / CONFIG)


def written(text: str, path: Path) -> None:
    """Text in a file, under a temporary name and renamed."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def task_of(folder: Path) -> tuple[Task, dict[str, Any]]:
    """The task of a run and the surroundings it began in."""
    path = folder / CONFIG
    if not path.exists():
        raise ModelsError(f"{folder}: no {CONFIG} there: give the folder that `train --out` wrote")
    found = json.loads(path.read_text(encoding="utf-8"))
    if found.get("schema") != SCHEMA:
        raise ModelsError(f"{path}: schema {found.get('schema')}, this version reads {SCHEMA}")
    task = found["task"]
    return Task(**(task | {"shape": tuple(task["shape"])})), found["surroundings"]


def sampler_of(learner: Learner) -> Callable[[int, int], np.ndarray]:
    """(n, seed) -> uint8 images (n, h, w, c), or points (n, 2). The learner is left exactly as it was."""

    def sample(n: int, seed: int) -> np.ndarray:
        with evaluating(learner), torch.no_grad(), reproducible(seed):
            made = learner.sample(n, generator=torch.Generator().manual_seed(seed)).numpy()
        return made if made.ndim == 2 else pixels(made)

    return sample


@contextmanager
def evaluating(learner: Learner) -> Iterator[None]:
    """The networks in evaluation mode while the block lasts."""
    modes = [(part, part.training) for network in learner.networks.values() for part in network.modules()]
    try:
        for network in learner.networks.values():
            network.eval()
        yield
    finally:
        for part, training in modes:
            _set(part, training)


def generator_of(
    folder: str | os.PathLike[str], *, options: Mapping[str, Any] | None = None
) -> Callable[[int, int], np.ndarray]:
    """The sampler of a run, as of its last checkpoint, with some options (`scale`) other than in training."""
    task, _ = task_of(Path(folder))
    learner = replace(task, options={**task.options, **(options or {})}).learner()
    checkpoint.restore(learner, Path(folder), optimisers=False)
    return sampler_of(learner)


def images_of(
    folder: str | os.PathLike[str], *, options: Mapping[str, Any] | None = None
) -> Callable[[int, int], np.ndarray]:
    """The sampler of a run with colours, (n, h, w, 3); ModelsError when the run draws points."""
    sample = generator_of(folder, options=options)
    if len(task_of(Path(folder))[0].shape) == 1:
        raise ModelsError(f"{folder}: draws points in the plane, not images: `sample {folder} --out points.npy`")
    return lambda n, seed: coloured(sample(n, seed))


def samples(folder: str | os.PathLike[str], n: int, *, seed: int = 0) -> Iterator[np.ndarray]:
    """`n` samples in blocks of 64, each block from a seed mixed of `seed` and its number.

    The same images as of `ganeval eval … sampler:reference_models:from_run,run=RUN --seed SEED`.
    """
    sample = generator_of(folder)
    for block in range((n + BLOCK - 1) // BLOCK):
        yield sample(BLOCK, mixed_seed(seed, block))[: n - block * BLOCK]


def _set(part: nn.Module, training: bool) -> None:
    part.training = training


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
