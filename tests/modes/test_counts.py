"""Mode counts: published floors and ceilings, dropped classes, and what must not be counted."""

import json

import numpy as np
import pytest
from conftest import save_images
from PIL import Image, ImageFilter

import ganeval
from ganeval.cli import exit_code
from ganeval.core.errors import FeatureError, SpecError
from ganeval.core.rows import Rows
from ganeval.metrics._mixtures import MIXTURES
from ganeval.metrics._mode_counts import differing_bins, divergence
from ganeval.metrics.modes import Modes


def rows(values, labels=None) -> Rows:
    values = np.asarray(values, np.float32)
    texts = None if labels is None else np.array([str(label) for label in labels])
    return Rows.of(np.arange(len(values), dtype=np.int64), values, labels=texts)


def classes(n: int, *, kinds: int, d: int = 16, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n rows of well separated classes, of equal shares, in random order."""
    rng = np.random.default_rng(seed)
    centres = 6 * np.random.default_rng(99).standard_normal((kinds, d))
    labels = rng.permutation(np.arange(n) % kinds)
    return centres[labels] + rng.standard_normal((n, d)), labels


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_a_perfect_sampler_reaches_the_published_ceiling(name):
    """1 − e^(−9/2) = 98.89 % lie within three sigma of a mode in two dimensions."""
    mixture = MIXTURES[name]
    n = 50_000
    found = Modes(mixture=name)(fake=rows(mixture.drawn(n, seed=1)))
    assert found["modes"] == len(mixture.centres)
    assert found["recognisable"] == pytest.approx(0.98889, abs=4 * np.sqrt(0.98889 * 0.01111 / n))
    assert found["reverse_kl"] < 0.001


@pytest.mark.parametrize(("name", "modes", "share"), [("ring", 4.4, 0.0025), ("grid", 20.7, 0.0177)])
def test_the_published_rule_counts_modes_in_noise(name, modes, share):
    """One sample of 2,500 is enough there (tau = 0): uniform noise then covers most modes; by our rule it has no count.

    Expected by area: K (1 − (1 − 9πσ²/A)^2500) modes, with A = 9 for the ring's box and 100 for the grid's.
    """
    found = [Modes(mixture=name, tau=0)(fake=rows(MIXTURES[name].noise(2500, seed=s))) for s in range(60)]
    assert np.mean([f["modes"] for f in found]) == pytest.approx(modes, abs=0.6)
    assert np.mean([f["recognisable"] for f in found]) == pytest.approx(share, rel=0.1)
    honest = Modes(mixture=name).outcome(fake=rows(MIXTURES[name].noise(2500, seed=0)))
    assert honest.scores["modes"] is None
    assert "noise" in honest.withheld["modes"]


def test_a_thinned_mode_does_not_count():
    """Below a fifth of its fair share a mode is not covered; by the published rule one point keeps it."""
    points = MIXTURES["ring"].drawn(4000, seed=0)
    thinned = points[(MIXTURES["ring"].nearest(points)[0] != 3) | (np.arange(4000) % 10 == 0)]
    found = Modes(mixture="ring").outcome(fake=rows(thinned))
    assert found.scores["modes"] == 7
    assert found.details["missing"] == [MIXTURES["ring"].names[3]]
    assert Modes(mixture="ring", tau=0)(fake=rows(thinned))["modes"] == 8


def test_points_of_another_dimension_are_refused():
    with pytest.raises(FeatureError, match=r"counts points \(n, 2\), got rows of 3"):
        Modes(mixture="grid")(fake=rows(np.zeros((9, 3))))


def test_dropped_classes_are_named():
    real, labels = classes(2000, kinds=10, seed=1)
    fake, kinds = classes(1000, kinds=10, seed=2)
    kept = ~np.isin(kinds, [2, 7])
    found = Modes().outcome(real=rows(real, labels), fake=rows(fake[kept]))
    assert found.scores["modes"] == 8
    assert found.details["missing"] == ["2", "7"]
    assert found.details["accuracy"] > 0.99
    assert "not drawn: 2, 7" in found.sentences[0]
    floors = found.details["floors"]
    assert floors["held-out reals"]["modes"] == 10
    assert floors["held-out reals"]["recognisable"] > 0.96
    assert floors["uniform noise"]["modes"] is None


def test_a_share_is_of_all_images_and_not_of_those_recognised():
    """A generator of 45 % garbage draws a class at half of what its recognised images alone would say."""
    real, labels = classes(2000, kinds=2, seed=1)
    fake, kinds = classes(1000, kinds=2, seed=2)
    few = fake[(kinds == 0) | (np.cumsum(kinds) <= 60)]
    garbage = np.random.default_rng(3).uniform(-90, 90, (len(few) * 9 // 11, 16))
    alone = Modes()(real=rows(real, labels), fake=rows(few))
    mixed = Modes().outcome(real=rows(real, labels), fake=rows(np.concatenate([few, garbage])))
    assert alone["modes"] == 2
    assert mixed.scores["recognisable"] == pytest.approx(0.55, abs=0.02)
    assert mixed.scores["modes"] == 1
    assert mixed.details["missing"] == ["1"]


def test_no_count_below_half_recognisable_or_below_the_needed_number():
    real, labels = classes(1000, kinds=4, seed=1)
    fake, _ = classes(400, kinds=4, seed=2)
    lost = np.concatenate([fake[:150], np.random.default_rng(0).uniform(-90, 90, (200, 16))])
    found = Modes().outcome(real=rows(real, labels), fake=rows(lost))
    assert found.scores["modes"] is None
    assert "are recognisable, a count would be one of noise" in found.withheld["modes"]
    few = Modes().outcome(real=rows(real, labels), fake=rows(fake[:99]))
    assert few.scores["modes"] is None
    assert few.withheld["modes"] == "4 modes at tau 0.2 need 100 images, got 99"
    assert Modes()(real=rows(real, labels), fake=rows(fake[:100]))["modes"] == 4


def test_labels_that_mean_nothing_give_way_to_clusters():
    real, labels = classes(1000, kinds=5, seed=1)
    fake, _ = classes(1000, kinds=5, seed=2)
    shuffled = np.random.default_rng(0).permutation(labels)
    found = Modes().outcome(real=rows(real, shuffled), fake=rows(fake))
    assert found.details["kind"] == "clusters"
    assert any("not told apart" in sentence for sentence in found.sentences)
    assert Modes(bins="classes").outcome(real=rows(real, shuffled), fake=rows(fake)).details["kind"] == "classes"
    with pytest.raises(FeatureError, match="needs class labels"):
        Modes(bins="classes")(real=rows(real), fake=rows(fake))
    with pytest.raises(FeatureError, match="class rare has 1 images"):
        Modes(bins="classes")(real=rows(real, ["rare", *labels[1:]]), fake=rows(fake))


def test_clusters_notice_a_dropped_class():
    real, _ = classes(4000, kinds=10, seed=1)
    fake, kinds = classes(2000, kinds=10, seed=2)
    whole, dropped = (Modes(k=10)(real=rows(real), fake=rows(part)) for part in (fake, fake[kinds != 4]))
    assert whole["modes"] == 10
    assert dropped["modes"] == 9
    assert dropped["js"] > 5 * whole["js"]


def test_ndb_of_equal_laws_is_the_significance_level():
    """Held-out reals and fakes are exchangeable: 5 % of bins differ on average (30 draws, 20 bins)."""
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        found.append(Modes(k=20)(real=rows(rng.random((2000, 8))), fake=rows(rng.random((800, 8))))["ndb"])
    assert np.mean(found) == pytest.approx(0.05, abs=0.025)


def test_ndb_toy_of_its_authors():
    """U[0, 1]^100 with 10,000 training and 1,000 test points: U[0, 0.9] and U[0, 0.75] score worse, in that order."""
    rng = np.random.default_rng(0)
    real = rows(rng.random((10_000, 100)))
    scores = [Modes(k=100)(real=real, fake=rows(top * rng.random((1000, 100)))) for top in (1.0, 0.9, 0.75)]
    ndb, js = ([score[key] for score in scores] for key in ("ndb", "js"))
    assert ndb[0] < 0.12 < ndb[2]
    assert js[0] < js[1] < js[2]


def test_two_proportions_by_hand():
    """60 of 100 against 50 of 100: z = 0.1/√(0.55·0.45·0.02) = 1.42; 70 of 100: 2.89."""
    equal = np.array([0.5, 0.5])
    assert differing_bins(np.array([60, 40]), equal, size=100).tolist() == [False, False]
    assert differing_bins(np.array([70, 30]), equal, size=100).tolist() == [True, True]
    # against known shares 60 of 100 is z = 0.1/0.05 = 2
    assert differing_bins(np.array([60, 40]), equal, size=np.inf).tolist() == [True, True]
    assert differing_bins(np.array([9, 0]), np.array([1.0, 0.0]), size=9).tolist() == [False, False]
    assert divergence(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == np.inf


@pytest.mark.slow
def test_blurred_digits_that_a_classifier_would_still_name():
    """MNIST digits blurred by one pixel: the classifier names most of them right, and they count for nothing."""
    from ganeval.metrics._mode_bins import class_bins
    from reference_models.data.data import mnist_5k, parts

    digits = parts(mnist_5k())
    reals, rest = digits.reference, digits.rest
    chosen = np.random.default_rng(0).permutation(2000)
    sharp = rest.images[chosen[:300]]
    blurred = np.stack([np.asarray(Image.fromarray(x).filter(ImageFilter.GaussianBlur(1.0))) for x in sharp])
    real, clear, dull = (
        Rows.of(np.arange(len(images)), ganeval.rows(images, extractor="efficientnet-lite0")["features"], labels=labels)
        for images, labels in (
            (reals.images[chosen[:1000]], reals.labels[chosen[:1000]].astype(str)), (sharp, None), (blurred, None),
        )
    )  # fmt: skip
    assert Modes()(real=real, fake=clear)["modes"] == 10
    # one split of the reals says 0.3, another 0.6: what a hundredth of 250 reals exceed is known to that alone
    counts = [Modes(seed=seed)(real=real, fake=dull) for seed in range(5)]
    assert np.median([count["recognisable"] for count in counts]) < 0.5
    assert all((count["modes"] is None) == (count["recognisable"] < 0.5) for count in counts)
    bins = class_bins(real, seed=0)
    named = np.array(bins.names)[bins.assign(dull.values)].astype(int)
    assert (named == rest.labels[chosen[:300]]).mean() > 0.5, "a classifier alone would count them"


def test_copies_of_reals_are_recognised():
    real, labels = classes(400, kinds=4, seed=1)
    repeated = np.repeat(real[:100], 4, axis=0)
    found = Modes()(real=rows(np.round(real), labels), fake=rows(np.round(repeated)))
    assert found["recognisable"] > 0.95


@pytest.mark.slow
def test_a_thousand_classes():
    real, labels = classes(16_000, kinds=1000, d=48, seed=1)
    fake, kinds = classes(25_000, kinds=1000, d=48, seed=2)
    found = Modes().outcome(real=rows(real, labels), fake=rows(fake))
    assert found.scores["modes"] == 1000
    fewer = Modes().outcome(real=rows(real, labels), fake=rows(np.concatenate([fake[kinds < 900]] * 2)[:25_000]))
    assert fewer.scores["modes"] == 900
    assert "and 88 more" in fewer.sentences[0]


@pytest.mark.slow
def test_a_folder_of_a_thousand_classes(tmp_path, capsys):
    """Four tiny images a class, in sub-folders: read, labelled, counted."""
    rng = np.random.default_rng(0)
    centres = rng.integers(0, 256, (1000, 4, 4, 3))

    def near(i):
        return np.clip(centres[i] + rng.integers(-3, 4, (4, 4, 3)), 0, 255).astype(np.uint8)

    for i in range(1000):
        save_images(tmp_path / "real" / f"class{i:04}", [near(i) for _ in range(4)])
    np.save(tmp_path / "fake.npy", np.stack([near(i % 700) for i in range(25_000)]))
    fake = f"{tmp_path / 'fake.npy'},layout=nhwc"
    assert exit_code(["modes", str(tmp_path / "real"), fake, "-x", "pixels", "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    modes = next(result for result in report["results"] if result["key"] == "modes")
    assert modes["total"] == 1000
    assert modes["value"] == pytest.approx(700, abs=10)


def test_the_command_counts_points(tmp_path, capsys):
    """No extractor has to be named: points are counted as they are."""
    np.save(tmp_path / "points.npy", MIXTURES["ring"].drawn(2500, seed=0))
    assert exit_code(["modes", str(tmp_path / "points.npy"), "--mixture", "ring"]) == 0
    out = capsys.readouterr().out
    assert "modes(mixture=ring) 8 of 8" in out
    assert "uniform noise at n = 2,500" in out
    assert "extractor:features" in out
    report = ganeval.evaluate(fake=np.zeros((300, 2)), metrics=["modes:mixture=ring"])
    assert report["recognisable:mixture=ring"].value == 0
    assert report["modes:mixture=ring"].value is None
    assert ganeval.Report.from_json(report.to_json()) == report
    assert "modes:mixture=ring" not in report.to_dict()


@pytest.mark.parametrize("options", [{"tau": 2.0}, {"tau": -0.1}, {"k": 0}, {"k": 1}])
def test_impossible_settings_are_refused(options):
    with pytest.raises(SpecError, match="is not possible"):
        Modes(**options)
