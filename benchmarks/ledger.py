"""Records of a suite: one JSON line for each cell, appended when it is done.

A line that was being written when the machine stopped is the last one and is no JSON: it is dropped, and its cell made
again. Anything else that cannot be read is an error, for records are never lost in silence.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ganeval import Report

SCHEMA = 1


class LedgerError(Exception):
    """The file does not hold records of this version."""


def records(path: Path) -> list[dict[str, Any]]:
    """What was recorded, in order; a broken last line is left out. LedgerError for other damage."""
    if not path.exists():
        return []
    found, lines = [], path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except ValueError as error:
            if number == len(lines):
                break
            raise LedgerError(f"{path}, line {number} is no JSON ({error}): restore or delete it") from error
        if not isinstance(record, dict) or record.get("schema") != SCHEMA:
            raise LedgerError(f"{path}, line {number} is no record of schema {SCHEMA}: restore or delete it")
        found.append(record)
    return found


def append(record: Mapping[str, Any], path: Path) -> None:
    """Add a record; what was broken at the end of the file goes first."""
    kept = "".join(line(one) for one in records(path))
    if not path.exists() or path.read_text(encoding="utf-8") != kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(kept, encoding="utf-8")
        partial.replace(path)
    with path.open("a", encoding="utf-8") as file:
        file.write(line(record))


def line(record: Mapping[str, Any]) -> str:
    """A record as its line: numbers as numbers, never NaN."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


def report_of(record: Mapping[str, Any]) -> Report:
    """The report in a record."""
    return Report.from_json(json.dumps(record["report"]))


def scores(found: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """Values by row and key, in the order of the records; without their bias in n where that is known."""
    values: dict[str, dict[str, list[float]]] = {}
    for record in found:
        row = values.setdefault(record["cell"]["name"], {})
        for result in record["report"]["results"]:
            if result["value"] is not None:
                value = result["value"] if result["corrected"] is None else result["corrected"]
                row.setdefault(result["key"], []).append(value)
    return values
