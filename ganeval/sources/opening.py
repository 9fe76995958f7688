"""From what the user gave to a source: paths, specs, arrays and tensors."""

import re
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ganeval.errors import SourceError, SpecError
from ganeval.sources.archive import archive
from ganeval.sources.array import Layout, array
from ganeval.sources.decode import SUFFIXES, Exif
from ganeval.sources.folder import folder
from ganeval.sources.source import OnError, Source
from ganeval.sources.statistics_file import StatisticsFile, read_statistics
from ganeval.spec import parsed_value
from ganeval.statistics import Rows

Takes = Literal["images", "rows"]
_USUAL_KEYS = ("arr_0", "images", "samples", "x", "data", "rows", "features")


def opened(
    given: Any, *, takes: Takes = "images", exif: Exif = "ignore", on_error: OnError = "stop"
) -> Source | StatisticsFile | tuple[str, str, Rows]:
    """The source behind a path, an array or a tensor; for feature rows (spec, identity, Rows).

    A path may carry options after a comma: `fake.npy,range=-1:1,layout=nchw,key=samples`.
    SourceError says what was found instead.
    """
    if isinstance(given, Source | StatisticsFile):
        return given
    if isinstance(given, str | Path):
        return _from_path(str(given), takes, exif, on_error)
    values = _as_numpy(given)
    if values is None:
        raise SourceError(f"cannot read images from a {type(given).__name__}: give a path, an array or a tensor")
    spec = f"array{tuple(values.shape)}"
    return _from_array(values, takes, spec, f"array-{id(given)}", {})


def _from_path(text: str, takes: Takes, exif: Exif, on_error: OnError):
    path, options = _path_and_options(text)
    if path.is_dir():
        _refuse_options(text, options)
        if takes == "rows":
            raise SourceError(f"{text}: the extractor 'features' reads rows from .npy or .npz, not a folder")
        return folder(path, spec=text, exif=exif, on_error=on_error)
    if not path.exists():
        raise SourceError(f"{text}: no such file or folder (here: {Path.cwd()})")
    suffix = path.suffix.lower()
    if suffix in (".npy", ".npz"):
        return _from_numpy_file(path, text, takes, options)
    _refuse_options(text, options)
    if suffix == ".zip" and takes == "images":
        return archive(path, spec=text, exif=exif, on_error=on_error)
    if suffix in SUFFIXES:
        raise SourceError(f"{text}: is one image; give the folder that holds the set")
    expected = "a folder, .zip, .npy or .npz" if takes == "images" else ".npy or .npz for feature rows"
    raise SourceError(f"{text}: not something to read {takes} from; give {expected}")


def _path_and_options(text: str) -> tuple[Path, dict[str, str]]:
    if Path(text).exists():
        return Path(text), {}
    head, *pairs = re.split(r",(?=[a-z]+=)", text)
    return Path(head), dict(pair.split("=", 1) for pair in pairs)


def _refuse_options(text: str, options: dict[str, str]) -> None:
    if options:
        raise SpecError(f"{text}: options {', '.join(options)} are for .npy and .npz only")


def _from_numpy_file(path: Path, text: str, takes: Takes, options: dict[str, str]):
    identity = str(path.resolve())
    try:
        loaded = np.load(path, mmap_mode="r" if path.suffix.lower() == ".npy" else None, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return _from_array(loaded, takes, text, identity, options)
        if {"mu", "sigma"} <= set(loaded.files) and "key" not in options:
            return read_statistics({key: loaded[key] for key in loaded.files}, spec=text, identity=identity)
        return _from_array(loaded[_key(loaded.files, options, text)], takes, text, identity, options)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise SourceError(f"{text}: not a readable {path.suffix} file ({error})") from error


def _key(files: list[str], options: dict[str, str], text: str) -> str:
    wanted = options.get("key")
    if wanted in files:
        return wanted
    if wanted is None:
        if len(files) == 1:
            return files[0]
        usual = [key for key in _USUAL_KEYS if key in files]
        if usual:
            return usual[0]
    raise SourceError(f"{text}: holds the arrays {', '.join(files) or '(none)'}: name one with ,key=NAME")


def _from_array(values: np.ndarray, takes: Takes, spec: str, identity: str, options: dict[str, str]):
    unknown = set(options) - {"range", "layout", "key"}
    if unknown:
        raise SpecError(f"{spec}: unknown option {sorted(unknown)[0]!r} (known: range, layout, key)")
    if takes == "rows":
        return spec, identity, Rows.of(np.arange(len(values), dtype=np.int64), _table(values, spec))
    stated = options.get("layout")
    layout = None if stated is None else parsed_value(stated, Layout, name=f"{spec}: layout")
    return array(values, spec=spec, identity=identity, value_range=_range(options, spec), layout=layout)


def _table(values: np.ndarray, spec: str) -> np.ndarray:
    if values.ndim != 2:
        raise SourceError(f"{spec}: feature rows must be (n, d), got {values.shape}")
    if len(values) == 0:
        raise SourceError(f"{spec}: holds no rows")
    return np.asarray(values)


def _range(options: dict[str, str], spec: str) -> tuple[float, float] | None:
    if "range" not in options:
        return None
    try:
        black, white = map(float, options["range"].split(":"))
    except ValueError:
        raise SpecError(f"{spec}: range={options['range']} is not black:white, such as 0:1 or -1:1") from None
    return black, white


def _as_numpy(given: Any) -> np.ndarray | None:
    if isinstance(given, np.ndarray):
        return given
    if type(given).__module__.partition(".")[0] == "torch" and hasattr(given, "detach"):
        tensor = given.detach().cpu()
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    return None
