"""From what the user gave to a source: paths, specs, arrays and tensors."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib.npyio import NpzFile

from ganeval.core.errors import SourceError, SpecError
from ganeval.core.spec import parsed_value
from ganeval.core.types import Labels
from ganeval.sources.archive import SUFFIXES as ARCHIVES
from ganeval.sources.archive import archive
from ganeval.sources.array import Array, array, array_identity
from ganeval.sources.decode import SUFFIXES, Exif
from ganeval.sources.factory import PREFIX, from_factory
from ganeval.sources.folder import folder
from ganeval.sources.labels import KEYS as LABEL_KEYS
from ganeval.sources.labels import as_labels, labels_from_file
from ganeval.sources.layout import Layout
from ganeval.sources.named import named
from ganeval.sources.numpy_file import SUFFIXES as NUMPY
from ganeval.sources.numpy_file import header, mapped_npy, opened_npz
from ganeval.sources.rows import given_rows
from ganeval.sources.sampler import Sampler, is_module, sampler
from ganeval.sources.source import Files, Input, OnError, Source
from ganeval.sources.statistics_file import StatisticsFile, read_statistics
from ganeval.sources.stream import Stream, is_iterable, stream
from ganeval.sources.tensors import as_numpy

Takes = Literal["images", "rows"]
_USUAL_KEYS = ("arr_0", "images", "samples", "x", "data", "rows", "features")


def opened(
    side: Any, *, takes: Takes = "images", exif: Exif = "ignore", on_error: OnError = "stop", seed: int = 0
) -> Input:
    """The source behind a path, an array, a tensor, an iterable or a function; or feature rows.

    `seed` is for functions `(n, seed) -> images`. A path may carry options after a comma:
    `fake.npy,range=-1:1,layout=nchw,key=samples`.
    SourceError says what was found instead.
    """
    if isinstance(side, Source | StatisticsFile):
        return replace(side, on_error=on_error) if isinstance(side, Sampler | Stream) and on_error == "skip" else side
    if isinstance(side, str) and side.startswith(PREFIX) and not Path(side).exists():
        return replace(from_factory(side, seed=seed), on_error=on_error)
    if isinstance(side, str | Path):
        return _from_path(str(side), takes, exif, on_error)
    values = as_numpy(side)
    if is_iterable(side) and not is_module(side):
        return replace(stream(side), exif=exif, on_error=on_error)
    if values is None and callable(side):
        name = getattr(side, "__name__", "sampler").replace("<lambda>", "sampler")
        return replace(sampler(side, seed=seed, spec=name), on_error=on_error)
    if values is None or values.ndim == 0:
        raise SourceError(
            f"cannot read {takes} from a {type(side).__name__}: give a path, an array, a tensor, "
            "an iterable of batches or a function (n, seed)"
        )
    spec = f"array{tuple(values.shape)}"
    return _from_array(side, takes, spec, array_identity(side, values), {}, on_error)


def _from_path(text: str, takes: Takes, exif: Exif, on_error: OnError) -> Input:
    if not text.strip() or "\0" in text:
        raise SourceError(f"{text!r} is not a path (an empty shell variable?)")
    path, options = _path_and_options(text)
    labels = options.pop("labels", None) if path.suffix.lower() not in NUMPY else None
    if path.is_dir():
        _refuse_options(text, options)
        if takes == "rows":
            raise SourceError(f"{text}: the extractor 'features' reads rows from .npy or .npz, not a folder")
        return _labelled(folder(path, spec=text.split(",labels=")[0], exif=exif, on_error=on_error), labels)
    if not path.exists():
        known = named(text, exif=exif, on_error=on_error) if takes == "images" else None
        if known is not None:
            return known
        raise SourceError(f"{text}: no such file or folder (here: {Path.cwd()})")
    suffix = path.suffix.lower()
    if suffix in NUMPY:
        return _from_numpy_file(path, text, takes, options, on_error)
    _refuse_options(text, options)
    if path.name.lower().endswith(ARCHIVES) and takes == "images":
        return _labelled(archive(path, spec=text.split(",labels=")[0], exif=exif, on_error=on_error), labels)
    if suffix in SUFFIXES and takes == "images":
        raise SourceError(f"{text}: is one image; give the folder that holds the set")
    expected = "a folder, .zip, .tar, .npy or .npz" if takes == "images" else ".npy or .npz for feature rows"
    raise SourceError(f"{text}: not something to read {takes} from; give {expected}")


def _labelled(files: Files, labels: str | None) -> Files:
    if labels is None:
        return files
    read = labels_from_file(Path(labels), names=files.names, n=len(files.names), spec=files.spec)
    return replace(files, labels=read)


def _path_and_options(text: str) -> tuple[Path, dict[str, str]]:
    """The longest part that exists is the path: a folder may be called `a,b=c`."""
    parts = re.split(r",(?=[a-z]+=)", text)
    cuts = range(len(parts), 0, -1)
    cut = next((cut for cut in cuts if Path(",".join(parts[:cut])).exists()), 1)
    options: dict[str, str] = {}
    for key, value in (part.split("=", 1) for part in parts[cut:]):
        if key in options:
            raise SpecError(f"{text}: gives {key!r} twice")
        options[key] = value
    return Path(",".join(parts[:cut])), options


def _refuse_options(text: str, options: dict[str, str]) -> None:
    if options:
        raise SpecError(f"{text}: options {', '.join(options)} are for .npy and .npz only (labels for all)")


def _from_numpy_file(path: Path, text: str, takes: Takes, options: dict[str, str], on_error: OnError) -> Input:
    identity, labels, beside = str(path.resolve()), None, None
    if path.suffix.lower() == ".npy":
        values = mapped_npy(path, spec=text)
    else:
        with opened_npz(path, spec=text) as arrays:
            if {"mu", "sigma"} <= set(arrays.files) and "key" not in options:
                return _statistics(arrays, text, identity, on_error)
            key = _key(arrays, options, text, takes)
            values = arrays[key]
            labels = _npz_labels(arrays, options, values)
            beside = None if labels is not None else _whole_numbers(arrays, len(values), but=key)
    if "labels" in options and labels is None:
        labels = labels_from_file(Path(options["labels"]), names=None, n=len(values), spec=text)
    source = _from_array(values, takes, text, identity, options, on_error, labels)
    return replace(source, beside=beside) if isinstance(source, Array) else source


def _npz_labels(arrays: Any, options: dict[str, str], values: np.ndarray) -> np.ndarray | None:
    """The labels in an .npz: the array that `labels=` names, else one with a usual name and length."""
    wanted = options.get("labels")
    if wanted is not None:
        return arrays[wanted] if wanted in arrays.files else None
    labels = next((arrays[key] for key in LABEL_KEYS if key in arrays.files), None)
    fits = labels is not None and labels.ndim == 1 and len(labels) == len(values) and labels.dtype.kind in "iuU"
    return labels if fits else None


def _whole_numbers(arrays: NpzFile, n: int, *, but: str) -> Labels | None:
    """The first array of one whole number an image, which may be their classes: ADM's samples call it arr_1."""
    for key in arrays.files:
        shape, kind = header(arrays, key)
        if key != but and shape == (n,) and kind in "iu":
            return as_labels(arrays[key])
    return None


def _statistics(arrays: Any, text: str, identity: str, on_error: OnError) -> StatisticsFile:
    """Statistics, and the images they came with in ADM's reference batches."""
    values = {key: arrays[key] for key in arrays.files}
    read = read_statistics(values, spec=text, identity=identity)
    key = next((key for key in _USUAL_KEYS if key in values and values[key].ndim == 4), None)
    if key is None:
        return read
    _require_alone([other for other in values if values[other].ndim >= 4], text, "images")
    return replace(read, images=array(values[key], spec=text, identity=identity, on_error=on_error))


def _key(arrays: NpzFile, options: dict[str, str], text: str, takes: Takes) -> str:
    """The array that counts: the named one, the only one, or the one with a usual name where no other rivals it."""
    wanted, files = options.get("key"), arrays.files
    if wanted in files:
        return wanted
    if wanted is None and len(files) == 1:
        return files[0]
    usual = None if wanted is not None else next((key for key in _USUAL_KEYS if key in files), None)
    if usual is None:
        raise SourceError(f"{text}: holds the arrays {', '.join(files) or '(none)'}: name one with ,key=NAME")
    axes = {key: len(header(arrays, key).shape) for key in files}
    if takes == "images":
        rivals = [key for key in files if axes[key] >= max(axes[usual], 3)]
    else:
        rivals = [key for key in files if axes[key] == 2 and key not in LABEL_KEYS]
    _require_alone([key for key in rivals if key != options.get("labels")], text, takes)
    return usual


def _require_alone(keys: list[str], text: str, takes: Takes) -> None:
    """SourceError where several arrays of an .npz may be what counts: labels and masks have fewer axes than images."""
    if len(keys) > 1:
        raise SourceError(f"{text}: holds several arrays of {takes}, {', '.join(keys)}: name one with ,key=NAME")


def _from_array(
    values: Any,
    takes: Takes,
    spec: str,
    identity: str,
    options: dict[str, str],
    on_error: OnError,
    labels: Any = None,
) -> Input:
    unknown = set(options) - {"range", "layout", "key", "labels"}
    if unknown:
        raise SpecError(f"{spec}: unknown option {sorted(unknown)[0]!r} (known: range, layout, key, labels)")
    if takes == "rows":
        kind = str(values.dtype).rpartition(".")[2]  # bfloat16, which NumPy does not know
        return given_rows(np.asarray(as_numpy(values)), spec=spec, identity=identity, kind=kind, labels=labels)
    stated = options.get("layout")
    layout = None if stated is None else parsed_value(stated.lower(), Layout, name=f"{spec}: layout")
    stated_range = _range(options, spec)
    return array(
        values, spec=spec, identity=identity, value_range=stated_range, layout=layout, on_error=on_error, labels=labels
    )


def _range(options: dict[str, str], spec: str) -> tuple[float, float] | None:
    if "range" not in options:
        return None
    try:
        black, white = map(float, options["range"].split(":"))
    except ValueError:
        raise SpecError(f"{spec}: range={options['range']} is not black:white, such as 0:1 or -1:1") from None
    return black, white
