"""The peers' Inceptions with the stand-in, and what their layers make of files."""

from pathlib import Path

import numpy as np
import torch
from parity.peers import files_in, peer
from PIL import Image
from torch import nn

DIMS = (64, 192, 768, 2048)
LAYERS = [*map(str, DIMS), "logits_unbiased"]


def by_pytorch_fid(folder: Path, network: nn.Module) -> dict[int, np.ndarray]:
    """pytorch-fid's own reading, resizing and network, one image at a time; its stages averaged as it does."""
    score = peer("pytorch_fid.fid_score")
    parts: dict[int, list[np.ndarray]] = {dims: [] for dims in DIMS}
    for image in score.ImagePathDataset(files_in(folder), transforms=score.TF.ToTensor()):
        with torch.no_grad():
            stages = network(image[None])
        for dims, stage in zip(DIMS, stages, strict=True):
            parts[dims].append(score.adaptive_avg_pool2d(stage, output_size=(1, 1)).flatten(1).numpy())
    return {dims: np.concatenate(rows) for dims, rows in parts.items()}


def by_torch_fidelity(folder: Path, network: nn.Module) -> dict[str, np.ndarray]:
    """Features by layer name; also for torchmetrics' copy of the network."""
    images = [torch.from_numpy(np.asarray(Image.open(path).convert("RGB")).copy()) for path in files_in(folder)]
    forward = getattr(network, "_torch_fidelity_forward", network)
    with torch.no_grad():
        parts = [forward(image.permute(2, 0, 1)[None]) for image in images]
    return {name: np.concatenate(rows) for name, rows in zip(LAYERS, map(list, zip(*parts, strict=True)), strict=True)}


def normalised_as_ganeval(network: nn.Module) -> nn.Module:
    """torch-fidelity's network, with pytorch-fid's 2x/255 − 1 put in the place of its (x − 128)/128.

    The two differ by up to 1/128 of the input's range. The hook turns the first layer's input into the other form, so
    that everything else of the peer (reading, resizing, network, statistics) can be held to the
    tolerance of the network alone.
    """
    network.get_submodule("Conv2d_1a_3x3").register_forward_pre_hook(lambda _, x: (x[0] * 128 + 128) * (2 / 255) - 1)
    return network
