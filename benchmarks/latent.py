"""Latent space, measured: `python -m benchmarks latent`.

Trains a DCGAN on drawn faces and one on Fashion-MNIST in runs/latent/ (what is there is kept, and what was stopped goes
on), judges paths, arithmetic and directions, and writes the record, the tables and the pictures of docs/latent.md.
`--redraw` writes the tables from the record.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.readme import filled
from benchmarks.suites.faces import FASTER
from reference_models.data.sets import examples
from reference_models.latent_space import analogies
from reference_models.latent_space.analogies import Share, Trials
from reference_models.latent_space.cells import Analogy, analogy_of, said
from reference_models.latent_space.decoder import Decoder, decoder_of
from reference_models.latent_space.directions import POSITIONS, Direction, directions
from reference_models.latent_space.latent import kinds_of_path
from reference_models.latent_space.paths import Smoothness, smoothness
from reference_models.latent_space.pictures import figure, moves, stacked, strips
from reference_models.latent_space.scoring import Judge, judge_of
from reference_models.tables import table
from reference_models.training.loop import Pace, train
from reference_models.training.runs import planned, task_of

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "runs" / "latent"
RECORD = ROOT / "benchmarks" / "records" / "latent.json"
DOCUMENT = ROOT / "docs" / "latent.md"
PAIRS, TRIALS, POOL, SAMPLES = 200, 200, 4096, 5000
_COLOURS = 128
_OPTIONS = {"width": "24", **FASTER}
NOTHING = "Not measured here yet: `python -m benchmarks latent`.\n"


@dataclass(frozen=True)
class Subject:
    """A run and the analogies that are tried on it, in words; the fourth is the outcome where it does not follow."""

    name: str
    data: str
    steps: int
    options: Mapping[str, str]
    sums: tuple[tuple[str, ...], ...]


SUBJECTS = (
    Subject(
        "faces",
        "faces",
        3000,
        _OPTIONS,
        (("man+glasses", "man", "woman"), ("woman+smile", "woman", "man")),
    ),
    Subject(
        "fashion-mnist",
        "fashion-mnist",
        3000,
        _OPTIONS,
        (("pullover", "t-shirt", "dress", "coat"), ("bag+bright", "bag", "ankle-boot"), ("bag+wide", "bag", "trouser")),
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Train, judge, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks latent", description=__doc__)
    parser.add_argument("--redraw", action="store_true", help="only the tables, from the record")
    parser.add_argument("--only", choices=[subject.name for subject in SUBJECTS], help="the other one's record is kept")
    parser.add_argument("--train", action="store_true", help="only train")
    parser.add_argument("--threads", type=int, help="CPU threads")
    options = parser.parse_args(arguments)
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    for subject in () if options.redraw else SUBJECTS:
        if options.only in (None, subject.name):
            run = trained(subject)
            if not options.train:
                record[subject.name] = judged(subject, run)
                RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if not options.train:
        DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def trained(subject: Subject) -> Path:
    """The subject's run, trained to its end."""
    folder, data = RUNS / subject.name, examples(subject.data, "training")
    task = planned("dcgan", subject.data, shape=data.shape, options=subject.options, steps=subject.steps)
    for progress in train(folder, task, data=data, pace=Pace(save_every=100)):
        if progress.logged:
            print(f"{subject.name}: step {progress.step}/{progress.steps}, {progress.left:.0f} s left", file=sys.stderr)
    return folder


def judged(subject: Subject, run: Path) -> dict[str, Any]:
    """The subject's part of the record; its pictures are written."""
    decoder, judge = decoder_of(run), judge_of(subject.data)
    hows = kinds_of_path(decoder.prior)
    ways = [smoothness(decoder, judge.look, how=how, precision=judge.precision, pairs=PAIRS) for how in hows]
    _picture(strips(decoder, hows), f"{subject.name}-paths")
    samples = analogies.pool(decoder, judge.look, n=POOL)
    sums = [_sum(words, decoder, judge, samples) for words in subject.sums]
    _sums_shown(subject, decoder, judge, samples)
    found = directions(decoder, judge.look, values=judge.values, n=SAMPLES)
    shown = found[:6]
    image = moves(decoder, np.stack([each.vector for each in shown]), positions=POSITIONS)
    _picture(image, f"{subject.name}-directions")
    task, _ = task_of(run)
    told = ", ".join(f"{key} {value}" for key, value in subject.options.items())
    return {
        "run": f"A DCGAN ({told}) after {task.steps:,} steps of {task.options['batch']}; seed {task.seed}.",
        "paths": [asdict(way) for way in ways],
        "sums": sums,
        "directions": [{k: v for k, v in asdict(each).items() if k != "vector"} for each in found],
    }


def _sum(words: Sequence[str], decoder: Decoder, judge: Judge, samples: analogies.Pool) -> dict[str, Any]:
    cells = _cells(words, judge)
    found = {
        "words": list(words),
        "cells": {letter: said(cell, judge.values) for letter, cell in cells.named().items()},
        "counts": {letter: len(samples.members(cell)) for letter, cell in cells.named().items()},
        "pool": len(samples.latents),
    }
    reason = analogies.untestable(samples, cells, values=judge.values)
    if reason is not None:
        return {**found, "untestable": reason}
    trials = analogies.trials(decoder, samples, cells=cells, look=judge.look, precision=judge.precision, n=TRIALS)
    return {**found, "trials": [asdict(each) for each in trials]}


def _sums_shown(subject: Subject, decoder: Decoder, judge: Judge, samples: analogies.Pool) -> None:
    """Radford's figure for every testable sum: three exemplars as they are, and one rescaled."""
    for number, words in enumerate(subject.sums, 1):
        cells = _cells(words, judge)
        if analogies.untestable(samples, cells, values=judge.values) is None:
            three = figure(decoder, analogies.shown(samples, cells), rescale=False)
            one = figure(decoder, analogies.shown(samples, cells, k=1), rescale=True)
            _picture(stacked([three, one]), f"{subject.name}-sum-{number}")


def _cells(words: Sequence[str], judge: Judge) -> Analogy:
    return analogy_of(words[:3], judge.values, target=words[3] if len(words) > 3 else None)


def _picture(image: Image.Image, name: str) -> None:
    """Of few colours: a small file."""
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=_COLOURS).save(
        DOCUMENT.parent / f"latent-{name}.png", optimize=True
    )


def refreshed(text: str) -> str:
    """The document with its tables written anew from the record."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    for subject in SUBJECTS:
        told = _told(subject.name, record[subject.name]) if subject.name in record else {"run": NOTHING}
        for block in ("run", "paths", "sums", "directions"):
            text = filled(text, f"{subject.name} {block}", told.get(block, ""))
    return text


def _told(name: str, part: Mapping[str, Any]) -> dict[str, str]:
    """By block what a subject's part of the record says."""
    rows = [Direction(**row, vector=np.empty(0)).told() for row in part["directions"]]
    paths = table([Smoothness(**row).told() for row in part["paths"]])
    rowed = "Each group of rows is one pair of samples, on " + ", ".join(row["how"] for row in part["paths"])
    moved = "The six best predicted, from top to bottom; one sample each, moved by −3 to 3 standard deviations"
    return {
        "run": part["run"] + "\n",
        "paths": f"{paths}\n\n{rowed}:\n\n![Paths](latent-{name}-paths.png)\n",
        "sums": "\n".join(_sum_told(found, f"latent-{name}-sum-{at}.png") for at, found in enumerate(part["sums"], 1)),
        "directions": f"{table(rows)}\n\n{moved}:\n\n![Directions](latent-{name}-directions.png)\n",
    }


def _sum_told(found: Mapping[str, Any], picture: str) -> str:
    cells, counts = found["cells"], found["counts"]
    outcome = f"**({cells['A']}) − ({cells['B']}) + ({cells['C']}) = ({cells['D']})**"
    there = ", ".join(f"{letter} {n}" for letter, n in counts.items())
    head = f"{outcome}\n\nSamples in the cells, of {found['pool']:,}: {there}."
    if "untestable" in found:
        return f"{head} {found['untestable'].capitalize()}.\n"
    trials = [_trials(row) for row in found["trials"]]
    words = analogies.verdict(trials).replace("\n", "; ")
    rows = table([each.told() for each in trials])
    drawn = "Columns A, B, C above their means, and G(Y) amid eight neighbours: three exemplars, and one, rescaled"
    return f"{head}\n\n{rows}\n\n{words[0].upper()}{words[1:]}. {drawn}:\n\n![Arithmetic]({picture})\n"


def _trials(row: Mapping[str, Any]) -> Trials:
    controls = {name: Share(**share) for name, share in row["controls"].items()}
    return Trials(**{**row, "success": Share(**row["success"]), "controls": controls})
