"""Differences of sets of fakes over the same reals, pair by pair and score by score: rows without a verdict yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ganeval.comparison.margins import Margins
from ganeval.comparison.sides import ComparedSides
from ganeval.comparison.verdicts import Row
from ganeval.core.estimate import without_bias
from ganeval.evaluation.settings import SelectedMetric, Settings
from ganeval.intervals.joint import JointScores, gap, impossible
from ganeval.intervals.shared_reals import joint_scores
from ganeval.metrics.base import Outcome
from ganeval.numerics.dependence import REASON
from ganeval.report.report import Report

Scored = tuple[SelectedMetric, str, JointScores]


@dataclass(frozen=True)
class ComparedReports:
    """All sides after their passes, with a report on each set of fakes; `runs` are their numbers, by side."""

    found: ComparedSides
    reports: tuple[Report, ...]
    settings: Settings
    runs: Mapping[str, tuple[int, ...]]

    @property
    def several(self) -> bool:
        """Whether there are several training runs a side."""
        return len(next(iter(self.runs.values()))) > 1


def joints(placed: ComparedReports) -> list[Scored]:
    """Every score that is compared, with its joint errors; copying is no matter of differences."""
    return [
        (selection, key, joint) for selection in placed.settings.metrics for key, joint in _of_metric(selection, placed)
    ]


def pair_rows(placed: ComparedReports, scores: Sequence[Scored], *, smallest: Margins) -> list[Row]:
    """Pair by pair the difference in every score, without a verdict."""
    return [_difference(*one, placed, pair, smallest) for pair in combinations(placed.runs, 2) for one in scores]


def _of_metric(selection: SelectedMetric, placed: ComparedReports) -> Iterator[tuple[str, JointScores]]:
    metric = selection.metric
    keys = [k for k, score in metric.scores.items() if not score.secondary and metric.aspect(k) != "copying"]
    if not keys:
        return
    named = selection.keys
    outcomes = [Outcome({key: report[named[key]].value for key in metric.scores}) for report in placed.reports]
    fakes = [placed.found.rows(number, selection) for number in range(len(outcomes))]
    real = placed.found.real.statistic(metric.view, metric.statistic) if "real" in metric.roles else None
    intervals = placed.settings.intervals
    assert intervals is not None
    over = frozenset({"real"} if placed.several else {"real", "fake"})
    by_key = joint_scores(metric, real, fakes=fakes, outcomes=outcomes, over=over, intervals=intervals)
    dependent = {
        number: REASON
        for number in range(len(fakes))
        if metric.compares_sides and metric.view in placed.found.dependent(number)
    }
    yield from ((key, replace(by_key[key], reasons={**by_key[key].reasons, **dependent})) for key in keys)


def _difference(
    selection: SelectedMetric,
    key: str,
    joint: JointScores,
    placed: ComparedReports,
    pair: tuple[str, str],
    smallest: Margins,
) -> Row:
    name = selection.keys[key]
    mine, theirs = (placed.runs[side] for side in pair)
    result = placed.reports[0][name]
    values = [[placed.reports[i][name].value for i in own] for own in (mine, theirs)]
    averages = [None if None in own else float(np.mean(np.array(own, float))) for own in values]
    margin = smallest.get(name)
    known = [abs(average) for average in averages if average is not None]
    reason = missing(joint, placed, sides=pair)
    difference = None if reason else gap(joint, first=mine, second=theirs)
    if difference is not None:
        assert placed.settings.intervals is not None
        reason = impossible(joint, difference, first=mine, second=theirs, level=placed.settings.intervals.level)
        difference = difference if reason is None else None
    return Row(
        aspect=selection.metric.aspect(key),
        first=pair[0],
        second=pair[1],
        key=name,
        name=without_bias(result.name) if joint.unbiased else result.name,
        better=selection.metric.scores[key].better,
        decimals=result.decimals,
        exponent=result.exponent,
        values=(averages[0], averages[1]),
        difference=difference and difference.estimate,
        error=difference and difference.error,
        degrees=difference.degrees if difference and np.isfinite(difference.degrees) else None,
        how=joint.how,
        reason=reason,
        smallest=None if margin is None or not known else margin.of(float(np.mean(known))),
        noise="" if margin is None else margin.noise,
    )


def missing(joint: JointScores, placed: ComparedReports, *, sides: Sequence[str]) -> str | None:
    """Why there is no verdict on these sides: of all, or of the first that has none."""
    alone = [f"{name}: {joint.reasons[i]}" for name in sides for i in placed.runs[name] if i in joint.reasons]
    return joint.reason or next(iter(alone), None)
