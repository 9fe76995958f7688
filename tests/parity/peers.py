"""The peers, and the files they are compared on.

Warnings that the peers' own code raises while it is imported are dropped here; those it raises
while it runs are named, one by one, in `THEIR_WARNINGS`.
"""

import importlib
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import required, save_images

from benchmarks.stand_in import crops, resized
from ganeval.core.rows import Rows
from ganeval.evaluation.engine import Engine
from ganeval.evaluation.settings import settings_for
from ganeval.extractors.inception import Inception
from ganeval.sources.opening import opened

THEIR_WARNINGS = [
    # scipy's, on the sqrtm call of pytorch-fid and clean-fid
    pytest.mark.filterwarnings("ignore:The `disp` argument is deprecated:DeprecationWarning"),
    # torchvision's, on clean-fid's call of inception_v3
    pytest.mark.filterwarnings("ignore:The parameter 'pretrained' is deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:Arguments other than a weight enum or `None`:UserWarning"),
]

FEATURES = 1e-4  # of the peer's largest feature, for rows that went through a network


def peer(module: str) -> ModuleType:
    """A peer's module; without it the test is skipped, or fails where it was promised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ImportError:
        required(False, module.partition(".")[0])
        raise


def close(ours: np.ndarray, theirs: np.ndarray, *, of_largest: float = FEATURES) -> None:
    """Assert that features agree, relative to the peer's largest one."""
    assert ours.shape == theirs.shape
    scale = np.abs(theirs).max()
    assert np.abs(ours - theirs).max() <= of_largest * scale


def mixed_folder(folder: Path, photos: list[np.ndarray], digits: np.ndarray, *, size: int, suffix: str) -> Path:
    """Two photographs and two grey digits of one size, as files."""
    images = [*crops(photos, n=2, size=size, seed=size), *(resized(digit, size) for digit in digits[size : size + 2])]
    return save_images(folder, images, suffix=suffix)


def files_in(folder: Path) -> list[Path]:
    """Its files, by name."""
    return sorted(folder.iterdir())


def ganeval_views(folder: Path, extractor: Inception) -> dict[str, np.ndarray]:
    """Every view of a folder's images, as the engine collects them."""
    source = opened(folder)
    wants = dict.fromkeys(extractor.views, Rows)
    index = np.arange(len(source), dtype=np.int64)
    protocol = settings_for(extractor=extractor).protocol
    side = Engine().collect(source, index, extractor=extractor, wants=wants, protocol=protocol)
    return {view: held.values for view, held in side.statistics.items()}
