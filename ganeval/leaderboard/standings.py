"""Who stands where on a board: means over training seeds, two kinds of noise, and ranks only as far as they hold.

A tier holds the models of which equally many others are surely better (the best rank in their rank set,
`ganeval/intervals/multiplicity.py`); inside a tier the order is alphabetical and says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from ganeval.core.estimate import normal_quantile
from ganeval.intervals.multiplicity import RankSet, rank_sets
from ganeval.leaderboard.checks import Checked
from ganeval.leaderboard.rules import Board
from ganeval.leaderboard.submission import Submission
from ganeval.report.report import Report


@dataclass(frozen=True)
class Cell:
    """A score of a model: the mean over its runs, and what is known about its noise.

    `seeds` is the standard deviation over runs, None for a single one. `evaluation` is the standard error that the
    intervals give one run's score by its images, root mean square over runs, None without intervals.
    """

    mean: float
    seeds: float | None
    evaluation: float | None
    runs: int


@dataclass(frozen=True)
class Standing:
    """A row of the board. A score that is missing in any run has no cell. `unranked` says why there is no rank."""

    submission: Submission
    checked: Checked
    cells: Mapping[str, Cell]
    best: int | None = None
    worst: int | None = None
    tier: int | None = None
    unranked: str | None = None

    @property
    def rank(self) -> str:
        """`1`, `2-4`, or a dash."""
        if self.best is None:
            return "-"
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"


@dataclass(frozen=True)
class RealImages:
    """What other real images score at `n` a side, by key: the mean over all reports that say it."""

    scores: Mapping[str, float]
    n: int


@dataclass(frozen=True)
class Standings:
    """The whole board: rows tier by tier, those without a rank last, and the floor."""

    board: Board
    rows: tuple[Standing, ...]
    floor: RealImages | None

    @property
    def tiers(self) -> tuple[tuple[int | None, tuple[Standing, ...]], ...]:
        """Each tier's number with its rows; None for those without a rank."""
        numbers = dict.fromkeys(row.tier for row in self.rows)
        return tuple((tier, tuple(row for row in self.rows if row.tier == tier)) for tier in numbers)


def standings(
    board: Board, submissions: Sequence[Submission], *, checks: Sequence[Checked] | None = None, level: float = 0.95
) -> Standings:
    """The rows of a board. `checks` is what was checked about each submission; without it all are self-reported."""
    checks = [Checked()] * len(submissions) if checks is None else checks
    cells = [_cells(board, submission.reports) for submission in submissions]
    reasons = [_unranked(board, *each) for each in zip(submissions, checks, cells, strict=True)]
    scores = {str(i): _runs(board, submissions[i]) for i, reason in enumerate(reasons) if reason is None}
    sets = rank_sets(scores, better=board.ranking.better, level=level, smallest=board.smallest_difference)
    ranks = {int(rank_set.name): rank_set for rank_set in sets}
    bests = sorted({rank_set.best for rank_set in sets if rank_set.best is not None})
    rows = [
        _standing(submission, check, cell, ranks.get(i), bests, reason)
        for i, (submission, check, cell, reason) in enumerate(zip(submissions, checks, cells, reasons, strict=True))
    ]
    return Standings(board, tuple(sorted(rows, key=_order)), _floor(board, submissions))


def _standing(
    submission: Submission,
    check: Checked,
    cells: Mapping[str, Cell],
    ranks: RankSet | None,
    bests: Sequence[int],
    unranked: str | None,
) -> Standing:
    if ranks is None or ranks.best is None:
        return Standing(submission, check, cells, unranked=unranked)
    return Standing(
        submission=submission,
        checked=check,
        cells=cells,
        best=ranks.best,
        worst=ranks.worst,
        tier=bests.index(ranks.best) + 1,
    )


def _order(row: Standing) -> tuple[bool, int, str, str]:
    """By tier, those without one last; inside by name."""
    return row.tier is None, row.tier or 0, row.submission.name.casefold(), row.submission.place


def _unranked(board: Board, submission: Submission, check: Checked, cells: Mapping[str, Cell]) -> str | None:
    if check.copying:
        return "copying alarm"
    if board.rank_by not in cells:
        return f"no {board.ranking.name}"
    if len(submission.runs) < board.training_seeds:
        return f"{len(submission.runs)} of {board.training_seeds} training seeds"
    return None


def _runs(board: Board, submission: Submission) -> list[float]:
    values = [report[board.rank_by].value for report in submission.reports]
    return [value for value in values if value is not None]


def _cells(board: Board, reports: Sequence[Report]) -> dict[str, Cell]:
    return {key: cell for key in board.scores for cell in [cell_of(reports, key)] if cell is not None}


def cell_of(reports: Sequence[Report], key: str) -> Cell | None:
    """A score over the reports of a model; None where one of them does not have it."""
    results = [report[key] for report in reports if key in report]
    values = [result.value for result in results if result.value is not None]
    if not values or len(values) < len(reports):
        return None
    errors = [
        (result.high - result.low) / 2 / normal_quantile(result.level)
        for result in results
        if result.low is not None and result.high is not None and result.level is not None
    ]
    seeds = stdev(values) if len(values) > 1 else None
    evaluation = fmean(error**2 for error in errors) ** 0.5 if len(errors) == len(values) else None
    return Cell(fmean(values), seeds, evaluation, len(values))


def _floor(board: Board, submissions: Sequence[Submission]) -> RealImages | None:
    """Floors at the number of images at which most reports have them; they differ a little between reports."""
    reports = [report for submission in submissions for report in submission.reports]
    candidates = [(key, report[key].floor) for report in reports for key in board.scores if key in report]
    floors = [(key, floor) for key, floor in candidates if floor is not None]
    if not floors:
        return None
    counts = [floor.n for _, floor in floors]
    n = max(sorted(set(counts)), key=counts.count)
    values = {key: [floor.value for of, floor in floors if of == key and floor.n == n] for key in board.scores}
    return RealImages({key: fmean(own) for key, own in values.items() if own}, n)
