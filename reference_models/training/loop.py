"""The training loop: any learner, any data, resumable to the last bit.

What happens in a step hangs on the seed and the step's number alone: the order of the data, every latent, every
dropped unit. A run that was killed therefore goes on from its last checkpoint as if nothing had
happened, and `on_sample` may do what it likes with random numbers.
"""

import json
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout

from reference_models.data.sets import Examples
from reference_models.errors import ModelsError, ResumeWarning
from reference_models.models.learner import Learner
from reference_models.seeds import mixed_seed
from reference_models.training import checkpoint, pictures
from reference_models.training.runs import (
    CONFIG,
    HELD_OUT,
    ORDER,
    Task,
    reproducible,
    sampler_of,
    step_seeds,
    surroundings,
    task_of,
    write_config,
    written,
)

Sampler = Callable[[int, int], np.ndarray]
LOG_EVERY = 50
_SHOWN = 64
_SHOWN_POINTS = 2500


@dataclass(frozen=True)
class Pace:
    """How many steps lie between two checkpoints and between two sample grids. Neither changes the result."""

    save_every: int = 250
    sample_every: int = 500


@dataclass(frozen=True)
class Progress:
    """Where a run is: the mean of what was measured since the last line of the log, steps a second, seconds left."""

    step: int
    steps: int
    measures: dict[str, float]
    rate: float
    left: float
    logged: bool


class Feed:
    """Examples in an order that is shuffled anew for every pass; a batch is named by its number."""

    def __init__(self, values: np.ndarray, *, seed: int) -> None:
        """uint8 images (n, h, w, c) or float32 points (n, 2), kept as they are."""
        self.seed, self.n = seed, len(values)
        images, values = values.ndim == 4, values if values.flags.writeable else values.copy()
        self.values = torch.from_numpy(np.moveaxis(values, 3, 1) if images else values)
        self.images, self.epoch, self.order = images, -1, torch.empty(0)

    def batch(self, number: int, size: int) -> torch.Tensor:
        """The `number`-th batch: float32, images in [−1, 1] and channels last."""
        chosen = self.values[torch.cat([self._positions(at) for at in _passes(number * size, size, self.n)])]
        if not self.images:
            return chosen
        return chosen.to(torch.float32, memory_format=torch.channels_last).div_(127.5).sub_(1)

    def _positions(self, at: tuple[int, int, int]) -> torch.Tensor:
        epoch, first, last = at
        if epoch != self.epoch:
            generator = torch.Generator().manual_seed(mixed_seed(self.seed, ORDER, epoch))
            self.epoch, self.order = epoch, torch.randperm(self.n, generator=generator)
        return self.order[first:last]


def _passes(start: int, size: int, n: int) -> Iterator[tuple[int, int, int]]:
    """(pass, first, last) of the pieces that make up positions start … start + size of endless passes over n.

    >>> list(_passes(8, 5, 10))
    [(0, 8, 10), (1, 0, 3)]
    """
    while size:
        epoch, first = divmod(start, n)
        taken = min(size, n - first)
        yield epoch, first, first + taken
        start, size = start + taken, size - taken


def train(
    folder: Path,
    task: Task,
    *,
    data: Examples,
    held_out: Examples | None = None,
    pace: Pace | None = None,
    on_sample: Callable[[int, Sampler], object] | None = None,
) -> Generator[Progress, None, None]:
    """Train a new run in `folder`, or go on with the one that is there; progress after every step.

    Close the iterator between two steps and the run is saved as it is. `on_sample(step, sampler)` is called with
    each sample grid; `sampler(n, seed)` gives images as uint8 (n, h, w, c), or points. Of `held_out`, reals that are
    not trained on, a batch is judged for every line of the log. ModelsError when the
    folder holds another run, ResumeWarning when machine, versions or threads are not those it began with.
    """
    learner, pace = task.learner(), pace or Pace()
    if held_out is not None and held_out.shape != data.shape:
        raise ModelsError(f"held-out examples of shape {held_out.shape}, the training's have {data.shape}: add ,size=")
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        start = _begun(learner, folder, task=task)
        feed, clock, journal = Feed(data.values, seed=task.seed), _Clock(start, task.steps), _Journal(folder, start)
        unseen = None if held_out is None else Feed(held_out.values, seed=task.seed)
        done, saved = start, start
        try:
            for step in range(start, task.steps):
                real = feed.batch(step, learner.appetite)
                with reproducible(*step_seeds(task, step)):
                    measured = learner.step(real)
                done = step + 1
                logged = done % LOG_EVERY == 0 or done == task.steps
                if logged and unseen is not None:
                    with reproducible(task.seed, HELD_OUT, step):
                        measured |= learner.held_out(unseen.batch(step // LOG_EVERY, learner.appetite))
                journal.noted(done, measured, write=logged)
                if done % pace.sample_every == 0 or done == task.steps:
                    _show(folder, done, learner=learner, on_sample=on_sample)
                if done % pace.save_every == 0 or done == task.steps:
                    checkpoint.save(learner, folder, step=done)
                    saved = done
                yield clock.progress(done, journal.means, logged=logged)
        except GeneratorExit:
            if saved != done:
                checkpoint.save(learner, folder, step=done)
            raise


def _begun(learner: Learner, folder: Path, *, task: Task) -> int:
    """The step of the folder's last checkpoint, to which the learner is brought."""
    if not (folder / CONFIG).exists():
        write_config(folder, task)
    there, began = task_of(folder)
    unlike = [name for name in vars(task) if name != "steps" and getattr(there, name) != getattr(task, name)]
    if unlike:
        told = "; ".join(f"{name} {getattr(there, name)}, now {getattr(task, name)}" for name in unlike)
        raise ModelsError(f"{folder} holds another run ({told}): choose another --out, or delete that folder")
    start = checkpoint.saved_step(folder)
    if start > task.steps:
        raise ModelsError(f"{folder} has already made {start} steps, more than {task.steps}")
    if start:
        now = surroundings(task)
        changed = [f"{name}: {began.get(name)}, now {now[name]}" for name in now if began.get(name) != now[name]]
        if changed:
            told = "; ".join(changed)
            warnings.warn(f"{folder} began under other conditions ({told})", ResumeWarning, stacklevel=3)
        checkpoint.restore(learner, folder)
    if there.steps != task.steps:
        write_config(folder, task, began=began)
    return start


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process trains this run while the block lasts; the lock of one that was killed is free."""
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ModelsError(f"{folder}: another process is training this run") from None
    try:
        yield
    finally:
        lock.release()


def _show(folder: Path, step: int, *, learner: Learner, on_sample: Callable[[int, Sampler], object] | None) -> None:
    sampler = sampler_of(learner)
    made = sampler(_SHOWN, 0)
    sheet = pictures.density(sampler(_SHOWN_POINTS, 0)) if made.ndim == 2 else pictures.grid(made)
    pictures.saved(sheet, folder / "samples" / f"{step:06}.png")
    if on_sample is not None:
        on_sample(step, sampler)


class _Journal:
    """log.jsonl: lines beyond the checkpoint that a run goes on from are cut off."""

    def __init__(self, folder: Path, start: int) -> None:
        self.path, self.held, self.means = folder / "log.jsonl", [], {}
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= start]
        written("".join(f"{line}\n" for line in kept), self.path)

    def noted(self, step: int, measured: dict[str, float], *, write: bool) -> None:
        """Held until a line is to be written: the means since the last one."""
        self.held.append(measured)
        if not write:
            return
        self.means = {key: float(np.mean([one[key] for one in self.held if key in one])) for key in measured}
        self.held = []
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **{k: round(v, 5) for k, v in self.means.items()}}) + "\n")


class _Clock:
    """Steps a second and time left, from the steps made so far by this process."""

    def __init__(self, start: int, steps: int) -> None:
        self.start, self.steps, self.begun = start, steps, time.perf_counter()

    def progress(self, done: int, means: dict[str, float], *, logged: bool) -> Progress:
        rate = (done - self.start) / max(time.perf_counter() - self.begun, 1e-9)
        return Progress(
            step=done, steps=self.steps, measures=means, rate=rate, left=(self.steps - done) / rate, logged=logged
        )
