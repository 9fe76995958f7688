"""Reduced precision: faster, named, never called FID, and never mixed with float32."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import save_images

from benchmarks.stand_in import crops, photographs, stand_in
from ganeval.cli import exit_code
from ganeval.core.errors import ProtocolError, SpecError
from ganeval.evaluation.settings import settings_for
from ganeval.extractors import _network
from ganeval.extractors.inception import Inception
from ganeval.extractors.weights import SHA256


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The stand-in: batch norms calibrated on photographs, as rounding grows through a network that has seen none."""
    return stand_in(tmp_path_factory.mktemp("stand-in")).weights


@pytest.mark.slow
def test_bf16_features_are_near_and_float32_rows(weights):
    extractor = Inception(weights=weights)
    stack = np.stack([extractor.prepare(image.copy()) for image in crops(photographs(), n=3, size=299, seed=5)])
    exact, near = (Inception(weights=weights, device="cpu", precision=p).rows(stack) for p in ("float32", "bf16"))
    for view, rows in near.items():
        assert rows.dtype == np.float32
        assert rows.shape == exact[view].shape
        assert (rows != exact[view]).any()
        assert np.corrcoef(rows.ravel(), exact[view].ravel())[0, 1] > 0.95, view


def test_it_is_in_name_and_fingerprint(weights):
    made = [settings_for(extractor="inception", weights=weights, precision=kind) for kind in ("float32", "bf16")]
    exact, near = (settings.protocol for settings in made)
    assert (exact.dtype, near.dtype) == ("float32", "bfloat16")
    assert near.extractor.endswith(":precision=bf16")
    with pytest.raises(ProtocolError, match="extractor is"):
        exact.require_same(near, here="a", there="b")


def test_genuine_weights_in_bf16_make_no_fid():
    genuine = replace(Inception(), precision="bf16")
    genuine.__dict__["_at_hand"] = None  # to be downloaded: the digest must then be the genuine one
    assert genuine.digest == SHA256
    assert genuine.name == "inception:precision=bf16"
    assert not genuine.is_fid_inception


def test_where_it_cannot_be_had(weights, tmp_path, capsys):
    with pytest.raises(SpecError, match="fp16 needs a GPU"):
        Inception(weights=weights, device="cpu", precision="fp16").rows(np.zeros((1, 3, 299, 299), np.float32))
    save_images(tmp_path / "real", np.zeros((3, 8, 8, 3), np.uint8))
    real = str(tmp_path / "real")
    assert exit_code(["fd", real, real, "-x", "pixels", "--precision", "bf16"]) == 2
    assert "has one precision, float32" in capsys.readouterr().err


def test_a_batch_that_does_not_fit_is_halved():
    """A device that runs out of memory above five images: the rows are all there, in order."""

    def views(network, x):
        if len(x) > 5:
            raise torch.OutOfMemoryError("no room")
        return {"features": network(x.flatten(1))}

    network = _network.Network(torch.nn.Linear(12, 12, bias=False), views).eval()
    torch.nn.init.eye_(network.network.weight)
    stack = np.arange(23 * 12, dtype=np.float32).reshape(23, 3, 2, 2)
    runner = _network.Runner(("features",), network, None)
    assert (runner.fitting(stack)[0] == stack.reshape(23, 12)).all()
    tight = _network.Network(network.network, lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("no room")))
    with pytest.raises(torch.OutOfMemoryError):
        _network.Runner(("features",), tight.eval(), None).fitting(stack)
