"""Known image sets by name: `cifar10:train`, `mnist:test`, …, downloaded once by torchvision.

They lie in `$GANEVAL_DATA`, else in the user's cache folder. Fashion-MNIST is read from Debian's
package dataset-fashion-mnist where that is installed.
"""

import contextlib
import gzip
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ganeval.core.errors import SourceError, SpecError
from ganeval.core.spec import nearest_name
from ganeval.sources.array import array
from ganeval.sources.decode import Exif
from ganeval.sources.labels import own_targets
from ganeval.sources.source import OnError, Source
from ganeval.sources.stream import stream
from ganeval.sources.tensors import as_numpy

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
_DEBIAN_FILES = {"train": "train", "test": "t10k"}
_TRAIN_TEST: Mapping[str, Mapping[str, Any]] = {"train": {"train": True}, "test": {"train": False}}


@dataclass(frozen=True)
class NamedSet:
    """A class of torchvision.datasets, and by part the arguments that choose it."""

    name: str
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _TRAIN_TEST)


def _split(*names: str) -> Mapping[str, Mapping[str, Any]]:
    return {name: {"split": name} for name in names}


SETS: Mapping[str, NamedSet] = {
    "celeba": NamedSet("CelebA", _split("train", "valid", "test", "all")),
    "cifar10": NamedSet("CIFAR10"),
    "cifar100": NamedSet("CIFAR100"),
    "fashion-mnist": NamedSet("FashionMNIST"),
    "flowers102": NamedSet("Flowers102", _split("train", "val", "test")),
    "food101": NamedSet("Food101", _split("train", "test")),
    "kmnist": NamedSet("KMNIST"),
    "mnist": NamedSet("MNIST"),
    "oxford-iiit-pet": NamedSet("OxfordIIITPet", _split("trainval", "test")),
    "stl10": NamedSet("STL10", _split("train", "test", "unlabeled")),
    "svhn": NamedSet("SVHN", _split("train", "test", "extra")),
}


def named(text: str, *, exif: Exif = "ignore", on_error: OnError = "stop") -> Source | None:
    """The set that `name:part` names; None when `text` is not of that form.

    SpecError for a name or part that is not known, SourceError when the set cannot be fetched.
    """
    name, colon, part = text.lower().replace("_", "-").partition(":")
    if not re.fullmatch(r"[a-z0-9-]{2,}(:[a-z]*)?", f"{name}{colon}{part}") or (name not in SETS and not colon):
        return None
    if name not in SETS:
        raise SpecError(
            f"{text}: no such file or folder, and no image set of that name{nearest_name(name, SETS)} "
            f"(sets: {', '.join(SETS)})"
        )
    known = SETS[name]
    if part not in known.parts:
        parts = " or ".join(f"{name}:{one}" for one in known.parts)
        raise SpecError(f"{text}: which part of {name}? Give {parts}{nearest_name(part, known.parts) if part else ''}")
    debian = _debian(part, text, on_error) if name == "fashion-mnist" else None
    return debian or _downloaded(known, part, text=text, exif=exif, on_error=on_error)


def data_folder() -> Path:
    """Where downloaded sets are kept: `$GANEVAL_DATA`, else the platform's cache folder of this user."""
    stated = os.environ.get("GANEVAL_DATA")
    if stated:
        return Path(stated)
    from platformdirs import user_cache_path

    return user_cache_path("ganeval", appauthor=False) / "data"


def _downloaded(known: NamedSet, part: str, *, text: str, exif: Exif, on_error: OnError) -> Source:
    from torchvision import datasets

    folder = data_folder()
    try:
        with contextlib.redirect_stdout(sys.stderr):  # torchvision tells its progress
            dataset = getattr(datasets, known.name)(root=str(folder), download=True, **known.parts[part])
    except Exception as error:  # network, disk, checksums, missing archive tools: torchvision raises many kinds
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise SourceError(
            f"{text}: could not be fetched into {folder} ({reason}): put torchvision's files there, set GANEVAL_DATA "
            "to a folder that holds them, or give a folder of images"
        ) from error
    identity = f"{known.name}-{part}"
    values = as_numpy(getattr(dataset, "data", None))
    if values is not None and values.dtype == np.uint8 and values.ndim in (3, 4):
        return array(values, spec=text, identity=identity, on_error=on_error, labels=own_targets(dataset))
    return replace(stream(dataset, spec=text), identity=identity, exif=exif, on_error=on_error)


def _debian(part: str, text: str, on_error: OnError) -> Source | None:
    """Fashion-MNIST of Debian's package; None where it is not installed."""
    images, labels = (_idx(DEBIAN / f"{_DEBIAN_FILES[part]}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
    if images is None:
        return None
    return array(images, spec=text, identity=f"FashionMNIST-{part}", on_error=on_error, labels=labels)


def _idx(path: Path) -> np.ndarray | None:
    """The bytes of an IDX file, perhaps compressed, in their shape; None where there is none."""
    packed = path.with_name(f"{path.name}.gz")
    if not packed.exists() and not path.exists():
        return None
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    shape = np.frombuffer(data, ">u4", data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape([int(length) for length in shape])
