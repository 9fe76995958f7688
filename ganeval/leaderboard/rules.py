"""What a leaderboard fixes before the first submission: the reference, the protocol, the scores and which one ranks.

A board is a file, `BOARD.toml`, that people agree on. It is frozen: whoever changes it gives it a new version, and
submissions to another version are refused. Its fingerprint, which submissions carry, changes with any field.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganeval.core.errors import ProtocolError, SpecError
from ganeval.core.protocol import Protocol
from ganeval.core.records import one_line, read_toml, record_of, toml_text
from ganeval.core.spec import nearest_name
from ganeval.intervals.multiplicity import FEWEST_RUNS
from ganeval.metrics.base import Better, Group
from ganeval.report.report import Report

_MOST_DIGITS = 12


@dataclass(frozen=True)
class Column:
    """A score of the board: its name, the spec of its metric, which way is better, and how it is printed."""

    name: str
    metric: str
    better: Better
    group: Group
    decimals: int
    exponent: int = 0

    @classmethod
    def of(cls, report: Report, key: str) -> "Column":
        """The column of a score as a report has it; SpecError when it has none of that key."""
        if key not in report:
            raise SpecError(f"the report has no score {key!r}{nearest_name(key, report)} (it has {', '.join(report)})")
        result = report[key]
        if result.better not in ("lower", "higher"):
            raise SpecError(f"{key} says not whether lower or higher is better: it cannot stand on a board")
        return cls(result.name, result.metric, result.better, result.group, result.decimals, result.exponent)

    @property
    def heading(self) -> str:
        """Name and scale, such as `KID ×10³`."""
        power = str(self.exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{self.name} ×10{power}" if self.exponent else self.name

    def printed(self, value: float) -> str:
        """A value or a mean of values, times 10^exponent, with the score's digits (means of counts with one).

        >>> Column("KID", "kid", "lower", "distance", 2, 3).printed(0.01234)
        '12.34'
        """
        text = f"{value * 10**self.exponent:.{max(self.decimals, 1)}f}"
        return text if float(text) else text.removeprefix("-")


@dataclass(frozen=True)
class Reference:
    """The real images: `digest` as reports give it, `n` of them, their `split` in words.

    `file` is a statistics file beside BOARD.toml, from which scores are computed again.
    """

    n: int
    split: str = ""
    digest: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class Board:
    """The rules. `n` fakes a run; at least `training_seeds` runs to be ranked; `rank_by` is the key of one score.

    `evaluation_seed` is the seed of every report. Two models differ only by more than `smallest_difference`, in the
    unit of the ranking score. `folder` is where the file lies.
    """

    name: str
    version: int
    n: int
    rank_by: str
    reference: Reference
    protocol: Protocol
    scores: Mapping[str, Column]
    training_seeds: int = FEWEST_RUNS
    evaluation_seed: int = 0
    smallest_difference: float = 0.0
    folder: Path = Path()

    def __post_init__(self) -> None:
        if self.rank_by not in self.scores:
            keys = ", ".join(self.scores)
            raise SpecError(f"rank_by is {self.rank_by!r}{nearest_name(self.rank_by, self.scores)} (scores: {keys})")
        if self.training_seeds < FEWEST_RUNS:
            raise SpecError(
                f"training_seeds = {self.training_seeds}: fewer than {FEWEST_RUNS} runs cannot be ranked, give more"
            )
        if self.smallest_difference < 0 or min(self.n, self.version, self.reference.n) < 1:
            raise SpecError("smallest_difference must not be negative; version and both n are at least 1")
        for key, column in self.scores.items():
            if not (0 <= column.decimals <= _MOST_DIGITS and abs(column.exponent) <= _MOST_DIGITS):
                raise SpecError(f"scores.{key}: decimals and exponent are at most {_MOST_DIGITS}")

    @property
    def ranking(self) -> Column:
        """The column that ranks."""
        return self.scores[self.rank_by]

    @property
    def secondary(self) -> Mapping[str, Column]:
        """The other columns."""
        return {key: column for key, column in self.scores.items() if key != self.rank_by}

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that change when any rule does."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:8]

    def to_json(self) -> dict[str, Any]:
        """The rules as plain values; where the file lies is none of them."""
        fields = dataclasses.asdict(self)
        fields.pop("folder")
        return {**fields, "protocol": self.protocol.to_json()}

    def to_toml(self) -> str:
        """The text of `BOARD.toml`."""
        comment = "# Frozen: whoever changes a line gives a new version. docs/leaderboard.md explains the fields.\n"
        return comment + toml_text(self.to_json())


def board_from(
    report: Report,
    rank_by: str,
    *,
    also: Sequence[str] | None = None,
    name: str = "Leaderboard",
    version: int = 1,
    split: str = "",
    file: str | None = None,
    training_seeds: int = FEWEST_RUNS,
    smallest_difference: float = 0.0,
) -> Board:
    """The board on which a report would be a run; `also` are the keys of the secondary scores (None: all of them)."""
    real, fake = report.sides.get("real"), report.sides.get("fake")
    if real is None or fake is None or real.n is None or fake.n is None:
        raise SpecError("the report says not how many reals and fakes it counted: a board needs both")
    shown = [key for key in report if not report[key].secondary and report[key].better in ("lower", "higher")]
    rank_by = report.key_of(rank_by)
    keys = dict.fromkeys([rank_by, *(shown if also is None else map(report.key_of, also))])
    return Board(
        name=one_line(name),
        version=version,
        n=fake.n,
        rank_by=rank_by,
        reference=Reference(real.n, split, real.digest, file),
        protocol=report.protocol,
        scores={key: Column.of(report, key) for key in keys},
        training_seeds=training_seeds,
        evaluation_seed=report.seed,
        smallest_difference=smallest_difference,
    )


def read_board(path: Path) -> Board:
    """The board in a file; SpecError for a field that is missing, unknown or wrong."""
    fields = read_toml(path)
    tables = {key: fields.get(key) for key in ("reference", "protocol", "scores")}
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise SpecError(f"{path}: the table [{key}] is missing")
    protocol = dict(tables["protocol"] or {})
    stated = protocol.pop("fingerprint", None)
    scores = {
        key: record_of(Column, column if isinstance(column, dict) else {}, where=f"{path}: scores.{key}")
        for key, column in (tables["scores"] or {}).items()
    }
    values = {
        **fields,
        "reference": record_of(Reference, tables["reference"] or {}, where=f"{path}: reference"),
        "protocol": record_of(Protocol, {"digest": None, **protocol}, where=f"{path}: protocol"),
        "scores": scores,
        "folder": path.parent,
    }
    board = record_of(Board, values, where=str(path))
    if stated is not None and stated != board.protocol.fingerprint:
        raise ProtocolError(
            f"{path}: the fingerprint is {stated!r} but the fields of [protocol] make {board.protocol.fingerprint!r}: "
            "a field was changed, or another version of ganeval wrote it"
        )
    return board
