"""Resizers by name: uint8 (h, w, 3) to float32 (3, size, size) in [0, 1].

* `torch-bilinear`, pytorch-fid's: `interpolate(mode="bilinear", align_corners=False)` without
  antialiasing, on pixels divided by 255.
* `tf1-bilinear`, the original TensorFlow graph's, torch-fidelity's and ADM's: no antialiasing, and output
  pixel i samples the input at i·in/out, so that the image moves by up to half a pixel.
* `pil-bicubic`, clean-fid's: Pillow's antialiased bicubic on each channel in floating point, clipped
  to [0, 255], not rounded.

Resizers of one name but another library differ by whole FID points (Parmar et al., On Aliased
Resizing, CVPR 2022), so the name is part of the protocol.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32
from PIL import Image as Pillow

from ganeval.core.protocol import ResizerName
from ganeval.core.types import Image

Resizer = Callable[[Image, int], Float32[np.ndarray, "3 size size"]]


def torch_bilinear(image: Image, size: int) -> Float32[np.ndarray, "3 size size"]:
    """Bilinear without antialiasing, as torch does it; an image of that size is only divided by 255."""
    import torch

    return torch_bilinear_stack(torch.from_numpy(np.ascontiguousarray(image))[None], size)[0].numpy()


def torch_bilinear_stack(images: Any, size: int) -> Any:
    """The same for a uint8 tensor (n, h, w, 3), on the device where it lies: float32 (n, 3, size, size)."""
    import torch

    scaled = images.permute(0, 3, 1, 2).contiguous().float().div(255)
    if scaled.shape[2:] == (size, size):
        return scaled
    return torch.nn.functional.interpolate(scaled, size=(size, size), mode="bilinear", align_corners=False)


def tf1_bilinear(image: Image, size: int) -> Float32[np.ndarray, "3 size size"]:
    """Bilinear as TensorFlow 1 does it without aligned corners, on values 0 to 255."""
    pixels = image.astype(np.float32)
    rows, columns = _tf1_positions(image.shape[0], size), _tf1_positions(image.shape[1], size)
    left, right = pixels[:, columns.low], pixels[:, columns.high]
    across = left + (right - left) * columns.part[None, :, None]
    top, bottom = across[rows.low], across[rows.high]
    resized = top + (bottom - top) * rows.part[:, None, None]
    return np.ascontiguousarray(resized.transpose(2, 0, 1)) / np.float32(255)


class _Positions(NamedTuple):
    low: np.ndarray
    high: np.ndarray
    part: np.ndarray


def _tf1_positions(length: int, size: int) -> _Positions:
    at = np.arange(size, dtype=np.float32) * np.float32(length / size)
    low = at.astype(np.int64)
    return _Positions(low, np.minimum(low + 1, length - 1), at - low.astype(np.float32))


def pil_bicubic(image: Image, size: int) -> Float32[np.ndarray, "3 size size"]:
    """Pillow's bicubic on each channel as floats, clipped to [0, 255]."""
    resized = [
        np.asarray(Pillow.fromarray(image[:, :, c].astype(np.float32)).resize((size, size), Pillow.Resampling.BICUBIC))
        for c in range(3)
    ]
    return np.clip(np.stack(resized), 0, 255) / np.float32(255)


RESIZERS: Mapping[ResizerName, Resizer] = {
    "torch-bilinear": torch_bilinear,
    "tf1-bilinear": tf1_bilinear,
    "pil-bicubic": pil_bicubic,
}
