"""Statistics on disk: an .npz with `mu` and `sigma` that pytorch-fid reads too.

Files of ganeval add `n`, `protocol` (JSON) and, if asked for, `index` and `rows`. Files of other
tools have neither: their protocol is unknown.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ganeval.errors import SourceError
from ganeval.statistics import Moments, Rows


@dataclass(frozen=True)
class StatisticsFile:
    """What such a file holds; `protocol` is None when the file does not say it."""

    spec: str
    identity: str
    moments: Moments
    rows: Rows | None
    protocol: Mapping[str, Any] | None


def read_statistics(arrays: Mapping[str, np.ndarray], *, spec: str, identity: str) -> StatisticsFile:
    """The statistics in the loaded arrays of an .npz; errors name the file."""
    n = int(arrays["n"]) if "n" in arrays else None
    protocol = json.loads(str(arrays["protocol"])) if "protocol" in arrays else None
    rows = None
    if "rows" in arrays:
        values = arrays["rows"]
        index = arrays["index"] if "index" in arrays else np.arange(len(values))
        rows = Rows.of(index.astype(np.int64), values)
    try:
        moments = Moments.from_covariance(arrays["mu"], arrays["sigma"], n=n)
    except ValueError as error:
        raise SourceError(f"{spec}: {error}") from error
    return StatisticsFile(spec, identity, moments, rows, protocol)


def write_statistics(path: Path, *, moments: Moments, rows: Rows | None, protocol: Mapping[str, Any]) -> None:
    """Write the file whole or not at all: to a temporary name first, then renamed."""
    arrays: dict[str, Any] = {"mu": moments.mean, "sigma": moments.covariance, "protocol": json.dumps(protocol)}
    if moments.n is not None:
        arrays["n"] = moments.n
    if rows is not None:
        arrays |= {"index": rows.index, "rows": rows.values}
    with written_whole(path) as file:
        np.savez(file, **arrays)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears under `path` only when the block ends without an error."""
    if not path.parent.is_dir():
        raise SourceError(f"{path}: the folder {path.parent} does not exist")
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file  # pyright: ignore[reportReturnType]
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
