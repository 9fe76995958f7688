"""The stand-in is fit to compare with, and nothing made with it is called FID."""

import numpy as np
import pytest
from parity.peers import peer

import ganeval
from ganeval.core.errors import WeightsError
from ganeval.extractors.inception import Inception, fid_inception
from ganeval.extractors.weights import FILE, VARIABLE

pytestmark = [pytest.mark.peer, pytest.mark.slow]


def test_features_are_spread_over_many_directions(full_views):
    for views in full_views.values():
        deviations = views["features"] - views["features"].mean(axis=0, dtype=np.float64)
        variances = np.square(np.linalg.svd(deviations, compute_uv=False))
        assert variances[0] < 0.5 * variances.sum()


def test_features_have_the_genuine_scale(full_views):
    for views in full_views.values():
        assert 0.2 < views["features"].mean() < 0.8
        assert views["features"].std() > 0.1


def test_inception_score_has_the_genuine_scale(full_views):
    for views in full_views.values():
        assert 2 < ganeval.inception_score(views["probs"]) < 20


def test_peers_have_the_same_parameters(torch_home):
    """Names and shapes, so that one file serves all: the peers load it strictly."""
    theirs = peer("torch_fidelity.feature_extractor_inceptionv3").FeatureExtractorInceptionV3
    network = theirs("inception-v3-compat", ["2048"], verbose=False)
    shapes = {name: values.shape for name, values in network.state_dict().items()}
    assert shapes == {name: values.shape for name, values in fid_inception().state_dict().items()}


def test_numbers_are_named_after_the_digest(full, stand_in):
    report = ganeval.evaluate(
        *full.values(), metrics=["fd", "kid", "inception_score:splits=1"], weights=stand_in.weights, n=8
    )
    assert [result.name for result in report.results] == [
        f"FD[{stand_in.name}]",
        f"KID[{stand_in.name}]",
        f"IS[{stand_in.name}](splits=1)",
    ]


def test_a_cached_file_must_be_the_genuine_one(torch_home):
    with pytest.raises(WeightsError, match=f"{FILE}: is not the genuine FID Inception"):
        assert Inception().digest


def test_the_variable_names_the_stand_in(torch_home, stand_in, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(stand_in.weights))
    assert Inception().name == stand_in.name


def test_fid_is_refused(full, stand_in):
    with pytest.raises(WeightsError, match=r"ganeval fd -x inception"):
        ganeval.evaluate(*full.values(), metrics=["fd", "fid"], weights=stand_in.weights)


def test_the_fid_command_is_refused(call, full, stand_in):
    done = call("fid", *full.values(), "--weights", stand_in.weights)
    assert done.returncode == 1
    assert "ganeval fd -x" in done.stderr
    assert done.stdout == ""
