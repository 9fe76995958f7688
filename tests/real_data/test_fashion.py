"""Real garments (Debian's dataset-fashion-mnist): pixels are integers, so ties and exact answers abound."""

import gzip
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from conftest import required

import ganeval

FOLDER = Path("/usr/share/datasets/fashion-mnist")


def values(name: str, header: int) -> np.ndarray:
    path = FOLDER / name
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


@pytest.fixture(scope="module")
def garments() -> tuple[np.ndarray, np.ndarray]:
    """The 10,000 test images (n, 28, 28) and their labels."""
    if not FOLDER.exists() and shutil.which("apt-get") is None:
        pytest.skip("Debian's dataset-fashion-mnist cannot be installed here")
    required(FOLDER.exists(), "Debian's dataset-fashion-mnist")
    images = next(p.name for p in sorted(FOLDER.iterdir()) if p.name.startswith("t10k-images"))
    labels = next(p.name for p in sorted(FOLDER.iterdir()) if p.name.startswith("t10k-labels"))
    return values(images, 16).reshape(-1, 28, 28), values(labels, 8)


def test_dropped_classes_cost_recall_and_not_precision(garments):
    images, labels = garments
    real, held_out = images[:1000], images[1000:2000]
    few = images[2000:][np.isin(labels[2000:], [0, 1])][:1000]
    options = {"extractor": "pixels:size=14", "metrics": ["pr", "dc", "fd", "kid"]}
    whole, dropped = (ganeval.evaluate(real, fake, **options) for fake in (held_out, few))
    assert dropped["precision"].value > 0.9 * whole["precision"].value
    assert dropped["recall"].value < 0.8 * whole["recall"].value
    assert dropped["coverage"].value < 0.6 * whole["coverage"].value
    assert dropped["fd"].value > 5 * whole["fd"].value
    assert dropped["kid"].value > 5 * abs(whole["kid"].value)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_raw_pixels_give_prdc_s_answers(garments):
    """Integer rows: every distance is exact, and so is every tie."""
    required(find_spec("prdc") is not None, "prdc")
    import prdc

    images, _ = garments
    real, fake = (images[a : a + 600].reshape(600, -1).astype(np.float64) for a in (0, 600))
    theirs = prdc.compute_prdc(real, fake, nearest_k=5)
    precision, recall = ganeval.precision_recall(real, fake, k=5, ball="open")
    density, coverage = ganeval.density_coverage(real, fake, k=5, ball="open")
    assert (precision, recall, coverage) == (theirs["precision"], theirs["recall"], theirs["coverage"])
    assert density == pytest.approx(theirs["density"], rel=1e-12)
