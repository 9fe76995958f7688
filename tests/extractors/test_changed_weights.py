"""A weight file that changes between its digest and its loading would give other rows under the old name."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ganeval.core.errors import WeightsError
from ganeval.extractors import classifier, efficientnet_lite0, inception
from ganeval.extractors.base import Extractor
from ganeval.extractors.module import Module


def of_inception(folder: Path, monkeypatch) -> tuple[Extractor, Path]:
    path = folder / "weights.pth"
    path.write_bytes(b"the first")
    return inception.Inception(device="cpu", weights=path), path


def of_lite0(folder: Path, monkeypatch) -> tuple[Extractor, Path]:
    path = Path(shutil.copy(efficientnet_lite0._weight_file(), folder))
    monkeypatch.setattr(efficientnet_lite0, "_weight_file", lambda: path)
    return efficientnet_lite0.EfficientNetLite0(device="cpu"), path


def of_classifier(folder: Path, monkeypatch) -> tuple[Extractor, Path]:
    path = Path(shutil.copy(classifier.weight_file("mnist"), folder))
    monkeypatch.setattr(classifier, "weight_file", lambda name: path)
    return classifier.Classifier("mnist", device="cpu"), path


def of_torchscript(folder: Path, monkeypatch) -> tuple[Extractor, Path]:
    path = folder / "net.pt"
    path.write_bytes(b"the first")
    return Module(str(path), size=8, device="cpu"), path


def of_export(folder: Path, monkeypatch) -> tuple[Extractor, Path]:
    path = folder / "net.pt2"
    path.write_bytes(b"the first")
    return Module(str(path), size=8, device="cpu"), path


@pytest.mark.parametrize("of", [of_inception, of_lite0, of_classifier, of_torchscript, of_export])
def test_another_file_is_not_loaded_under_the_digest_of_the_first(
    of: Callable[[Path, pytest.MonkeyPatch], tuple[Extractor, Path]], tmp_path, monkeypatch
):
    extractor, path = of(tmp_path, monkeypatch)
    assert extractor.digest is not None
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    stack = np.stack([extractor.prepare(np.zeros((8, 8, 3), np.uint8))])
    with pytest.raises(WeightsError, match=r"was changed since its digest was taken"):
        extractor.rows(stack)
