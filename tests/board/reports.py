"""Reports by hand, boards and submissions of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganeval.core.protocol import Protocol
from ganeval.leaderboard.rules import Board, board_from
from ganeval.leaderboard.submission import BoardNamed, Description, Run, Submission
from ganeval.report.report import Floor, Report, Result, Side

PROTOCOL = Protocol("pixels", None, "none", "ignore")
SCORES = {
    "precision": ("precision", "precision-recall", "higher", "quality-diversity", 3, 0),
    "recall": ("recall", "precision-recall", "higher", "quality-diversity", 3, 0),
    "clipped_density": ("clipped density", "clipped-density-coverage", "higher", "quality-diversity", 3, 0),
    "clipped_coverage": ("clipped coverage", "clipped-density-coverage", "higher", "quality-diversity", 3, 0),
    "kid": ("KID[pixels]", "kid", "lower", "distance", 2, 3),
    "fd": ("FD[pixels]", "fd", "lower", "distance", 2, 0),
}
FLOORS = {"kid": 0.0, "fd": 1.0, "precision": 0.9, "recall": 0.9}


def report(
    values: Mapping[str, float | None], *, digest: str = "images:f", n: int = 100, seed: int = 0,
    protocol: Protocol = PROTOCOL, real: str = "images:r", half: float = 0.001,
) -> Report:  # fmt: skip
    """A report with these scores; intervals of ± `half`, floors at half of n."""
    sides = {
        "real": Side("real/", 200, 200, 0, (), protocol.fingerprint, digest=real),
        "fake": Side("fake/", n, n, 0, (), protocol.fingerprint, digest=digest),
    }
    results = []
    for key, value in values.items():
        name, metric, better, group, decimals, exponent = SCORES[key]
        known: dict[str, Any] = {"withheld": "too few"} if value is None else {"level": 0.95}
        if value is not None:
            known |= {"low": value - half, "high": value + half}
            if key in FLOORS:
                known["floor"] = Floor(FLOORS[key], max(value, FLOORS[key]), 50, "half")
        results.append(Result(key, name, metric, value, better, group, decimals, exponent, **known))
    return Report(tuple(results), sides, protocol, seed, (), {"ganeval": "0"}, "2026-01-01")


def board(**changed: Any) -> Board:
    """Ranked by KID."""
    values = dict.fromkeys(SCORES, 0.5)
    return board_from(report(values), "kid", name="Test board", split="the test split", **changed)


def submission(
    name: str, values: Sequence[float | None], *, of: Board, key: str = "kid", drop: str = "", digest: str = "",
    **told: Any,
) -> Submission:  # fmt: skip
    """A model with one report a value of `key`."""
    usual = {"precision": 0.8, "recall": 0.6, "clipped_density": 0.7, "clipped_coverage": 0.5, "kid": 0.1}
    scores = [{**usual, "fd": 2 + i / 7, key: value} for i, value in enumerate(values)]
    runs = tuple(
        Run(f"run-{i}", report({k: v for k, v in each.items() if k != drop}, digest=f"images:{digest or name}{i}"))
        for i, each in enumerate(scores, 1)
    )
    named = BoardNamed(of.name, of.version, of.fingerprint)
    return Submission(Description(name, named, **told), runs, f"submissions/{name}")


def saved(path: Path, made: Report) -> Path:
    path.write_text(made.to_json())
    return path


def edited(path: Path, **fields: Any) -> None:
    """Change fields of a JSON file, `results` by key."""
    held = json.loads(path.read_text())
    for key, changed in fields.items():
        if key == "results":
            for result in held["results"]:
                result.update(changed.get(result["key"], {}))
        else:
            held[key] = {**held[key], **changed} if isinstance(changed, dict) else changed
    path.write_text(json.dumps(held))
