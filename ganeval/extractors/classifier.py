"""A small classifier, shipped with ganeval: `classifier:mnist`, `classifier:fashion-mnist`, `classifier:faces`.

    -x classifier:mnist
    -x classifier:fashion-mnist
    -x classifier:faces

Views: `features`, the 64 numbers before the last layer; `probs`, ten classes. Any image is resized to
28 × 28 by the protocol's resizer and turned to grey, the mean of its three channels, in [0, 1]. White
on black, as the data sets are.

`faces` sees 32 × 32 pixels in colour and has six heads, one for each attribute of the faces that
`reference_models` draws: glasses, hair, beard, skin, turn, smile. Its `probs` are those of the 216 combinations, the
product of the heads', in the order of the data's labels; `ganeval.face_attributes` takes them apart again.

Three small convolutional networks, trained on 1,000 digits of MNIST, on 20,000 garments of
Fashion-MNIST and on 20,000 faces that no benchmark of ganeval uses as reference; docs/classifiers.md says how well.

Small classifiers' features saturate: what does not help to tell ten classes apart is not in them, and
a generator can score below real test images. Look at a second feature space (`-x random-conv`,
`-x efficientnet-lite0`), and at what held-out real images score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from torch import nn

from ganeval.core.errors import SpecError
from ganeval.core.protocol import ResizerName
from ganeval.core.spec import nearest_name
from ganeval.extractors._network import Runner, ready
from ganeval.extractors.base import Extractor
from ganeval.extractors.face_attributes import FACES
from ganeval.extractors.resizers import RESIZERS
from ganeval.extractors.weights import sha256_of, tensors

FOLDER = Path(__file__).parent / "data" / "classifiers"
_WIDTHS = (32, 32, 64, 64, 64)
_KERNELS = (5, 3, 3, 3, 3)
_STRIDES = (2, 1, 2, 1, 2)


@dataclass(frozen=True)
class Kind:
    """One classifier: the digest of its file, what it sees, and how many values each of its heads tells apart."""

    digest: str
    size: int = 28
    channels: int = 1
    heads: tuple[int, ...] = (10,)


KINDS: Mapping[str, Kind] = {
    "mnist": Kind("d4f3abc199e94036333f928c5d28d2a849841458916211991cbb197d1f97bab6"),
    "fashion-mnist": Kind("271f22eddad6d8c72f8783c097554948770e3400dbb168a72fc8526bb67335b2"),
    "faces": Kind(
        "5a880cc5db7455a8924a87fa3da676830c9594e8ce7b878cc5ce37044957e1e8",
        size=32,
        channels=3,
        heads=tuple(map(len, FACES.values())),
    ),
}


@final
@dataclass(frozen=True)
class Classifier(Extractor):
    """The network that `argument` names."""

    argument: str = ""
    resizer: ResizerName = "torch-bilinear"
    device: str = "auto"

    views: ClassVar = ("features", "probs")

    def __post_init__(self) -> None:
        if not self.argument:
            raise SpecError(
                f"the extractor classifier needs a name: {' or '.join(f'-x classifier:{n}' for n in KINDS)}"
            )
        if self.argument not in KINDS:
            raise SpecError(
                f"unknown classifier {self.argument!r}{nearest_name(self.argument, KINDS)} "
                f"(known: {', '.join(KINDS)}): for other images take -x efficientnet-lite0, "
                "or a network of your own, -x module:net.pt,size=32"
            )

    @property
    def kind(self) -> Kind:
        """What the network sees and tells apart."""
        return KINDS[self.argument]

    @property
    def name(self) -> str:
        """`classifier:mnist`, with a digest should the file not be the one that ships with ganeval."""
        label = f"classifier:{self.argument}"
        return label if self.digest == self.kind.digest else f"{label}@{self.digest[:8]}"

    @cached_property
    def digest(self) -> str:
        """sha256 of the weight file."""
        return sha256_of(weight_file(self.argument))

    @property
    def resize(self) -> str:
        """The resizer's name and the size."""
        return f"{self.resizer}-{self.kind.size}"

    @property
    def cacheable(self) -> bool:
        """Yes: the network is fixed."""
        return True

    @property
    def origin(self) -> str:
        """The file in the package."""
        return f"part of ganeval (sha256 {self.digest[:8]})"

    @cached_property
    def _runner(self) -> Runner:
        def build() -> nn.Module:
            network = SmallNet(self.kind)
            network.load_state_dict(tensors(weight_file(self.argument), digest=self.digest))
            return network

        return ready(
            build,
            views=_views,
            names=self.views,
            size=self.kind.size,
            device=self.device,
            key=f"classifier {self.digest}",
            label=self.name,
        )

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, size, size) in [0, 1]; grey networks take the mean of the channels."""
        return RESIZERS[self.resizer](image, self.kind.size)

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, 64) and `probs` (n, 10 classes or 216 combinations)."""
        return self._runner.rows(stack)


@final
class SmallNet(nn.Module):
    """Five convolutions down to 4 × 4, one over all of it to 64 numbers, and a linear layer to every head's values."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        layers: list[nn.Module] = []
        widths = pairwise((kind.channels, *_WIDTHS))
        for (before, after), kernel, stride in zip(widths, _KERNELS, _STRIDES, strict=True):
            layers += _block(nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False))
        layers += _block(nn.Conv2d(_WIDTHS[-1], 64, kernel_size=4, bias=False))
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(64, sum(kind.heads))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, values of all heads) of images (n, channels, size, size) in [0, 1]."""
        return self.head(self.body(x))


def weight_file(name: str) -> Path:
    """Where the weights of a classifier lie in the package.

    >>> weight_file("fashion-mnist").name
    'fashion_mnist.safetensors'
    """
    return FOLDER / f"{name.replace('-', '_')}.safetensors"


def _block(convolution: nn.Conv2d) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU()]


def _views(network: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    assert isinstance(network, SmallNet)
    kind = network.kind
    features = network.body(x if kind.channels == 3 else x.mean(dim=1, keepdim=True))
    heads = network.head(features).double().split(kind.heads, dim=1)
    return {"features": features, "probs": reduce(_joint, [head.softmax(dim=1) for head in heads])}


def _joint(slow: torch.Tensor, fast: torch.Tensor) -> torch.Tensor:
    """Probabilities of all pairs of values, the first factor the slowest: (n, a), (n, b) -> (n, a·b)."""
    return (slow[:, :, None] * fast[:, None, :]).flatten(1)


EXTRACTOR = Classifier
