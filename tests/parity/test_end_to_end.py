"""Folders in, a number out: ganeval's and each peer's, with the same weights.

Tolerance on a Fréchet distance: 1e-4 of its value and 1e-5 of tr Σr + tr Σf. Where a distance in
2048 dimensions would make the peer take the square root of a singular 2048 × 2048 matrix (minutes,
or an imaginary part) the first stage's 64 features are used, on seventy images a side.
"""

import sys
from subprocess import run

import numpy as np
import pytest
import torch
from parity.networks import normalised_as_ganeval
from parity.peers import THEIR_WARNINGS, close, files_in, ganeval_views, peer
from PIL import Image

import ganeval
from ganeval.extractors.inception import Inception
from ganeval.metrics.inception_score import InceptionScore
from ganeval.metrics.kid import KernelInceptionDistance

pytestmark = [pytest.mark.peer, pytest.mark.slow, *THEIR_WARNINGS]


def agree(ours: float, theirs: float, *, spread: float) -> None:
    """`spread` is tr Σr + tr Σf."""
    assert theirs > 0
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-5 * spread)


def spread(*sides: np.ndarray) -> float:
    return float(sum(rows.var(axis=0, ddof=1, dtype=np.float64).sum() for rows in sides))


@pytest.fixture(scope="module")
def first_stage(small, stand_in) -> dict[str, np.ndarray]:
    """ganeval's 64 features of `small`, by role."""
    extractor = Inception(dims=64, weights=stand_in.weights, device="cpu")
    return {role: ganeval_views(folder, extractor)["features"] for role, folder in small.items()}


@pytest.fixture
def pytorch_fid(torch_home):
    """`python -m pytorch_fid …` in a process of its own."""
    peer("pytorch_fid.fid_score")

    def call(*arguments: object) -> str:
        options = ["-W", "ignore", "-m", "pytorch_fid", "--num-workers", "0", "--batch-size", "8"]
        words = [sys.executable, *options, *map(str, arguments)]
        return run(words, capture_output=True, text=True, check=True).stdout

    return call


def test_pytorch_fid_command(pytorch_fid, call, small, stand_in, first_stage):
    printed = pytorch_fid(*small.values(), "--dims", 64)
    theirs = float(printed.partition("FID: ")[2])
    ours = call("fd", *small.values(), "-x", "inception:dims=64", "--weights", stand_in.weights, "--value", "-q")
    agree(float(ours.stdout), theirs, spread=spread(*first_stage.values()))


def test_pytorch_fid_statistics_are_read(pytorch_fid, call, small, stand_in, first_stage, tmp_path):
    """Their file says nothing of its protocol, which ganeval tells."""
    saved = tmp_path / "real.npz"
    pytorch_fid("--save-stats", small["real"], saved, "--dims", 64)
    done = call("fd", saved, small["fake"], "-x", "inception:dims=64", "--weights", stand_in.weights, "--value")
    assert "protocol unknown" in done.stderr
    expected = ganeval.frechet_distance(first_stage["real"], first_stage["fake"])
    agree(float(done.stdout), expected, spread=spread(*first_stage.values()))


def test_pytorch_fid_reads_ours(pytorch_fid, call, small, stand_in, first_stage, tmp_path):
    ours = tmp_path / "real.npz"
    done = call("stats", small["real"], "-o", ours, "-x", "inception:dims=64", "--weights", stand_in.weights)
    assert done.returncode == 0, done.stderr
    theirs = float(pytorch_fid(ours, small["fake"], "--dims", 64).partition("FID: ")[2])
    expected = ganeval.frechet_distance(first_stage["real"], first_stage["fake"])
    agree(expected, theirs, spread=spread(*first_stage.values()))


def test_pytorch_fid_statistics_of_pooled_features(torch_home, full, full_views):
    """Mean and covariance in 2048 dimensions, by its own function."""
    network = peer("pytorch_fid.inception").InceptionV3([3])
    score = peer("pytorch_fid.fid_score")
    mean, covariance = score.calculate_activation_statistics(files_in(full["fake"]), network, 8, num_workers=0)
    ours = ganeval.Moments.of(np.arange(24), full_views["fake"]["features"])
    close(ours.mean, mean)
    close(ours.covariance, covariance)


def test_clean_fid(torch_home, small, first_stage):
    """Its folders, its `legacy_pytorch` resizer and its network, cut after the first stage."""
    network = peer("cleanfid.inception_pytorch").InceptionV3(output_blocks=[0], resize_input=False).eval()
    theirs = peer("cleanfid.fid").compute_fid(
        *map(str, small.values()),
        mode="legacy_pytorch",
        num_workers=0,
        batch_size=8,
        device=torch.device("cpu"),
        custom_feat_extractor=lambda batch: network(batch / 255)[0].mean(dim=(2, 3)),
        verbose=False,
    )
    agree(ganeval.frechet_distance(*first_stage.values()), theirs, spread=spread(*first_stage.values()))


@pytest.fixture(scope="module")
def fidelity_extractor() -> str:
    """torch-fidelity's Inception under its own registry, with ganeval's normalisation."""
    name = "inception-v3-compat-normalised-as-ganeval"
    base = peer("torch_fidelity.feature_extractor_inceptionv3").FeatureExtractorInceptionV3

    class Normalised(base):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            normalised_as_ganeval(self)

    registry = peer("torch_fidelity.registry")
    registry.register_feature_extractor(name, Normalised)
    yield name
    del registry.FEATURE_EXTRACTORS_REGISTRY[name]


def test_torch_fidelity(torch_home, full, full_views, fidelity_extractor):
    """All its metrics in one run; `input1` is the fake side."""
    fidelity = peer("torch_fidelity")
    size, seed = 16, 2020
    theirs = fidelity.calculate_metrics(
        input1=str(full["fake"]), input2=str(full["real"]), cuda=False, batch_size=8, verbose=False, cache=False,
        feature_extractor=fidelity_extractor, isc=True, fid=True, kid=True, prc=True,
        isc_splits=4, kid_subsets=10, kid_subset_size=size, rng_seed=seed,
        save_cpu_ram=True,  # reads in this process, without workers
    )  # fmt: skip
    real, fake = (full_views[role]["features"] for role in ("real", "fake"))
    rows = {role: ganeval.Rows.of(np.arange(24), views["features"]) for role, views in full_views.items()}
    probs = ganeval.Rows.of(np.arange(24), full_views["fake"]["probs"])
    kid = KernelInceptionDistance(subsets=10, subset_size=size, seed=seed)(**rows)["kid"]
    agree(ganeval.frechet_distance(real, fake), theirs["frechet_inception_distance"], spread=spread(real, fake))
    assert InceptionScore(splits=4, seed=seed)(fake=probs)["is"] == pytest.approx(
        theirs["inception_score_mean"], rel=1e-4
    )
    assert kid == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-4, abs=1e-5)
    assert ganeval.precision_recall(real, fake) == pytest.approx((theirs["precision"], theirs["recall"]), abs=1e-7)


def test_torchmetrics(torch_home, full, stand_in):
    """Its Inception, network and streaming sums; its antialiased resizer leaves 299 × 299 as it is."""
    fid = peer("torchmetrics.image.fid").FrechetInceptionDistance(192)
    normalised_as_ganeval(fid.inception)
    for role, folder in full.items():
        for path in files_in(folder):
            image = torch.from_numpy(np.asarray(Image.open(path)).copy()).permute(2, 0, 1)
            fid.update(image[None], real=role == "real")
    extractor = Inception(dims=192, weights=stand_in.weights, device="cpu")
    sides = [ganeval_views(full[role], extractor)["features"] for role in ("real", "fake")]
    agree(ganeval.frechet_distance(*sides), float(fid.compute()), spread=spread(*sides))


def test_protocol_torch_fidelity(torch_home, call, small, stand_in, first_stage):
    """`--protocol torch-fidelity` against the project as it is: its resizer on 8 to 299 pixels, its normalisation."""
    theirs = peer("torch_fidelity").calculate_metrics(
        input1=str(small["fake"]), input2=str(small["real"]), cuda=False, batch_size=1, verbose=False, cache=False,
        fid=True, feature_layer_fid="64", save_cpu_ram=True,
    )["frechet_inception_distance"]  # fmt: skip
    agree(_under("torch-fidelity", call, small, stand_in), theirs, spread=spread(*first_stage.values()))


def test_protocol_clean_fid(torch_home, call, small, stand_in, first_stage):
    """`--protocol clean-fid` against its mode `clean`: its own reading, resizing and distance, on the same network."""
    network = peer("pytorch_fid.inception").InceptionV3([0], resize_input=False, normalize_input=False).eval()
    theirs = peer("cleanfid.fid").compute_fid(
        *map(str, small.values()),
        mode="clean",
        num_workers=0,
        batch_size=8,
        device=torch.device("cpu"),
        custom_feat_extractor=lambda batch: network((batch - 128) / 128)[0].mean(dim=(2, 3)),
        verbose=False,
    )
    agree(_under("clean-fid", call, small, stand_in), theirs, spread=spread(*first_stage.values()))


def _under(protocol: str, call, small, stand_in) -> float:
    done = call("fd", *small.values(), "-x", "inception:dims=64", "--weights", stand_in.weights,
                "--protocol", protocol, "--value", "-q")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout)
