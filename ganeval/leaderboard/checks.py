"""Whether a submission may stand on a board, what looks odd about it, and which of its scores could be made again.

A problem keeps it off the board: another board or version, protocol, reference, n or seed; a run given twice; a score
that its own rows do not give. An alarm is shown: fakes nearer to the reals than other reals are, which keeps the
model unranked, or samples that another submission has too, which does not, for nobody may push a rival off so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from pathlib import Path
from statistics import fmean
from typing import Literal

from ganeval.core.errors import GanevalError, ProtocolError
from ganeval.core.records import short
from ganeval.core.registry import entry
from ganeval.core.rows import Moments, Statistic
from ganeval.core.spec import Spec, built
from ganeval.evaluation.merging import protocol_of
from ganeval.leaderboard.rules import Board
from ganeval.leaderboard.submission import Run, Submission
from ganeval.metrics.base import Metric
from ganeval.report.report import Report, Result, Side
from ganeval.sources.source import chosen_index
from ganeval.sources.statistics_file import StatisticsFile, read_set

Level = Literal["self-reported", "recomputed from moments", "recomputed from rows"]
_FRECHET = ("fd", "fid")
_NEARER = 0.5  # below this share of what other reals score, a distance that shrinks with n is an alarm
_SAME = 1e-9


@dataclass(frozen=True)
class Checked:
    """What was found. `recomputed` are the keys of scores that were made again in every run and agree.

    `copying` says that an alarm is about copies of real images.
    """

    problems: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    copying: bool = False
    level: Level = "self-reported"
    recomputed: frozenset[str] = field(default_factory=frozenset)


def checked(board: Board, submissions: Sequence[Submission]) -> list[Checked]:
    """What is found about each submission, alone and beside the others."""
    reference = None if board.reference.file is None else _reference(board, board.folder / board.reference.file)
    checks = [_alone(board, submission, reference) for submission in submissions]
    for i, j in combinations(range(len(submissions)), 2):
        for ours, theirs in ((i, j), (j, i)):
            alarms = _shared(board, submissions[ours], submissions[theirs])
            checks[ours] = replace(checks[ours], alarms=(*checks[ours].alarms, *alarms))
    return checks


def _alone(board: Board, submission: Submission, reference: StatisticsFile | None) -> Checked:
    problems = [*_board_problems(board, submission), *_link_problems(submission)]
    for run in submission.runs:
        problems += [f"{run.name}: {problem}" for problem in _run_problems(board, run.report)]
    problems += _twice(board, submission)
    alarms = dict.fromkeys(_copied(board, submission.reports))
    if problems:  # numbers of another board need not be made again
        return Checked(tuple(problems), tuple(alarms), bool(alarms))
    again = [_again(board, run, reference) for run in submission.runs]
    problems = [
        f"{run.name}: {problem}" for run, one in zip(submission.runs, again, strict=True) for problem in one.problems
    ]
    same = frozenset.intersection(*(one.keys for one in again))
    level: Level = "self-reported"
    if board.rank_by in same:
        level = "recomputed from rows" if all(one.rows for one in again) else "recomputed from moments"
    return Checked(problems=tuple(problems), alarms=tuple(alarms), copying=bool(alarms), level=level, recomputed=same)


def _board_problems(board: Board, submission: Submission) -> Iterator[str]:
    named = submission.description.board
    for what, theirs, ours in (("name", named.name, board.name), ("version", named.version, board.version)):
        if theirs != ours:
            yield f"made for another board: {what} is {theirs!r} in submission.toml and {ours!r} in BOARD.toml"
            return
    if named.fingerprint != board.fingerprint:
        yield (
            f"made for another board: fingerprint is {named.fingerprint!r} in submission.toml and "
            f"{board.fingerprint!r} in BOARD.toml, which was changed without a new version"
        )


def _link_problems(submission: Submission) -> Iterator[str]:
    for link in submission.description.links:
        if not link.startswith(("https://", "http://")) or any(c.isspace() or c in "\"'<>`\\" for c in link):
            yield f"links: {link!r} is no web address: give https://…"


def _run_problems(board: Board, report: Report) -> Iterator[str]:
    try:
        board.protocol.require_same(report.protocol, here="the board", there="the report")
    except ProtocolError as error:
        yield str(error)
    yield from _side_problems(report.sides.get("real"), "real", board.reference.n, board)
    yield from _side_problems(report.sides.get("fake"), "fake", board.n, board)
    if report.seed != board.evaluation_seed:
        yield f"seed is {report.seed} and evaluation_seed of the board is {board.evaluation_seed}: add --seed"
    for key, column in board.scores.items():
        if key not in report:
            continue
        for what in ("metric", "better"):
            theirs, ours = getattr(report[key], what), getattr(column, what)
            if theirs != ours:
                yield f"{key}: {what} is {theirs!r} in the report and {ours!r} in BOARD.toml"


def _side_problems(side: Side | None, role: str, n: int, board: Board) -> Iterator[str]:
    if side is None:
        yield f"no {role} side in the report"
        return
    if side.n != n:
        yield f"n of {role} images is {side.n} and the board's is {n}"
    if side.protocol not in (None, board.protocol.fingerprint):
        yield f"the {role} side was made under protocol {side.protocol}, the board's is {board.protocol.fingerprint}"
    wanted = board.reference.digest
    if role == "real" and wanted is not None and side.digest != wanted:
        digest = "none" if side.digest is None else side.digest[:19]
        yield f"reference digest is {digest} and the board's is {wanted[:19]}: these are other real images"


def _twice(board: Board, submission: Submission) -> Iterator[str]:
    for one, other in combinations(submission.runs, 2):
        if _same_images(one.report, other.report):
            yield f"{one.name} and {other.name} score the same images: a training seed counts once"
        elif _same_scores(board, one.report, other.report):
            yield f"{one.name} and {other.name} have the same scores: a training seed counts once"


def _shared(board: Board, ours: Submission, theirs: Submission) -> list[str]:
    """Runs of two submissions that are the same."""
    pairs = list(product(ours.runs, theirs.runs))
    images = [(a.name, b.name) for a, b in pairs if _same_images(a.report, b.report)]
    scores = [(a.name, b.name) for a, b in pairs if _same_scores(board, a.report, b.report)]
    kinds = {"images": images, "scores": [pair for pair in scores if pair not in images]}
    return [
        f"the same {what} as {short(theirs.name)}: {', '.join(f'{a} = {b}' for a, b in names)}"
        for what, names in kinds.items()
        if names
    ]


def _same_images(one: Report, other: Report) -> bool:
    fakes = [report.sides.get("fake") for report in (one, other)]
    digests = [None if side is None else side.digest for side in fakes]
    return digests[0] is not None and digests[0] == digests[1]


def _same_scores(board: Board, one: Report, other: Report) -> bool:
    """Whether all scores of the board agree to nine digits, a distance among them: shares may agree by chance.

    So do images that were only given new names, which have another digest.
    """
    pairs = {key: (one[key].value, other[key].value) for key in board.scores if key in one and key in other}
    known = {key: (a, b) for key, (a, b) in pairs.items() if a is not None and b is not None}
    telling = any(board.scores[key].group == "distance" for key in known)
    return telling and all(abs(a - b) <= _SAME * max(abs(a), abs(b)) for a, b in known.values())


def _copied(board: Board, reports: Sequence[Report]) -> Iterator[str]:
    """Signs of copies: alarms of the reports, fakes that are the reals, distances far below what other reals score."""
    for report in reports:
        real, fake = (report.sides.get(role) for role in ("real", "fake"))
        if real is not None and fake is not None and real.digest is not None and real.digest == fake.digest:
            yield "the fakes are the reals"
        for finding in report.findings:
            if finding.alarm:
                yield f"{finding.metric}: the fakes look copied"
        for result in report.results:
            if result.floor is not None and result.floor.alarm:
                yield f"{result.name} is below its floor: closer to the reals than other real images are"
    for key, column in board.scores.items():
        if column.group == "distance" and metric_of(column.metric).depends_on_n and _far_below(board, reports, key):
            yield f"{column.name} is below half of its floor: closer to the reals than other real images are"


def _far_below(board: Board, reports: Sequence[Report], key: str) -> bool:
    """Whether a distance whose bias shrinks as 1/n is below half of its floor, taken to the same n, in the mean.

    Chance makes smaller differences, above all in few dimensions; the reports' own alarms test for those.
    """
    results = [report[key] for report in reports if key in report]
    known = [(r.value, r.floor) for r in results if r.value is not None and r.floor is not None and r.floor.value > 0]
    if not known:
        return False
    shares = [value / (floor.value * floor.n * (1 / board.n + 1 / board.reference.n) / 2) for value, floor in known]
    return fmean(shares) < _NEARER or fmean(floor.fake / floor.value for _, floor in known) < _NEARER


@dataclass(frozen=True)
class _Again:
    """What came out when the scores of one run were made again."""

    problems: tuple[str, ...] = ()
    keys: frozenset[str] = field(default_factory=frozenset)
    rows: bool = False


def _again(board: Board, run: Run, reference: StatisticsFile | None) -> _Again:
    """The board's scores, and the Fréchet distance, from the run's statistics file."""
    if run.statistics is None or reference is None:
        return _Again()
    try:
        part = read_set(run.statistics)
        board.protocol.require_same(protocol_of(part), here="the board", there=part.spec)
    except GanevalError as error:
        return _Again((str(error),))
    moments = part.moments
    if moments.n != board.n or reference.moments.d != moments.d:
        size = f"{moments.n} × {moments.d}"
        return _Again((f"{run.statistics.name} holds {size}, expected {board.n} rows as wide as the reference's",))
    problems: list[str] = []
    same: set[str] = set()
    for result in run.report.results:
        if result.value is not None and (result.key in board.scores or result.key in _FRECHET):
            try:
                value = _value(result, run.report, reference, part)
            except GanevalError as error:
                problems.append(f"{result.key} cannot be made again: {error}")
                continue
            if value is not None and abs(value - result.value) <= _tolerance(result):
                same.add(result.key)
            elif value is not None:
                problems.append(f"{result.key} is {result.value:.6g} in the report and {value:.6g} from its rows")
    return _Again(tuple(problems), frozenset(same), part.rows is not None and reference.rows is not None)


def _value(result: Result, report: Report, real: StatisticsFile, fake: StatisticsFile) -> float | None:
    """A score from statistics files; None for a metric that reads more than they hold."""
    metric = metric_of(result.metric, seed=report.seed)
    further = set(metric.optional) & report.sides.keys()
    sides = {"real": _statistic(real, metric), "fake": _statistic(fake, metric)}
    statistics = {role: sides.get(role) for role in metric.roles}
    if metric.view != "features" or further or None in statistics.values():
        return None
    return metric.outcome(**statistics).scores[result.key.partition(":")[0]]


def _statistic(part: StatisticsFile, metric: Metric) -> Statistic | None:
    return part.moments if metric.statistic is Moments else part.rows


def metric_of(text: str, *, seed: int = 0) -> Metric:
    """The metric of a spec."""
    spec = Spec.parse(text)
    return built(entry("metric", spec.name).load(), spec, environment={"seed": seed})


def _tolerance(result: Result) -> float:
    """Half of the last printed digit: what cannot be seen is no difference."""
    return 0.5 * 10.0 ** -(result.decimals + result.exponent)


def _reference(board: Board, path: Path) -> StatisticsFile:
    """The reference's statistics; ProtocolError when they are not the board's."""
    part = read_set(path)
    board.protocol.require_same(protocol_of(part), here="the board", there=part.spec)
    n, count = board.reference.n, part.moments.n
    if part.rows is not None and part.rows.n > n:
        rows = part.rows.chosen(chosen_index(part.rows.n, n, seed=board.evaluation_seed, spec=part.spec))
        return replace(part, rows=rows, moments=rows.moments)
    if count != n:
        raise ProtocolError(f"{path}: holds {count} images and the board's reference has n = {n}: make it again")
    return part
