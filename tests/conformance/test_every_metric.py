"""The rules every metric keeps. They run on whatever lies in ganeval/metrics: a new file needs no new test."""

import dataclasses
import sys
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import ganeval.metrics
from ganeval.cli import exit_code
from ganeval.cli.plain import ascii_text
from ganeval.core.errors import FeatureError, TooFewError
from ganeval.core.registry import Entry, entries
from ganeval.core.rows import Moments, Rows, gathered
from ganeval.core.spec import Spec, built, score_key, spec_of
from ganeval.metrics.base import GROUPS, Metric

N, D, CLASSES = 240, 8, 12
SHELF = entries("metric")
everywhere = pytest.mark.parametrize("item", SHELF, ids=lambda item: item.name)


def metric_of(item: Entry) -> Metric:
    return item.load()()


def features(n: int, *, seed: int) -> np.ndarray:
    """Four well-separated modes in eight dimensions."""
    rng = np.random.default_rng(seed)
    centres = 4.0 * np.eye(4, D)
    return (centres[np.arange(n) % 4] + 0.5 * rng.standard_normal((n, D))).astype(np.float32)


def probabilities(n: int, *, seed: int) -> np.ndarray:
    """Confident predictions, balanced over the classes."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((n, CLASSES)) + 6 * np.eye(CLASSES)[np.arange(n) % CLASSES]
    return (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)


def values_for(metric: Metric, n: int, *, seed: int) -> np.ndarray:
    made = (probabilities if metric.view == "probs" else features)(n, seed=seed)
    return np.abs(made) if metric.view == "spectrum" else made


def damaged(values: np.ndarray, damage: str, severity: float, *, seed: int, originals: np.ndarray) -> np.ndarray:
    """The rows with more of one fault, severity 0 to 1; copies are of `originals`."""
    rng = np.random.default_rng(seed + 100)
    n, d = values.shape
    hit = rng.permutation(n) < severity * n
    made = values.copy()
    if damage == "shift":
        made += 3 * severity
    elif damage == "noise":
        made += 3 * severity * rng.standard_normal((n, d))
    elif damage == "outliers":
        made[hit] += 40 * rng.standard_normal((int(hit.sum()), d))
    elif damage == "dropped-modes":
        kept = values[::4]
        made[hit] = kept[rng.integers(0, len(kept), int(hit.sum()))] + 0.05 * rng.standard_normal((int(hit.sum()), d))
    elif damage == "uncertain-classes":
        made = (1 - severity) * values + severity / d
    elif damage == "copies":
        made[hit] = originals[hit]
    elif damage == "dropped-classes":
        kept = values[::d]
        made[hit] = kept[rng.integers(0, len(kept), int(hit.sum()))]
    return made.astype(np.float32)


def statistic_of(metric: Metric, values: np.ndarray, index: np.ndarray | None = None):
    return metric.statistic.of(np.arange(len(values)) if index is None else index, values)


def scored(metric: Metric, fake: np.ndarray, *, seed: int = 1) -> dict[str, float]:
    given = {role: fake if role == "fake" else values_for(metric, N, seed=seed) for role in metric.roles}
    return metric(**{role: statistic_of(metric, values) for role, values in given.items()})


@everywhere
def test_declarations(item):
    metric = metric_of(item)
    cls = type(metric)
    assert cls.__final__
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert metric.group in GROUPS
    assert metric.statistic in (Rows, Moments)
    assert set(metric.roles) <= {"real", "fake"}
    assert metric.citation
    assert metric.scores
    assert item.summary.endswith((".", "?"))
    assert "Source:" in item.docstring(), "the docstring names the paper"
    given = {role: statistic_of(metric, values_for(metric, N, seed=2 - (role == "real"))) for role in metric.roles}
    found = metric.outcome(**given)
    assert list(found.scores) == list(metric.scores), "the keys and their order are the declared ones"
    assert metric(**given) == found.scores
    for key, value in found.scores.items():
        assert type(value) is float or (value is None and found.withheld[key]), "a number, or why there is none"


@everywhere
def test_spec_round_trips(item):
    metric = metric_of(item)
    assert built(type(metric), Spec.parse(spec_of(metric, name=item.name))) == metric
    assert spec_of(metric, name=item.name) == item.name


def test_names_and_initials_do_not_collide():
    names = [item.name for item in SHELF]
    initials = [item.initials for item in SHELF if item.initials]
    assert len(set(names + initials)) == len(names + initials)


@everywhere
def test_two_runs_are_identical(item):
    metric = metric_of(item)
    fake = values_for(metric, N, seed=2)
    assert scored(metric, fake) == scored(metric, fake)


@everywhere
def test_arrival_order_and_sharding_change_nothing(item):
    """Index and rows travel together: in whatever order and parts they arrive, the value is the same."""
    metric = metric_of(item)
    given = {role: values_for(metric, N, seed=i) for i, role in enumerate(metric.roles)}
    order = np.random.default_rng(5).permutation(N)
    whole = metric(**{role: statistic_of(metric, v) for role, v in given.items()})
    shuffled = metric(**{role: statistic_of(metric, v[order], order) for role, v in given.items()})
    bounds = [0, 1, 50, 50, 200, N]

    def in_parts(values):
        parts = [statistic_of(metric, values[order[a:b]], order[a:b]) for a, b in pairwise(bounds)]
        return gathered(parts) if metric.statistic is Rows else parts[4] + (parts[0] + parts[1]) + parts[2] + parts[3]

    sharded = metric(**{role: in_parts(v) for role, v in given.items()})
    for key, value in whole.items():
        assert shuffled[key] == pytest.approx(value, rel=1e-12, abs=1e-12)
        assert sharded[key] == pytest.approx(value, rel=1e-12, abs=1e-12)


@everywhere
def test_numbering_changes_nothing(item):
    """Renumbered rows give the same value, unless the metric says that it draws them by where they stand."""
    metric = metric_of(item)
    if metric.draws_by_index:
        metric = metric.for_spread
    assert not metric.draws_by_index
    given = {role: values_for(metric, N, seed=i) for i, role in enumerate(metric.roles)}
    order = np.random.default_rng(5).permutation(N)
    one = metric(**{role: statistic_of(metric, v) for role, v in given.items()})
    other = metric(**{role: statistic_of(metric, v[order]) for role, v in given.items()})
    for key, value in one.items():
        assert other[key] == pytest.approx(value, rel=1e-10, abs=1e-10)


@everywhere
def test_symmetric_where_declared(item):
    metric = metric_of(item)
    if metric.roles != ("real", "fake"):
        assert not metric.symmetric
        return
    a, b = (statistic_of(metric, values_for(metric, N, seed=s)) for s in (1, 2))
    if metric.symmetric:
        for key, value in metric(real=a, fake=b).items():
            assert metric(real=b, fake=a)[key] == pytest.approx(value, rel=1e-9)


@everywhere
def test_identical_sets_give_the_declared_value(item):
    metric = metric_of(item)
    same = statistic_of(metric, values_for(metric, N, seed=1))
    found = metric(**dict.fromkeys(metric.roles, same))
    for key, score in metric.scores.items():
        if score.identical is not None:
            assert found[key] == pytest.approx(score.identical, abs=1e-9)


DAMAGES = [
    (item, key, damage)
    for item in SHELF
    for key, score in metric_of(item).scores.items()
    for damage in sorted(score.sees)
]


@pytest.mark.parametrize(("item", "key", "damage"), DAMAGES, ids=lambda v: v.name if isinstance(v, Entry) else v)
def test_more_of_a_seen_damage_never_scores_better(item, key, damage):
    metric = metric_of(item)
    sign = {"lower": 1, "higher": -1}[metric.scores[key].better]
    curve = []
    for severity in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        originals = [values_for(metric, N, seed=50 + s) for s in range(3)]
        fakes = (
            damaged(values_for(metric, N, seed=2 + s), damage, severity, seed=s, originals=originals[s])
            for s in range(3)
        )
        values = [scored(metric, fake, seed=50 + s)[key] for s, fake in enumerate(fakes)]
        if None not in values:  # a withheld score makes no claim; the worst damage must not be withheld
            curve.append(sign * np.mean(values))
    assert None not in values
    assert len(curve) >= 3, f"{key} is withheld nearly everywhere"
    span = curve[-1] - curve[0]
    assert span > 0, f"{key} does not notice {damage}: {curve}"
    assert min(np.diff(curve)) >= -0.05 * span, f"{key} improves with more {damage}: {curve}"


@everywhere
def test_too_few_images_name_the_remedy(item):
    metric = metric_of(item)
    few = {role: statistic_of(metric, values_for(metric, metric.minimum - 1, seed=1)) for role in metric.roles}
    with pytest.raises(TooFewError, match=rf"at least {metric.minimum} .* give more"):
        metric(**few)
    enough = {role: statistic_of(metric, values_for(metric, metric.minimum, seed=1)) for role in metric.roles}
    found = metric.outcome(**enough)
    for key, value in found.scores.items():
        assert found.withheld[key] if value is None else np.isfinite(value)


@everywhere
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_refused(item, bad):
    metric = metric_of(item)
    values = values_for(metric, N, seed=1)
    values[7, 2] = bad
    with pytest.raises(FeatureError, match="row 7"):
        statistic_of(metric, values)


@everywhere
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_float_out_for_every_dtype_in(item, dtype):
    metric = metric_of(item)
    values = np.abs(values_for(metric, N, seed=1)) * (100 if dtype is np.int32 else 1) + (dtype is np.int32)
    given = {role: statistic_of(metric, values.astype(dtype)) for role in metric.roles}
    assert all(type(value) is float for value in metric(**given).values())


@everywhere
def test_command_line_runs_it(item, tmp_path, capsys):
    """Its file alone makes it a command, with its own options and its initials."""
    metric = metric_of(item)
    arguments = []
    for role in metric.roles:
        np.save(tmp_path / f"{role}.npy", features(N, seed=zlib.crc32(role.encode())))
        arguments.append(str(tmp_path / f"{role}.npy"))
    code = exit_code([item.initials or item.name, *arguments, "-x", "features", "-q"])
    out, err = capsys.readouterr()
    if metric.view == "features" and not metric.insists_on_fid_inception:
        assert code == 0, err
        assert item.name in out.splitlines()[-1]
    else:
        assert code in (1, 2)
        assert err.startswith("error: ")
        assert err.count("\n") == 1
    assert exit_code([item.name, "--help"]) == 0
    shown = capsys.readouterr().out
    for field in dataclasses.fields(metric):
        assert field.name == "seed" or f"--{field.name.replace('_', '-')}" in shown
    assert exit_code(["explain", item.name]) == 0
    assert ascii_text(item.summary) in " ".join(capsys.readouterr().out.split())
    assert exit_code([item.name, "--cite"]) == 0
    assert metric.citation in capsys.readouterr().out


@pytest.mark.parametrize("public", [False, True], ids=["room by room", "public"])
def test_one_new_file_is_a_metric(public, tmp_path, monkeypatch, capsys):
    """The example of CONTRIBUTING.md, dropped in: listed, explained, run, used by `eval`."""
    guide = Path(__file__).parents[2] / "CONTRIBUTING.md"
    example = guide.read_text(encoding="utf-8").split("```python\n", 1)[1].split("```", 1)[0]
    if public:
        inside = [line for line in example.splitlines() if line.startswith("from ganeval.")]
        outside = "from ganeval import Metric, Moments, Score, Statistic, as_moments"
        assert len(inside) == 2 and outside in " ".join(guide.read_text(encoding="utf-8").split())
        example = example.replace("\n".join(inside), outside)
    (tmp_path / "mean_gap.py").write_text(example)
    monkeypatch.delitem(sys.modules, "ganeval.metrics.mean_gap", raising=False)
    monkeypatch.setattr(ganeval.metrics, "__path__", [*ganeval.metrics.__path__, str(tmp_path)])
    for name, seed in (("real", 1), ("fake", 2)):
        np.save(tmp_path / f"{name}.npy", features(N, seed=seed))
    sides = [str(tmp_path / "real.npy"), str(tmp_path / "fake.npy"), "-x", "features", "-q"]
    for arguments in (
        ["list"],
        ["explain", "mean-gap"],
        ["mg", *sides, "--power", "2"],
        ["eval", *sides, "-m", "mg:power=2"],
    ):
        assert exit_code(arguments) == 0, capsys.readouterr().err
        assert "mean" in capsys.readouterr().out.lower()


def test_a_key_is_never_taken_for_another_score():
    """A metric's name stands for its score only where no score has that name: `vendi` is no `vendi_ratio`."""
    owners = {key: item.name for item in entries("metric") for key in item.load().scores}
    assert all(score_key(key, owners) == key for key in owners)
    assert score_key("energy_distance", owners) == "energy"
