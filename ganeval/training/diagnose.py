"""What went wrong in a training: every diagnostic on the log of the loop and the history of reports.

found = ganeval.diagnose(evaluator.history, log="run/log.jsonl")
alarms = [one for one in found if one.verdict == "alarm"]
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from ganeval.core.errors import SpecError
from ganeval.core.registry import entries, entry
from ganeval.core.spec import Spec, built
from ganeval.report.report import Report, Result
from ganeval.training.diagnostic import Basis, Diagnostic, Verdict
from ganeval.training.history import History
from ganeval.training.log import TrainingLog, training_log
from ganeval.training.training_history import Reading, Scores, TrainingHistory

_KEYS = {"message": "told", "caveat": "fooled"}


@dataclass(frozen=True)
class Diagnosis:
    """What one diagnostic found: verdict, the numbers in a sentence, the first step that shows it, and what to do.

    `caveat` says when such a verdict is wrong, `basis` and `source` where the thresholds come from.
    """

    name: str
    verdict: Verdict
    message: str
    since: int | None
    remedy: str
    caveat: str
    basis: Basis
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Its fields, under the keys of version 0.1: `told` is the message, `fooled` the caveat."""
        return {_KEYS.get(name, name): value for name, value in asdict(self).items()}

    @property
    def told(self) -> str:
        """`message` by its name in version 0.1."""
        return self.message

    @property
    def fooled(self) -> str:
        """`caveat` by its name in version 0.1."""
        return self.caveat


def diagnose(
    history: History | str | Path | None = None,
    *,
    log: TrainingLog | Mapping[str, Any] | str | Path | None = None,
    names: Mapping[str, str] | None = None,
    diagnostics: Sequence[str] | None = None,
) -> tuple[Diagnosis, ...]:
    """All diagnostics, or those named (`"recall-drop:drop=0.2"`), on a training; alarms first.

    `history` is an Evaluator's, or the file that it saved; `log` a mapping of columns, a .csv or JSON lines of the loop
    (`training/log.py` says which names it knows; `names` adds others). Either may be missing: what then cannot be told
    says so. Raises GanevalError.

    >>> log = {"step": range(1, 101), "loss_D": [0.001] * 100, "D(G(z))": [0.4] * 100}
    >>> [(one.name, one.since) for one in diagnose(log=log) if one.verdict == "alarm"]
    [('strong-discriminator', 1)]
    """
    training = training_of(
        History.load(history) if isinstance(history, str | Path) else history or History(),
        log=log if isinstance(log, TrainingLog) else training_log(log or {}, names=names),
    )
    return examined(training, diagnostics)


def examined(training: TrainingHistory, diagnostics: Sequence[str] | None = None) -> tuple[Diagnosis, ...]:
    """What diagnostics say of a training, alarms first."""
    diagnoses = [_diagnosed(name, diagnostic, training) for name, diagnostic in chosen(diagnostics)]
    return tuple(sorted(diagnoses, key=lambda one: ("alarm", "clear", "unknown").index(one.verdict)))


def chosen(specs: Sequence[str] | None) -> list[tuple[str, Diagnostic]]:
    """Diagnostics by spec, all of them in their order for None."""
    if specs is None:
        loaded = [(item.name, cast("type[Diagnostic]", item.load())) for item in entries("diagnostic")]
        return [(name, cls()) for name, cls in sorted(loaded, key=lambda one: one[1].order)]
    parsed = [Spec.parse(text) for text in specs]
    return [(entry("diagnostic", s.name).name, built(entry("diagnostic", s.name).load(), s)) for s in parsed]


def training_of(history: History, *, log: TrainingLog) -> TrainingHistory:
    """The numbers of a history and of a log, as diagnostics read them."""
    points = history.points
    keys = list(dict.fromkeys(key for point in points for key in point.report))
    if not points and not log.signals:
        columns = f" (columns: {', '.join(log.ignored)})" if log.ignored else ""
        raise SpecError(f"nothing to diagnose: no reports, and no number that is known in the log{columns}")
    scores = {}
    for key in keys:
        results = [(point.step, point.report[key]) for point in points if key in point.report]
        readings = tuple(_readings(results))
        if readings:
            first = results[0][1]
            better = "lower" if first.better == "lower" else "higher"
            scores[key] = Scores(first.name, better, first.group, readings)
    looked = [point.step for point in points if _looks_for_copies(point.report)]
    copying = [(point.step, point.report.alarms[0]) for point in points if point.report.copying_alarm]
    return TrainingHistory(log.signals, scores, tuple(looked), tuple(copying))


def _readings(results: Sequence[tuple[int, Result]]) -> Iterator[Reading]:
    for step, result in results:
        value = result.value if result.corrected is None else result.corrected
        if value is not None:
            floor = result.floor
            known = {} if floor is None else {"floor": floor.value, "beside": floor.fake}
            real = result.indistinguishable
            yield Reading(step, value, result.low, result.high, total=result.total, distinguishable=not real, **known)


def _looks_for_copies(report: Report) -> bool:
    has_floor = any(result.floor is not None for result in report.values() if result.group == "distance")
    return has_floor or any(finding.metric.startswith("copying") for finding in report.findings)


def _diagnosed(name: str, diagnostic: Diagnostic, training: TrainingHistory) -> Diagnosis:
    finding, kind = diagnostic(training), type(diagnostic)
    basis = kind.basis if diagnostic == kind() else "stated"
    return Diagnosis(
        name=name,
        verdict=finding.verdict,
        message=finding.message,
        since=finding.since,
        remedy=kind.remedy,
        caveat=kind.caveat,
        basis=basis,
        source=kind.source,
    )
