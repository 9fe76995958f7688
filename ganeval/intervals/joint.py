"""How the scores of several fakes against the same reals err together: what paired differences are judged by.

The same reals face every fake, so that what is peculiar to them cancels in a difference. The way follows what a
metric declares (`Metric.resample`), as for intervals:

* `influence`: the effects of a real row on all the scores, whose covariance is the shared part, and each fake's own.
  Biases are removed by half-samples whose real halves are the same for every fake.
* `u-statistic`: `Metric.joint_covariance`, in closed form.
* `subsamples`: disjoint parts of every side, the real part the same for every fake; differences of
  their scores spread as those of the whole sides do (`subsamples.py`).
* anything else: delete-a-group jackknife, with groups of the reals that are left out for all fakes at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float64

from ganeval.core.estimate import Asked, Range, beyond_range, student_quantile
from ganeval.core.rows import Rows, Statistic, as_moments
from ganeval.intervals.delta_method import extrapolated
from ganeval.intervals.intervals import GROUPS
from ganeval.intervals.multiplicity import Means
from ganeval.intervals.subsamples import spread_over_parts
from ganeval.metrics.base import Metric, Outcome
from ganeval.numerics.duplicates import too_repeated


@dataclass(frozen=True)
class Joint:
    """One score of p fakes against the same reals.

    `values` are the literature's numbers, `centres` those without bias where it can be had: differences are of
    these. `covariance` is right for differences, with `degrees` of freedom. `reason` says why there is none of it,
    `reasons` by number why a single fake has none: the others are compared all the same. `ranges` are the values that
    each fake's rows allow.
    """

    values: Float64[np.ndarray, " p"]
    centres: Float64[np.ndarray, " p"]
    covariance: Float64[np.ndarray, "p p"]
    degrees: float
    how: str
    reason: str | None = None
    reasons: Mapping[int, str] = field(default_factory=dict)
    ranges: tuple[Range, ...] = ()

    @property
    def unbiased(self) -> bool:
        """Whether a bias was taken off."""
        return self.reason is None and bool((self.centres != self.values)[~np.isnan(self.values)].any())


@dataclass(frozen=True)
class Gap:
    """A difference of two sides, its standard error and the degrees of freedom of that."""

    estimate: float
    error: float
    degrees: float


def joint_scores(
    metric: Metric, real: Statistic | None, *, fakes: Sequence[Rows], outcomes: Sequence[Outcome],
    over: frozenset[str], asked: Asked,
) -> dict[str, Joint]:  # fmt: skip
    """By key, the metric's scores of all fakes; roles in `over` are samples, the others are taken as given.

    `real` is None for a metric that reads no reals.
    """
    over = over - asked.fixed - (frozenset() if isinstance(real, Rows) else {"real"})
    values = {key: np.array([outcome.scores[key] for outcome in outcomes], float) for key in metric.scores}
    given = _Given(metric, real, tuple(fakes), over, asked)
    how = {"influence": _by_influence, "u-statistic": _by_covariance, "subsamples": _by_subsamples}
    if all(np.isnan(scores).all() for scores in values.values()):
        return dict.fromkeys(values, _without("there is no score"))
    found = how.get(metric.resample, _by_jackknife)(given, values)
    missing = {
        key: {i: "it has no score" for i in np.flatnonzero(np.isnan(scores)).tolist()} for key, scores in values.items()
    }
    sides = [given.statistics(real, fake) for fake in fakes]
    possible = [metric.range(**side) for side in sides]
    return {
        key: replace(joint, reasons={**joint.reasons, **missing[key]}, ranges=tuple(own[key] for own in possible))
        for key, joint in found.items()
    }


def gap(joint: Joint, *, first: Sequence[int], second: Sequence[int]) -> Gap:
    """The mean score of the fakes `second` less that of `first`.

    Of one fake each, with the error of their images. Of several training runs a side, with what differs between
    runs (their images' noise is in it) and the shared reals' part: Welch's error, degrees of freedom by
    Satterthwaite.

    >>> joint = Joint(np.array([1.0, 3.0]), np.array([1.0, 3.0]), np.diag([0.5, 0.5]), np.inf, "as given")
    >>> gap(joint, first=[0], second=[1])
    Gap(estimate=2.0, error=1.0, degrees=inf)
    """
    chosen = [*first, *second]
    weights = np.repeat([-1 / len(first), 1 / len(second)], [len(first), len(second)])
    estimate = float(weights @ joint.centres[chosen])
    shared = max(0.0, float(weights @ joint.covariance[np.ix_(chosen, chosen)] @ weights))
    parts = [(shared, joint.degrees)]
    for runs in (first, second):
        if len(runs) > 1:
            parts.append((float(np.var(joint.centres[list(runs)], ddof=1)) / len(runs), len(runs) - 1))
    total = sum(part for part, _ in parts)
    doubt = sum(part**2 / degrees for part, degrees in parts)
    return Gap(estimate, float(np.sqrt(total)), total**2 / doubt if doubt > 0 else np.inf)


def impossible(joint: Joint, found: Gap, *, first: Sequence[int], second: Sequence[int], level: float) -> str | None:
    """Why a difference has no interval: one that is wider than all differences of such rows, or apart from them.

    >>> joint = Joint(np.zeros(2), np.zeros(2), np.eye(2), np.inf, "as given", ranges=((0.0, 1.0), (0.0, 1.0)))
    >>> impossible(joint, Gap(0.0, 0.1, np.inf), first=[0], second=[1], level=0.95)
    >>> impossible(joint, Gap(0.0, 1.5, np.inf), first=[0], second=[1], level=0.95)
    'an interval of [-2.94, 2.94] cannot be: only [-1, 1] is possible'
    """
    if not joint.ranges:
        return None
    reach = student_quantile(level, degrees=found.degrees) * found.error
    lows, highs = (np.array([own[end] for own in joint.ranges], float) for end in (0, 1))  # None is NaN
    least = float(lows[list(second)].mean() - highs[list(first)].mean())
    most = float(highs[list(second)].mean() - lows[list(first)].mean())
    possible = None if np.isnan(least) else least, None if np.isnan(most) else most
    return beyond_range(found.estimate - reach, found.estimate + reach, possible=possible)


def means(joint: Joint, *, sides: Sequence[Sequence[int]]) -> Means:
    """The mean score of each side's fakes with its errors, which add up as they do in `gap`.

    >>> joint = Joint(np.array([1.0, 3.0]), np.array([1.0, 3.0]), np.diag([0.5, 0.5]), np.inf, "as given")
    >>> found = means(joint, sides=[[0], [1]])
    >>> found.values.tolist(), found.covariance.tolist(), found.own.tolist()
    ([1.0, 3.0], [[0.5, 0.0], [0.0, 0.5]], [0.0, 0.0])
    """
    chosen = [number for own in sides for number in own]
    places = np.repeat(np.arange(len(sides)), [len(own) for own in sides])
    weights = (places == np.arange(len(sides))[:, None]) / np.bincount(places)[:, None]
    covariance = weights @ joint.covariance[np.ix_(chosen, chosen)] @ weights.T
    runs = [joint.centres[list(own)] for own in sides]
    own = np.array([np.var(scores, ddof=1) / len(scores) if len(scores) > 1 else 0.0 for scores in runs])
    degrees = np.array([len(scores) - 1 if len(scores) > 1 else np.inf for scores in runs], float)
    return Means(weights @ joint.centres[chosen], own, degrees, covariance, joint.degrees)


@dataclass(frozen=True)
class _Given:
    """What every way starts from."""

    metric: Metric
    real: Statistic | None
    fakes: tuple[Rows, ...]
    over: frozenset[str]
    asked: Asked

    def statistics(self, real: Statistic | None, fake: Rows) -> dict[str, Statistic]:
        sides = {"real": real, "fake": fake}
        return {role: side for role in self.metric.roles if (side := sides.get(role)) is not None}

    @property
    def sampled(self) -> list[Rows]:
        """The sides that are samples."""
        reals = [self.real] if "real" in self.over and isinstance(self.real, Rows) else []
        return [*reals, *(self.fakes if "fake" in self.over else ())]

    @property
    def purposes(self) -> dict[int, str]:
        """What each sampled side is split for, by id: fakes alike, so that equal ones are split alike."""
        return {id(side): "real" if side is self.real else "fake" for side in self.sampled}

    @property
    def degrees(self) -> float:
        """Of a variance over the rows of the smallest sample."""
        return min((side.n for side in self.sampled), default=np.inf) - 1

    def scores(self, chosen: Mapping[int, Rows]) -> list[Mapping[str, float | None]]:
        """The scores of every fake, with sides replaced by parts of them (by id)."""
        real = None if self.real is None else chosen.get(id(self.real), self.real)
        return [self.metric(**self.statistics(real, chosen.get(id(fake), fake))) for fake in self.fakes]


def _by_influence(given: _Given, values: Mapping[str, np.ndarray]) -> dict[str, Joint]:
    ((key, value),) = values.items()
    assert given.real is not None
    real = given.real if "real" in given.over else as_moments(given.real)
    centres, own, reasons = value.copy(), np.zeros(len(value)), {}
    shared = np.zeros((len(value), real.n if isinstance(real, Rows) else 2))
    for number, fake in enumerate(given.fakes):
        statistics = given.statistics(real, fake)
        found, effects = extrapolated(given.metric, statistics, value=float(value[number]), asked=given.asked)
        if found.reason is not None:
            reasons[number] = found.reason
            continue
        centres[number] = found.corrected
        own[number] = float(np.var(effects["fake"], ddof=1)) / fake.n
        shared[number] = effects.get("real", 0.0)
    covariance = np.atleast_2d(np.cov(shared)) / shared.shape[1]
    if "fake" in given.over:
        covariance = covariance + np.diag(own)
    how = "influence functions on shared reals, bias by half-samples"
    return {key: Joint(value, centres, covariance, given.degrees, how, reasons=reasons)}


def _by_covariance(given: _Given, values: Mapping[str, np.ndarray]) -> dict[str, Joint]:
    if not isinstance(given.real, Rows):
        return dict.fromkeys(values, _without("the rows of the reals are not known"))
    found = given.metric.joint_covariance(real=given.real, fakes=given.fakes, sampled=given.over)
    if found is None:
        return _by_jackknife(given, values)
    if isinstance(found, str):
        return dict.fromkeys(values, _without(found))
    ((key, value),) = values.items()
    return {key: Joint(value, value, found, given.degrees, "relative test of U-statistics on shared reals")}


def _by_subsamples(given: _Given, values: Mapping[str, np.ndarray]) -> dict[str, Joint]:
    if not given.sampled:
        return {key: _certain(value) for key, value in values.items()}
    few = too_repeated({"real": given.real}) if isinstance(given.real, Rows) and "real" in given.over else None
    found = few or spread_over_parts(
        lambda parts: [score for side in given.scores(parts) for score in side.values()],
        {id(side): side for side in given.sampled},
        minimum=given.metric.minimum,
        seed=given.asked.seed,
        purposes=given.purposes,
    )
    if isinstance(found, str):
        return dict.fromkeys(values, _without(found))
    repeated = [too_repeated({"fake": fake}) for fake in given.fakes] if "fake" in given.over else []
    reasons = {number: reason for number, reason in enumerate(repeated) if reason}
    how = f"{found.how}, reals shared"
    by_fake = found.deviations.reshape(len(found.deviations), len(given.fakes), -1)
    places = {key: place for place, key in enumerate(given.metric.scores)}
    return {
        key: _joint(value, by_fake[:, :, places[key]], found.degrees, how=how, reasons=reasons)
        for key, value in values.items()
    }


def _by_jackknife(given: _Given, values: Mapping[str, np.ndarray]) -> dict[str, Joint]:
    if not given.sampled:
        return {key: _certain(value) for key, value in values.items()}
    groups = min(GROUPS, *(side.n for side in given.sampled))
    if groups < 5 or min(side.n - -(-side.n // groups) for side in given.sampled) < given.metric.minimum:
        return dict.fromkeys(values, _without("too few images for a jackknife"))
    orders = {id(side): side.ordered(seed=given.asked.seed, purpose=given.purposes[id(side)]) for side in given.sampled}
    drawn = []
    for group in range(groups):
        kept = {name: np.sort(np.delete(order, np.s_[group::groups])) for name, order in orders.items()}
        drawn.append(given.scores({id(side): side.chosen(kept[id(side)]) for side in given.sampled}))
    how = f"jackknife, {groups} groups, reals shared"
    found = {}
    for key, value in values.items():
        scores = np.array([[side[key] for side in draw] for draw in drawn], float)
        found[key] = _joint(value, np.sqrt((groups - 1) / groups) * (scores - scores.mean(axis=0)), groups - 1, how=how)
    return found


def _joint(
    value: np.ndarray, deviations: np.ndarray, degrees: int, *, how: str, reasons: Mapping[int, str] | None = None
) -> Joint:
    """From deviations (draws, p) whose products sum to the covariance."""
    lacking = np.flatnonzero(np.isnan(deviations).any(axis=0)).tolist()
    reasons = {**dict.fromkeys(lacking, "without some of the images there is no score"), **(reasons or {})}
    return Joint(value, value, deviations.T @ deviations, degrees, how, reasons=reasons)


def _certain(values: np.ndarray) -> Joint:
    return Joint(values, values, np.zeros((len(values),) * 2), np.inf, "spread between runs")


def _without(reason: str) -> Joint:
    return Joint(np.empty(0), np.empty(0), np.empty((0, 0)), np.inf, "", reason)
