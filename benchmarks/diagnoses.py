"""Which diagnostic sees which failure: `python -m benchmarks diagnoses`.

Trains small models on digits, a healthy one and others with one thing wrong, evaluates each ten times with
`ganeval.Evaluator`, and lets `ganeval.diagnose` look. Recipes and rules were tried on the seeds 0 and 100, which are
not counted. Recorded trainings are kept; a run that was stopped goes on.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ganeval
from benchmarks.readme import filled, table
from ganeval.core.registry import entries
from reference_models.data.sets import examples
from reference_models.lab.loop import learner_of, trained
from reference_models.lab.rule_breaker import RuleBreaker
from reference_models.models.dcgan import DCGAN
from reference_models.models.learner import Recipe
from reference_models.models.vae import VAE
from reference_models.training.loop import Feed
from reference_models.training.runs import sampler_of

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "diagnoses.json"
DOCUMENT = ROOT / "docs" / "diagnostics.md"
METRICS = ("kid", "precision-recall", "modes", "copying")
SEEDS, LOOKS, N = (1, 2, 3), 10, 1000
NOTHING = "Not measured here yet: `python -m benchmarks diagnoses`.\n"
_SMALL: Mapping[str, Any] = {"steps": 1000, "width": 8, "latent": 16, "d_rate": 1e-3, "g_rate": 1e-3}


@dataclass(frozen=True)
class Scenario:
    """A training: what is wrong, in words, the recipe, and how many digits it learns from."""

    wrong: str
    recipe: Recipe
    digits: int | None = None


SCENARIOS: Mapping[str, Scenario] = {
    "healthy": Scenario("nothing", DCGAN(**_SMALL)),
    "no batch norm": Scenario("no batch norm in G and D", RuleBreaker(**_SMALL, broken="norm")),
    "strong D": Scenario(
        "minimax loss, five updates of D for one of G", DCGAN(**{**_SMALL, "loss": "minimax", "d_steps": 5})
    ),
    "weak D": Scenario("D learns a thousandth as fast", DCGAN(**{**_SMALL, "d_rate": 1e-6})),
    "many G": Scenario("five updates of G for one of D", DCGAN(**{**_SMALL, "g_steps": 5})),
    "fast": Scenario("learning rates × 20", DCGAN(**{**_SMALL, "d_rate": 2e-2, "g_rate": 2e-2})),
    "few images": Scenario(
        "a DCGAN twice as wide on 100 digits, for 2,000 steps", DCGAN(**{**_SMALL, "steps": 2000, "width": 16}), 100
    ),
    "VAE, few images": Scenario("a VAE on 250 digits, for 4,000 steps", VAE(4000, batch=50, latent=50), 250),
}


def main(arguments: Sequence[str]) -> int:
    """Train what is missing; write record and document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks diagnoses", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--pilot", action="store_true", help="the seeds that are not counted, printed and not recorded")
    parser.add_argument("--redraw", action="store_true", help="the document of the record that is kept")
    options = parser.parse_args(arguments)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    wanted = [] if options.redraw else options.only or list(SCENARIOS)
    for seed in (0, 100) if options.pilot else SEEDS:
        for name in wanted:
            if f"{name} {seed}" in record:
                continue
            found = diagnosed(SCENARIOS[name], seed=seed)
            print(f"{name}, seed {seed}: {sentence(found)}", file=sys.stderr, flush=True)
            if not options.pilot:
                record[f"{name} {seed}"] = found
                RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n", encoding="utf-8")
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def diagnosed(scenario: Scenario, *, seed: int) -> dict[str, Any]:
    """One training: the verdict and first step of every diagnostic, the last scores, and CPU seconds."""
    begun = time.process_time()
    few = "" if scenario.digits is None else f",n={scenario.digits}"
    data, reals = examples(f"mnist-5k{few}", "training").values, examples("mnist-5k", "reference")
    evaluator = ganeval.Evaluator(
        ganeval.images(reals.values, labels=reals.labels), metrics=METRICS, extractor="classifier:mnist", n=N,
        train=ganeval.images(data), floor="on", cache="off",
    )  # fmt: skip
    recipe = scenario.recipe
    learner, unseen = learner_of(recipe, (1, *data.shape[1:3]), seed=seed), Feed(reals.values, seed=seed)
    draw, log = sampler_of(learner), []
    for step, measured in trained(learner, data, seed=seed, steps=recipe.steps):
        log.append({"step": step, **measured, **learner.held_out(unseen.batch(step, learner.appetite))})
        if step % (recipe.steps // LOOKS) == 0:
            evaluator(draw, step=step)
    columns = {key: [row[key] for row in log] for key in log[0]}
    found, last = ganeval.diagnose(evaluator.history, log=columns), evaluator.last.report
    return {
        "verdicts": {one.name: [one.verdict, one.since] for one in found},
        "told": {one.name: one.message for one in found},
        "scores": {key: last[key].value for key in ("kid", "precision", "recall", "modes")},
        "seconds": round(time.process_time() - begun, 1),
    }


def sentence(found: Mapping[str, Any]) -> str:
    """The alarms of a training and its last scores, in a line."""
    alarms = [f"{name} ({since})" for name, (verdict, since) in found["verdicts"].items() if verdict == "alarm"]
    scores = ", ".join(f"{key} {'-' if v is None else f'{v:.3g}'}" for key, v in found["scores"].items())
    return f"{', '.join(alarms) or 'no alarm'}; {scores}; {found['seconds']} s"


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return filled(filled(text, "diagnostic", table("diagnostic")), "diagnoses", matrix(record))


def matrix(record: Mapping[str, Any]) -> str:
    """A row a training, a column a diagnostic: in how many seeds it raised its alarm, or could not tell."""
    known = [name for name in SCENARIOS if f"{name} {SEEDS[0]}" in record]
    if not known:
        return NOTHING
    shelf = [item.name for item in entries("diagnostic")]
    scores = ("precision", "recall", "modes")
    lines = [
        "| training | what is wrong | " + " | ".join([*scores, *(f"`{name}`" for name in shelf)]) + " |",
        "|" + "---|" * (2 + len(scores) + len(shelf)),
    ]
    for name in known:
        cells = [record[key] for seed in SEEDS if (key := f"{name} {seed}") in record]
        ends = [_middle([one["scores"][key] for one in cells]) for key in scores]
        verdicts = [_counted([one["verdicts"][item][0] for one in cells]) for item in shelf]
        lines.append(f"| {name} | {SCENARIOS[name].wrong} | " + " | ".join([*ends, *verdicts]) + " |")
    spent = sum(one["seconds"] for one in record.values())
    return "\n".join([*lines, "", f"{len(record)} trainings, {spent / 60:.0f} minutes of CPU.", ""])


def _middle(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.2g}" if len(known) > len(values) / 2 else "–"


def _counted(verdicts: Sequence[str]) -> str:
    """`2 of 3` alarms; `·` for none, `?` where nothing could be told.

    >>> _counted(["alarm", "clear", "alarm"]), _counted(["clear"] * 3), _counted(["unknown", "clear"])
    ('**2 of 3**', '·', '· ?')
    """
    found = Counter(verdicts)
    alarms = f"**{found['alarm']} of {len(verdicts)}**" if found["alarm"] else "·" if found["clear"] else ""
    return f"{alarms} ?".strip() if found["unknown"] else alarms
