"""What the failure lab's presets show, over seeds and settings: `python -m benchmarks lab`.

Five seeds (0 to 4) of every preset at its own knobs give the verdicts; other settings are tried on two other seeds (100
and 101), which no verdict counts, so that the knobs were not chosen on the seeds that judge them. A cell that
is in the record is kept: a run that was stopped goes on. Writes the record, the pictures of docs/lab and the tables of
docs/lab.md, and the verdicts that the lab tells (`reference_models/lab/verdicts.json`).
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.readme import filled
from reference_models.lab.preset import Preset
from reference_models.lab.report import drawn, number
from reference_models.lab.shelf import kind, names, preset
from reference_models.lab.verdicts import FILE, SEEDS, Verdict
from reference_models.options import pairs

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "lab.json"
DOCUMENT = ROOT / "docs" / "lab.md"
PICTURES = ROOT / "docs" / "lab"
TRIED = (100, 101)
NOTHING = "Not measured here yet: `python -m benchmarks lab`.\n"
SETTINGS: Mapping[str, Sequence[str]] = {
    "dirac": ("gamma=1.0", "gamma=3.0", "lr=0.02", "gamma=0.0"),
    "ratios": ("lr=5e-4", "lr=2e-3,r1_all=0.1", "lr=2e-3,steps=1500", "lr=3e-3", "lr=3e-3,steps=1500"),
    "vanishing": ("d_alone=30", "g_rate=0.02", "g_rate=0.0002"),
    "weak-d": ("d_width=1", "d_width=8", "r1=0.0"),
    "arrows": ("r1=0.01", "r1=1.0"),
    "rates": ("r1=0.0", "lr=5e-4", "steps=600"),
    "packing": ("pack=4", "r1=0.1", "lr=2e-3", "steps=600"),
    "rules": ("lr=2e-3", "lr=2e-4"),
    "collapse": ("lr=2e-4", "norm=batch", "lr=5e-3", "g_steps=5", "d_steps=15"),
    "blur": ("lr=2e-3", "vae_rate=5e-3"),
}

Record = Mapping[str, Mapping[str, Any]]


def main(arguments: Sequence[str]) -> int:
    """Run what is missing; write record, pictures and tables."""
    options = _options(arguments)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    for name, settings, seed in planned(options.only or names(), explore=options.explore):
        key = cell(name, settings, seed=seed)
        if key in record and not options.again:
            continue
        record[key] = measured(preset(name, pairs(settings)), seed=seed, picture=_picture(name, settings, seed))
        print(f"{key}: {record[key]['seconds']} s", file=sys.stderr, flush=True)
        RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n", encoding="utf-8")
    FILE.write_text(json.dumps({n: asdict(v) for n, v in verdicts(record).items()}, indent=1) + "\n", encoding="utf-8")
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def planned(wanted: Sequence[str], *, explore: bool) -> Iterator[tuple[str, str, int]]:
    """(preset, settings, seed) of every cell: the seeds that judge, one after the other, then what is tried."""
    for seed in range(SEEDS):
        yield from ((name, "", seed) for name in wanted)
    for name in wanted if explore else ():
        yield from ((name, settings, seed) for settings in SETTINGS.get(name, ()) for seed in TRIED)


def cell(name: str, settings: str, *, seed: int) -> str:
    """The key of a cell."""
    return f"{name} {settings or 'own'} {seed}"


def measured(chosen: Preset, *, seed: int, picture: Path | None = None) -> dict[str, Any]:
    """One run: its numbers (as text where they are not finite), which claims held, its CPU seconds."""
    start = time.process_time()
    seen = chosen.run(seed=seed)
    seconds = round(time.process_time() - start, 1)
    if picture is not None:
        drawn(chosen, seen, path=picture, dpi=70)
    return {"numbers": written(seen.numbers), "held": chosen.held(seen.numbers), "seconds": seconds}


def written(numbers: Mapping[str, float]) -> dict[str, float | str]:
    """Six digits; inf and nan as text, which JSON has no numbers for.

    >>> written({"a": 1 / 3, "b": float("inf")})
    {'a': 0.333333, 'b': 'inf'}
    """
    return {key: float(f"{value:.6g}") if abs(value) < float("inf") else str(value) for key, value in numbers.items()}


def read(numbers: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a cell."""
    return {key: float(value) for key, value in numbers.items()}


def verdicts(record: Record) -> dict[str, Verdict]:
    """Of every preset whose five seeds are all there: how often each claim held, and the median score."""
    found = {}
    for name in names():
        cells = [record.get(cell(name, "", seed=seed)) for seed in range(SEEDS)]
        if any(one is None for one in cells):
            continue
        numbers = [read(one["numbers"]) for one in cells if one is not None]
        held = [kind(name)().held(each) for each in numbers]
        score = statistics.median(each[kind(name).score.key] for each in numbers)
        found[name] = Verdict({key: sum(one[key] for one in held) for key in kind(name).claims}, score)
    return found


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    made = {"lab": claims_table(record), "lab-settings": settings_table(record), "lab-pictures": pictures()}
    for part, table in made.items():
        text = filled(text, part, table)
    return text


def pictures() -> str:
    """The figures that are there, of seed 0 at each preset's own knobs."""
    shown = [name for name in names() if (PICTURES / f"{name}.png").exists()]
    return "".join(f"`{name}`: {kind(name).title.en}\n\n![{name}](lab/{name}.png)\n\n" for name in shown)


def claims_table(record: Record) -> str:
    """What each preset is meant to show, and in how many seeds it did."""
    rows = ["| preset | what it is meant to show | seeds | | CPU s |", "|---|---|---|---|---|"]
    for name, verdict in verdicts(record).items():
        seconds = statistics.median(record[cell(name, "", seed=seed)]["seconds"] for seed in range(SEEDS))
        for number_, (key, claim) in enumerate(kind(name).claims.items()):
            first = (f"`{name}`", f"{seconds:.0f}") if number_ == 0 else ("", "")
            ending = "reproduced" if verdict.reproduced(key) else "**not reproduced**"
            rows.append(f"| {first[0]} | {claim.told.en} | {verdict.held[key]} of {SEEDS} | {ending} | {first[1]} |")
    return "\n".join([*rows, ""]) if len(rows) > 2 else NOTHING


def settings_table(record: Record) -> str:
    """The score and the claims of every setting that was tried."""
    rows = ["| preset | knobs | score | median | claims held (of the seeds) |", "|---|---|---|---|---|"]
    for name in names():
        for settings in ("", *SETTINGS.get(name, ())):
            seeds = range(SEEDS) if not settings else TRIED
            cells = [record[key] for seed in seeds if (key := cell(name, settings, seed=seed)) in record]
            if not cells:
                continue
            numbers = [read(one["numbers"]) for one in cells]
            score = kind(name).score
            middle = statistics.median(each[score.key] for each in numbers)
            held = [kind(name)().held(each) for each in numbers]
            told = ", ".join(f"{key} {sum(one[key] for one in held)}/{len(held)}" for key in kind(name).claims)
            rows.append(f"| `{name}` | {settings or 'its own'} | {score.key} | {number(middle)} | {told} |")
    return "\n".join([*rows, ""]) if len(rows) > 2 else NOTHING


def _picture(name: str, settings: str, seed: int) -> Path | None:
    return PICTURES / f"{name}.png" if not settings and seed == 0 else None


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks lab", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="PRESET", help="these presets alone")
    parser.add_argument("--explore", action="store_true", help="also the settings that are tried on two seeds")
    parser.add_argument("--again", action="store_true", help="also cells that are in the record")
    return parser.parse_args(arguments)
