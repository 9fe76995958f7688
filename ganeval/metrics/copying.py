"""Copying: do the fakes lie nearer to the training images than other real images do?

    NN ratio       median distance of a fake to its nearest training image ÷ the same of held-out reals; at most 1
    near copies    share of fakes that lie so much nearer to one training image than to the next as only 1 % of
                   held-out reals do: 0.01 without copying

1 is best for the NN ratio: the fakes are no nearer than other reals are. It falls when most fakes are copies, or when
fakes crowd where reals are dense (few kinds, blur), so it is no proof. Near copies compare the distance to the nearest
training image with that to the second nearest: neither blur nor few kinds shrinks the one without the other, and it
sees one copy in twenty images. More near copies than chance gives are an alarm (once in a thousand sets without
copying): then look at the pairs, `ganeval copying REAL FAKE --pairs pairs.png`.

Training images are those of `--train`; else the real side stands for them. Held-out reals are those of `--held-out`;
else, with `--train`, the real side; else each training image is judged against the rest. Give the images that the
model was trained on: copies of images that are not here cannot be seen.

Sees: copies, whole or partial, exact or with less noise than tells two reals apart. Blind to copies of images that the
training set holds several times almost alike (the second nearest is then as near), to mirrored or cropped copies where
the features change with them, and to whether an image looks real. Needs 200 training images or more; at 1,000 a
side 5 % of copies raise the alarm.
Cost: two products of n × n × d.

Source: the ratio of nearest to second nearest is Lowe's (Distinctive Image Features from Scale-Invariant Keypoints,
IJCV 2004); distances to training images against those of held-out ones: Meehan, Chaudhuri & Dasgupta, A Non-Parametric
Test to Detect Data-Copying in Generative Models, AISTATS 2020. The test of near copies is ganeval's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float64

from ganeval.core.estimate import Estimate, normal_quantile
from ganeval.core.interval_kind import Counts
from ganeval.core.rows import Rows
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Outcome, Pair, Role, Score
from ganeval.numerics.proportions import exact_bounds
from ganeval.numerics.two_nearest import TwoNearest, two_nearest, two_nearest_within

_NEAR = 0.01  # share of held-out reals that count as near copies
_ALARM = 0.001  # how often sets without copying raise the alarm
_PAIRS = 12
_CANDIDATES = 400


def copied_shares(train: AnyRows, fake: AnyRows, *, held_out: AnyRows | None = None) -> tuple[float, float]:
    """NN ratio, which may exceed 1 here (NaN where most training rows are repeated), and share of near copies.

    Without `held_out` rows each training row is judged against the rest.

    >>> train, held_out = np.array([[0.0], [10.0], [20.0]]), np.array([[4.0], [14.0]])
    >>> copied_shares(train, np.array([[0.0], [21.0], [5.0], [15.0]]), held_out=held_out)  # 3 ÷ 4; two of four
    (0.75, 0.5)
    """
    neighbours = _Neighbours.of(train, fake, held_out=held_out)
    return neighbours.ratio, neighbours.copies / len(fake)


@dataclass(frozen=True)
class _Neighbours:
    """Two nearest training rows of fakes and of held-out reals, and what follows."""

    fake: TwoNearest
    held: TwoNearest
    own: bool

    @classmethod
    def of(cls, train: AnyRows, fake: AnyRows, *, held_out: AnyRows | None) -> "_Neighbours":
        held = two_nearest_within(train) if held_out is None else two_nearest(held_out, train)
        return cls(two_nearest(fake, train), held, held_out is None)

    @property
    def usual(self) -> float:
        """Median distance of a held-out real to its nearest training row."""
        return float(np.median(self.held.distances[:, 0]))

    @property
    def ratio(self) -> float:
        return float(np.median(self.fake.distances[:, 0]) / self.usual) if self.usual else math.nan

    @property
    def limit(self) -> float:
        """The nearest-to-second ratio that 1 % of the held-out reals, and at least one, do not exceed."""
        ratios = np.sort(_nearness(self.held))
        return float(ratios[math.ceil(_NEAR * len(ratios)) - 1])

    @property
    def copies(self) -> int:
        return int((_nearness(self.fake) <= self.limit).sum())

    @property
    def expected(self) -> float:
        """The share of the held-out reals themselves."""
        return float((_nearness(self.held) <= self.limit).mean())

    @property
    def chance(self) -> float:
        """How likely so many near copies are without copying.

        Fakes and held-out reals come in random order of nearness; the fakes before the k-th real are negative
        binomial. Of training rows judged against each other two share a pair, so k is half as large.
        """
        from scipy.stats import nbinom

        m, n = len(self.held.distances), len(self.fake.distances)
        k = self.expected * m / (2 if self.own else 1)
        return float(nbinom.sf(self.copies - 1, k, 1 / (1 + n * (2 if self.own else 1) / m)))

    @property
    def log_error(self) -> float:
        """Standard error of the logarithm of the ratio: medians by their order statistics (McKean & Schrader 1984)."""
        errors = []
        for nearest, pairs in ((self.fake, 1), (self.held, 2 if self.own else 1)):
            ordered = np.sort(nearest.distances[:, 0])
            n, middle = len(ordered), float(np.median(ordered))
            reach = math.sqrt(n * pairs) / 2
            low, high = ordered[max(0, math.floor(n / 2 - reach))], ordered[min(n - 1, math.ceil(n / 2 + reach))]
            errors.append((high - low) / 2 / middle if middle else 0.0)
        return math.hypot(*errors)

    def pairs(self, train: Rows, fake: Rows, *, role: Role) -> tuple[Pair, ...]:
        """The pairs that are nearest beside the second nearest, each training image once; then the nearest ones."""
        order = np.lexsort((self.fake.distances[:, 0], _nearness(self.fake)))[:_CANDIDATES]
        matches: dict[int, int] = {}
        for i in order.tolist():
            matches.setdefault(int(self.fake.positions[i, 0]), i)
        shares = self.fake.distances[:, 0] / self.usual
        return tuple(
            Pair(int(fake.index[i]), int(train.index[j]), role, float(shares[i]))
            for j, i in list(matches.items())[:_PAIRS]
        )


def _nearness(nearest: TwoNearest) -> Float64[np.ndarray, " n"]:
    """Distance to the nearest ÷ distance to the second nearest; 1 where both are 0."""
    first, second = nearest.distances.T
    return np.divide(first, second, out=np.ones(len(first)), where=second > 0)


@final
@dataclass(frozen=True)
class Copying(Metric):
    """Nearest training images of fakes against those of held-out reals; no parameters."""

    statistic: ClassVar = Rows
    optional: ClassVar = ("train", "held_out")
    scores: ClassVar = {
        "copying": Score(
            "NN ratio", "higher", frozenset({"copies"}), identical=0.0, bounds=(0.0, 1.0), aspect="copying"
        ),
        "near_copies": Score(
            "near copies",
            "lower",
            frozenset({"copies"}),
            identical=1.0,
            secondary=True,
            bounds=(0.0, 1.0),
            aspect="copying",
        ),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 70
    default: ClassVar = True
    depends_on_n: ClassVar = False
    interval: ClassVar = Counts()
    assumes_independence: ClassVar = False  # the training images are taken as given
    has_own_floor: ClassVar = True
    shows_pairs: ClassVar = True
    citation: ClassVar = (
        "Meehan, Chaudhuri, Dasgupta. A Non-Parametric Test to Detect Data-Copying in Generative Models. "
        "AISTATS 2020. arXiv:2004.05675"
    )

    @property
    def minimum(self) -> int:
        """Three: a training image needs two others."""
        return 3

    def __call__(self, **statistics: Rows) -> Mapping[str, float | None]:
        """NN ratio and share of near copies, 0 to 1."""
        return self.outcome(**statistics).scores

    def outcome(self, *, real: Rows, fake: Rows, train: Rows | None = None, held_out: Rows | None = None) -> Outcome:
        """The scores, with the closest pairs and whether there are more near copies than chance gives."""
        control = held_out or (None if train is None else real)
        role: Role = "real" if train is None else "train"
        train = train or real
        self.require(
            **{"real": real.n, "fake": fake.n, role: train.n, "held_out": None if control is None else control.n}
        )
        neighbours = _Neighbours.of(train.values, fake.values, held_out=None if control is None else control.values)
        share, ratio, chance = neighbours.copies / fake.n, neighbours.ratio, neighbours.chance
        alarm = chance < _ALARM and neighbours.limit < 1
        sentence = f"near copies: {share:.1%} of the fakes, {neighbours.expected:.1%} of reals that are no copies"
        sentence += ": ALARM, more than chance gives" if alarm else ""
        details = {
            "ratio": None if math.isnan(ratio) else ratio,
            "log_error": neighbours.log_error,
            "copies": neighbours.copies,
            "n": fake.n,
            "expected": neighbours.expected,
            "chance": chance,
            "usual_distance": neighbours.usual,
        }
        repeated = "most of the training images are repeated"
        if role == "train":
            repeated = (
                "most of the reals are training images, and cannot tell what no copy is: give others (--held-out)"
            )
        withheld = {"copying": repeated} if math.isnan(ratio) else {}
        if neighbours.limit == 1:
            alike = "the nearest and the second nearest training image are as near to nearly every other real"
            withheld["near_copies"], sentence = alike, f"near copies are not counted: {alike}"
        scores = {"copying": min(1.0, ratio), "near_copies": share, **dict.fromkeys(withheld)}
        pairs = () if "copying" in withheld else neighbours.pairs(train, fake, role=role)
        return Outcome(scores, withheld, sentences=(sentence,), details=details, pairs=pairs, alarm=alarm)

    def bounds(self, outcome: Outcome, *, level: float, sampled: frozenset[str]) -> dict[str, Estimate]:
        """The ratio by the errors of its two medians, the share by Clopper–Pearson, the training images as given."""
        ratio, n, copies = (outcome.details[name] for name in ("ratio", "n", "copies"))
        low, high = (float(bound[0]) for bound in exact_bounds(np.array([copies]), n, tail=(1 - level) / 2))
        estimates = {}
        if outcome.scores["near_copies"] is not None:
            estimates["near_copies"] = Estimate(
                value=copies / n, corrected=None, low=low, high=high, level=level, method="Clopper-Pearson"
            )
        if ratio is not None:
            reach = math.exp(normal_quantile(level) * outcome.details["log_error"])
            value, low, high = (min(1.0, bound) for bound in (ratio, ratio / reach, ratio * reach))
            estimates["copying"] = Estimate(
                value=value, corrected=None, low=low, high=high, level=level, method="order statistics of the medians"
            )
        return estimates


METRIC = Copying
