"""False verdicts and power of comparisons, by simulation: `python -m benchmarks verdicts`.

Feature rows whose laws are known are compared as a user would (`ganeval compare`), again and again. Where two sides
have one law every "closer" or "better" is false. Writes the record, the tables of docs/comparisons.md and the picture.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.readme import filled
from ganeval.comparison.compare import Comparison, compared, letters
from ganeval.core.estimate import IntervalSettings
from ganeval.evaluation.settings import Settings, settings_for

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "verdicts.json"
DOCUMENT = ROOT / "docs" / "comparisons.md"
PICTURE = ROOT / "docs" / "power.png"
METRICS = ("kid", "fd", "precision-recall")
DISTANCES = ("kid", "fd")
REPETITIONS = 500
CONFIDENCE = 0.99
NOTHING = "Not measured here yet: `python -m benchmarks verdicts`.\n"
SHIFTS = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.14)

Draw = Callable[[np.random.Generator, int, float], np.ndarray]


def rectified(rng: np.random.Generator, n: int, shift: float, *, d: int = 16) -> np.ndarray:
    """Rectified normal rows with a falling spectrum, as a network's last layer gives: half of the numbers are 0."""
    rows = rng.standard_normal((n, d)) * np.arange(1, d + 1) ** -0.25
    return np.maximum(rows + shift, 0).astype(np.float32)


def heavy(rng: np.random.Generator, n: int, shift: float, *, d: int = 16) -> np.ndarray:
    """Multivariate Student t rows with 5 degrees of freedom."""
    rows = rng.standard_normal((n, d)) * np.sqrt(5 / rng.chisquare(5, (n, 1)))
    return (rows + shift).astype(np.float32)


def discrete(rng: np.random.Generator, n: int, shift: float, *, d: int = 16) -> np.ndarray:
    """Whole numbers: many rows are equal, and many distances."""
    return np.round(rectified(rng, n, shift, d=d))


@dataclass(frozen=True)
class Scenario:
    """Sides of one law, at `shift` from the real one; a run's own shift varies by `noise` around it."""

    name: str
    told: str
    draw: Draw
    n: int
    shift: float
    sides: int = 2
    runs: int = 1
    noise: float = 0.0

    def comparison(self, rng: np.random.Generator) -> Comparison:
        """One simulated comparison."""
        fakes = [
            [self.draw(rng, self.n, self.shift + self.noise * rng.standard_normal()) for _ in range(self.runs)]
            for _ in range(self.sides)
        ]
        return simulated(self.draw(rng, self.n, 0.0), fakes, METRICS, rng)


def simulated(
    real: np.ndarray, fakes: Sequence[Sequence[np.ndarray]], metrics: tuple[str, ...], rng: np.random.Generator
) -> Comparison:
    """As `ganeval compare` does it, with a seed of its own for splits."""
    seed = int(rng.integers(1 << 31))
    settings = replace(settled(metrics), seed=seed, intervals=IntervalSettings(seed=seed))
    return compared(real, dict(zip(letters(), fakes, strict=False)), settings=settings)


@cache
def settled(metrics: tuple[str, ...]) -> Settings:
    """What comparisons are made with."""
    return settings_for(metrics=metrics, extractor="features", cache="off")


SCENARIOS = (
    Scenario("equal-far", "A and B of one law, not the real one", rectified, 300, 0.3),
    Scenario("equal-real", "A, B and the reals of one law", rectified, 300, 0.0),
    Scenario("equal-near", "A and B of one law, near the real one", rectified, 300, 0.05),
    Scenario("heavy-tails", "the same with heavy tails (t, 5 degrees of freedom)", heavy, 300, 0.3),
    Scenario("discrete", "the same with whole numbers, many of them equal", discrete, 300, 0.3),
    Scenario("few", "A and B of one law, few images", rectified, 100, 0.3),
    Scenario("three", "A, B and C of one law: three pairs at once", rectified, 200, 0.3, sides=3),
    Scenario("runs-5", "5 and 5 runs of one method", rectified, 150, 0.3, runs=5, noise=0.05),
    Scenario("runs-3", "3 and 3 runs of one method", rectified, 150, 0.3, runs=3, noise=0.05),
    Scenario("runs-2", "2 and 2 runs of one method", rectified, 150, 0.3, runs=2, noise=0.05),
)


def main(arguments: Sequence[str]) -> int:
    """Simulate what the record lacks, write record, tables and picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks verdicts", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, metavar="N", help="the record's are kept")
    parser.add_argument("--anew", action="store_true", help="forget the record's repetitions")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), metavar="SCENARIO,…", help="others stay as they are"
    )
    parser.add_argument("--out", type=Path, default=RECORD, help="another record, without document and picture")
    options = parser.parse_args(arguments)
    before = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() and not options.anew else {}
    cells = {cell["name"]: cell for cell in before.get("false", [])}
    power = {cell["name"]: cell for cell in before.get("power", [])}
    for scenario in SCENARIOS:
        if options.only is None or scenario.name in options.only:
            cells[scenario.name] = false_verdicts(scenario, options.repetitions, cells.get(scenario.name))
            _progress(str(cells[scenario.name]))
    for shift in SHIFTS:
        name = f"power-{shift:g}"
        if options.only is None or name in options.only:
            power[name] = power_at(shift, options.repetitions, power.get(name))
            _progress(str({**power[name], "found": "…"}))
    found = {
        "metrics": list(METRICS),
        "level": 0.95,
        "false": [cells[scenario.name] for scenario in SCENARIOS if scenario.name in cells],
        "power": [power[name] for shift in SHIFTS if (name := f"power-{shift:g}") in power],
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.out == RECORD:
        from benchmarks.verdicts_picture import drawn

        drawn(found, PICTURE)
        DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    print(tables(found))
    return 0


def false_verdicts(scenario: Scenario, repetitions: int, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """How often any row has a verdict, and how often each score has; repetitions that are known are not made again."""
    known = before or {"repetitions": 0, "false": 0, "by_score": {}, "rows": 0, "seconds": 0.0}
    by_score = {key: known["by_score"].get(key, 0) for key in ("kid", "fd", "precision", "recall")}
    false, rows, started = known["false"], known["rows"], time.process_time()
    for repetition in range(known["repetitions"], repetitions):
        found = scenario.comparison(np.random.default_rng([repetition, *scenario.name.encode()])).rows
        wrong = {row.key for row in found if row.ahead}
        false += bool(wrong)
        rows = sum(row.reason is None for row in found)
        for key in wrong:
            by_score[key] += 1
    made = max(repetitions, known["repetitions"])
    low, high = clopper_pearson(false, made, CONFIDENCE)
    return {
        "name": scenario.name, "told": scenario.told, "n": scenario.n, "runs": scenario.runs, "rows": rows,
        "repetitions": made, "false": false, "low": round(low, 4), "high": round(high, 4), "by_score": by_score,
        "seconds": round(known["seconds"] + time.process_time() - started, 1),
    }  # fmt: skip


def power_at(shift: float, repetitions: int, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """How often B, farther from the reals by `shift` than A, is found to be, by KID and FD together."""
    found: dict[str, dict[str, float]] = {key: dict(told) for key, told in (before or {}).get("found", {}).items()}
    for repetition in range(before["repetitions"] if before else 0, repetitions):
        rng = np.random.default_rng([repetition, round(1000 * shift)])
        real, a, b = rectified(rng, 300, 0.0), rectified(rng, 300, 0.1), rectified(rng, 300, 0.1 + shift)
        for row in simulated(real, [[a], [b]], DISTANCES, rng).rows:
            assert row.difference is not None and row.error is not None
            told = found.setdefault(row.key, dict.fromkeys(("seen", "wrong", "sum", "squares", "errors"), 0.0))
            told["seen"] += row.ahead == "A"
            told["wrong"] += row.ahead == "B"
            told["sum"] += row.difference
            told["squares"] += row.difference**2
            told["errors"] += row.error
    made = max(repetitions, before["repetitions"] if before else 0)
    return {
        "name": f"power-{shift:g}", "shift": shift, "n": 300, "repetitions": made, "found": found,
        "seen": {key: int(told["seen"]) for key, told in found.items()},
        "wrong": int(sum(told["wrong"] for told in found.values())),
        "difference": {key: _short(told["sum"] / made) for key, told in found.items()},
        "sd": {key: _short(_spread(told["sum"], told["squares"], made)) for key, told in found.items()},
        "error": {key: _short(told["errors"] / made) for key, told in found.items()},
    }  # fmt: skip


def _spread(total: float, squares: float, n: int) -> float:
    return float(np.sqrt((squares - total**2 / n) / max(n - 1, 1)))


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def clopper_pearson(hits: int, trials: int, level: float) -> tuple[float, float]:
    """The exact interval of a share.

    >>> [round(bound, 4) for bound in clopper_pearson(0, 100, 0.95)]
    [0.0, 0.0362]
    """
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


def recorded(path: Path = RECORD) -> str:
    """The tables of the record that is kept, or that there is none."""
    return tables(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else NOTHING


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    return filled(text, "verdicts", recorded())


def tables(found: dict[str, Any]) -> str:
    """Two Markdown tables: false verdicts by scenario, and power by difference."""
    lines = [
        "| what was compared | images a run | repetitions | any false verdict | 99 % interval "
        "| KID | FD | precision | recall |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for cell in found["false"]:
        each = [f"{100 * cell['by_score'][key] / cell['repetitions']:.1f} %" for key in cell["by_score"]]
        share = f"**{100 * cell['false'] / cell['repetitions']:.1f} %**"
        bounds = f"{100 * cell['low']:.1f} – {100 * cell['high']:.1f} %"
        row = [cell["told"], str(cell["n"]), f"{cell['repetitions']:,}", share, bounds, *each]
        lines.append("| " + " | ".join(row) + " |")
    lines += ["", "| B farther by a shift of | KID ×10³ | seen in KID | FD | seen in FD | B called closer |"]
    lines.append("|---|---|---|---|---|---|")
    for cell in found["power"]:
        seen = {key: f"{100 * hits / cell['repetitions']:.0f} %" for key, hits in cell["seen"].items()}
        kid, fd = f"{1000 * cell['difference']['kid']:.1f}", f"{cell['difference']['fd']:.3f}"
        lines.append(f"| {cell['shift']:g} | {kid} | {seen['kid']} | {fd} | {seen['fd']} | {cell['wrong']} |")
    return "\n".join([*lines, ""])


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
