"""What a suite is: models, trained on one set of data from several seeds, judged under one protocol or several.

A suite is a file of `benchmarks/suites/` that ends in `SUITE = Suite(…)`. A cell is one model, one training seed, one
way to sample and one protocol; its key names all of that, down to the last option, and a record with the same key is
never made again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from reference_models.models.recipes import recipe

_FOLDER = Path(__file__).with_name("suites")
NAMES = tuple(sorted(path.stem.replace("_", "-") for path in _FOLDER.glob("[!_]*.py")))


@dataclass(frozen=True)
class Judge:
    """How samples are scored: `n` of them against `reference`, a set's name, in the features of `extractor`.

    With `part` "classifier" the reals are the digits that only the classifier learnt from, which no board looks at:
    for choosing settings. `reference` None is for metrics that know the distribution.
    """

    extractor: str
    metrics: tuple[str, ...]
    n: int
    reference: str | None
    part: Literal["reference", "classifier"] = "reference"


@dataclass(frozen=True)
class Entry:
    """A row of the table: a model with options as text, its data, who judges it, and scales of its latents."""

    name: str
    model: str
    data: str
    judges: tuple[Judge, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    scales: tuple[float | None, ...] = (None,)

    def settings(self) -> dict[str, Any]:
        """Every option of the recipe, steps among them."""
        return asdict(recipe(self.model, self.options))


@dataclass(frozen=True)
class Cell:
    """One record to be made. `scale` None samples as in training."""

    entry: Entry
    seed: int
    judge: Judge
    scale: float | None = None

    @property
    def name(self) -> str:
        """The row, with the scale of the latents where it is not the training's."""
        return self.entry.name if self.scale is None else f"{self.entry.name} z×{self.scale:g}"

    @property
    def run(self) -> str:
        """The folder of the training run, which several cells may share."""
        return f"{self.entry.name}-{self.seed}"

    def key(self) -> dict[str, Any]:
        """All that the record depends on, as JSON values."""
        return {
            "name": self.name,
            "model": self.entry.model,
            "data": self.entry.data,
            "options": self.entry.settings(),
            "seed": self.seed,
            "scale": self.scale,
            "judge": {**asdict(self.judge), "metrics": list(self.judge.metrics)},
        }


@dataclass(frozen=True)
class Suite:
    """`told` says what it is, `cost` what it takes and what was cut, `rank` the score that rows are ranked by.

    Without `rank` (points in the plane, whose reals are a formula) there is a table of means.
    """

    name: str
    told: str
    cost: str
    entries: tuple[Entry, ...]
    seeds: int
    rank: str | None = None

    def cells(self) -> Iterator[Cell]:
        """Seed by seed, so that a suite that is stopped early has every row."""
        for seed in range(self.seeds):
            for entry in self.entries:
                for scale in entry.scales:
                    for judge in entry.judges:
                        yield Cell(entry, seed, judge, scale)


def suite(name: str) -> Suite:
    """A suite by name; KeyError for an unknown one."""
    if name not in NAMES:
        raise KeyError(f"no suite {name!r} (suites: {', '.join(NAMES)})")
    found = import_module(f"benchmarks.suites.{name.replace('-', '_')}").SUITE
    assert isinstance(found, Suite) and found.name == name
    return found
