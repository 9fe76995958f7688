"""Bins for real rows: the classes of a classifier, or clusters; and which rows belong to none.

A seeded half of the real rows makes the bins. A quarter, `held`, tells what real rows look like
that the bins have not seen: how far they lie from the first half, and how they spread over the bins.
The last quarter, `spare`, stands for a perfect generator.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64

from ganeval.core.rows import BLOCK, Rows
from ganeval.core.types import AnyRows
from ganeval.numerics.distances import distinct
from ganeval.numerics.neighbours import kth_distances, nearest_distances

_RECOGNISED = 0.99  # share of held-out reals that count as recognisable
_NEIGHBOURS = 3
_LARGEST = 0.95  # quantile at which ball sizes are cut, so that an outlier holds no empty space
_WIDE = 2048  # more dimensions are first projected on principal components
_COMPONENTS = 256

Assign = Callable[[AnyRows], Int64[np.ndarray, " n"]]


@dataclass(frozen=True)
class Bins:
    """Names of K bins, the share of real rows in each, and the two questions to ask of a row.

    `accuracy` is the share of held-out rows that the classifier puts into their own class, and
    `guess` the share it would reach by always naming the largest; both None for clusters.
    """

    names: tuple[str, ...]
    fair: Float64[np.ndarray, " k"]
    assign: Assign
    made_of: AnyRows
    scales: Float64[np.ndarray, " m"]
    growth: float
    held: AnyRows
    spare: AnyRows
    accuracy: float | None = None
    guess: float | None = None

    def recognised(self, rows: AnyRows) -> np.ndarray:
        """Whether each row is as near to a real row as 99 % of held-out reals are.

        Near is measured in that real row's distance to its third neighbour: a blurred image that lies between two
        crowded classes is far, one of a rare and varied class need not be.
        """
        return nearest_distances(rows, self.made_of, scales=self.scales) <= self.growth


def class_bins(real: Rows, *, seed: int) -> Bins:
    """One bin a class: linear discriminant analysis with a shrunk common covariance (Ledoit & Wolf 2004)."""
    assert real.labels is not None
    names, classes = np.unique(real.labels, return_inverse=True)
    fit, validation, spare = _parts(real, classes, seed)
    present = np.unique(classes[fit])
    assign = _discriminant(real.values[fit], classes[fit], seed)
    unseen = np.concatenate([validation, spare])
    right = assign(real.values[unseen]) == classes[unseen]
    fair = np.bincount(classes, minlength=len(names)) / real.n
    assert len(present) == len(names)
    bins = _bins(tuple(map(str, names)), assign, fair, real=real, parts=(fit, validation, spare))
    return replace(bins, accuracy=float(right.mean()) if len(right) else 0.0, guess=float(fair.max()))


def cluster_bins(real: Rows, *, k: int, seed: int) -> Bins:
    """k-means clusters of the features (k-means++ start), as in NDB (Richardson & Weiss 2018)."""
    fit, validation, spare = _parts(real, np.zeros(real.n, np.int64), seed)
    k = min(k, len(distinct(real.values[fit])[0]))
    assign = nearest_means(real.values[fit], k=k, seed=seed)
    fair = np.bincount(assign(real.values), minlength=k) / real.n
    names = tuple(f"cluster {i}" for i in range(k))
    return _bins(names, assign, fair, real=real, parts=(fit, validation, spare))


def _bins(names: tuple[str, ...], assign: Assign, fair: np.ndarray, *, real: Rows, parts: Sequence[np.ndarray]) -> Bins:
    fit, validation, spare = parts
    scales, growth = _reach(real, fit, validation)
    return Bins(
        names=names,
        fair=fair,
        assign=assign,
        made_of=real.values[fit],
        scales=scales,
        growth=growth,
        held=real.values[validation],
        spare=real.values[spare],
    )


def nearest_means(rows: AnyRows, *, k: int, seed: int, rounds: int = 300) -> Assign:
    """Which of k means is nearest, the means found on these rows (k-means++ start)."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    project = _projection(rows, seed)
    start = np.random.RandomState(seed)
    means = KMeans(k, n_init=1, max_iter=rounds, random_state=start)  # pyright: ignore[reportArgumentType]
    with warnings.catch_warnings():  # fewer kinds of rows than clusters leave clusters empty
        warnings.simplefilter("ignore", ConvergenceWarning)
        means.fit(project(rows))

    def assign(values: AnyRows) -> Int64[np.ndarray, " n"]:
        return np.concatenate([means.predict(project(block)) for block in _blocks(values)]).astype(np.int64)

    return assign


def _parts(real: Rows, strata: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of a half and two quarters, the same shares of every stratum; the half has at least one of each."""
    order = real.ordered(seed=seed, purpose="bins")
    order = order[np.argsort(strata[order], kind="stable")]
    counts = np.bincount(strata)
    rank = np.arange(real.n) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[rank % 2 == 0], order[rank % 4 == 1], order[rank % 4 == 3]


def _reach(real: Rows, fit: np.ndarray, validation: np.ndarray) -> tuple[np.ndarray, float]:
    """Ball sizes around the fitted half, and how much they must grow to hold 99 % of the held-out rows."""
    rows = real.values[fit]
    sizes = kth_distances(rows, k=min(_NEIGHBOURS, len(rows) - 1))
    scales = np.minimum(sizes, np.quantile(sizes, _LARGEST))
    grown = nearest_distances(real.values[validation], rows, scales=scales)
    return scales, float(np.quantile(grown, _RECOGNISED, method="higher"))


def _discriminant(rows: np.ndarray, classes: np.ndarray, seed: int) -> Assign:
    from sklearn.covariance import ledoit_wolf

    project = _projection(rows, seed)
    seen = project(rows).astype(np.float64)
    centre = seen.mean(axis=0)
    present, numbers = np.unique(classes, return_inverse=True)
    means = np.stack([seen[numbers == c].mean(axis=0) for c in range(len(present))])
    covariance, _ = ledoit_wolf(seen - means[numbers], assume_centered=True)
    scale = max(float(np.trace(covariance)) / len(covariance), np.finfo(np.float64).tiny)
    moved = (means - centre).T
    weights = np.linalg.solve(covariance + 1e-9 * scale * np.eye(len(covariance)), moved)
    offsets = np.log(np.bincount(numbers) / len(rows)) - (moved * weights).sum(axis=0) / 2

    def assign(values: AnyRows) -> Int64[np.ndarray, " n"]:
        scores = (((project(block) - centre) @ weights + offsets) for block in _blocks(values))
        return np.concatenate([present[part.argmax(axis=1)] for part in scores])

    return assign


def _projection(rows: np.ndarray, seed: int) -> Callable[[AnyRows], AnyRows]:
    """float32 rows from the mean of these, as a large offset would cost digits; very wide ones on their first axes.

    The axes are principal components.
    """
    origin = rows.mean(axis=0, dtype=np.float64)

    def centred(values: AnyRows) -> AnyRows:
        return (values - origin).astype(np.float32)

    if rows.shape[1] <= _WIDE:
        return centred
    from sklearn.decomposition import PCA

    components = min(_COMPONENTS, len(rows))
    pca = PCA(components, svd_solver="randomized", random_state=np.random.RandomState(seed)).fit(centred(rows))
    return lambda values: pca.transform(centred(values)).astype(np.float32)


def _blocks(rows: AnyRows) -> list[AnyRows]:
    return [rows[i : i + BLOCK] for i in range(0, max(len(rows), 1), BLOCK)]
