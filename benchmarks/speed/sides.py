"""The measuring itself: sides by turns, in this process or each in its own."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

LAUNCHER = Path(__file__).with_name("launch.py")
ROOT = Path(__file__).parents[2]
LIMIT = 3600.0
_REST = 0.2  # seconds in which the threads of the side before fall asleep

Progress = Callable[[str], None]
Work = Callable[[], Any]


@dataclass(frozen=True)
class Job:
    """A side that can be run here or in a child: a factory `module:function` and its options (JSON values).

    The factory makes inputs and returns the work, a function without arguments.
    """

    factory: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def here(self) -> Work:
        """The work, made in this process."""
        from importlib import import_module

        module, _, name = self.factory.partition(":")
        return getattr(import_module(module), name)(**self.options)

    @property
    def command(self) -> list[str]:
        """What runs it in a child."""
        return [sys.executable, "-m", "benchmarks.speed.child", self.factory, json.dumps(dict(self.options))]


@dataclass(frozen=True)
class Ran:
    """A command that has run. `peak_mb` is of its largest process, `anonymous_mb` of the first one."""

    seconds: float
    code: int
    late: bool
    peak_mb: float
    anonymous_mb: float | None
    stdout: str
    stderr: str


def by_turns(
    works: Mapping[str, Work], *, times: int, progress: Progress, clock: Callable[[], float] = time.perf_counter
) -> dict[str, dict[str, Any]]:
    """Seconds of each work by name: A B B A …, after one warm-up of each; with what the warm-up returned.

    `time.process_time` as the clock counts CPU time, of all threads: for what differs by less than a machine does.
    """
    answers = {name: work() for name, work in works.items()}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(times):
        for name, work in list(works.items())[:: -1 if turn % 2 else 1]:
            time.sleep(_REST)
            start = clock()
            work()
            seconds[name].append(clock() - start)
            progress(f"{name} {turn + 1}/{times}: {seconds[name][-1]:.2f} s")
    return {name: {**timed(taken), "answer": answers[name]} for name, taken in seconds.items()}


def by_turns_apart(
    jobs: Mapping[str, Job], *, times: int, progress: Progress, warm_up: bool = True
) -> dict[str, dict[str, Any]]:
    """The same with every run in a process of its own; seconds of the work alone, memory of the process."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
    for turn in range(-1 if warm_up else 0, times):
        for name, job in jobs.items():
            told = apart(job)
            if turn >= 0:
                found[name].append(told)
            progress(f"{name} {'warm-up' if turn < 0 else f'{turn + 1}/{times}'}: {told['work_seconds']:.2f} s")
    return {name: together(runs) for name, runs in found.items()}


def together(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One side from several runs of `apart`."""
    memory = {
        key: max(run[key] for run in runs)
        for key in ("peak_mb", "before_mb", "work_peak_mb")
        if all(run.get(key) is not None for run in runs)
    }
    return {**timed([run["work_seconds"] for run in runs]), **memory, "answer": runs[-1]["answer"]}


def apart(job: Job, *, limit: float = LIMIT) -> dict[str, Any]:
    """What a child tells of one run: `work_seconds`, `answer` and memory. ChildError when it fails or is late."""
    ran = launched(job.command, limit=limit)
    if ran.code or ran.late:
        raise ChildError(f"{job.factory}: {'too long' if ran.late else last_line(ran.stderr)}", late=ran.late)
    return {**json.loads(ran.stdout.splitlines()[-1]), "peak_mb": ran.peak_mb}


class ChildError(RuntimeError):
    """A child that ended in an error, or was `late`."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


def launched(command: Sequence[str], *, environment: Mapping[str, str] | None = None, limit: float = LIMIT) -> Ran:
    """Run a command to its end, measured by a process too small to matter."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        ran = subprocess.run(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(told), str(limit), *command],
            env={**os.environ, **(environment or {})},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if not told.exists():
            raise ChildError(f"{command[0]}: could not be started: {last_line(ran.stderr)}")
        return Ran(**json.loads(told.read_text(encoding="utf-8")), stdout=ran.stdout, stderr=ran.stderr)


def timed(seconds: Sequence[float]) -> dict[str, Any]:
    """All seconds, and their median."""
    return {"seconds": [round(s, 4) for s in seconds], "median_s": round(statistics.median(seconds), 4)}


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def plain(value: Any) -> Any:
    """A JSON value: arrays become lists, numbers Python's own."""
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def largest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Of two arrays, relative to the largest number of the second."""
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())
