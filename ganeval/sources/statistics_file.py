"""Statistics on disk: an .npz with `mu` and `sigma` that pytorch-fid reads too.

Files of ganeval add `n`, `protocol` (JSON) and, if asked for, `index`, `rows` and class `labels`. Files of other
tools have neither: their protocol is unknown.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from ganeval.core.errors import FeatureError, GanevalError, ProtocolError, SourceError
from ganeval.core.files import replacing, require_writable
from ganeval.core.protocol import Protocol
from ganeval.core.records import require_fitting, short
from ganeval.core.rows import BLOCK, LARGEST, Moments, Rows
from ganeval.sources.labels import as_labels
from ganeval.sources.numpy_file import opened_npz
from ganeval.sources.source import Input, Source

_ROUNDING = 1e-6
_NEAR = 1e-4  # of the spread and size of the rows: files of 16-bit rows stay inside
_MOST_IMAGES = 10**15


@final
@dataclass(frozen=True)
class StatisticsFile(Input):
    """What such a file holds; `protocol` is None when the file does not say it.

    `shard` is its part of a set, "2/4". ADM's reference batches hold images too, and mean and covariance of a second
    view, `spatial`.
    """

    spec: str
    identity: str
    moments: Moments
    rows: Rows | None
    protocol: Protocol | None
    further: Mapping[str, Moments] = field(default_factory=dict)
    images: Source | None = None
    shard: str | None = None


def read_statistics(arrays: Mapping[str, np.ndarray], *, spec: str, identity: str) -> StatisticsFile:
    """The statistics of a set, in the loaded arrays of an .npz; GanevalError naming the file when they are damaged."""
    return _of_a_set(_read(arrays, spec, identity))


def read_set(path: Path) -> StatisticsFile:
    """A file of `ganeval stats` that stands for a set; SourceError when it is none, or says no n or protocol."""
    return _of_a_set(read_shard(path))


def read_shard(path: Path) -> StatisticsFile:
    """As `read_set`, of a file that may also be a shard of a single image or of none (n = 0)."""
    with opened_npz(path, spec=str(path)) as file:
        arrays = {name: file[name] for name in file.files}
    if not {"mu", "sigma", "n", "protocol"} <= arrays.keys():
        raise SourceError(f"{path}: is no statistics file of ganeval with n and protocol: make it with `ganeval stats`")
    return _read(arrays, str(path), str(path.resolve()))


def _of_a_set(file: StatisticsFile) -> StatisticsFile:
    if file.moments.n == 0:
        raise SourceError(f"{file.spec}: it is an empty shard: merge it with the others (`ganeval merge`)")
    if file.moments.n == 1:
        raise SourceError(f"{file.spec}: {_too_few(1)}")
    return file


def _read(arrays: Mapping[str, np.ndarray], spec: str, identity: str) -> StatisticsFile:
    try:
        protocol = _protocol(arrays["protocol"]) if "protocol" in arrays else None
        shard = str(arrays["shard"]) if "shard" in arrays else None
        n = _count(arrays["n"]) if "n" in arrays else None
        if n is not None and n < 2 and (n < 0 or shard is None):
            raise FeatureError(_too_few(n))
        moments = _moments(arrays, "mu", "sigma", n)
        rows = _rows(arrays, moments) if n != 0 and "rows" in arrays else None
        spatial = n != 0 and {"mu_s", "sigma_s"} <= arrays.keys()
        further = {"spatial": _moments(arrays, "mu_s", "sigma_s", n)} if spatial else {}
    except ProtocolError as error:
        raise ProtocolError(f"{spec}: {error}") from error
    except (GanevalError, ValueError, TypeError) as error:
        raise SourceError(f"{spec}: {error}") from error
    return StatisticsFile(
        spec=spec, identity=identity, moments=moments, rows=rows, protocol=protocol, further=further, shard=shard
    )


def _protocol(written: np.ndarray) -> Protocol:
    try:
        fields = json.loads(str(written))
    except (ValueError, RecursionError) as error:
        raise FeatureError(f"its protocol is no JSON ({error}): recompute the statistics") from None
    if not isinstance(fields, dict):
        raise FeatureError(f"its protocol is no JSON object but {fields!r}: recompute the statistics")
    require_fitting(fields, Protocol, where="its protocol")
    return Protocol.from_json(fields)


def _count(written: np.ndarray) -> int:
    """A whole number that can be a number of images; some tools write it as a float."""
    real = written.size == 1 and written.dtype.kind in "iuf"
    value = written.item() if real else None
    if value is None or not abs(value) <= _MOST_IMAGES or value != int(value):
        shown = short(" ".join(str(written).split()))
        raise FeatureError(f"n is {shown}, expected a whole number of images: recompute the statistics")
    return int(value)


def _too_few(n: int) -> str:
    return f"n = {n}: a covariance needs at least 2 images"


def _moments(arrays: Mapping[str, np.ndarray], mean: str, covariance: str, n: int | None) -> Moments:
    mu, sigma = arrays[mean], arrays[covariance]
    for name, values in ((mean, mu), (covariance, sigma)):
        if values.dtype.kind not in "iuf":
            raise FeatureError(f"{name} holds {values.dtype}, expected real numbers: recompute the statistics")
    if n == 0 and mu.size == 0:
        return Moments(0, np.zeros(0), None, np.zeros((0, 0)))
    if mu.ndim != 1 or mu.size == 0:  # a scalar would make a distance without a word
        raise FeatureError(f"{mean} has shape {mu.shape}, expected (d,): recompute the statistics")
    for name, values, most in ((mean, mu, LARGEST), (covariance, sigma, LARGEST**2)):
        if float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) > most:
            raise FeatureError(f"{name} holds values beyond {most:.1e}: rescale the features")
    moments = Moments.from_covariance(mu, sigma, n=n)
    if n is not None and n < 2 and (n == 0 or sigma.any()):
        raise FeatureError(_too_few(n))
    _require_covariance(moments)
    return moments


def _require_covariance(moments: Moments) -> None:
    """FeatureError for a negative variance, or more directions than n images can span."""
    covariance = moments.covariance
    total = float(np.trace(covariance))
    # rounding to float32 stays far inside this, a damaged file does not
    allowance = _ROUNDING * max(total, np.finfo(np.float64).tiny)
    try:
        np.linalg.cholesky(covariance + allowance * np.eye(len(covariance)))
    except np.linalg.LinAlgError:
        raise FeatureError(
            "sigma is not a covariance (a variance in some direction is negative): recompute the statistics"
        ) from None
    # (tr Σ)² ≤ rank Σ · tr Σ², and n images have a covariance of rank n − 1 at most
    spread = float(np.square(covariance).sum())
    if moments.n is not None and total**2 > (moments.n - 1) * spread * (1 + _ROUNDING):
        raise FeatureError(
            f"n = {moments.n} is too small for sigma, which spreads in {total**2 / spread:.1f} directions or more: "
            "recompute the statistics"
        )


def _rows(arrays: Mapping[str, np.ndarray], moments: Moments) -> Rows:
    values = arrays["rows"]
    index = arrays["index"] if "index" in arrays else np.arange(len(values))
    if index.dtype.kind not in "iu":
        raise FeatureError(f"index holds {index.dtype}, expected whole numbers: recompute the statistics")
    if (index < 0).any():
        raise FeatureError("index holds negative numbers: recompute the statistics")
    labels = as_labels(arrays["labels"]) if "labels" in arrays else None
    if labels is not None and len(labels) != len(values):
        raise FeatureError(f"{len(labels)} labels do not belong to {len(values)} rows: recompute the statistics")
    rows = Rows.of(index.ravel().astype(np.int64), values, labels=labels)
    if rows.values.shape[1] != moments.d or moments.n not in (None, rows.n):
        raise FeatureError(
            f"rows {rows.values.shape} do not belong to mu of {moments.d} dimensions and n = {moments.n}: "
            "recompute the statistics"
        )
    _require_own(rows, moments)
    return rows


def _require_own(rows: Rows, moments: Moments) -> None:
    """FeatureError where mean and variances of the rows are others than those that are written beside them."""
    mean = rows.values.mean(axis=0, dtype=np.float64)
    squares = np.zeros(moments.d)
    for start in range(0, rows.n, BLOCK):
        squares += np.square(rows.values[start : start + BLOCK] - mean).sum(axis=0)
    variances = squares / max(rows.n - 1, 1)
    scale = np.sqrt(variances.sum()) + np.abs(mean).max()
    near = np.abs(mean - moments.mean).max() <= _NEAR * scale
    if not near or np.abs(variances - np.diag(moments.covariance)).max() > _NEAR * scale**2:
        raise FeatureError("mu and sigma are not those of its rows: recompute the statistics")


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
    require_writable(path)
    with replacing(path) as file:
        np.savez(file, **arrays)


def write_empty(path: Path, *, protocol: Mapping[str, Any], shard: str) -> None:
    """A shard that got no image."""
    nothing = {"mu": np.zeros(0), "sigma": np.zeros((0, 0)), "n": 0}
    require_writable(path)
    with replacing(path) as file:
        np.savez(file, **nothing, protocol=json.dumps(protocol), shard=shard)
