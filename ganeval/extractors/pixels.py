"""The pixels themselves: every image flattened, divided by 255.

View: `features`, h·w·3 numbers. All images must have one size unless `size` resizes them. Good for
small images and closed-form checks; distances between pixels say little about how photographs look.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from ganeval.core.errors import FeatureError, SpecError
from ganeval.core.protocol import ResizerName
from ganeval.extractors.base import Extractor
from ganeval.extractors.resizers import RESIZERS


@final
@dataclass(frozen=True)
class Pixels(Extractor):
    """Flattened pixels in [0, 1], optionally resized to `size` × `size` first."""

    size: int | None = None
    resizer: ResizerName = "torch-bilinear"

    views: ClassVar = ("features",)

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise SpecError(f"pixels:size={self.size}: the size is a number of pixels, at least 1")

    @property
    def name(self) -> str:
        """`pixels`, with the size if one is given."""
        return "pixels" if self.size is None else f"pixels:size={self.size}"

    @property
    def resize(self) -> str:
        """The resizer's name and the size, or none."""
        return "none" if self.size is None else f"{self.resizer}-{self.size}"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, h, w) in [0, 1]."""
        if self.size is not None:
            return RESIZERS[self.resizer](image, self.size)
        return np.ascontiguousarray(image.transpose(2, 0, 1)).astype(np.float32) / 255

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, 3·h·w)."""
        if stack.size == 0:
            raise FeatureError("images without pixels cannot be compared")
        return {"features": stack.reshape(len(stack), -1)}


EXTRACTOR = Pixels
