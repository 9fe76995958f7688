"""A side that is one point, or repeats few: every score is right, or withheld with its reason."""

import numpy as np
import pytest

import ganeval
from ganeval.core.registry import entries, entry
from ganeval.core.rows import Rows
from ganeval.core.spec import Spec, built

D = 5
OPEN = ["density-coverage:ball=open", "precision-recall:ball=open"]
SPECS = [item.name for item in entries("metric") if not item.load().insists_on_fid_inception] + OPEN


def scored(spec: str, real: np.ndarray, fake: np.ndarray):
    parsed = Spec.parse(spec)
    metric = built(entry("metric", parsed.name).load(), parsed)
    given = {"real": real, "fake": fake}
    return metric, metric.outcome(**{r: Rows.of(np.arange(len(given[r])), given[r]) for r in metric.roles})


@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("spec", SPECS)
def test_constant_sides_say_nothing_of_n(spec, level):
    """The score is that of identical sets where there is one, the same at every n; or there is none."""
    if level == 0 and spec == "inception-score":
        return  # no probabilities
    found = []
    for n in (100, 200):
        metric, outcome = scored(spec, *[np.full((n, D), level, np.float32)] * 2)
        found.append(outcome)
    assert not found[0].alarm
    for key, score in metric.scores.items():
        values = [outcome.scores[key] for outcome in found]
        if None in values:
            assert values == [None, None]
            assert all(outcome.withheld[key] for outcome in found)
            continue
        assert values[0] == pytest.approx(values[1], abs=1e-12), f"{key} counts rows"
        best = {"lower": 0.0, "higher": 1.0}[score.better]  # a distance of 0, a share or an effective number of 1
        assert values[0] == pytest.approx(best, abs=1e-9), key


@pytest.mark.parametrize("spec", SPECS)
def test_one_point_against_another(spec):
    """Where reals and fakes are two points, no share calls the fakes good and no distance is 0."""
    metric, outcome = scored(spec, np.full((100, D), 0.2), np.full((100, D), 0.4))
    for key, value in outcome.scores.items():
        if value is None:
            assert outcome.withheld[key]
        elif metric.group == "distance":
            assert value > 1e-3
        elif metric.scores[key].bounds == (0.0, 1.0):
            assert value == (1.0 if metric.scores[key].better == "lower" else 0.0), key


def atoms(share: float, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, D))
    values[: round(share * n)] = 1.0
    return values


@pytest.mark.parametrize(("share", "withheld"), [(0.0, False), (0.01, False), (0.05, True), (0.5, True), (1.0, True)])
def test_density_is_withheld_where_copies_make_it(share, withheld):
    """Equal laws: it is about 1, or withheld, whatever share of the rows is one point."""
    _, outcome = scored("density-coverage", atoms(share, 600, 1), atoms(share, 600, 2))
    assert ("density" in outcome.withheld) == withheld
    assert outcome.scores["coverage"] > 0.9
    if not withheld:
        assert outcome.scores["density"] == pytest.approx(1, abs=0.15)
    found = ganeval.density_coverage(atoms(share, 600, 1), atoms(share, 600, 2))
    assert found[1] == outcome.scores["coverage"]
    if not withheld:
        assert found[0] == outcome.scores["density"]


def test_open_balls_around_repeated_rows():
    """They hold nothing, which is no score; they are left alone where nothing lies on their centres."""
    same, varied = atoms(0.5, 300, 1), atoms(0.0, 300, 2)
    for spec, keys in zip(OPEN, (["density", "coverage"], ["precision", "recall"]), strict=True):
        assert list(scored(spec, same, atoms(0.5, 300, 3))[1].withheld) == keys
        assert set(scored(spec, same, varied)[1].withheld) <= {"density"}
        assert not scored(spec, varied, same)[1].withheld


def test_a_few_repeated_rows_change_no_decision():
    """Collapsed fakes are scored as before: it is the reals' balls that count."""
    real, fake = atoms(0.0, 300, 1), np.tile(atoms(0.0, 3, 2), (100, 1))
    for spec in SPECS:
        if Spec.parse(spec).name in ("density-coverage", "precision-recall", "nearest-neighbour-accuracy"):
            assert not scored(spec, real, fake)[1].withheld


def test_reports_tell_why(capsys):
    ones = np.ones((256, 16), np.float32)
    report = ganeval.evaluate(ones, ones, metrics=["dc", "pr", "copying"], extractor="features", floor="off")
    assert report["density"].value is None
    assert "repeated more than 5 times" in report["density"].withheld
    assert report["coverage"].value == report["precision"].value == report["recall"].value == 1
    assert report["near_copies"].value is None
    assert ganeval.Report.from_json(report.to_json()) == report
