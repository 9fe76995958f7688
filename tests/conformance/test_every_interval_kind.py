"""The rules of interval kinds, for every description and every way; a new kind needs no new test and no other edit."""

import dataclasses
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np
import pytest
from test_every_metric import SHELF, metric_of

import ganeval.core
import ganeval.intervals
import ganeval.metrics
from ganeval.core import interval_kind
from ganeval.core.estimate import IntervalSettings
from ganeval.core.interval_kind import IntervalKind, Jackknife
from ganeval.core.registry import entries, entry
from ganeval.core.rows import Rows
from ganeval.intervals.intervals import estimates
from ganeval.intervals.method import IntervalMethod, method_of
from ganeval.intervals.shared_reals import joint_scores

WAYS = entries("interval")
every_way = pytest.mark.parametrize("item", WAYS, ids=lambda item: item.name)
METRIC = '''
"""Mean: the mean of the fakes."""
from dataclasses import dataclass
from typing import ClassVar, final

from ganeval.core.{there} import {kind}
from ganeval.core.rows import Rows
from ganeval.metrics.base import Metric, Score


@final
@dataclass(frozen=True)
class Mean(Metric):
    statistic: ClassVar = Rows
    scores: ClassVar = {{"mean": Score("mean", "higher", frozenset())}}
    roles: ClassVar = ("fake",)
    group: ClassVar = "distance"
    depends_on_n: ClassVar = False
    interval: ClassVar = {kind}({settings})
    citation: ClassVar = "none"

    @property
    def minimum(self):
        return 2

    def __call__(self, *, fake):
        return {{"mean": float(fake.values.mean())}}
{more}

METRIC = Mean
'''
KIND = '''
"""A textbook's interval."""
from dataclasses import dataclass
from typing import ClassVar

from ganeval.core.interval_kind import IntervalKind


@dataclass(frozen=True)
class Textbook(IntervalKind):
    """Some standard errors to either side. Hooks: `error(rows)`."""

    errors: float = 2.0
    hooks: ClassVar = ("error",)
'''
METHOD = '''
"""Some standard errors to either side."""
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from ganeval.core.estimate import Estimate
from ganeval.core.planted_kind import Textbook
from ganeval.core.rows import Rows
from ganeval.intervals.method import Sample, IntervalMethod


@runtime_checkable
class Erring(Protocol):
    def error(self, rows: Rows) -> float: ...


@dataclass(frozen=True)
class TextbookInterval(IntervalMethod[Textbook]):
    describes: ClassVar = Textbook

    def estimates(self, sample: Sample) -> dict[str, Estimate]:
        assert isinstance(sample.metric, Erring)
        reach = self.kind.errors * sample.metric.error(sample.rows["fake"])
        return {
            key: Estimate(value, None, value - reach, value + reach, sample.intervals.level, "textbook")
            for key, value in sample.outcome.scores.items()
        }


METHOD = TextbookInterval
'''
ERROR = "\n    def error(self, rows):\n        return float(rows.values.std()) / rows.n**0.5\n"


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """Files in rooms of the house, as `plant(ganeval.core, "name", code)`."""

    names = []

    def planted(room: ModuleType, name: str, code: str) -> None:
        folder = tmp_path / room.__name__
        folder.mkdir()
        (folder / f"{name}.py").write_text(code.lstrip(), encoding="utf-8")
        monkeypatch.setattr(room, "__path__", [*room.__path__, str(folder)])
        names.append(f"{room.__name__}.{name}")

    yield planted
    for name in names:
        sys.modules.pop(name, None)


def rows(seed: int, n: int = 400) -> Rows:
    return Rows.of(np.arange(n), np.random.default_rng(seed).standard_normal((n, 1)))


def test_a_new_kind_is_two_files(plant):
    """A description and a way, dropped in: a metric that declares the kind has its interval, beside others too."""
    plant(ganeval.core, "planted_kind", KIND)
    plant(ganeval.intervals, "planted_way", METHOD)
    plant(ganeval.metrics, "planted_mean", METRIC.format(there="planted_kind", kind="Textbook", settings=3, more=ERROR))
    metric, fakes = entry("metric", "planted-mean").load()(), [rows(1), rows(2)]
    outcomes = [metric.outcome(fake=fake) for fake in fakes]
    found = estimates(metric, {"fake": fakes[0]}, outcome=outcomes[0], intervals=IntervalSettings())["mean"]
    assert found.method == "textbook"
    assert (found.high - found.low) / 2 == pytest.approx(3 * fakes[0].values.std() / 20, rel=1e-6)
    joint = joint_scores(
        metric, None, fakes=fakes, outcomes=outcomes, over=frozenset({"fake"}), intervals=IntervalSettings()
    )
    assert joint["mean"].how == "jackknife, 20 groups, reals shared"


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("UStatistic", "", r"Mean declares interval = UStatistic\(\) and lacks two_sample"),
        ("InfluenceFunction", "", r"lacks influence, null_spread"),
        ("Jackknife", '    interval = "jackknife"', r"Mean.interval = 'jackknife' is no kind of interval"),
        ("Jackknife", '    resample = "jackknife"', r"Mean.resample is read by nothing: set interval = Jackknife\(\)"),
    ],
)
def test_a_metric_that_cannot_keep_its_kind_is_refused(plant, kind, more, says):
    plant(ganeval.metrics, "planted_mean", METRIC.format(there="interval_kind", kind=kind, settings="", more=more))
    with pytest.raises(TypeError, match=says) as raised:
        entry("metric", "planted-mean").load()
    assert "\n" not in str(raised.value)


def test_a_kind_without_a_way_is_named():
    with pytest.raises(TypeError, match="implements the interval kind IntervalKind"):
        method_of(IntervalKind())


def test_a_narrower_kind_goes_the_way_of_the_wider():
    @dataclasses.dataclass(frozen=True)
    class Fine(Jackknife):
        pass

    assert method_of(Fine()) == type(method_of(Jackknife()))(Fine())


def test_every_kind_has_one_way():
    described = [item.load().describes for item in WAYS]
    assert len(described) == len(set(described))
    kinds = [kind for kind in vars(interval_kind).values() if inspect.isclass(kind) and issubclass(kind, IntervalKind)]
    assert set(kinds) - {IntervalKind} <= set(described)


@every_way
def test_descriptions_and_ways(item):
    """Both are frozen; the description names a source; its hooks are those of the Protocol beside the way."""
    way, module = item.load(), inspect.getmodule(item.load())
    described = way.describes
    assert issubclass(way, IntervalMethod) and issubclass(described, IntervalKind)
    assert all(dataclasses.is_dataclass(one) and one.__dataclass_params__.frozen for one in (way, described))
    assert "Source:" in (described.__doc__ or "") and "Hooks:" in (described.__doc__ or "")
    assert not [field for field in dataclasses.fields(described) if field.default is dataclasses.MISSING]
    protocols = [one for one in vars(module).values() if getattr(one, "_is_protocol", False) and one is not Protocol]
    hooks = {name for one in protocols for name in vars(one) if inspect.isfunction(vars(one)[name]) and name[0] != "_"}
    assert hooks == set(described.hooks)


@pytest.mark.parametrize("item", SHELF, ids=lambda item: item.name)
def test_every_metric_declares_a_kind_with_a_way(item):
    metric = metric_of(item)
    assert isinstance(method_of(metric.interval), IntervalMethod)
    assert all(callable(getattr(metric, hook)) for hook in metric.interval.hooks)


def test_no_file_of_the_room_names_a_metric():
    for path in Path(ganeval.intervals.__path__[0]).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [item.name for item in SHELF if f'"{item.name}"' in text or item.module in text], path.name
        assert "metric: Any" not in text, path.name
