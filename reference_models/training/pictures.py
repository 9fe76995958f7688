"""Pictures of what a model makes: a grid of images, or points as a density."""

import math
from pathlib import Path

import numpy as np
from PIL import Image

_SIDE = 320
_LEAST_EXTENT = 1.5


def pixels(values: np.ndarray) -> np.ndarray:
    """Images in [−1, 1], (n, c, h, w), as uint8 (n, h, w, c): the nearest of 256 levels.

    >>> pixels(np.array([-1.0, 0.0, 1.0]).reshape(1, 1, 1, 3)).ravel().tolist()
    [0, 128, 255]
    """
    levels = np.floor(np.clip((values + 1) / 2, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(levels, 1, 3))


def coloured(images: np.ndarray) -> np.ndarray:
    """uint8 (n, h, w, 1 or 3) as (n, h, w, 3)."""
    return np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images


def picture(image: np.ndarray) -> Image.Image:
    """One uint8 image (h, w, 1 or 3)."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def grid(images: np.ndarray, *, columns: int = 8) -> Image.Image:
    """uint8 images (n, h, w, 1 or 3) in rows, enlarged when they are small."""
    n, height, width, channels = images.shape
    rows = math.ceil(n / columns)
    filled = np.zeros((rows * columns, height, width, channels), np.uint8)
    filled[:n] = images
    sheet = filled.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    found = picture(sheet.reshape(rows * height, columns * width, channels))
    times = max(1, 64 // height)
    return found.resize((found.width * times, found.height * times), Image.Resampling.NEAREST)


def density(points: np.ndarray, *, extent: float | None = None) -> Image.Image:
    """Points (n, 2) as bright dots on black, brighter where there are more; the axes cross in the middle."""
    reach = extent or max(_LEAST_EXTENT, 1.1 * float(np.quantile(np.abs(points), 0.99)))
    counts, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=_SIDE, range=[[-reach, reach]] * 2)
    levels = np.log1p(counts) / max(np.log1p(counts).max(), 1)
    return Image.fromarray(np.round(55 * (levels > 0) + 200 * levels).astype(np.uint8)[::-1])


def saved(image: Image.Image, path: Path) -> None:
    """Written under a temporary name and renamed: never half a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    image.save(partial, format="PNG")
    partial.replace(path)
