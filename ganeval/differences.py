"""How the scores of several fakes against the same reals err together: what paired differences are judged by.

The same reals face every fake, so that what is peculiar to them cancels in a difference. The way follows what a
metric declares (`Metric.resample`), as for intervals:

* `influence`: the effects of a real row on all the scores, whose covariance is the shared part, and each fake's own.
  Biases are removed by half-samples whose real halves are the same for every fake.
* `u-statistic`: `Metric.joint_covariance`, in closed form.
* `subsamples`: parts of every side drawn without replacement, the real part the same for every fake; differences of
  their scores spread as those of the whole sides do (`subsamples.py`).
* anything else: delete-a-group jackknife, with groups of the reals that are left out for all fakes at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ganeval.estimate import Asked
from ganeval.metric import Metric, Outcome
from ganeval.statistics import Rows, Statistic, hashed_order
from ganeval.subsamples import subsample_deviations
from ganeval.uncertainty import GROUPS, estimates


@dataclass(frozen=True)
class Joint:
    """One score of p fakes against the same reals.

    `values` are the literature's numbers, `centres` those without bias where it can be had: differences are of
    these. `covariance` is right for differences, with `degrees` of freedom. `reason` says why there is none of it.
    """

    values: Float64[np.ndarray, " p"]
    centres: Float64[np.ndarray, " p"]
    covariance: Float64[np.ndarray, "p p"]
    degrees: float
    how: str
    reason: str | None = None


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
    scores = {key: [outcome.scores[key] for outcome in outcomes] for key in metric.scores}
    missing = {key: _without("no score of one of the sides") for key, found in scores.items() if None in found}
    values = {key: np.array(found, float) for key, found in scores.items() if key not in missing}
    given = _Given(metric, real, tuple(fakes), over, asked)
    how = {"influence": _by_influence, "u-statistic": _by_covariance, "subsamples": _by_subsamples}
    return missing | (how.get(metric.resample, _by_jackknife)(given, values) if values else {})


def gap(joint: Joint, *, first: Sequence[int], second: Sequence[int]) -> Gap:
    """The mean score of the fakes `second` less that of `first`.

    Of one fake each, with the error of their images. Of several training runs a side, with what differs between
    runs (their images' noise is in it) and the shared reals' part: Welch's error, degrees of freedom by
    Satterthwaite.

    >>> joint = Joint(np.array([1.0, 3.0]), np.array([1.0, 3.0]), np.diag([0.5, 0.5]), np.inf, "as given")
    >>> gap(joint, first=[0], second=[1])
    Gap(estimate=2.0, error=1.0, degrees=inf)
    """
    weights = np.zeros(len(joint.centres))
    weights[list(first)], weights[list(second)] = -1 / len(first), 1 / len(second)
    estimate, shared = float(weights @ joint.centres), max(0.0, float(weights @ joint.covariance @ weights))
    parts = [(shared, joint.degrees)]
    for runs in (first, second):
        if len(runs) > 1:
            parts.append((float(np.var(joint.centres[list(runs)], ddof=1)) / len(runs), len(runs) - 1))
    total = sum(part for part, _ in parts)
    doubt = sum(part**2 / degrees for part, degrees in parts)
    return Gap(estimate, float(np.sqrt(total)), total**2 / doubt if doubt > 0 else np.inf)


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
    def degrees(self) -> float:
        """Of a variance over the rows of the smallest sample."""
        return min((side.n for side in self.sampled), default=np.inf) - 1

    def scores(self, chosen: Mapping[int, Rows]) -> list[Mapping[str, float | None]]:
        """The scores of every fake, with sides replaced by parts of them (by id)."""
        real = None if self.real is None else chosen.get(id(self.real), self.real)
        return [self.metric(**self.statistics(real, chosen.get(id(fake), fake))) for fake in self.fakes]


def _by_influence(given: _Given, values: Mapping[str, np.ndarray]) -> dict[str, Joint]:
    ((key, value),) = values.items()
    metric, real = given.metric, given.real
    centres, shared, own = [], [], []
    for number, fake in enumerate(given.fakes):
        statistics = given.statistics(real, fake)
        outcome = Outcome({key: float(value[number])})
        found = estimates(metric, statistics, outcome=outcome, asked=given.asked)[key]
        if found.reason is not None:
            return {key: _without(found.reason)}
        centres.append(found.value if found.corrected is None else found.corrected)
        effects = metric.influence(**statistics)  # pyright: ignore[reportAttributeAccessIssue]
        shared.append(effects.get("real"))
        own.append(float(np.var(effects["fake"], ddof=1)) / fake.n)
    covariance = np.diag(own) if "fake" in given.over else np.zeros((len(own),) * 2)
    if "real" in given.over and isinstance(real, Rows):
        covariance = covariance + np.atleast_2d(np.cov(shared)) / real.n
    how = "influence functions on shared reals, bias by half-samples"
    return {key: Joint(value, np.array(centres), covariance, given.degrees, how)}


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
    found = subsample_deviations(
        lambda parts: [score for side in given.scores(parts) for score in side.values()],
        {id(side): side for side in given.sampled},
        minimum=given.metric.minimum,
        seed=given.asked.seed,
    )
    if isinstance(found, str):
        return dict.fromkeys(values, _without(found))
    how = f"{len(found)} subsamples without replacement, reals shared"
    by_fake = found.reshape(len(found), len(given.fakes), -1)
    places = {key: place for place, key in enumerate(given.metric.scores)}
    return {key: _joint(value, by_fake[:, :, places[key]], how=how) for key, value in values.items()}


def _by_jackknife(given: _Given, values: Mapping[str, np.ndarray]) -> dict[str, Joint]:
    if not given.sampled:
        return {key: _certain(value) for key, value in values.items()}
    groups = min(GROUPS, *(side.n for side in given.sampled))
    if groups < 5 or min(side.n - -(-side.n // groups) for side in given.sampled) < given.metric.minimum:
        return dict.fromkeys(values, _without("too few images for a jackknife"))
    orders = {id(side): hashed_order(side.index, seed=given.asked.seed) for side in given.sampled}
    drawn = []
    for group in range(groups):
        kept = {name: np.sort(np.delete(order, np.s_[group::groups])) for name, order in orders.items()}
        drawn.append(given.scores({id(side): side.chosen(kept[id(side)]) for side in given.sampled}))
    how = f"jackknife, {groups} groups, reals shared"
    found = {}
    for key, value in values.items():
        scores = np.array([[side[key] for side in draw] for draw in drawn], float)
        found[key] = _joint(value, np.sqrt((groups - 1) / groups) * (scores - scores.mean(axis=0)), how=how)
    return found


def _joint(value: np.ndarray, deviations: np.ndarray, *, how: str) -> Joint:
    """From deviations (draws, p) whose products sum to the covariance."""
    if np.isnan(deviations).any():
        return _without("without some of the images there is no score")
    return Joint(value, value, deviations.T @ deviations, len(deviations) - 1, how)


def _certain(values: np.ndarray) -> Joint:
    return Joint(values, values, np.zeros((len(values),) * 2), np.inf, "spread between runs")


def _without(reason: str) -> Joint:
    return Joint(np.empty(0), np.empty(0), np.empty((0, 0)), np.inf, "", reason)
