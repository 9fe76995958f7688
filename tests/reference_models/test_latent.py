"""Latent space: closed forms, a generator where arithmetic must succeed, and the commands on a tiny run."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.special import expit
from scipy.stats import kstest

from reference_models.__main__ import run as main
from reference_models.data.faces import FACTORS, drawn
from reference_models.errors import ModelsError
from reference_models.latent_space.analogies import CONTROLS, Share, averaging, pool, trials, untestable, verdict
from reference_models.latent_space.cells import Seen, analogy_of, cell_of, said, vocabulary
from reference_models.latent_space.decoder import Decoder, decoder_of
from reference_models.latent_space.directions import directions
from reference_models.latent_space.latent import (
    analogy,
    around,
    cdf_path,
    kinds_of_path,
    lerp,
    path,
    rescaled,
    ridge,
    slerp,
    typical_norm,
)
from reference_models.latent_space.measures import measures
from reference_models.latent_space.paths import smoothness
from reference_models.models.latents import Prior
from reference_models.training.pictures import coloured
from reference_models.training.runs import samples

NORMAL, UNIFORM = Prior("normal", 64), Prior("uniform", 64)
HALF = np.array([0.5])


def latents(n: int, prior: Prior = NORMAL, *, seed: int = 0) -> np.ndarray:
    return Decoder(prior, lambda z: z).latents(n, seed=seed).astype(np.float64)


def lengths(z: np.ndarray) -> np.ndarray:
    return np.linalg.norm(z, axis=-1)


@pytest.mark.parametrize("prior", [NORMAL, UNIFORM])
def test_the_typical_length_is_the_root_of_the_mean_square(prior):
    z = latents(20_000, prior)
    assert np.sqrt((lengths(z) ** 2).mean()) == pytest.approx(typical_norm(prior), rel=0.01)


@pytest.mark.parametrize("prior", [NORMAL, UNIFORM])
def test_the_middle_of_a_straight_path_is_shorter_by_the_root_of_two(prior):
    z = latents(4000, prior)
    middle = lerp(z[::2], z[1::2], t=HALF)[:, 0]
    assert np.sqrt((lengths(middle) ** 2).mean()) == pytest.approx(typical_norm(prior) / np.sqrt(2), rel=0.02)


@settings(deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_great_circles_keep_the_length_and_end_at_the_ends(seed, t):
    z = rescaled(np.random.default_rng(seed).standard_normal((2, 1, 5)), 3.0)
    along = slerp(z[0], z[1], t=np.array([0.0, t, 1.0]))
    assert lengths(along) == pytest.approx(3.0)
    assert np.allclose(along[:, [0, 2]], z.transpose(1, 0, 2))


def test_great_circles_between_equal_and_opposite_vectors_are_finite():
    z = np.array([[1.0, 2.0]])
    assert np.allclose(slerp(z, z, t=HALF), z[:, None])
    assert np.isfinite(slerp(z, -z, t=np.linspace(0, 1, 5))).all()


def test_the_cdf_map_keeps_uniform_latents_uniform():
    """Also where a straight path gives a triangle, and a great circle leaves the cube."""
    z = latents(4000, UNIFORM)
    middle = cdf_path(z[::2], z[1::2], t=HALF)
    assert kstest((1 + middle.ravel()[::13]) / 2, "uniform").pvalue > 0.01
    assert kstest((1 + lerp(z[::2], z[1::2], t=HALF).ravel()[::13]) / 2, "uniform").pvalue < 1e-6
    assert np.abs(slerp(z[::2], z[1::2], t=HALF)).max() > 1 >= np.abs(middle).max()
    assert np.allclose(cdf_path(z[:1], z[1:2], t=np.array([0.0, 1.0]))[0], z[:2])


@pytest.mark.parametrize("prior", [NORMAL, UNIFORM])
def test_kinds_of_path(prior):
    z, t = latents(100, prior), np.linspace(0, 1, 5)
    ways = {how: path(z[::2], z[1::2], t=t, how=how, prior=prior) for how in kinds_of_path(prior)}
    assert ("cdf" in ways) == (prior is UNIFORM)
    for way in ways.values():
        assert np.allclose(way[:, 0], z[::2])
        assert np.allclose(way[:, -1], z[1::2])
    ends = lengths(z[::2]), lengths(z[1::2])
    assert np.allclose(lengths(ways["renormalised"]), np.linspace(*ends, 5).T)
    assert np.allclose(path(z[:1], z[1:2], t=t, how="cdf", prior=NORMAL), slerp(z[:1], z[1:2], t=t))


@pytest.mark.parametrize("k", [1, 3, 10])
def test_arithmetic_with_k_exemplars_has_variance_three_over_k(k):
    a, b, c = latents(3 * 2000 * k).reshape(3, 2000, k, 64)
    made = analogy(a, b, other=c)
    assert made.var() == pytest.approx(3 / k, rel=0.02)
    assert lengths(rescaled(made, 8.0)) == pytest.approx(8.0)


def test_nine_around_the_middle():
    made = around(np.arange(5.0), rng=np.random.default_rng(0))
    assert made.shape == (9, 5)
    assert np.array_equal(made[4], np.arange(5.0))
    assert 0 < np.abs(made - np.arange(5.0)).max() <= 0.25


def test_ridge_finds_what_is_linear_and_nothing_in_noise():
    z, rng = latents(4000), np.random.default_rng(1)
    table = np.stack([2 * z[:, 3] + 1, (z[:, 5] > 0).astype(float), rng.standard_normal(4000)], axis=1)
    fit = ridge(z[:2000], table[:2000])
    r2 = fit.explained(z[2000:], table[2000:])
    assert r2[0] == pytest.approx(1, abs=1e-3)
    assert r2[1] == pytest.approx(2 / np.pi, abs=0.03)  # a threshold on a normal coordinate
    assert abs(r2[2]) < 0.06
    assert fit.direction(0)[3] == pytest.approx(1, abs=1e-3)


# -- words ---------------------------------------------------------------------------------------------------------

SWITCHES = {"a": ("no", "yes"), "b": ("no", "yes"), "kind": ("cat", "dog")}


def test_words_and_what_follows_from_them():
    cells = analogy_of(["man+glasses", "man", "woman"], FACTORS)
    assert said(cells.d, FACTORS) == "glasses+long+no-beard"
    assert said(cells.b, FACTORS) == "no-glasses+short+beard"
    assert analogy_of(["dog+a", "dog", "cat"], SWITCHES).d == {"a": 1, "kind": 0}
    assert analogy_of(["dog", "cat", "cat"], SWITCHES, target="dog+b").d == {"kind": 1, "b": 1}
    assert list(vocabulary(SWITCHES)) == ["no-a", "a", "no-b", "b", "cat", "dog"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["wings", "man", "woman"], "no attribute is called 'wings'"),
        (["long+short", "man", "woman"], "two values of hair"),
        (["long+glasses", "long", "no-beard"], "hair is named in some cells only"),
        (["left", "front", "right"], "what becomes of turn does not follow"),
    ],
)
def test_words_that_make_no_analogy(words, error):
    with pytest.raises(ModelsError, match=error):
        analogy_of(words, FACTORS)


# -- a linear generator --------------------------------------------------------------------------------------------


def linear(*, size: int = 16, prior: str = "normal") -> tuple[Decoder, Callable[[np.ndarray], Seen]]:
    """ "Images" are the latents themselves; attribute a is the sign of the first coordinate, b of the second."""
    decoder = Decoder(Prior(prior, size), lambda z: np.asarray(z, np.float64))  # pyright: ignore[reportArgumentType]

    def look(z: np.ndarray) -> Seen:
        odds = expit(50 * z[:, :2].astype(np.float64))
        probs = {name: np.stack([1 - odds[:, at], odds[:, at]], axis=1) for at, name in enumerate("ab")}
        return Seen(z.astype(np.float32), probs, {"third": z[:, 2]})

    return decoder, look


VALUES = {"a": ("no", "yes"), "b": ("no", "yes")}


def test_arithmetic_succeeds_where_it_must_and_controls_fail():
    """b changes sign by a step along one coordinate; A − B has it, and nothing else does so as often."""
    decoder, look = linear()
    cells = analogy_of(["a+b", "a", "no-a"], VALUES)
    assert cells.d == {"a": 0, "b": 1}
    samples = pool(decoder, look, n=4096)
    found = trials(decoder, samples, cells=cells, look=look, precision=lambda _: 1.0, ks=(1, 3, 30), n=200)
    by = {(each.k, each.scale): each for each in found}
    last = by[30, "raw"]
    assert last.success.value == 1.0
    assert last.controls["C alone"].value == 0.0
    assert all(last.controls[name].value < 0.7 for name in CONTROLS)
    assert last.beats
    assert last.lift > 0.3
    assert all(
        each.nearest is not None and 0.2 < each.nearest < 5 for each in found
    )  # a Gaussian's samples in 16 dimensions, none of them repeated
    assert by[1, "raw"].norm == pytest.approx(np.sqrt(3), rel=0.1)
    assert by[1, "rescaled"].norm == by[3, "rescaled"].norm == pytest.approx(1)
    gap = averaging(found)
    assert gap is not None
    assert gap[1] > 0  # a half-space does not care about norms: only averaging helps
    assert "averaging does more than fix the norm" in verdict(found)
    assert np.isclose(by[1, "raw"].success.value, by[1, "rescaled"].success.value, atol=0.02)


def test_arithmetic_of_what_the_latents_do_not_hold_is_worth_no_more_than_controls():
    decoder, _ = linear()

    def look(z: np.ndarray) -> Seen:
        """Attributes that are coins, tossed by the last bits of the latents."""
        coins = (np.floor(np.abs(z[:, :2]) * 1e6) % 2).astype(int)
        return Seen(z.astype(np.float32), {name: np.eye(2)[coins[:, at]] for at, name in enumerate("ab")})

    cells = analogy_of(["a+b", "a", "no-a"], VALUES)
    samples = pool(decoder, look, n=2000)
    found = trials(decoder, samples, cells=cells, look=look, precision=lambda _: 1.0, ks=(3,), n=200)
    assert not any(each.beats for each in found)


def test_a_missing_cell_is_untestable():
    decoder, look = linear()

    def collapsed(z: np.ndarray) -> np.ndarray:
        return np.concatenate([np.abs(z[:, :1]), z[:, 1:]], axis=1)  # a is always there

    samples = pool(Decoder(decoder.prior, collapsed), look, n=1000)
    reason = untestable(samples, analogy_of(["a+b", "a", "no-a"], VALUES), values=VALUES)
    assert reason == "untestable: of 1000 samples fewer than 100 are in C (no-a+no-b): 0, D (no-a+b): 0"
    assert untestable(samples, analogy_of(["b", "no-b", "no-b"], {"b": ("no", "yes")}), values=VALUES) is None


def test_newcombe_and_wilson_meet_at_equal_shares():
    low, high = Share(50, 100).interval
    gap, least, most = Share(50, 100).minus(Share(50, 100))
    assert gap == 0
    assert least == pytest.approx(-most)
    assert most < high - low


def test_paths_of_a_linear_generator_are_straight_where_they_are():
    decoder, look = linear(size=64)
    found = {how: smoothness(decoder, look, how=how, precision=lambda _: 0.5) for how in ("lerp", "slerp")}
    assert found["lerp"].detour == pytest.approx(1, rel=0.03)
    assert found["lerp"].speed_ratio == pytest.approx(1, abs=0.01)
    assert found["slerp"].detour > 1.1
    assert found["lerp"].norm == pytest.approx(1 / np.sqrt(2), rel=0.03)
    assert found["slerp"].norm == pytest.approx(1, rel=0.03)
    assert found["lerp"].drop == 0
    assert found["lerp"].needed == pytest.approx(0.75, abs=0.1)
    assert found["lerp"].changes is not None
    assert 0.65 < found["lerp"].changes < 2  # at most once for each of the two


def test_directions_of_a_linear_generator():
    decoder, look = linear()
    by = {each.name: each for each in directions(decoder, look, values=VALUES, n=4000, moved=50)}
    assert next(iter(by)) == "third"
    assert by["third"].r2 == pytest.approx(1, abs=1e-3)
    assert by["third"].change == pytest.approx(6, rel=0.05)
    assert by["third"].monotony == pytest.approx(1)
    assert by["third"].leakage < 0.1
    assert abs(by["a"].vector[0]) > 0.99
    assert by["a"].r2 == pytest.approx(2 / np.pi, abs=0.06)


# -- images ----------------------------------------------------------------------------------------------------------


def test_measures_by_hand():
    image = np.zeros((1, 10, 10, 1), np.uint8)
    image[0, 3:7, 2:8] = 255  # 4 high, 6 wide: an even profile over m pixels has variance (m² − 1)/12
    found = {name: float(value[0]) for name, value in measures(image).items()}
    assert found["intensity"] == pytest.approx(0.24)
    assert found["width"] == pytest.approx(2 * np.sqrt(35 / 12) / 10)
    assert found["height"] == pytest.approx(2 * np.sqrt(15 / 12) / 10)
    assert found["symmetry"] == pytest.approx(1)
    assert measures(coloured(image))["width"] == pytest.approx(found["width"])


def test_the_judge_of_faces_reads_words():
    from reference_models.latent_space.scoring import judge_of

    judge = judge_of("faces,n=300")
    n = 60
    cell = cell_of("woman+glasses", judge.values)
    rng = np.random.default_rng(0)
    factors = {name: rng.integers(0, len(values), n) for name, values in FACTORS.items()}
    factors |= {name: np.full(n, value) for name, value in cell.items()}
    seen = judge.look(drawn(factors, seed=7))
    assert (seen.confidence(cell) > 0.5).mean() > 0.9
    assert judge.precision(seen.features) > 0.5
    assert judge.precision(seen.features + 50) == 0


def test_the_judge_of_digits_knows_bright_ones():
    from reference_models.data.sets import examples
    from reference_models.latent_space.scoring import judge_of

    judge = judge_of("mnist-5k")
    shown = examples("mnist-5k", "reference")
    seen = judge.look(coloured(shown.values[::10]))
    assert shown.labels is not None
    assert (seen.probs["class"].argmax(axis=1) == shown.labels[::10]).mean() > 0.95
    for word in ("bright", "wide", "tall", "symmetric"):
        assert seen.probs[word][:, 1].mean() == pytest.approx(0.5, abs=0.1)


# -- the commands ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "faces"
    arguments = ["train", "dcgan", "--data", "faces,n=200", "--steps", "2", "--out", str(folder), "--threads", "1"]
    assert main([*arguments, "--set", "width=4,batch=8,latent=8"]) == 0
    return folder


@pytest.mark.parametrize("model", ["dcgan", "vae"])
def test_a_decoder_draws_what_the_run_draws(model, tmp_path):
    folder = tmp_path / "run"
    arguments = ["train", model, "--data", "digits,size=28,n=64", "--steps", "1", "--out", str(folder)]
    assert main([*arguments, "--set", "batch=8,latent=8,width=4"]) == 0
    decoder = decoder_of(folder)
    wanted = coloured(np.concatenate(list(samples(folder, 70, seed=3))))
    assert np.array_equal(decoder.images(decoder.latents(70, seed=3)), wanted)


def test_points_have_no_pictures(tmp_path):
    arguments = ["train", "pacgan-2d", "--data", "ring,n=200", "--steps", "1", "--out", str(tmp_path / "run")]
    assert main([*arguments, "--set", "d_width=6,batch=8"]) == 0
    with pytest.raises(ModelsError, match="draws points"):
        decoder_of(tmp_path / "run")


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_interpolate(tiny, tmp_path, capsys):
    assert main(["interpolate", str(tiny), "--n-pairs", "6", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert [row["how"] for row in json.loads((tmp_path / "interpolate.json").read_text())] == [
        *("lerp", "renormalised", "slerp")
    ]
    assert "| slerp" in out
    assert size_of(tmp_path / "interpolate.png")[0] == 9 * 32 * 2
    assert main(["interpolate", str(tiny), "--n-pairs", "4", "--how", "cdf"]) == 0
    assert (tiny / "latent" / "interpolate.png").exists()


def test_arithmetic_by_number_and_by_words(tiny, tmp_path, capsys):
    assert main(["arithmetic", str(tiny), "--a", "3,17,40", "--b", "1,2,3", "--c", "5", "--out", str(tmp_path)]) == 0
    assert "G(A − B + C): glasses" in capsys.readouterr().out
    assert size_of(tmp_path / "arithmetic.png")[1] == 4 * 32 * 2
    words = ["--a", "man+glasses", "--b", "man", "--c", "woman", "--n-pool", "64"]
    assert main(["arithmetic", str(tiny), *words]) == 0
    assert "untestable: of 64 samples fewer than 100" in capsys.readouterr().out
    assert main(["arithmetic", str(tiny), "--a", "man", "--b", "hat", "--c", "woman"]) == 1
    assert "no attribute is called 'hat'" in capsys.readouterr().err


def test_attributes(tiny, tmp_path, capsys):
    assert main(["attributes", str(tiny), "--n", "40", "--out", str(tmp_path)]) == 0
    assert "| attribute" in capsys.readouterr().out
    rows = json.loads((tmp_path / "attributes.json").read_text())
    assert all(set(row) == {"name", "r2", "monotony", "change", "leakage", "into"} for row in rows)
