"""Public image sets as arrays: through torchvision, or as Debian packages them.

Downloads lie where ganeval keeps them too: in `$GANEVAL_DATA`, else in the user's cache folder.
"""

import contextlib
import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from platformdirs import user_cache_path

from reference_models.errors import ModelsError

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def debian_fashion_mnist(part: Literal["train", "test"]) -> tuple[np.ndarray, np.ndarray] | None:
    """Images (n, 28, 28) and labels (n,) of Debian's dataset-fashion-mnist; None where it is not installed."""
    stem = {"train": "train", "test": "t10k"}[part]
    images, labels = (DEBIAN / f"{stem}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    if not (images.exists() and labels.exists()):
        return None
    return idx_array(gzip.decompress(images.read_bytes())), idx_array(gzip.decompress(labels.read_bytes())).astype(int)


def idx_array(data: bytes) -> np.ndarray:
    """The bytes of an IDX file in their shape: two zeros, type 8, the number of axes, big-endian lengths, bytes.

    >>> idx_array(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 7]))
    array([[5, 7]], dtype=uint8)
    """
    lengths = np.frombuffer(data, ">u4", data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape([int(length) for length in lengths])


def data_folder() -> Path:
    """Where downloads are kept."""
    stated = os.environ.get("GANEVAL_DATA")
    return Path(stated) if stated else user_cache_path("ganeval", appauthor=False) / "data"


def downloaded(name: str, **part: Any) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of a class of torchvision.datasets that keeps them in memory."""
    made = dataset(name, **part)
    return np.asarray(made.data), np.asarray(made.targets, dtype=int)


def pictures(name: str, **part: Any) -> Iterator[Any]:
    """The PIL images of a class of torchvision.datasets that reads them from disk."""
    made = dataset(name, **part)
    return (made[i][0] for i in range(len(made)))


def dataset(name: str, **part: Any) -> Any:
    """The data set, downloaded if need be; ModelsError when it cannot be had."""
    from torchvision import datasets

    try:
        with contextlib.redirect_stdout(sys.stderr):  # torchvision tells its progress
            return getattr(datasets, name)(root=str(data_folder()), download=True, **part)
    except Exception as error:  # network, disk, checksums, missing archive tools: torchvision raises many kinds
        raise ModelsError(
            f"{name} could not be fetched into {data_folder()} ({str(error).strip().partition(chr(10))[0]}): put "
            "torchvision's files there, or set GANEVAL_DATA to a folder that holds them"
        ) from error
