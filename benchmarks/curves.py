"""Scores over training, and the best step against the last: `python -m benchmarks curves`.

Trains a DCGAN, a VAE, and a small DCGAN without batch norm, which goes wrong, on MNIST-5k (`reference_models`),
evaluates each with `ganeval.Evaluator` on the way, and compares the step that looked best with the last one on images
that neither was chosen by. Writes the record, the tables of docs/training-loop.md and the pictures beside it.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

import ganeval
from benchmarks.readme import filled
from ganeval.report.report import Report
from ganeval.training.history import History
from reference_models.data.sets import Examples, examples
from reference_models.training.loop import Pace, Sampler, train
from reference_models.training.runs import planned

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "curves.json"
DOCUMENT = ROOT / "docs" / "training-loop.md"
PICTURES = {
    "dcgan": ROOT / "docs" / "curves.png",
    "vae": ROOT / "docs" / "curves-vae.png",
    "dcgan without batch norm": ROOT / "docs" / "curves-no-norm.png",
}
RECIPES: Mapping[str, tuple[str, Mapping[str, Any], int]] = {
    "dcgan": ("dcgan", {}, 0),
    "vae": ("vae", {}, 0),
    "dcgan without batch norm": (
        "reference_models.lab.rule_breaker",
        {"broken": "norm", "width": 8, "latent": 16, "d_rate": 1e-3, "g_rate": 1e-3},
        3,  # of the seeds 0, 2 and 3 the one that ends badly: the others end at their best
    ),
}  # model, options, training seed
EXTRACTOR = "classifier:mnist"
METRICS = ("precision-recall", "modes", "kid", "fd")
SHOWN = ("precision", "recall", "modes", "kid", "fd")
CHOSEN_BY = "kid"
N = 1000
_FRESH = 1_000_000  # a seed that no evaluation uses
NOTHING = "Not measured here yet: `python -m benchmarks curves`.\n"


def main(arguments: Sequence[str]) -> int:
    """Train, evaluate, write record, tables and pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks curves", description=__doc__)
    parser.add_argument("--steps", type=int, default=1500, help="of training; default 1500")
    parser.add_argument("--every", type=int, default=100, help="steps between evaluations; default 100")
    parser.add_argument("--only", choices=PICTURES, help="one model; what is kept of the other stays")
    parser.add_argument("--out", type=Path, default=RECORD, help="another record, without document and pictures")
    parser.add_argument("--redraw", action="store_true", help="tables and pictures of the record that is kept")
    options = parser.parse_args(arguments)
    if not options.redraw:
        found = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {"models": {}}
        for model in [options.only] if options.only else PICTURES:
            found["models"][model] = trained(model, steps=options.steps, every=options.every)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.out == RECORD:
        for model, run in json.loads(RECORD.read_text(encoding="utf-8"))["models"].items():
            history_of(run).curves(PICTURES[model], keys=SHOWN)
        DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    print(recorded(options.out))
    return 0


@dataclass
class _Watch:
    """What happens at every evaluated step: a report, its time, and fresh images put aside."""

    evaluator: ganeval.Evaluator
    quick: ganeval.Evaluator
    seconds: list[float] = field(default_factory=list)
    without: list[float] = field(default_factory=list)
    fresh: dict[int, np.ndarray] = field(default_factory=dict)

    def __call__(self, step: int, sampler: Sampler) -> None:
        for evaluator, spent in ((self.quick, self.without), (self.evaluator, self.seconds)):
            begun = time.process_time()
            report = evaluator(sampler, step=step)
            spent.append(time.process_time() - begun)
        self.fresh[step] = sampler(N, _FRESH + step)
        told = "  ".join(f"{result.heading} {result.printed()}" for result in report.values() if not result.secondary)
        print(f"step {step}  {told}", file=sys.stderr, flush=True)


def trained(model: str, *, steps: int, every: int) -> dict[str, Any]:
    """One training run with its reports, and the comparison of the best step with the last."""
    data, reals = examples("mnist-5k", "training"), examples("mnist-5k", "reference")
    watch = _Watch(_evaluator(reals, "on"), _evaluator(reals, "off"))
    recipe, options, seed = RECIPES[model]
    task = planned(recipe, "mnist-5k", shape=data.shape, options=options, seed=seed, steps=steps)
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for _ in train(Path(folder), task, data=data, pace=Pace(steps, every), on_sample=watch):
            pass
    whole = time.process_time() - begun
    history = watch.evaluator.history
    best, last = history.best(CHOSEN_BY).step, history.last.step
    return {
        "steps": steps, "every": every, "n": N, "extractor": EXTRACTOR, "best": best, "last": last,
        "threads": torch.get_num_threads(),
        "seconds": {
            "training": round(whole - sum(watch.seconds) - sum(watch.without), 1),
            "evaluation": round(float(np.median(watch.seconds)), 2),
            "without intervals": round(float(np.median(watch.without)), 2),
        },
        "fresh": None if best == last else _compared(reals, watch.fresh[best], watch.fresh[last]),
        "history": [{"step": p.step, "report": json.loads(p.report.to_json())} for p in history.points],
    }  # fmt: skip


def _evaluator(reals: Examples, interval: Any) -> ganeval.Evaluator:
    """Reals with their labels, so that modes are digits."""
    real = ganeval.images(reals.values, labels=reals.labels)
    return ganeval.Evaluator(
        real, metrics=METRICS, extractor=EXTRACTOR, n=N, interval=interval, floor="on", cache="off"
    )


def _compared(reals: Examples, best: np.ndarray, last: np.ndarray) -> list[dict[str, str]]:
    """The verdicts on fresh images of both steps against all reals."""
    found = ganeval.compare(
        ganeval.images(reals.values),
        {"best": ganeval.images(best), "last": ganeval.images(last)},
        metrics=("kid", "precision-recall"), extractor=EXTRACTOR, cache="off",
    )  # fmt: skip
    return [{"score": row.heading, "verdict": row.words, "difference": row.printed} for row in found.rows]


def history_of(run: Mapping[str, Any]) -> History:
    """The reports of a recorded run."""
    found = History()
    for point in run["history"]:
        found = found.with_point(point["step"], Report.from_json(json.dumps(point["report"])))
    return found


def recorded(path: Path = RECORD) -> str:
    """The pictures and tables of the record that is kept, or that there is none."""
    if not path.exists():
        return NOTHING
    models = json.loads(path.read_text(encoding="utf-8"))["models"]
    return "\n".join(part for model, run in models.items() for part in (f"### {model}\n", section(model, run)))


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    return filled(text, "curves", recorded())


def section(model: str, run: Mapping[str, Any]) -> str:
    """A picture, a table of best step, last step and floor, what fresh images say, and the cost."""
    history, seconds = history_of(run), run["seconds"]
    best, last = history.best(CHOSEN_BY), history.last
    lines = [f"![scores of {model} over training]({PICTURES[model].name})", ""]
    lines += ["| | " + " | ".join(f"{last.report[key].heading} ({last.report[key].better})" for key in SHOWN) + " |"]
    lines += ["|---|" + "---|" * len(SHOWN)]
    for name, point in ((f"best step by KID, {best.step:,}", best), (f"last step, {last.step:,}", last)):
        lines += [f"| {name} | " + " | ".join(_cell(point.report[key]) for key in SHOWN) + " |"]
    floors = [last.report[key].printed_floor() for key in SHOWN]
    lines += [f"| other reals, n = {N:,} | " + " | ".join(floor[0] if floor else "–" for floor in floors) + " |", ""]
    if run["fresh"] is None:
        lines += ["The best step is the last."]
    else:
        told = "; ".join(f"{row['score']}: {row['verdict']}, {row['difference']}" for row in run["fresh"])
        lines += [f"On {N:,} fresh images of either step against 2,000 reals, last less best: {told}."]
    each = seconds["training"] / run["steps"] * run["every"]
    lines += [
        "",
        f"{run['every']} steps of training take {each:.1f} s of processor time, an evaluation "
        f"{seconds['evaluation']:.1f} s, without intervals {seconds['without intervals']:.1f} s (medians of "
        f"{len(history.points)}, threads: {run['threads']}).",
        "",
    ]
    return "\n".join(lines)


def _cell(result: Any) -> str:
    interval = result.printed_interval()
    if interval is None or result.corrected is None:
        return result.printed() if interval is None else " ".join(interval)
    return f"{result.printed()}; without bias {' '.join(interval)}"
