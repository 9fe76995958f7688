"""The log of a training loop, in whatever names: JSON lines or CSV as signals over steps.

A column is known by its name without case, signs and the words of loggers: `D loss`, `loss_D`, `train/d_loss` and
`errD` are one. A log whose steps begin again, as that of a run that was resumed, goes on from there.
"""

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any, SupportsFloat

from ganeval.core.errors import SourceError, SpecError
from ganeval.core.spec import nearest_name
from ganeval.training.training_history import SIGNALS, Signal, Track

STEPS = ("step", "globalstep", "iteration", "iter", "batch", "kimg", "epoch")
_SILENT = {"train", "training", "avg", "mean", "adv"}
_D, _G = ("d", "dis", "disc", "discriminator", "critic"), ("g", "gen", "generator")


def _joined(*words: Sequence[str]) -> set[str]:
    """Every order of one word from each list, run together."""
    combinations = [()]
    for choices in words:
        combinations = [(*head, word) for head in combinations for word in choices]
    return {"".join(order) for one in combinations for order in permutations(one)}


_KNOWN: Mapping[Signal, set[str]] = {
    "loss": {"loss", "totalloss"},
    "D loss": _joined(_D, ("loss", "err", "error")),
    "G loss": _joined(_G, ("loss", "err", "error")),
    "D(x)": {"dx", *_joined(_D, ("real",), ("prob", "score", "")), "preal"},
    "D(G(z))": {"dgz", "dgz1", *_joined(_D, ("fake",), ("prob", "score", "")), "pfake"},
    "D(held-out)": {"dheldout", "dval", "dvalid", "dvalidation", "dtest"},
    "D gradient": _joined(_D, ("grad", "gradient", "gradnorm", "gradientnorm")),
    "G gradient": _joined(_G, ("grad", "gradient", "gradnorm", "gradientnorm")),
}


@dataclass(frozen=True)
class TrainingLog:
    """Signals by name, and the columns that were not understood."""

    signals: Mapping[Signal, Track]
    ignored: tuple[str, ...]


def signal_of(column: str) -> Signal | None:
    """What a column of that name is.

    >>> [signal_of(name) for name in ("D(G(z))", "loss_D", "train/g_loss", "errG", "D_G_z1", "lr")]
    ['D(G(z))', 'D loss', 'G loss', 'G loss', 'D(G(z))', None]
    """
    name = _bare(column)
    return next((signal for signal, names in _KNOWN.items() if name in names), None)


def training_log(log: str | Path | Mapping[str, Any], *, names: Mapping[str, str] | None = None) -> TrainingLog:
    """A log from a .csv, a .jsonl (a line a step) or a mapping of columns, each as long as the column of steps.

    `names` says which column is which signal, `{"D loss": "my_loss"}`, where its name does not. Without a column of
    steps, or with one that begins anew with every epoch, entries are numbered from 1. SourceError for a file that is no
    log, SpecError for names that are not there.
    """
    rows = list(_of_columns(log) if isinstance(log, Mapping) else _of_file(Path(log)))
    columns = list(dict.fromkeys(column for row in rows for column in row))
    signal_columns = _told(columns, names or {})
    counters = [column for wanted in STEPS for column in columns if _bare(column) == wanted]
    counted = next((column for column in counters if _counts([_number(row.get(column)) for row in rows])), None)
    signals: dict[Signal, Track] = {signal: _track(rows, column, counted) for signal, column in signal_columns.items()}
    known = {*signal_columns.values(), counted}
    return TrainingLog(
        {signal: track for signal, track in signals.items() if track.steps},
        tuple(column for column in columns if column not in known),
    )


def _bare(column: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", column).lower())
    return "".join(word for word in words if word not in _SILENT)


def _told(columns: Sequence[str], names: Mapping[str, str]) -> dict[Signal, str]:
    """The column of each signal: the one named, else the first that is known."""
    for signal, column in names.items():
        if signal not in SIGNALS:
            raise SpecError(f"no signal {signal!r}{nearest_name(signal, SIGNALS)} (signals: {', '.join(SIGNALS)})")
        if column not in columns:
            raise SpecError(f"the log has no column {column!r}{nearest_name(column, columns)} ({', '.join(columns)})")
    signal_columns: dict[Signal, str] = {signal: names[signal] for signal in SIGNALS if signal in names}
    for column in columns:
        signal = signal_of(column)
        if signal is not None and signal not in signal_columns and column not in signal_columns.values():
            signal_columns[signal] = column
    return signal_columns


def _counts(steps: Sequence[float | None]) -> bool:
    """Whether numbers count steps: most differ, and they do not begin anew with every epoch.

    >>> _counts([1, 2, 3, 2, 3, 4]), _counts([1, 2, 1, 2, 1, 2]), _counts([1, 1, 1, 2, 2, 2])
    (True, False, False)
    """
    known = [step for step in steps if step is not None]
    return 2 * len(set(known)) > len(known) and sum(step <= known[0] for step in known[1:]) < 2


def _track(rows: Sequence[Mapping[str, Any]], column: str, counted: str | None) -> Track:
    """The values of a column; where steps begin again, what was beyond is forgotten."""
    steps: list[int] = []
    values: list[float] = []
    for number, row in enumerate(rows, 1):
        value, step = _number(row.get(column)), number if counted is None else _number(row.get(counted))
        if value is None or step is None or not math.isfinite(step):
            continue
        while steps and steps[-1] >= step:
            del steps[-1], values[-1]
        steps.append(int(step))
        values.append(value)
    return Track(tuple(steps), tuple(values))


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, str | SupportsFloat) else None
    except ValueError:
        return None


def _of_columns(columns: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    lists = {str(name): list(values) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) > 1:
        raise SourceError(f"the log's columns have unequal lengths ({lengths}): give a value for every step")
    for values in zip(*lists.values(), strict=True):
        yield dict(zip(lists, values, strict=True))


def _of_file(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as a log, .csv or JSON lines ({error})") from error
    if path.suffix.lower() == ".csv":
        yield from csv.DictReader(text.splitlines())
        return
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            if number == len(lines) > 1:
                return  # a loop that is writing its last line
            raise SourceError(f"{path}, line {number}: a log is a .csv or has a JSON object a line ({error})") from None
        if not isinstance(row, dict):
            raise SourceError(f"{path}, line {number}: a log has a JSON object a line, got {type(row).__name__}")
        yield row
