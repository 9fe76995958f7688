"""The tables of a coverage record. Loads nothing heavy: the documents' freshness test reads it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "benchmarks" / "records" / "coverage.json"
DOCUMENT = ROOT / "docs" / "coverage.md"
NOTHING = "Not measured here yet: `python -m benchmarks coverage`.\n"
METHODS = {"fd": 4, "prdc": 4}  # counted up when the intervals change; all others are at their first
_TITLES = {
    "fd": "Fréchet distance",
    "kid": "KID",
    "energy": "Energy distance",
    "prdc": "Precision, recall, density, coverage",
    "modes": "Modes",
    "is": "Inception Score (jackknife)",
}
_HEAD = (
    "| law | d | n real / fake | | score | truth | given | holds the truth | above / below | half-width |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    from benchmarks.readme import filled

    return filled(text, "coverage", recorded())


def recorded(path: Path = RECORD) -> str:
    """The tables of the record that is kept, or that there is none."""
    return tables(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else NOTHING


def tables(record: Mapping[str, Any]) -> str:
    """One Markdown table a metric, with what holds over all of its cells."""
    parts = [
        f"{sum(len(cell['scores']) for cell in record.values())} rows, {_minutes(record):.0f} minutes of one core."
    ]
    for kind, title in _TITLES.items():
        own = {key: cell for key, cell in record.items() if key.split()[0] == kind}
        if own:
            lines = [line for key, cell in own.items() for line in _lines(key, cell)]
            parts.append("\n".join([f"**{title}.** {_told(own)}", "", *_HEAD, *lines]))
    if not all(is_current(key, cell) for key, cell in record.items()):
        parts.append("\\* with the intervals of an earlier version, before the last change of their method.")
    return "\n\n".join([*parts, ""])


def is_current(key: str, cell: Mapping[str, Any] | None) -> bool:
    """Whether a cell was measured with the intervals of today."""
    return cell is not None and cell.get("method", 1) == METHODS.get(key.split()[0], 1)


def held(score: Mapping[str, Any]) -> float | None:
    """Share of the given intervals that hold the truth; None where fewer than a twentieth were given."""
    if score["given"] < max(20, score["repetitions"] / 20):
        return None
    return 1 - (score["below"] + score["above"]) / score["given"]


def _minutes(record: Mapping[str, Any]) -> float:
    return sum(cell["seconds"] for cell in record.values()) / 60


def _told(cells: Mapping[str, Any]) -> str:
    scores = [(key, score) for key, cell in cells.items() for score in cell["scores"].values()]
    least = min((share for _, score in scores if (share := held(score)) is not None), default=None)
    wide = max((s["ratio"] for key, s in scores if _apart(key, s) and held(s) and s["ratio"]), default=None)
    told = [] if least is None else [f"Least coverage {least:.3f}"]
    told += [] if wide is None else [f"widest off the null {wide:.2f}"]
    rejected = [s["rejected"] for key, s in scores if key.endswith("null") and s["rejected"] is not None]
    if rejected:
        told.append(f"p_same at most 0.05 between equal laws in {min(rejected):.1%} to {max(rejected):.1%}")
    return "; ".join(told) + "."


def _apart(key: str, score: Mapping[str, Any]) -> bool:
    """Off the null: two laws of one mean and covariance are at Fréchet distance 0, as equal ones are."""
    return key.endswith("off") and not (key.startswith("fd") and abs(score["truth"]) < 1e-9)


def _lines(key: str, cell: Mapping[str, Any]) -> Iterator[str]:
    _, law, d, n, off = key.split()
    law = law if is_current(key, cell) else f"{law} \\*"
    for name, score in cell["scores"].items():
        share = held(score)
        given = score["given"] / score["repetitions"]
        cells = [
            law, d.removeprefix("d="), n.removeprefix("n=").replace("/", " / "), off, name, f"{score['truth']:.4g}",
            f"{given:.0%}", "–" if share is None else f"{share:.3f}",
            "–" if share is None else f"{score['above']} / {score['below']}",
            "–" if share is None or score["ratio"] is None else f"{score['ratio']:.2f}",
        ]  # fmt: skip
        yield "| " + " | ".join(cells) + " |"
