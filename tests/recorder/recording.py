"""Run commands and calls in a folder of their own, and write down what came of them."""

import io
import os
import re
import shlex
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from recorder.data import array_line, write_all
from threadpoolctl import threadpool_limits

from ganeval.cli import exit_code

_SURROUNDINGS = {"COLUMNS": "80", "LINES": "24", "CUDA_VISIBLE_DEVICES": "", "TZ": "UTC"}
_FORGOTTEN = ("GANEVAL_WEIGHTS", "GANEVAL_DATA", "FORCE_COLOR", "NO_COLOR", "PYTHONWARNINGS")
_MACHINE = (  # lines of `ganeval doctor`
    r"^(ganeval|python|device|engine|threads|torch|torchvision|onnxruntime|numpy|scipy|pillow|pytorch-fid|timm)"
    r"( +)\S.*$"
)
_BLANKS = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\+00:00|Z)?", "<time>"),
    (r'"(ganeval|torch|torchvision|numpy|pillow|pytorch-fid|onnxruntime)": "[^"]*"', r'"\1": "<version>"'),
    (r"(ganeval:|ganeval, version )\d[\w.+-]*", r"\1<version>"),
    (r"[^\s\"']*/(?:site|dist)-packages", "<packages>"),
    (r"\b(rows|moments):[0-9a-f]{16,}", r"\1:<digest>"),
    (r"[\d.]+ images/s", "<speed> images/s"),
    (r"largest deviation \S+ of", "largest deviation <number> of"),
)


@dataclass(frozen=True)
class Command:
    """A command line without its first word, and the files whose text belongs to the record."""

    line: str
    files: Sequence[str] = ()


@dataclass(frozen=True)
class Call:
    """A call of the library; it returns what to write down."""

    function: Callable[[], str]


Step = Command | Call


def recorded(steps: Sequence[Step], folder: Path) -> str:
    """What the steps print and write, one after the other, in an empty folder that is filled with the data."""
    folder.mkdir(parents=True, exist_ok=True)
    write_all(folder)
    with _alone(folder):
        parts = [_command(step) if isinstance(step, Command) else _call(step) for step in steps]
    return _blanked("\n".join(parts), folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The working folder, an empty cache, one thread, no weights of the user's, no accelerator."""
    own = {"GANEVAL_CACHE": str(folder / "cache"), "TORCH_HOME": str(folder / "torch")}
    threads = torch.get_num_threads()
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {**_SURROUNDINGS, **own}))
        for name in _FORGOTTEN:
            os.environ.pop(name, None)
        stack.enter_context(chdir(folder))
        stack.enter_context(threadpool_limits(1))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # as the command line does
        torch.set_num_threads(1)
        stack.callback(torch.set_num_threads, threads)
        yield


def _command(step: Command) -> str:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = exit_code(shlex.split(step.line))
    told = out.getvalue()
    if step.line.startswith("doctor"):
        told = re.sub(_MACHINE, r"\1\2<machine>", told, flags=re.MULTILINE)
    texts = {"stdout": told, "stderr": err.getvalue()} | {name: _file(Path(name)) for name in step.files}
    return _section(f"$ ganeval {step.line}", {"exit": str(code), **texts})


def _call(step: Call) -> str:
    name = step.function.__name__
    try:
        told = step.function()
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
    return _section(f">>> {name}", {(step.function.__doc__ or "").strip(): told})


def _section(title: str, texts: dict[str, str]) -> str:
    parts = [f"--- {name}\n{text.rstrip()}" for name, text in texts.items() if text]
    return "\n".join([f"{'=' * 100}\n{title}", *parts, ""])


def _file(path: Path) -> str:
    if not path.exists():
        return "(not written)"
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            return "\n".join(array_line(name, file[name]) for name in sorted(file.files))
    return path.read_text(encoding="utf-8")


def _blanked(text: str, folder: Path) -> str:
    for path in {str(folder), str(folder.resolve())}:
        text = text.replace(path, "<here>")
    today = datetime.now(UTC).date().isoformat()
    for pattern, blank in _BLANKS:
        text = re.sub(pattern, blank, text, flags=re.MULTILINE)
    text = text.replace(today, "<day>")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
