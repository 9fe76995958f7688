"""Mode-count coverage: how many kinds of real images are drawn at all, and in the right shares?

Bins stand for modes. With class labels on the real side (class sub-folders, or `real/,labels=labels.csv`)
they are classes, and fakes are assigned by a classifier fitted on the real features. Without labels, or with
`--bins clusters`, they are k-means clusters of the real features. `--mixture ring` or `grid` needs no
reals: the points (n, 2) are counted against modes that are known.

    recognisable   share of fakes that lie as near to a real as 99 % of held-out reals do, near measured in the
                   real's own distance to its third neighbour
    modes          bins whose recognisable fakes ÷ all n fakes reach τ of the bin's real share
    NDB/K          share of bins where a two-proportion test at 5 % tells fakes from held-out reals
    JS             Jensen–Shannon divergence of the shares, in nats (0 to ln 2)
    reverse KL     Σ p log(p/q) of the recognisable fakes' shares p against the real shares q, in nats

A blurred seven that a classifier would still call a seven is not recognisable and counts for no mode.
Below 50 % recognisable no count is given: it would be one of noise. A count needs n ≥ 5 K/τ fakes. τ = 0.2 by
default; τ = 0 gives the published rule, one sample is enough at any n and quality: uniform noise reaches 20.7
of the grid's 25 modes by it.

Beside the numbers stand what uniform noise and held-out reals (a perfect generator) score at this
n, and which modes are missing. With a mixture, recognisable is the published high-quality share,
within three standard deviations of a mode: 98.89 % for a perfect sampler.

Sees: dropped and thinned modes; fakes that are of no kind, as far as the features show it: in raw pixels
(`-x pixels`) blur brings images nearer to each other. Blind to collapse inside a bin, and to
what the features cannot tell apart: the classifier's held-out accuracy is printed. NDB of equal
sets is 5 % on average, and grows with n for any small difference. Reverse KL is biased upward by about
(K − 1)/2n: its interval is that of the value without this bias (Miller & Madow 1955).

Source: Srivastava et al., VEEGAN, NeurIPS 2017, and Lin et al., PacGAN, NeurIPS 2018, for counts and high
quality; Richardson & Weiss, On GANs and GMMs, NeurIPS 2018, for bins and NDB. τ, the reject rule
and the floors are ganeval's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, final

import numpy as np

from ganeval.core.errors import FeatureError, SpecError
from ganeval.core.estimate import Estimate, Range
from ganeval.core.interval_kind import Counts
from ganeval.core.randomness import hashed_order
from ganeval.core.rows import Rows
from ganeval.core.spec import require_at_least
from ganeval.core.types import AnyRows
from ganeval.metrics._mixtures import HIGH_QUALITY, MIXTURES, MixtureName
from ganeval.metrics._mode_bins import Bins, class_bins, cluster_bins
from ganeval.metrics._mode_counts import ModeCounts, count_modes
from ganeval.metrics.base import Metric, Outcome, Score
from ganeval.numerics.duplicates import different
from ganeval.numerics.proportions import divergence_estimate, exact_bounds, unseen_below

_PER_CLUSTER = 50
_MOST_CLUSTERS = 100


@final
@dataclass(frozen=True)
class Modes(Metric):
    """Modes counted in classes, clusters or a known mixture."""

    tau: Annotated[float, "A mode counts from this share of its fair share on."] = 0.2
    bins: Annotated[Literal["auto", "classes", "clusters"], "What a mode is; auto: classes where there are labels."] = (
        "auto"
    )
    k: Annotated[int | None, "Number of clusters; by default min(100, n/50)."] = None
    mixture: Annotated[MixtureName | None, "Judge points against this known mixture; no REAL then."] = None
    seed: int = 0

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "recognisable": Score("recognisable", "higher", frozenset({"outliers"})),
        "modes": Score("modes", "higher", frozenset({"dropped-modes"}), decimals=0),
        "ndb": Score("NDB/K", "lower", frozenset({"dropped-modes"}), secondary=True),
        "js": Score("JS", "lower", frozenset({"dropped-modes"}), secondary=True),
        "reverse_kl": Score("reverse KL", "lower", frozenset({"dropped-modes"}), secondary=True),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 30
    default: ClassVar = True
    depends_on_n: ClassVar = False
    interval: ClassVar = Counts()
    has_own_floor: ClassVar = True
    citation: ClassVar = (
        "Srivastava, Valkov, Russell, Gutmann, Sutton. VEEGAN: Reducing Mode Collapse in GANs using Implicit "
        "Variational Learning. NeurIPS 2017. arXiv:1705.07761; "
        "Richardson, Weiss. On GANs and GMMs. NeurIPS 2018. arXiv:1805.12462"
    )

    def __post_init__(self) -> None:
        require_at_least(0, tau=self.tau)
        if self.tau > 1:
            raise SpecError(f"tau = {self.tau} is not possible: a mode's fair share is 1, give at most that")
        require_at_least(2, k=2 if self.k is None else self.k)
        if self.mixture is not None and self.mixture not in MIXTURES:
            raise FeatureError(f"mixture = {self.mixture} is not one of {', '.join(MIXTURES)}")

    @property
    def roles(self):  # pyright: ignore[reportIncompatibleVariableOverride]
        """A mixture needs no reals."""
        return ("real", "fake") if self.mixture is None else ("fake",)

    @property
    def extractor(self):  # pyright: ignore[reportIncompatibleVariableOverride]
        """Points are counted as they are."""
        return None if self.mixture is None else "features"

    @property
    def minimum(self) -> int:
        """One image has a kind; what needs more is withheld with its reason."""
        return 1

    def __call__(self, **statistics: Rows) -> Mapping[str, float | None]:
        """Shares and divergences, and the number of modes."""
        return self.outcome(**statistics).scores

    def outcome(self, *, fake: Rows, real: Rows | None = None) -> Outcome:
        """The scores, with floors, missing modes and the classifier's accuracy."""
        self.require(fake=fake.n)
        if self.mixture is not None:
            return self._in_mixture(fake.values, self.mixture)
        assert real is not None
        self.require(real=real.n)
        by_class, why = self._uses_classes(real)
        if by_class:
            bins = class_bins(real, seed=self.seed)
            if self.bins == "classes" or _tells_apart(bins):
                return self._in_bins(fake.values, bins, "classes", "")
            why = f"its classes are not told apart by these features (held-out accuracy {bins.accuracy:.1%})"
        k = self.k or min(_MOST_CLUSTERS, min(real.n, fake.n) // _PER_CLUSTER)
        if k < 2 or real.n < 4 * k:
            needed = max(4 * k, 2 * _PER_CLUSTER)
            return self._withheld(f"clusters need at least {needed} images a side, got {real.n} and {fake.n}")
        kinds = different(real)
        if 1 < kinds < k:
            return self._withheld(f"{k} clusters need as many different reals, got {kinds}")
        bins = cluster_bins(real, k=k, seed=self.seed)
        if len(bins.names) < 2:
            return self._withheld("the reals are one point in these features, and make no clusters")
        return self._in_bins(fake.values, bins, "clusters", why)

    def range(self, *, fake: Rows, real: Rows | None = None) -> dict[str, Range]:
        """No more modes than reals (or than the mixture has), each of a fair share of at least one of them."""
        most = len(MIXTURES[self.mixture].centres) if self.mixture is not None else fake.n if real is None else real.n
        share: Range = (0.0, 1.0)
        return {
            "recognisable": share,
            "modes": (0.0, float(most)),
            "ndb": share,
            "js": (0.0, float(np.log(2))),
            "reverse_kl": (0.0, float(np.log(most))),
        }

    def bounds(self, outcome: Outcome, *, level: float, sampled: frozenset[str]) -> dict[str, Estimate]:
        """Clopper–Pearson: of the recognisable share, and of each mode's share with Bonferroni's correction.

        A mode surely counts when its lower bound reaches τ of its fair share, and may count when its upper one does.
        Reverse KL is corrected, with the reals' own shares as a sample. Bins and reject rule are taken as given.
        """
        estimates: dict[str, Estimate] = {}
        details, scores = outcome.details, outcome.scores
        if "n" not in details:
            return estimates
        n, fair = details["n"], np.array(details["fair"])
        counts = np.round(np.array(details["share"]) * n)
        if scores["recognisable"] is not None:
            share = counts.sum()
            low, high = (float(bound[0]) for bound in exact_bounds(np.array([share]), n, tail=(1 - level) / 2))
            estimates["recognisable"] = Estimate(
                value=scores["recognisable"], corrected=None, low=low, high=high, level=level, method="Clopper-Pearson"
            )
        if scores["modes"] is not None:
            wanted = np.maximum(self.tau * fair, 0.5 / n)
            bounds = exact_bounds(counts, n, tail=(1 - level) / 2 / len(fair))
            low, high = (float((bound >= wanted).sum()) for bound in bounds)
            estimates["modes"] = Estimate(
                value=scores["modes"],
                corrected=None,
                low=low,
                high=high,
                level=level,
                method="Clopper-Pearson, Bonferroni",
            )
        if scores["reverse_kl"] is not None and (fair > 0).all():
            size = details["fair_n"] if "real" in sampled else None
            estimates["reverse_kl"] = divergence_estimate(counts, fair, size=size, level=level)
        return estimates

    def _uses_classes(self, real: Rows) -> tuple[bool, str]:
        if self.bins == "clusters" or (self.bins == "auto" and real.labels is None):
            return False, ""
        if real.labels is None:
            raise FeatureError(
                "bins=classes needs class labels on the real side: class sub-folders, real/,labels=labels.csv, or "
                "labels= in Python"
            )
        names, counts = np.unique(real.labels, return_counts=True)
        least = int(counts.min())
        if len(names) > 1 and least >= 4:
            return True, ""
        reason = f"class {names[counts.argmin()]} has {least} images" if least < 4 else "there is one class only"
        if self.bins == "classes":
            raise FeatureError(f"bins=classes needs two classes of at least 4 real images each: {reason}")
        return False, reason

    def _in_bins(self, fake: AnyRows, bins: Bins, kind: str, why: str) -> Outcome:
        reference = _shares(bins.assign(bins.held), len(bins.names))

        def counted(rows: AnyRows) -> ModeCounts:
            return count_modes(
                bins.assign(rows),
                bins.recognised(rows),
                fair=bins.fair,
                reference=reference,
                size=len(bins.held),
                tau=self.tau,
            )

        spare = hashed_order(np.arange(len(bins.spare), dtype=np.int64), seed=self.seed)[: len(fake)]
        real = np.concatenate([bins.made_of, bins.held, bins.spare])
        noise = np.random.default_rng(self.seed).uniform(real.min(0), real.max(0), size=fake.shape)
        floors = {
            "held-out reals": counted(bins.spare[np.sort(spare)]),
            "uniform noise": counted(noise.astype(real.dtype)),
        }
        about = []
        if bins.accuracy is not None:
            about.append(
                f"classes by a classifier fitted on half of the reals, right for {bins.accuracy:.1%} of the rest"
            )
        if why:
            about.append(f"counted in clusters: {why}")
        size = len(bins.made_of) + len(bins.held) + len(bins.spare)
        details = {"kind": kind, "accuracy": bins.accuracy, "growth": bins.growth, "fair_n": size}
        return self._told(counted(fake), floors, bins.names, about, details)

    def _in_mixture(self, points: AnyRows, name: MixtureName) -> Outcome:
        mixture = MIXTURES[name]
        if points.shape[1] != 2:
            raise FeatureError(f"mixture={name} counts points (n, 2), got rows of {points.shape[1]} numbers")
        k, n = len(mixture.centres), len(points)
        fair = np.full(k, 1 / k)

        def counted(rows: AnyRows) -> ModeCounts:
            nearest, sigmas = mixture.nearest(rows)
            near = sigmas <= HIGH_QUALITY
            return count_modes(nearest, near, fair=fair, reference=fair, size=np.inf, tau=self.tau)

        floors = {
            "a perfect sampler": counted(mixture.drawn(n, seed=self.seed)),
            "uniform noise": counted(mixture.noise(n, seed=self.seed)),
        }
        about = [f"recognisable is the high-quality share: within {HIGH_QUALITY:g} sigma of one of the {k} modes"]
        return self._told(counted(points), floors, mixture.names, about, {"kind": name, "fair_n": None})

    def _told(
        self,
        counts: ModeCounts,
        floors: Mapping[str, ModeCounts],
        names: tuple[str, ...],
        about: list[str],
        details: dict[str, Any],
    ) -> Outcome:
        missing = counts.missing(names)
        sentences = [counts.sentence(missing), *about]
        unseen = unseen_below(counts.n) if counts.n and not counts.share.all() else None
        if missing and unseen is not None:
            sentences.insert(1, f"of a mode with none of {counts.n:,} drawn, the share is below {unseen:.2%} (95 %)")
        sentences += [f"{who} at n = {floor.n:,}: {floor.line()}" for who, floor in floors.items()]
        details |= {
            "n": counts.n,
            "names": list(names),
            "fair": counts.fair.tolist(),
            "share": counts.share.tolist(),
            "missing": missing,
            "unseen_below": unseen,
            "floors": {who: {"n": floor.n, **floor.scores} for who, floor in floors.items()},
        }
        return Outcome(
            scores=counts.scores,
            withheld=counts.withheld,
            totals={"modes": counts.k},
            sentences=tuple(sentences),
            details=details,
        )

    def _withheld(self, reason: str) -> Outcome:
        sentences = (f"modes are not counted: {reason}",)
        return Outcome(dict.fromkeys(self.scores), dict.fromkeys(self.scores, reason), sentences=sentences)


def _tells_apart(bins: Bins) -> bool:
    """Whether the classifier beats naming the largest class by three standard errors."""
    if bins.accuracy is None or bins.guess is None:
        return False
    unseen = len(bins.held) + len(bins.spare)
    return bool(bins.accuracy > bins.guess + 3 * np.sqrt(bins.guess * (1 - bins.guess) / max(unseen, 1)))


def _shares(bins: np.ndarray, k: int) -> np.ndarray:
    return np.bincount(bins, minlength=k) / max(len(bins), 1)


METRIC = Modes
