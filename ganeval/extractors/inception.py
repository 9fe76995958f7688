"""The FID Inception of 2015-12-05: the network behind the literature's FID, KID and IS.

Views: `features`, the 2048 pooled features; `probs`, the softmax over its 1008 outputs without
bias, as in the original TensorFlow graph; `spatial`, 2023 numbers that keep where things are, for
sFID: the first 7 channels of the graph's node mixed_6/conv, 17 × 17. `dims` 64, 192 or 768 gives
pytorch-fid's earlier layers, averaged over the image (numbers from these are never called FID).
`precision` bf16 (fp16 on a GPU) is faster and moves features by about 2 %: numbers are named after it.

The network is torchvision's Inception v3 with the blocks that pytorch-fid corrected. Weights:
95 MB; `--weights PATH`, then `$GANEVAL_WEIGHTS`, then the torch hub cache, then a download.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import torch
from pytorch_fid import inception as corrected
from torch import nn
from torchvision.models import inception_v3

from ganeval.core.errors import WeightsError
from ganeval.core.protocol import Normalisation, ResizerName
from ganeval.extractors._network import Precision, Runner, on_gpu, ready
from ganeval.extractors.base import Extractor
from ganeval.extractors.resizers import RESIZERS
from ganeval.extractors.weights import SHA256, Weights, downloaded, inception_weights, state_dict

_SIZE = 299
_SPATIAL = ("Mixed_6d", 7)  # mixed_6 of the TensorFlow graph, and how many channels of its 1 × 1 branch
_STAGES: dict[int, tuple[str, ...]] = {
    64: ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1"),
    192: ("Conv2d_3b_1x1", "Conv2d_4a_3x3", "maxpool2"),
    768: ("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    2048: ("Mixed_7a", "Mixed_7b", "Mixed_7c"),
}


@final
@dataclass(frozen=True)
class Inception(Extractor):
    """Inception v3 as FID uses it; 299 × 299, inputs in [−1, 1]."""

    dims: Literal[64, 192, 768, 2048] = 2048
    resizer: ResizerName = "torch-bilinear"
    normalise: Normalisation = "symmetric"
    precision: Precision = "float32"
    device: str = "auto"
    weights: Path | None = None

    @property
    def views(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What the chosen layer reaches: `probs` needs the last one, `spatial` the last but one."""
        return {2048: ("features", "probs", "spatial"), 768: ("features", "spatial")}.get(self.dims, ("features",))

    @property
    def name(self) -> str:
        """`inception`, with `:dims=` for earlier layers and `@` and eight hex digits for other weights."""
        stated = [f"dims={self.dims}"] if self.dims != 2048 else []
        stated += [f"precision={self.precision}"] if self.precision != "float32" else []
        options = f":{','.join(stated)}" if stated else ""
        return f"inception{options}" if self._is_genuine else f"inception@{self.digest[:8]}{options}"

    @property
    def digest(self) -> str:
        """sha256 of the weight file; a file to be downloaded must have the genuine one."""
        return SHA256 if self._at_hand is None else self._at_hand.digest

    @property
    def resize(self) -> str:
        """The resizer's name and 299."""
        return f"{self.resizer}-{_SIZE}"

    @property
    def normalisation(self) -> str:
        """`symmetric`, 2x − 1 for x in [0, 1], or `tf1`, (v − 128)/128 for v in [0, 255]."""
        return self.normalise

    @property
    def is_fid_inception(self) -> bool:
        """The genuine weights and the pooled features, in float32."""
        return self.dims == 2048 and self.precision == "float32" and self._is_genuine

    @property
    def dtype(self) -> str:
        """The precision of the network; rows are float32."""
        return {"float32": "float32", "bf16": "bfloat16", "fp16": "float16"}[self.precision]

    @property
    def cacheable(self) -> bool:
        """Yes: the network is fixed."""
        return True

    @property
    def origin(self) -> str:
        """Path and origin of the weights, or that they would be downloaded."""
        weights = self._at_hand
        if weights is None:
            return "not on this machine: would be downloaded (95 MB)"
        return f"{weights.path} ({weights.origin}, sha256 {weights.digest[:8]})"

    @property
    def _is_genuine(self) -> bool:
        return self.digest == SHA256

    @cached_property
    def _at_hand(self) -> Weights | None:
        return inception_weights(self.weights)

    @cached_property
    def _runner(self) -> Runner:
        path = downloaded() if self._at_hand is None else self._at_hand.path

        def build() -> nn.Module:
            network = fid_inception()
            try:
                network.load_state_dict(state_dict(path, digest=self.digest))
            except RuntimeError as error:
                raise WeightsError(f"{path}: holds no FID Inception ({str(error).splitlines()[0]})") from error
            return network

        return ready(
            build,
            views=self._views,
            names=self.views,
            size=_SIZE,
            device=self.device,
            precision=self.precision,
            key=f"inception {self.dims} {self.digest}",
            scale=self._scaled,
            label=self.name,
        )

    @cached_property
    def resizes_in_rows(self) -> bool:
        """On a GPU, if the resizer is torch's."""
        return on_gpu(self.device, self.resizer)

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, 299, 299) in [−1, 1]; on a GPU the pixels as they are."""
        return image if self.resizes_in_rows else self._scaled(RESIZERS[self.resizer](image, _SIZE))

    def _scaled(self, x: Any) -> Any:
        return 2 * x - 1 if self.normalise == "symmetric" else (x * 255 - 128) / 128

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, dims) and, from late enough layers, `spatial` (n, 2023) and `probs` (n, 1008)."""
        return self._runner.rows(stack)

    def _views(self, network: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
        views: dict[str, torch.Tensor] = {}
        for dims, names in _STAGES.items():
            for name in names:
                block = network.get_submodule(name)
                if name == _SPATIAL[0]:
                    views["spatial"] = _spatial(block, x)
                x = block(x)
            if dims == self.dims:
                break
        views["features"] = x.mean(dim=(2, 3))
        if self.dims == 2048:
            fc = network.get_submodule("fc")
            assert isinstance(fc, nn.Linear)
            views["probs"] = (views["features"] @ fc.weight.T).double().softmax(dim=1)
        return {name: views[name] for name in self.views}


def _spatial(block: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The first channels of the block's 1 × 1 branch after its ReLU, flattened in TensorFlow's order (y, x, channel).

    The branch is run a second time for it (0.7 % of the network; ONNX Runtime merges the two).
    """
    maps = block.get_submodule("branch1x1")(x)[:, : _SPATIAL[1]]
    return maps.permute(0, 2, 3, 1).flatten(1)


def fid_inception() -> nn.Module:
    """The architecture, without weights: torchvision's with pytorch-fid's corrected blocks."""
    network = inception_v3(weights=None, num_classes=1008, aux_logits=False, init_weights=False)
    network.Mixed_5b = corrected.FIDInceptionA(192, pool_features=32)
    network.Mixed_5c = corrected.FIDInceptionA(256, pool_features=64)
    network.Mixed_5d = corrected.FIDInceptionA(288, pool_features=64)
    for name, width in {"Mixed_6b": 128, "Mixed_6c": 160, "Mixed_6d": 160, "Mixed_6e": 192}.items():
        setattr(network, name, corrected.FIDInceptionC(768, channels_7x7=width))
    network.Mixed_7b = corrected.FIDInceptionE_1(1280)
    network.Mixed_7c = corrected.FIDInceptionE_2(2048)
    return network


EXTRACTOR = Inception
