"""Feature rows against the peers' networks with the same weights: to 1e-4 of the largest feature.

pytorch-fid and clean-fid's `legacy_pytorch` resize as ganeval does, so images of any size are
compared. torch-fidelity, torchmetrics and clean-fid's default resize by other rules, so they are
shown images of the network's own size, 299 × 299. torch-fidelity and torchmetrics also normalise
by (x − 128)/128 where pytorch-fid's form is 2x/255 − 1: their networks are compared with the input
brought to ganeval's form.
"""

import numpy as np
import pytest
import torch
from conftest import save_images
from parity.networks import DIMS, LAYERS, by_pytorch_fid, by_torch_fidelity, normalised_as_ganeval
from parity.peers import FEATURES, THEIR_WARNINGS, close, files_in, ganeval_views, mixed_folder, peer

from benchmarks.stand_in import crops
from ganeval.extractors.inception import Inception

pytestmark = [pytest.mark.peer, pytest.mark.slow, *THEIR_WARNINGS]


@pytest.fixture(scope="module")
def pytorch_fid_network(stand_in):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(stand_in.home))
        return peer("pytorch_fid.inception").InceptionV3([0, 1, 2, 3]).eval()


@pytest.fixture(scope="module")
def four(tmp_path_factory, full):
    """The first four real images of `full`, in a folder of their own."""
    folder = tmp_path_factory.mktemp("four")
    for path in files_in(full["real"])[:4]:
        (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def ours(four, stand_in) -> dict[str, np.ndarray]:
    """ganeval's rows of the four images: every stage by its width, and the class probabilities."""
    extractors = [Inception(dims=dims, weights=stand_in.weights, device="cpu") for dims in DIMS]
    views = [ganeval_views(four, extractor) for extractor in extractors]
    return {str(dims): view["features"] for dims, view in zip(DIMS, views, strict=True)} | {"probs": views[-1]["probs"]}


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("size", [8, 28, 32, 64, 128, 299, 512])
def test_pytorch_fid_at_any_size(tmp_path, photos, digits, inception, pytorch_fid_network, size, suffix):
    folder = mixed_folder(tmp_path, photos, digits, size=size, suffix=suffix)
    close(ganeval_views(folder, inception)["features"], by_pytorch_fid(folder, pytorch_fid_network)[2048])


def test_pytorch_fid_on_unlike_sizes(tmp_path, photos, inception, pytorch_fid_network):
    """Whole photographs, none square to begin with, in one folder."""
    folder = save_images(tmp_path, [photo[::2, ::3] for photo in photos[:4]])
    close(ganeval_views(folder, inception)["features"], by_pytorch_fid(folder, pytorch_fid_network)[2048])


def test_pytorch_fid_at_every_stage(four, ours, pytorch_fid_network):
    theirs = by_pytorch_fid(four, pytorch_fid_network)
    for dims in DIMS:
        close(ours[str(dims)], theirs[dims])


@pytest.fixture(params=["torch-fidelity", "torchmetrics"])
def fidelity_network(request, torch_home):
    if request.param == "torch-fidelity":
        cls = peer("torch_fidelity.feature_extractor_inceptionv3").FeatureExtractorInceptionV3
        return cls("inception-v3-compat", LAYERS, verbose=False)
    return peer("torchmetrics.image.fid").NoTrainInceptionV3("inception-v3-compat", LAYERS)


def test_networks_of_torch_fidelity_and_torchmetrics(four, ours, fidelity_network):
    """Every layer of their networks, on 299 × 299 images, with ganeval's normalisation.

    With their own normalisation the features are others by far more than the tolerance: that is a
    difference of protocol, which no weights remove.
    """
    with_their_input = by_torch_fidelity(four, fidelity_network)
    theirs = by_torch_fidelity(four, normalised_as_ganeval(fidelity_network))
    for dims in map(str, DIMS):
        close(ours[dims], theirs[dims])
        assert np.abs(ours[dims] - with_their_input[dims]).max() > 10 * FEATURES * np.abs(theirs[dims]).max()
    close(ours["probs"], torch.from_numpy(theirs["logits_unbiased"]).double().softmax(dim=1).numpy())


@pytest.mark.parametrize("size", [32, 400])
def test_clean_fid_legacy_pytorch(tmp_path, photos, inception, torch_home, size):
    """Its own reading, resizing and network; its name for pytorch-fid's protocol."""
    folder = save_images(tmp_path, crops(photos, n=3, size=size, seed=6))
    model = peer("cleanfid.features").feature_extractor(
        "pytorch_inception", torch.device("cpu"), use_dataparallel=False
    )
    theirs = peer("cleanfid.fid").get_folder_features(
        str(folder), model, num_workers=0, batch_size=2, device="cpu", mode="legacy_pytorch", verbose=False
    )
    close(ganeval_views(folder, inception)["features"], theirs)


def test_clean_fid_with_a_custom_extractor(four, ours, inception):
    """ganeval's network behind clean-fid's reading and its bicubic resizer, which leaves 299 × 299 as it is."""

    def model(batch: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(inception.rows((2 / 255 * batch - 1).numpy())["features"])

    theirs = peer("cleanfid.fid").get_folder_features(
        str(four), model, num_workers=0, batch_size=4, device="cpu", mode="clean", verbose=False
    )
    close(ours["2048"], theirs)
