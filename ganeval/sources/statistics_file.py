"""Statistics on disk: an .npz with `mu` and `sigma` that pytorch-fid reads too.

Files of ganeval add `n`, `protocol` (JSON) and, if asked for, `index`, `rows` and class `labels`. Files of other
tools have neither: their protocol is unknown.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ganeval.errors import FeatureError, SourceError
from ganeval.sources.labels import as_labels
from ganeval.sources.source import Source
from ganeval.statistics import Moments, Rows

_ROUNDING = 1e-6


@dataclass(frozen=True)
class StatisticsFile:
    """What such a file holds; `protocol` is None when the file does not say it.

    ADM's reference batches hold images too, and mean and covariance of a second view, `spatial`.
    """

    spec: str
    identity: str
    moments: Moments
    rows: Rows | None
    protocol: Mapping[str, Any] | None
    further: Mapping[str, Moments] = field(default_factory=dict)
    images: Source | None = None


def read_statistics(arrays: Mapping[str, np.ndarray], *, spec: str, identity: str) -> StatisticsFile:
    """The statistics in the loaded arrays of an .npz; SourceError naming the file when they are damaged."""
    try:
        n = int(arrays["n"]) if "n" in arrays else None
        protocol = json.loads(str(arrays["protocol"])) if "protocol" in arrays else None
        if protocol is not None and not isinstance(protocol, dict):
            raise FeatureError(f"its protocol is no JSON object but {protocol!r}: recompute the statistics")
        moments = _moments(arrays["mu"], arrays["sigma"], n=n)
        rows = _rows(arrays, moments) if "rows" in arrays else None
        spatial = {"mu_s", "sigma_s"} <= arrays.keys()
        further = {"spatial": _moments(arrays["mu_s"], arrays["sigma_s"], n=n)} if spatial else {}
    except (FeatureError, ValueError, TypeError) as error:
        raise SourceError(f"{spec}: {error}") from error
    return StatisticsFile(spec, identity, moments, rows, protocol, further)


def _moments(mu: np.ndarray, sigma: np.ndarray, *, n: int | None) -> Moments:
    if n == 0:
        raise FeatureError("it is an empty shard: merge it with the others (`ganeval merge`)")
    if mu.ndim != 1 or mu.size == 0:  # a scalar would make a distance without a word
        raise FeatureError(f"mu has shape {mu.shape}, expected (d,): recompute the statistics")
    if n is not None and n < 2:
        raise FeatureError(f"n = {n}: a covariance needs at least 2 images")
    moments = Moments.from_covariance(mu, sigma, n=n)
    covariance = moments.covariance
    # rounding to float32 stays far inside this, a damaged file does not
    allowance = _ROUNDING * max(float(np.trace(covariance)), np.finfo(np.float64).tiny)
    try:
        np.linalg.cholesky(covariance + allowance * np.eye(len(covariance)))
    except np.linalg.LinAlgError:
        raise FeatureError(
            "sigma is not a covariance (a variance in some direction is negative): recompute the statistics"
        ) from None
    return moments


def _rows(arrays: Mapping[str, np.ndarray], moments: Moments) -> Rows:
    values = arrays["rows"]
    index = arrays["index"] if "index" in arrays else np.arange(len(values))
    labels = as_labels(arrays["labels"]) if "labels" in arrays else None
    if labels is not None and len(labels) != len(values):
        raise FeatureError(f"{len(labels)} labels do not belong to {len(values)} rows: recompute the statistics")
    rows = Rows.of(index.astype(np.int64), values, labels=labels)
    if rows.values.shape[1] != moments.d or moments.n not in (None, rows.n):
        raise FeatureError(
            f"rows {rows.values.shape} do not belong to mu of {moments.d} dimensions and n = {moments.n}: "
            "recompute the statistics"
        )
    return rows


def write_statistics(
    path: Path, *, moments: Moments, rows: Rows | None, protocol: Mapping[str, Any], shard: str | None = None
) -> None:
    """Write the file whole or not at all: to a temporary name first, then renamed.

    A shard may hold one image, whose covariance is written as 0: merging needs no more.
    """
    single = moments.n == 1 and shard is not None
    sigma = np.zeros((moments.d, moments.d)) if single else moments.covariance
    arrays: dict[str, Any] = {"mu": moments.mean, "sigma": sigma, "protocol": json.dumps(protocol)}
    if moments.n is not None:
        arrays["n"] = moments.n
    if shard is not None:
        arrays["shard"] = shard
    if rows is not None:
        arrays |= {"index": rows.index, "rows": rows.values}
        if rows.labels is not None:
            arrays["labels"] = rows.labels
    with written_whole(path) as file:
        np.savez(file, **arrays)


def write_empty(path: Path, *, protocol: Mapping[str, Any], shard: str) -> None:
    """A shard that got no image."""
    nothing = {"mu": np.zeros(0), "sigma": np.zeros((0, 0)), "n": 0}
    with written_whole(path) as file:
        np.savez(file, **nothing, protocol=json.dumps(protocol), shard=shard)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears under `path` only when the block ends without an error."""
    require_writable(path)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file  # pyright: ignore[reportReturnType]
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def require_writable(path: Path) -> None:
    """SourceError when `path` cannot be a new file: cheap enough to ask before a long run."""
    if path.is_dir():
        raise SourceError(f"{path}: is a folder, give the name of a file to write")
    if not path.parent.is_dir():
        raise SourceError(f"{path}: the folder {path.parent} does not exist")
    if not os.access(path.parent, os.W_OK):
        raise SourceError(f"{path}: no permission to write into the folder {path.parent}")
