"""A sweep of one generator's settings: quality against diversity, and the settings that no other beats in both.

Truncation, guidance, temperature or the length of training trade one for the other. Every setting is a set of
images; all are as many, and face the same reals. A setting is beaten by another that is at least as good in both scores
and better in one (Pareto); the front are those that nothing beats. Values differ always, so beside it stands what the
images show: paired differences of all pairs in both scores, judged together as in `ganeval compare`.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, Unpack

from ganeval.comparison.differences import ComparedReports, joints, pair_rows
from ganeval.comparison.margins import margins
from ganeval.comparison.power import owners
from ganeval.comparison.sides import paired
from ganeval.comparison.verdicts import Row, judged
from ganeval.core.errors import SpecError
from ganeval.core.protocol import Protocol
from ganeval.core.spec import nearest_name, score_key
from ganeval.evaluation.evaluate import scored
from ganeval.evaluation.options import Options, require_options
from ganeval.evaluation.settings import Settings, settings_for
from ganeval.evaluation.sides import ImagesLike
from ganeval.report.report import Floor, Result

SCHEMA = 1
QUALITY, DIVERSITY = "precision", "recall"


@dataclass(frozen=True)
class Setting:
    """One point of the curve, with the labels of other settings that stand in some relation to it.

    `beaten_by` are at least as good in both values and better in one; of `surely_beaten_by` the images show, in both
    scores, that they are better; from those in `not_told_from` no difference was seen in either score. `copies` says
    that the fakes look like copies of the reals: such a setting beats nothing, and is not on the front.
    """

    label: str
    spec: str
    quality: Result
    diversity: Result
    beaten_by: tuple[str, ...] = ()
    surely_beaten_by: tuple[str, ...] = ()
    not_told_from: tuple[str, ...] = ()
    copies: bool = False

    @property
    def on_front(self) -> bool:
        """Whether no other setting's values beat it in both."""
        return not (self.copies or self.beaten_by or None in (centre(self.quality), centre(self.diversity)))

    def to_dict(self) -> dict[str, Any]:
        """Its fields under their keys in JSON, with its place in words."""
        scores = {"quality": self.quality.to_dict(), "diversity": self.diversity.to_dict()}
        return {**dataclasses.asdict(self), **scores, "words": self.words}

    @property
    def words(self) -> str:
        """Its place, as printed.

        >>> from ganeval.report.report import Result
        >>> score = Result("recall", "recall", "pr", 0.5, "higher", "quality-diversity", 3, 0)
        >>> Setting("1.5", "fake/", score, score, beaten_by=("1.0", "2.0"), surely_beaten_by=("2.0",)).words
        'behind 2.0'
        >>> Setting("1.5", "fake/", score, score, beaten_by=("1.0",)).words
        'perhaps behind 1.0'
        """
        if self.copies:
            return "copies its reals"
        if self.on_front:
            return "front"
        if self.surely_beaten_by:
            return f"behind {', '.join(self.surely_beaten_by)}"
        return f"perhaps behind {', '.join(self.beaten_by)}" if self.beaten_by else "no number"


@dataclass(frozen=True)
class Tradeoff:
    """The settings in order, what differs between them, and what made all this.

    Labels that are numbers are put in their order, words are left in the one given. `rows` are the paired differences
    of all pairs in both scores, empty without intervals.
    """

    settings: tuple[Setting, ...]
    rows: tuple[Row, ...]
    real: str
    n_real: int | None
    n: int | None
    level: float | None
    protocol: Protocol
    signature: str
    seed: int
    warnings: tuple[str, ...]
    versions: Mapping[str, str]
    created: str

    @property
    def front(self) -> tuple[Setting, ...]:
        """The settings that no other's values beat in both."""
        return tuple(setting for setting in self.settings if setting.on_front)

    @property
    def not_told_apart(self) -> tuple[tuple[str, str], ...]:
        """The pairs of labels between which no difference was seen, neither in quality nor in diversity."""
        pairs = combinations(self.settings, 2)
        return tuple((a.label, b.label) for a, b in pairs if b.label in a.not_told_from)

    @property
    def floors(self) -> tuple[Floor, Floor] | None:
        """What other reals score in quality and in diversity, where both are known."""
        quality, diversity = self.settings[0].quality.floor, self.settings[0].diversity.floor
        return None if quality is None or diversity is None else (quality, diversity)

    def to_json(self) -> str:
        """Everything, with each setting's place in words."""
        fields = {"schema": SCHEMA, **dataclasses.asdict(self), "protocol": self.protocol.to_json()}
        fields["settings"] = [one.to_dict() for one in self.settings]
        fields["rows"] = [{**dataclasses.asdict(row), "words": row.words} for row in self.rows]
        fields["front"] = [one.label for one in self.front]
        fields["not_told_apart"] = self.not_told_apart
        return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)


def tradeoff(
    real: ImagesLike,
    fakes: Mapping[str, ImagesLike],
    *,
    quality: str = QUALITY,
    diversity: str = DIVERSITY,
    train: ImagesLike = None,
    held_out: ImagesLike = None,
    **options: Unpack[Options],
) -> Tradeoff:
    """Quality against diversity over a sweep: `tradeoff("real/", {"1.0": "fake_a/", "1.5": "fake_b/"})`.

    `quality` and `diversity` are any two scores by key, with options if need be (`density:k=7`). Each of `fakes` is
    whatever `evaluate` takes, and as many images of each are used. `train`, `held_out` and options are those of
    `evaluate`. Raises GanevalError.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> real, wide, narrow = (spread * rng.normal(size=(300, 3)) for spread in (1, 1.5, 0.5))
    >>> found = tradeoff(real, {"1": wide, "0.3": narrow, "9": narrow + 4}, extractor="features", cache="off")
    >>> [(setting.label, setting.words) for setting in found.settings]
    [('0.3', 'front'), ('1', 'front'), ('9', 'behind 0.3, 1')]
    """
    require_options(options)
    settings = settings_for(real, metrics=wanted(quality, diversity), **options)
    beside = {"train": train, "held_out": held_out}
    return swept(real, fakes, settings=settings, quality=quality, diversity=diversity, beside=beside)


def wanted(quality: str, diversity: str) -> list[str]:
    """The metrics that a sweep needs: those of the two scores, and copying.

    >>> wanted("precision", "coverage")
    ['precision-recall', 'density-coverage', 'copying']
    """
    return list(dict.fromkeys([*owners([quality, diversity]), "copying"]))


def swept(
    real: ImagesLike,
    fakes: Mapping[str, ImagesLike],
    *,
    settings: Settings,
    quality: str,
    diversity: str,
    beside: Mapping[str, ImagesLike] | None = None,
) -> Tradeoff:
    """The trade-off of named sets of fakes; every source is read once. `beside` are train and held-out images."""
    keys = _require_two(fakes, (quality, diversity), settings)
    labels = _ordered(list(fakes))
    passes = paired(real, [fakes[label] for label in labels], settings=settings, beside=beside or {})
    reports = tuple(
        scored(passes.sides(number), settings, dependent=passes.dependent(number)) for number in range(len(labels))
    )
    drawn = [
        Setting(label, fake.spec, report[keys[0]], report[keys[1]], copies=report.copying_alarm)
        for label, fake, report in zip(labels, passes.fakes, reports, strict=True)
    ]
    alarms = frozenset(setting.label for setting in drawn if setting.copies)
    placed = ComparedReports(passes, reports, settings, {label: (number,) for number, label in enumerate(labels)})
    rows, warnings = _differences(placed, keys=keys, alarms=alarms)
    sentences = dict.fromkeys([*warnings, *(warning for report in reports for warning in report.warnings)])
    return Tradeoff(
        settings=tuple(_placed(setting, drawn, rows) for setting in drawn),
        rows=rows,
        real=passes.real.spec,
        n_real=passes.real.n,
        n=passes.fakes[0].n,
        level=None if settings.intervals is None else settings.intervals.level,
        protocol=settings.protocol,
        signature=reports[0].signature,
        seed=settings.seed,
        warnings=tuple(sentences),
        versions=reports[0].versions,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _key(text: str, settings: Settings) -> str:
    """The score's key in the reports: options that are the defaults are not part of it."""
    names = {
        f"{key}:{selection.options}" if selection.options else key: key
        for selection in settings.metrics
        for key in selection.metric.scores
    }
    if text in names:
        return text
    metrics = {key: chosen.entry.name for chosen in settings.metrics for key in chosen.metric.scores}
    wanted = score_key(text.partition(":")[0], metrics)
    alike = [name for name, key in names.items() if key == wanted]
    if len(alike) != 1:
        raise SpecError(f"no score {text!r} here{nearest_name(text, names)} (there are {', '.join(names)})")
    return alike[0]


def _ordered(labels: Sequence[str]) -> list[str]:
    """Labels in the order of their numbers if all are numbers, else as given.

    >>> _ordered(["10", "2", "0.5"]), _ordered(["late", "early"])
    (['0.5', '2', '10'], ['late', 'early'])
    """
    try:
        return sorted(labels, key=float)
    except ValueError:
        return list(labels)


def _require_two(fakes: Mapping[str, ImagesLike], scores: tuple[str, str], settings: Settings) -> tuple[str, str]:
    """The keys of two scores; SpecError for one, or for a single set of fakes."""
    if len(fakes) < 2:
        raise SpecError(f"a trade-off needs two settings or more, got {len(fakes)}")
    one, other = (_key(score, settings) for score in scores)
    if one == other:
        raise SpecError(f"quality and diversity are both {scores[0]}: name two scores")
    return one, other


def _differences(
    placed: ComparedReports, *, keys: tuple[str, str], alarms: frozenset[str]
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The differences of all pairs in the two scores, judged together, and warnings; none without intervals."""
    settings, fakes = placed.settings, placed.found.fakes
    if settings.intervals is None:
        return (), ()
    differences = pair_rows(placed, joints(placed), smallest=margins(settings, {}, several=False))
    rows = [row for row in differences if row.key in keys]
    names = [f"{label} ({fake.spec})" for label, fake in zip(placed.runs, fakes, strict=True)]
    return judged(rows, level=settings.intervals.level, alarms=alarms), tuple(placed.found.warnings(names, settings))


def _placed(setting: Setting, others: Sequence[Setting], rows: Sequence[Row]) -> Setting:
    """The setting among all of them."""
    rivals = [other for other in others if other.label != setting.label]
    between = {
        rival.label: [row for row in rows if {row.first, row.second} == {rival.label, setting.label}]
        for rival in rivals
    }
    honest = [rival for rival in rivals if not rival.copies]
    return dataclasses.replace(
        setting,
        beaten_by=tuple(rival.label for rival in honest if _beats(rival, setting)),
        surely_beaten_by=tuple(r.label for r in honest if [row.ahead for row in between[r.label]] == [r.label] * 2),
        not_told_from=tuple(name for name, pair in between.items() if [row.verdict for row in pair] == ["none"] * 2),
    )


def _beats(one: Setting, other: Setting) -> bool:
    """Whether it is at least as good in both values, and better in one."""
    gains = [_gain(one.quality, other.quality), _gain(one.diversity, other.diversity)]
    known = [gain for gain in gains if gain is not None]
    return len(known) == 2 and min(known) >= 0 and max(known) > 0


def _gain(one: Result, other: Result) -> float | None:
    a, b = centre(one), centre(other)
    if a is None or b is None:
        return None
    return b - a if one.better == "lower" else a - b


def centre(result: Result) -> float | None:
    """The value, without its bias in n where it is known: what is drawn and ordered."""
    return result.value if result.corrected is None else result.corrected
