"""Resizers by name: uint8 (h, w, 3) to float32 (3, size, size) in [0, 1].

`torch-bilinear` is pytorch-fid's: `interpolate(mode="bilinear", align_corners=False)` without
antialiasing, on pixels divided by 255. Resizers of one name but another library differ by whole
FID points (Parmar et al., On Aliased Resizing, CVPR 2022), so the name is part of the protocol.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float32

from ganeval.types import Image

Resizer = Callable[[Image, int], Float32[np.ndarray, "3 size size"]]


def torch_bilinear(image: Image, size: int) -> Float32[np.ndarray, "3 size size"]:
    """Bilinear without antialiasing, as torch does it; an image of that size is only divided by 255."""
    import torch

    scaled = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).contiguous().float().div(255)
    if image.shape[:2] == (size, size):
        return scaled.numpy()
    resized = torch.nn.functional.interpolate(scaled[None], size=(size, size), mode="bilinear", align_corners=False)
    return resized[0].numpy()


RESIZERS: Mapping[str, Resizer] = {"torch-bilinear": torch_bilinear}
