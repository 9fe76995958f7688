"""Support size: how many different images does the generator make, judged by how soon two are the same?

The birthday problem backwards. Two images collide when they lie no further apart than ε. If a share c of all pairs
collides, then

    support size       1 ÷ c, c = colliding pairs ÷ (n (n − 1)/2): an unbiased c, and more than n can be seen
    effective images   n² ÷ (n + 2 · colliding pairs): the same of this very set; m images repeated evenly give m,
                       and n when there is no collision

the number of equally frequent images that would collide as often (Rényi's order 2, the inverse Simpson index). Higher
is better. When no two fakes collide the support size is withheld, and the bound at 95 % is told: pairs ÷ 3.

ε is the smallest distance between two reals that are not equal, so that the reals collide about once: fakes that
collide more often are less varied than as many reals. `--epsilon` sets it in feature units (0: exact copies only).

Sees: repeated images, collapse to few. Blind to how real an image looks, to modes that are dropped while the rest
stays varied, and to a support beyond n²/2. Dominated by the most frequent image: a few repeated ones hide a rich
rest. With ε from a single pair of reals a count of a few collisions is chance: read it as an order of
magnitude. Depends on n through ε: compare at the same n, 1,000 images or more.
Cost: three products of n × n × d in tiles: a minute for 10,000 images of 2,048 features on a processor.

Source: Arora & Zhang, Do GANs actually learn the distribution? An empirical study, 2017, who look at the nearest pairs
by eye; ε from the reals, and the two estimates, are ganeval's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

import numpy as np

from ganeval.core.estimate import Range
from ganeval.core.rows import Rows
from ganeval.core.spec import require_at_least
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Outcome, Score
from ganeval.numerics.distances import Points
from ganeval.numerics.neighbours import ball_hits, kth_distances

_UNSEEN = -math.log(0.05)  # collisions to expect where none is seen in one set of twenty


def colliding_pairs(rows: AnyRows, *, epsilon: float) -> int:
    """How many pairs of rows (n, d) lie no further apart than `epsilon`, in feature units.

    >>> colliding_pairs(np.array([[0.0], [0.0], [1.0], [3.0]]), epsilon=1.0)
    3
    """
    hits, _ = ball_hits(rows, rows, radii=np.full(len(rows), float(epsilon)), ball="closed")
    return (int(hits.sum()) - len(rows)) // 2


def smallest_distance(rows: AnyRows) -> float:
    """The smallest distance between two rows that are not equal, in feature units; 0 when all are equal.

    >>> smallest_distance(np.array([[0.0], [0.0], [1.0], [3.0]]))
    1.0
    """
    distinct = rows[Points.of(rows).picked]
    return float(kth_distances(distinct, k=1).min()) if len(distinct) > 1 else 0.0


def support_size(rows: AnyRows, *, epsilon: float) -> tuple[float, float]:
    """Support size (∞ when no pair collides) and effective number of images of rows (n, d).

    >>> support_size(np.array([[0.0], [0.0], [3.0], [3.0]]), epsilon=0.0)  # two pairs of six; two images, twice each
    (3.0, 2.0)
    """
    return _sizes(colliding_pairs(rows, epsilon=epsilon), len(rows))


def _sizes(pairs: int, n: int) -> tuple[float, float]:
    return (n * (n - 1) / 2 / pairs if pairs else math.inf), n * n / (n + 2 * pairs)


@final
@dataclass(frozen=True)
class SupportSize(Metric):
    """Support size by collisions nearer than `epsilon` (None: from the reals)."""

    epsilon: Annotated[float | None, "Images no further apart are the same; by default set by the reals."] = None

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "support_size": Score("support size", "higher", frozenset({"dropped-modes"}), decimals=0, bounds=(1.0, None)),
        "effective_images": Score(
            "effective images",
            "higher",
            frozenset({"dropped-modes"}),
            decimals=1,
            secondary=True,
            bounds=(1.0, None),
        ),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 50
    depends_on_n: ClassVar = True
    citation: ClassVar = (
        "Arora, Zhang. Do GANs actually learn the distribution? An empirical study. 2017. arXiv:1706.08224"
    )

    def __post_init__(self) -> None:
        require_at_least(0, epsilon=self.epsilon or 0)

    @property
    def minimum(self) -> int:
        """Two: a collision needs a pair."""
        return 2

    def __call__(self, *, real: Rows, fake: Rows) -> Mapping[str, float | None]:
        """The support size, or None where no two fakes collide, and the effective number of images."""
        return self.outcome(real=real, fake=fake).scores

    def range(self, *, real: Rows, fake: Rows) -> dict[str, Range]:
        """A support size is given where a pair of all collides; no more images are effective than there are."""
        return {"support_size": (1.0, fake.n * (fake.n - 1) / 2), "effective_images": (1.0, float(fake.n))}

    def outcome(self, *, real: Rows, fake: Rows) -> Outcome:
        """The scores, with the collisions of both sides, or the bound where there is none."""
        self.require(real=real.n, fake=fake.n)
        epsilon = smallest_distance(real.values) if self.epsilon is None else float(self.epsilon)
        pairs = {role: colliding_pairs(side.values, epsilon=epsilon) for role, side in (("fake", fake), ("real", real))}
        size, effective = _sizes(pairs["fake"], fake.n)
        out_of = {role: side.n * (side.n - 1) // 2 for role, side in (("fake", fake), ("real", real))}
        sentences = [
            f"{pairs[role]:,} of {out_of[role]:,} pairs of {role}s collide (no further apart than {epsilon:.4g})"
            for role in ("fake", "real")
        ]
        withheld = {}
        if not pairs["fake"]:
            withheld["support_size"] = f"no two fakes collide: at least {out_of['fake'] / _UNSEEN:,.0f} (95%)"
        scores = {"support_size": None if withheld else size, "effective_images": effective}
        return Outcome(
            scores, withheld, sentences=tuple(sentences), details={"epsilon": epsilon, "colliding_pairs": pairs}
        )


METRIC = SupportSize
