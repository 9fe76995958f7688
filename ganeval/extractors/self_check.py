"""What this machine has, and whether its device makes the features that ganeval's authors got.

Eight photographs and their efficientnet-lite0 features are part of the package (`doctor_images/`,
written by `benchmarks/doctor_images.py`). A device, driver or library that computes something else
shows here before it shows in a score.
"""

import importlib.metadata
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image as Picture

from ganeval.core.remarks import remarks
from ganeval.core.types import Image

IMAGES = Path(__file__).parent / "data" / "photographs"
TOLERANCE = 1e-4  # of the largest feature: float32 networks on other processors differ by 1e-6 to 1e-5
_PACKAGES = ("torch", "torchvision", "onnxruntime", "numpy", "scipy", "pillow", "pytorch-fid", "timm")
_ROUNDS = 6


@dataclass(frozen=True)
class Check:
    """The largest deviation of a feature, as a share of the largest feature, the speed, and remarks on the network."""

    deviation: float
    images_per_second: float
    remarks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Within TOLERANCE; a feature that is not a number is not."""
        return self.deviation <= TOLERANCE


def machine(device: str) -> Iterator[tuple[str, str]]:
    """What a run would use, as (name, what was found): device, engine, threads, versions, weights."""
    import torch

    from ganeval.extractors._graphs import has_runtime
    from ganeval.extractors._network import chosen_device
    from ganeval.extractors.efficientnet_lite0 import installed_weights
    from ganeval.extractors.weights import inception_places

    device = chosen_device(device)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield "ganeval", f"{importlib.metadata.version('ganeval')} ({Path(__file__).parents[1]})"
    yield "python", f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    yield "device", device if device == "cpu" else f"{device} ({torch.cuda.get_device_name(device)})"
    yield "engine", "ONNX Runtime" if device == "cpu" and has_runtime() else "torch"
    yield "threads", f"{torch.get_num_threads()} of torch; {cores} cores for decoding"
    for package in _PACKAGES:
        yield package, _version(package)
    for place in (*inception_places(), installed_weights()):
        yield place.network, f"{place.verdict} ({place.origin}: {place.path})"


def check(device: str) -> Check:
    """Features of the eight images on a device against the stored ones."""
    from ganeval.extractors.efficientnet_lite0 import EfficientNetLite0

    images, expected = photographs(), stored_features()
    extractor = EfficientNetLite0(device=device)
    with remarks() as heard:
        features = extractor.rows(np.stack([extractor.prepare(image) for image in images]))["features"]
    begun = time.perf_counter()
    for _ in range(_ROUNDS):
        extractor.rows(np.stack([extractor.prepare(image) for image in images]))
    seconds = time.perf_counter() - begun
    deviation = float(np.abs(features - expected).max() / np.abs(expected).max())
    return Check(deviation, _ROUNDS * len(images) / seconds, tuple(heard))


def photographs() -> list[Image]:
    """The eight bundled images, by file name."""
    return [np.array(Picture.open(path).convert("RGB")) for path in sorted(IMAGES.glob("*.png"))]


def stored_features() -> Float32[np.ndarray, "8 1280"]:
    """Their efficientnet-lite0 features."""
    with np.load(IMAGES / "features.npz") as file:
        return file["features"]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
