"""The resizers of the named protocols equal their projects' on every size, before any network."""

import numpy as np
import pytest
from parity.peers import peer

from ganeval.extractors.resizers import RESIZERS

pytestmark = pytest.mark.peer
SIZES = [(1, 1), (3, 900), (8, 8), (28, 28), (32, 40), (64, 64), (299, 299), (300, 200), (512, 512)]


def image(size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_tf1_bilinear_is_torch_fidelity_s(size):
    """Within the rounding of the division by 255 and back."""
    import torch

    theirs = peer("torch_fidelity.interpolate_compat_tensorflow").interpolate_bilinear_2d_like_tensorflow1x
    pixels = image(size)
    stack = torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy()).float()
    expected = theirs(stack, size=(299, 299), align_corners=False)[0].numpy()
    assert np.abs(RESIZERS["tf1-bilinear"](pixels, 299) * 255 - expected).max() < 2e-5


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning")
def test_pil_bicubic_is_clean_fid_s(size):
    resizer = peer("cleanfid.resize").build_resizer("clean")
    pixels = image(size)
    expected = resizer(pixels).transpose(2, 0, 1)
    assert np.abs(RESIZERS["pil-bicubic"](pixels, 299) * 255 - expected).max() < 2e-5
