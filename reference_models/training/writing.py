"""Images and points as files: a folder of PNG files, or one array."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from reference_models.errors import ModelsError
from reference_models.training.pictures import picture


def write_folder(blocks: Iterable[np.ndarray], out: Path, *, labels: Sequence[str] | None = None) -> int:
    """Blocks of images as 000000.png and so on, in a folder for each label if there are any; how many."""
    if out.exists() and any(out.iterdir()):
        raise ModelsError(f"{out} is not empty: choose another --out")
    n = 0
    for block in blocks:
        if block.ndim == 2:
            raise ModelsError("points in the plane are no images: give --out a name that ends in .npy")
        for image in block:
            path = out / (labels[n] if labels is not None else ".") / f"{n:06}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(image).save(path)
            n += 1
    return n


def write_array(blocks: Iterable[np.ndarray], out: Path) -> int:
    """Blocks as one array (n, …) in a file, under a temporary name and renamed; how many."""
    values = np.concatenate(list(blocks))
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial.npy")
    np.save(partial, values)
    partial.replace(out)
    return len(values)
