"""Which metric sees which fault: `python -m benchmarks audit`.

Real images are damaged in known ways and scored by every metric on the shelf, in several drawings of reals, held-out
reals and damages. Writes the record, the tables in docs/audit.md and the picture beside it. It needs Debian's
dataset-fashion-mnist (`make fashion`) and takes some minutes on one core.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.readme import filled
from ganeval.core.registry import entries
from ganeval.core.rows import Rows
from ganeval.evaluation.engine import Features
from ganeval.evaluation.floors import floors
from ganeval.evaluation.scores import given_to, outcomes
from ganeval.evaluation.settings import built_extractor
from ganeval.extractors.base import Extractor
from ganeval.extractors.spectrum import Spectrum
from ganeval.metrics.base import GROUPS, Metric
from reference_models.data.data import Labelled, fashion_mnist, garment_parts, mnist_5k, parts

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "audit.json"
DOCUMENT = ROOT / "docs" / "audit.md"
PICTURE = ROOT / "docs" / "audit.png"
N = 1024
SEEDS = 5
FEW = 64
HELD_OUT = "held-out"
SIGMA = "sigma points"
NOTHING = "Not measured here yet: `python -m benchmarks audit`.\n"


@dataclass(frozen=True)
class Ground:
    """Images to draw from, and the feature space in which they are compared."""

    name: str
    images: Callable[[], Labelled]
    extractor: str


@dataclass(frozen=True)
class Drawing:
    """One drawing: reals and, of the same kind, other images that no real is."""

    real: Labelled
    other: Labelled
    rng: np.random.Generator

    @property
    def held_out(self) -> np.ndarray:
        return self.other.images[:N]

    def damaged(self) -> Iterator[tuple[str, np.ndarray]]:
        """Sets of fakes by name, undamaged ones first."""
        yield HELD_OUT, self.held_out
        kept = np.unique(self.real.labels)[:5]
        yield "5 of 10 classes", self.other.images[np.isin(self.other.labels, kept)][:N]
        yield "blur", np.stack([gaussian_filter(image, 0.7) for image in self.held_out])
        noise = self.rng.normal(0, 0.06 * 255, self.held_out.shape)
        yield "noise", np.clip(np.rint(self.held_out + noise), 0, 255).astype(np.uint8)
        yield "all copies", self.real.images[self.rng.permutation(N)]
        mixed = self.held_out.copy()
        mixed[: N // 10] = self.real.images[self.rng.permutation(N)[: N // 10]]
        yield "1 in 10 a copy", mixed
        yield f"{FEW} images", np.tile(self.held_out[:FEW], (N // FEW, 1, 1))


def digits() -> Labelled:
    """The digits that the classifier has not seen."""
    cut = parts(mnist_5k())
    both = cut.reference, cut.rest
    return Labelled(np.concatenate([part.images for part in both]), np.concatenate([part.labels for part in both]))


def garments() -> Labelled:
    """10,000 of the garments that the classifier has not seen."""
    return fashion_mnist("train").at(garment_parts().rest[:10_000])


GROUNDS = (
    Ground("MNIST", digits, "classifier:mnist"),
    Ground("Fashion-MNIST", garments, "classifier:fashion-mnist"),
    Ground("MNIST, random network", digits, "random-conv"),
)


def main(arguments: Sequence[str]) -> int:
    """Measure, write record, tables and picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks audit", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="drawings of every set")
    parser.add_argument("--out", type=Path, default=RECORD, help="another record, without document and picture")
    parser.add_argument("--redraw", action="store_true", help="tables and picture from the record that is kept")
    options = parser.parse_args(arguments)
    if not options.redraw:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        found: dict[str, Any] = {"n": N, "seeds": options.seeds, "grounds": []}
        for ground in GROUNDS:
            found["grounds"].append(measured(ground, options.seeds))
            options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.out == RECORD:
        from benchmarks.audit_picture import drawn

        found = json.loads(RECORD.read_text(encoding="utf-8"))
        drawn([(ground, verdicts(ground)) for ground in found["grounds"]], PICTURE)
        DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def measured(ground: Ground, seeds: int) -> dict[str, Any]:
    """Every score of every set, by seed: {"scores": {key: {set: [value, …]}}, "alarms": {set: [bool, …]}}."""
    images, extractor = ground.images(), built_extractor(ground.extractor)
    scores: dict[str, dict[str, list[float | None]]] = {}
    alarms: dict[str, list[bool]] = {}
    labels: dict[str, Any] = {}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(images.images))
        drawing = Drawing(images.at(order[:N]), images.at(order[N:]), rng)
        real = _Views(extractor, drawing.real.images, drawing.real.labels)
        fakes = {name: _Views(extractor, made) for name, made in drawing.damaged()}
        sides = {name: views.side for name, views in fakes.items()} | {SIGMA: sigma_points(real.side)}
        for name, side in sides.items():
            found, alarm = scored(real.side, side, extractor)
            alarms.setdefault(name, []).append(alarm)
            for key, value in found.items():
                scores.setdefault(key, {}).setdefault(name, []).append(value)
        print(f"{ground.name}: seed {seed}", file=sys.stderr, flush=True)
    for metric in shelf(extractor.views):
        labels |= {
            key: {"label": score.label, "better": score.better, "exponent": score.exponent, "decimals": score.decimals}
            for key, score in metric.scores.items()
        }
    return {"name": ground.name, "extractor": extractor.name, "labels": labels, "scores": scores, "alarms": alarms}


@dataclass(frozen=True)
class _Views:
    """Images and what the extractors make of them."""

    extractor: Extractor
    images: np.ndarray
    labels: np.ndarray | None = None

    @cached_property
    def side(self) -> Features:
        """Their rows by view."""
        coloured = [np.repeat(image[..., None], 3, axis=2) for image in self.images]
        views: dict[str, np.ndarray] = {}
        for maker in (self.extractor, Spectrum()):
            blocks = [coloured[i : i + 256] for i in range(0, len(coloured), 256)]
            made = [maker.rows(np.stack([maker.prepare(image) for image in block])) for block in blocks]
            views |= {view: np.concatenate([rows[view] for rows in made]) for view in maker.views}
        labels = None if self.labels is None else self.labels.astype(str)
        return _collection({view: _rows(values, labels) for view, values in views.items()}, len(self.images))


def _rows(values: np.ndarray, labels: np.ndarray | None = None) -> Rows:
    return Rows.of(np.arange(len(values), dtype=np.int64), values, labels=labels)


def _collection(statistics: Mapping[str, Rows], n: int) -> Features:
    return Features("rows", "rows", statistics, None, n, n)


def sigma_points(real: Features) -> Features:
    """Rows with exactly the mean and covariance of the reals: 2 d points, on each principal axis, repeated."""
    values = real.statistics["features"].values.astype(np.float64)  # pyright: ignore[reportAttributeAccessIssue]
    n, d = values.shape
    variances, axes = np.linalg.eigh(np.cov(values, rowvar=False))
    times = max(1, round(n / (2 * d)))
    total = 2 * d * times
    reach = axes * np.sqrt(np.clip(variances, 0, None) * d * (total - 1) / total)
    points = values.mean(axis=0) + np.concatenate([reach.T, -reach.T])
    return _collection({"features": _rows(np.tile(points, (times, 1)).astype(np.float32))}, total)


def shelf(views: Sequence[str]) -> list[Metric]:
    """Every metric that can be scored from these views or from pixels, in table order."""
    found = [item.load()() for item in entries("metric")]
    return sorted(
        (m for m in found if m.view in (*views, *Spectrum.views) and not m.insists_on_fid_inception),
        key=lambda m: (GROUPS.index(m.group), m.order),
    )


def scored(real: Features, fake: Features, extractor: Extractor) -> tuple[dict[str, float | None], bool]:
    """Every score by key, and whether the copying alarm is on."""
    sides = {"real": real, "fake": fake}
    metrics = [metric for metric in shelf(extractor.views) if metric.view in fake.statistics]
    found = outcomes(metrics, [given_to(metric, sides) for metric in metrics])
    below = floors(metrics, sides, seed=0)
    alarm = any(o.alarm for o in found) or any(floor.alarm for by_key in below for floor in by_key.values())
    return {key: value for outcome in found for key, value in outcome.scores.items()}, alarm


@dataclass(frozen=True)
class Verdict:
    """What a score says of one set: the median over seeds, and on which side of all held-out values it lies."""

    median: float | None
    seen: str  # "worse", "better" or ""


def verdicts(ground: Mapping[str, Any]) -> dict[str, dict[str, Verdict]]:
    """By score and set. Seen: in every seed outside the range of all held-out values, and on one side of it."""
    found: dict[str, dict[str, Verdict]] = {}
    for key, by_set in ground["scores"].items():
        held = [value for value in by_set[HELD_OUT] if value is not None]
        lower_is_better = ground["labels"][key]["better"] == "lower"
        found[key] = {name: _verdict(values, held, lower_is_better) for name, values in by_set.items()}
    return found


def _verdict(values: Sequence[float | None], held: Sequence[float], lower_is_better: bool) -> Verdict:
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not held:
        return Verdict(None, "withheld" if len(known) < len(values) else "")
    above, below = min(known) > max(held), max(known) < min(held)
    worse, better = (above, below) if lower_is_better else (below, above)
    return Verdict(float(np.median(known)), "worse" if worse else "better" if better else "")


def recorded(path: Path = RECORD) -> str:
    """The tables of the record that is kept, with its picture, or that there is none."""
    if not path.exists():
        return NOTHING
    found = json.loads(path.read_text(encoding="utf-8"))
    told = f"n = {found['n']:,} reals and as many fakes, {found['seeds']} drawings; medians.\n"
    parts = [f"![which metric sees what]({PICTURE.name})\n", told]
    return "\n".join([*parts, *(f"### {g['name']} (`{g['extractor']}`)\n\n{table(g)}" for g in found["grounds"])])


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    return filled(text, "audit", recorded())


def table(ground: Mapping[str, Any]) -> str:
    """A Markdown table: a row a score, a column a set; a mark where the score sees the damage."""
    sets = list(ground["alarms"])
    lines = ["| | " + " | ".join(sets) + " |", "|---|" + "---|" * len(sets)]
    for key, by_set in verdicts(ground).items():
        told = ground["labels"][key]
        scale = f" ×1e{told['exponent']}" if told["exponent"] else ""
        cells = [_cell(by_set[name], told) if name in by_set else "" for name in sets]
        lines.append(f"| {told['label']}{scale} ({told['better']}) | " + " | ".join(cells) + " |")
    alarms = [f"{sum(given)} of {len(given)}" for given in ground["alarms"].values()]
    return "\n".join([*lines, "| **copying alarm** | " + " | ".join(alarms) + " |", ""])


def _cell(verdict: Verdict, told: Mapping[str, Any]) -> str:
    if verdict.median is None:
        return verdict.seen or "–"
    text = f"{verdict.median * 10 ** told['exponent']:.{told['decimals']}f}"
    return {"worse": f"**{text}** ✗", "better": f"**{text}** ☆", "": text}[verdict.seen]
