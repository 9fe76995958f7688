"""Sides that copy, repeat or deceive, and the places of three sides or more."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import save_images
from scipy.stats import binom

import ganeval
from ganeval.comparison.compare import compared
from ganeval.evaluation.settings import settings_for as settled
from ganeval.intervals.multiplicity import Means, ranks
from ganeval.metrics.fd import FrechetDistance

D = 8


def normal(seed: int, *, shift: float = 0.0, scale: float = 1.0, n: int = 320) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal((n, D)) + shift).astype(np.float32)


def sigma_points(real: np.ndarray, *, jitter: float = 0.0) -> np.ndarray:
    """2 d points on the principal axes, repeated, with the mean and the covariance of the reals."""
    n, d = real.shape
    times = n // (2 * d)
    total = 2 * d * times
    variances, axes = np.linalg.eigh(np.cov(real, rowvar=False))
    reach = axes * np.sqrt(variances * d * (total - 1) / total)
    points = np.tile(real.mean(axis=0) + np.concatenate([reach.T, -reach.T]), (times, 1))
    return (points + jitter * np.random.default_rng(0).standard_normal(points.shape)).astype(np.float32)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    real = normal(0)
    np.save("real.npy", real)
    np.save("near.npy", normal(1, shift=0.3))
    np.save("like.npy", normal(2, shift=0.3))
    np.save("far.npy", normal(3, shift=1.0))
    np.save("sigma.npy", sigma_points(real))
    np.save("jitter.npy", sigma_points(real, jitter=1e-4))
    train = normal(4)
    np.save("train.npy", train)
    np.save("copies.npy", train[np.random.default_rng(0).permutation(len(train))])
    return tmp_path


def test_three_sides_are_ranked(run):
    out, _ = run("compare real.npy far.npy near.npy like.npy -x features --json found.json")
    head, table = re.search(r"(Places by KID(?:.|\n)*?)\.\n((?:  [ABC] .*\n)+)", out).groups()
    assert "of these images, lower is better. '1 to 2' is first or second" in " ".join(head.split())
    places = dict(re.findall(r"^  ([ABC]) +-?[\d.]+  (.*)$", table, re.M))
    assert places == {"A": "3", "B": "1 to 2", "C": "1 to 2"}
    assert table.split()[0] in "BC", "best first"
    found = json.loads(Path("found.json").read_text())["ranks"]
    assert set(found) == {"kid", "precision", "recall"}
    assert {one["name"]: (one["best"], one["worst"]) for one in found["kid"]}["A"] == (3, 3)
    assert out.index("Places by") < out.index("B against A")
    two, _ = run("compare real.npy far.npy near.npy -x features")
    assert "Places by" not in two


def test_named_sides_of_several_runs_are_ranked(run, tmp_path):
    for i, name in enumerate(("gan", "vae", "flow")):
        (tmp_path / name).mkdir()
        for j in range(5):
            np.save(f"{name}/run{j}.npy", normal(10 * i + j + 20, shift=0.4 * i + 0.02 * j, n=100))
    out, _ = run("compare real.npy --side gan='gan/*' --side vae='vae/*' --side flow='flow/*' -x features -m kid")
    assert "gan = 5 training runs, gan/run0.npy to gan/run4.npy" in out
    assert "mean over runs" in out
    assert re.search(r"^  gan +-?[\d.]+  1$", out, re.M)
    assert "flow against vae" in out


def test_shared_errors_of_two_do_not_hide_a_difference():
    """Of two means that err together their difference is known, and theirs to a third is not."""
    covariance = np.array([[1.0, 0.999, 0.0], [0.999, 1.0, 0.0], [0.0, 0.0, 1.0]])
    means = Means(np.array([0.0, 0.5, 0.2]), np.zeros(3), np.full(3, np.inf), covariance)
    assert ranks(means, better="lower", level=0.95, seed=0) == [(1, 2), (2, 3), (1, 3)]
    alone = Means(means.values, means.own, means.degrees, np.eye(3))
    assert ranks(alone, better="lower", level=0.95, seed=0) == [(1, 3)] * 3


def test_few_degrees_of_freedom_widen_ranks():
    values, covariance = np.array([0.0, 3.3]), np.diag([0.5, 0.5])
    known, few = (
        ranks(Means(values, np.zeros(2), np.full(2, np.inf), covariance, degrees), better="lower", level=0.99, seed=0)
        for degrees in (np.inf, 3.0)
    )
    assert (known, few) == ([(1, 1), (2, 2)], [(1, 2), (1, 2)])


@pytest.mark.slow
def test_places_hold_the_true_ones():
    """Four sides of three laws, again and again: all places of all scores hold the truth but in 5 % of the runs."""
    shifts = {"a": 0.3, "b": 0.3, "c": 0.42, "d": 0.6}
    repetitions, missed, sure = 60, 0, 0
    settings = settled(metrics=["kid"], extractor="features", cache="off", floor="off")
    for seed in range(repetitions):
        sides = {name: [normal(100 * seed + i + 1, shift=s, n=200)] for i, (name, s) in enumerate(shifts.items())}
        found = compared(normal(100 * seed, n=200), sides, settings=settings).ranks["kid"]
        truth = {"a": (1, 2), "b": (1, 2), "c": (3, 3), "d": (4, 4)}
        missed += any(not (one.best <= truth[one.name][0] and truth[one.name][1] <= one.worst) for one in found)
        sure += sum(one.best == one.worst for one in found)
    assert missed <= binom.ppf(0.999, repetitions, 0.05)
    assert sure > repetitions, "places that never tell anything apart hold the truth too"


def test_copies_of_the_training_set_raise_the_alarm_in_both_commands(run):
    out, _ = run("eval real.npy copies.npy -x features -m copying -m fd --train train.npy")
    assert re.search(r"near copies: 100.0% of the fakes.*ALARM", " ".join(out.split()))
    out, _ = run("compare real.npy far.npy copies.npy -x features --train train.npy")
    assert re.search(r"copying +ALARM for B\n", out)
    told = " ".join(out.split())
    assert "ALARM for B: near copies: 100.0% of the fakes" in told
    assert "=> B looks copied, so nothing of it is called better." in told
    assert re.search(r"overall +not judged", out)
    assert "n(real/train/fake):320/320/320" in out
    out, _ = run("compare real.npy far.npy copies.npy -x features")
    assert re.search(r"copying +neither\n", out), "they are no copies of the reals"
    assert re.search(r"overall +B closer", out)


def test_a_folder_that_copies_its_training_set(run, digits, tmp_path):
    for i, name in enumerate(("real", "train", "honest")):
        save_images(tmp_path / name, digits[250 * i : 250 * (i + 1)])
    save_images(tmp_path / "thief", digits[500:249:-1])
    out, _ = run("eval real thief honest -x pixels -m copying -m kid --train train")
    told = " ".join(out.split())
    assert re.search(
        r"thief: near copies: (9\d|100)\.\d% of the fakes, \S+ of reals that are no copies: ALARM", told
    ), told
    assert told.count("ALARM") == 1, "the honest set raises none"
    assert "closest pairs" in out and "train/0" in out
    out, _ = run("compare real honest thief -x pixels --train train")
    assert re.search(r"copying +ALARM for B\n", out)
    assert "B looks copied, so nothing of it is called better." in " ".join(out.split())


def test_a_side_that_copies_has_no_place(run):
    out, _ = run("compare real.npy far.npy copies.npy near.npy -x features --train train.npy")
    assert re.search(r"^  B .*not ranked: its alarm is on$", out, re.M)
    assert re.search(r"^  C .* 1$", out, re.M)


@pytest.mark.parametrize("name", ["sigma", "jitter"])
def test_sigma_points_are_told_by_the_report(run, name):
    """A Fréchet distance of 0, and a warning that says what is wrong."""
    _, err = run(f"eval real.npy {name}.npy -x features --json found.json")
    found = {one["key"]: one for one in json.loads(Path("found.json").read_text())["results"]}
    assert found["fd"]["value"] < 0.01 < found["fd"]["floor"]["value"]
    assert found["recall"]["value"] < 0.2 and found["coverage"]["value"] < 0.3
    told = " ".join(err.split())
    assert re.search(r"FD\[features\] cannot tell the fakes from other reals, but their \w+ is 0\.\d+ where", told)
    assert ("304 of its 320 images repeat others, 16 are different" in told) == (name == "sigma")
    _, err = run("eval real.npy near.npy -x features")
    assert "cannot tell" not in err and "repeat" not in err
    _, err = run(f"fd real.npy {name}.npy -x features")
    assert ("repeat others" in err) == (name == "sigma")


@pytest.mark.parametrize("name", ["sigma", "jitter"])
def test_sigma_points_are_not_called_closer(run, name):
    out, _ = run(f"compare real.npy near.npy {name}.npy -x features -m fd -m kid -m pr -m copying")
    told = " ".join(out.split())
    assert "ALARM for B:" in told and "cannot tell the fakes from other reals" in told
    assert "B deceives a distance, so it is not called closer." in told
    assert "B closer" not in told
    assert re.search(r"FDinf\[features\]", out)


def test_few_repeats_deceive_half_of_the_images_not_all():
    """Six times each: in half of the images three neighbours are no longer the same point, and recall is high."""
    real = np.random.default_rng(0).standard_normal((384, 32)).astype(np.float32)
    near = np.random.default_rng(1).standard_normal((384, 32)).astype(np.float32) + 0.2
    found = ganeval.compare(real, [near, sigma_points(real)], metrics=["fd", "pr"], extractor="features")
    assert found.sides[1].doubts and not found.sides[0].doubts
    assert all(row.ahead != "B" for row in found.rows)


def test_few_honest_fakes_beside_many_reals_raise_no_doubt(rng):
    """Of coverage 60 fakes can have little among 1,200 reals: it is not held against them."""
    real, fake = rng.standard_normal((1200, 4)), rng.standard_normal((60, 4))
    found = ganeval.evaluate(real, fake, metrics=["fd", "kid", "dc", "pr"], extractor="features")
    assert found["coverage"].value < 0.4
    assert not [warning for warning in found.warnings if "cannot tell" in warning]


def test_repeated_rows_have_no_verdict_and_harm_nobody_else(run):
    few = np.tile(normal(7)[:16], (20, 1))
    np.save("few.npy", few)
    out, err = run("compare real.npy near.npy far.npy few.npy -x features --json found.json")
    rows = {
        (one["first"], one["second"], one["key"]): one for one in json.loads(Path("found.json").read_text())["rows"]
    }
    reason = "95% of the fake images repeat others, and subsamples of repeated rows say too little"
    assert rows["A", "B", "precision"]["reason"] is None
    assert rows["A", "C", "precision"]["reason"] == f"C: {reason}"
    assert rows["B", "C", "recall"]["words"] == "no verdict"
    assert rows["A", "C", "kid"]["reason"] is None
    assert re.search(r"quality: no verdict on precision \(0\.\d+ for A, \d\.\d+ for C\): C: 95%", " ".join(out.split()))
    assert "nothing can be said of quality or diversity" in " ".join(out.split())
    assert "few.npy: 304 of its 320 images repeat others" in err
    single = ganeval.evaluate(normal(0), few, metrics=["pr"], extractor="features")
    assert single["recall"].no_interval == reason, "the same rule in the same words"


def test_repeated_reals_leave_no_verdict_to_anyone():
    real = np.tile(normal(0)[:40], (8, 1))
    found = ganeval.compare(real, [normal(1), normal(2)], metrics=["pr"], extractor="features")
    assert {row.reason for row in found.rows} == {
        "88% of the real images repeat others, and subsamples of repeated rows say too little"
    }


def test_the_effects_of_rows_are_found_once(monkeypatch):
    calls = []
    influence = FrechetDistance.influence
    monkeypatch.setattr(FrechetDistance, "influence", lambda self, **sides: calls.append(1) or influence(self, **sides))
    found = ganeval.compare(normal(0), [normal(1), normal(2)], metrics=["fd"], extractor="features")
    assert len(calls) == 2, "once a side"
    assert found.rows[0].error > 0


def test_what_is_too_sparse_on_one_side_leaves_the_others():
    """The Fréchet distance of one side has no interval: the pair without it is compared."""
    heavy = normal(5) * (np.random.default_rng(0).random((320, 1)) < 0.02).astype(np.float32) * 50
    sides = {"A": normal(1), "B": normal(2, shift=0.5), "C": heavy}
    found = ganeval.compare(normal(0), sides, metrics=["fd"], extractor="features")
    reasons = {(row.first, row.second): row.reason for row in found.rows}
    assert reasons["A", "B"] is None
    assert reasons["A", "C"].startswith("C: 320 fake images,")


@pytest.mark.slow
def test_two_equal_sides_compared_a_hundred_times():
    """By the default scores; at a rate of 5 % more than 12 false comparisons of 100 come once in a thousand times."""
    settings = settled(metrics=["kid", "precision-recall", "copying"], extractor="features", cache="off")
    false = 0
    for seed in range(100):
        sides = {name: [normal(1000 + 3 * seed + i, shift=0.2, n=120)] for i, name in enumerate("AB")}
        found = compared(normal(1002 + 3 * seed, n=120), sides, settings=settings)
        false += any(row.verdict not in ("none", "unknown") for row in found.rows) or any(
            s.copying for s in found.sides
        )
    assert false <= binom.ppf(0.999, 100, 0.05)
