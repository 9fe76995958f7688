"""What every door does with a metric that reads one side only, and with no metric at all."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ganeval
from ganeval.cli import exit_code
from ganeval.comparison.power import images_needed
from ganeval.core.errors import SourceError, SpecError
from ganeval.core.registry import entries
from ganeval.evaluation.settings import settings_for as settled

SHELF = [item for item in entries("metric") if not item.load().insists_on_fid_inception]
ONE_SIDED = [item.name for item in SHELF if set(item.load()().roles) != {"real", "fake"}]
NETWORK = "classifier:mnist"  # rows and probabilities, without a download


def images(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 28, 28), np.uint8)


REAL, FAKE, OTHER = (images(seed) for seed in range(3))
SETTINGS: dict[str, Any] = {"extractor": NETWORK, "cache": "off"}


def scores(report: ganeval.Report) -> dict[str, float | None]:
    return {key: result.value for key, result in report.items()}


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, float | None]]:
    """Of each such metric what a side alone scores: the other is not there."""
    return {
        name: scores(ganeval.evaluate(None, FAKE, metrics=[name], **SETTINGS))
        if "fake" in dict((i.name, i.load()().roles) for i in SHELF)[name]
        else {}
        for name in ONE_SIDED
    }


def test_there_are_such_metrics():
    assert "inception-score" in ONE_SIDED


@pytest.mark.parametrize("cache", ["use", "off"])
@pytest.mark.parametrize("name", ONE_SIDED)
def test_a_side_that_no_metric_reads_is_counted_and_left_unread(expected, name, cache):
    """A reference of it holds no rows: the score is that of the fakes alone, and another metric asks for images."""
    settings = {**SETTINGS, "cache": cache}
    held = ganeval.reference(REAL, metrics=[name], **settings)
    assert (held.n, held.statistics) == (len(REAL), {})
    assert held.extractor is not None
    for real in (held, REAL, None):
        given = settings if real is not held else {"cache": cache}
        report = ganeval.evaluate(real, FAKE, metrics=[name], **given)
        assert scores(report) == expected[name]
    with pytest.raises(SourceError, match=r"holds no 'features' rows: give the images instead"):
        ganeval.evaluate(held, FAKE, metrics=["kid"], cache=cache)


@pytest.mark.parametrize("name", ONE_SIDED)
def test_other_doors_read_what_the_metric_reads(expected, name):
    settings = {**SETTINGS, "cache": "use"}
    evaluator = ganeval.Evaluator(REAL, metrics=[name], **settings)
    assert scores(evaluator(FAKE, step=1)) == expected[name]
    found = ganeval.compare(REAL, {"A": FAKE, "B": OTHER}, metrics=[name], **settings)
    assert found.n_real == len(REAL)
    assert {key: values[0] for key, values in found.sides[0].scores.items()} == expected[name]
    key = next(key for key, value in expected[name].items() if value is not None)
    curve = ganeval.tradeoff(REAL, {"1": FAKE, "2": OTHER}, quality=key, diversity="recall", **settings)
    assert curve.settings[0].quality.value == expected[name][key]
    chosen = settled(metrics=[name], **settings)
    (need,) = images_needed(REAL, [FAKE, OTHER], differences={key: 0.5}, settings=chosen).needs
    assert need.needed > 0
    assert set(ganeval.rows(FAKE, **settings)) == {"features", "probs"}


@pytest.mark.parametrize("name", ONE_SIDED)
def test_the_command_line_too(expected, name, tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    for path, values in (("real", REAL), ("fake", FAKE), ("other", OTHER)):
        np.save(f"{path}.npy", values)
    more = f"-x {NETWORK} -q --json found.json"
    for line in (f"{name} fake.npy {more}", f"eval real.npy fake.npy -m {name} {more}"):
        run(line)
        results = json.loads((tmp_path / "found.json").read_text())["results"]
        assert {result["key"]: result["value"] for result in results} == expected[name]
    run(f"compare real.npy fake.npy other.npy -m {name} {more}")
    run(f"stats real.npy -o real.npz -x {NETWORK} -q")


NOTHING: dict[str, Callable[..., Any]] = {
    "reference": lambda **given: ganeval.reference(REAL, **given),
    "evaluate": lambda **given: ganeval.evaluate(REAL, FAKE, **given),
    "compare": lambda **given: ganeval.compare(REAL, [FAKE, OTHER], **given),
    "Evaluator": lambda **given: ganeval.Evaluator(REAL, **given),
    "power": lambda **given: images_needed(REAL, differences={"kid": 1.0}, settings=settled(**given)),
}


@pytest.mark.parametrize("door", NOTHING)
@pytest.mark.parametrize("given", [{"metrics": [], "extractor": "pixels"}, {"metrics": None, "extractor": "spectrum"}])
def test_no_metric_at_all_is_refused(door, given):
    """None is chosen, or the default ones read views that the extractor lacks."""
    if door == "compare" and given["metrics"] is None:
        given = {"extractor": given["extractor"]}  # whose default metrics are names, each of which is looked at
    with pytest.raises(SpecError, match=r"no metric to score|reads the view"):
        NOTHING[door](cache="off", **given)


def test_a_view_that_the_extractor_lacks_is_refused(tmp_path, capsys):
    with pytest.raises(SpecError, match=r"pixels has no view 'probs' \(it has features\)"):
        ganeval.rows(REAL, extractor="pixels", views=["probs"])
    np.save(tmp_path / "real.npy", REAL)
    assert exit_code(["stats", f"{tmp_path}/real.npy", "-o", f"{tmp_path}/real.npz", "-x", "spectrum"]) == 2
    assert "spectrum has no view 'features' (it has spectrum)" in capsys.readouterr().err


def test_an_iterator_that_no_metric_reads_is_not_read_on():
    left = iter([FAKE[:4]] * 50)
    ganeval.reference(left, metrics=["inception-score"], **SETTINGS)
    assert len(list(left)) >= 49  # opening it may look at the first batch
