"""A report: the numbers with everything that made them, as a value and as JSON."""

import dataclasses
import html
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ganeval.core.errors import ProtocolError
from ganeval.core.protocol import Protocol
from ganeval.core.spec import Spec, score_key
from ganeval.metrics.base import Group

SCHEMA = 1
_NAMES_IN_JSON = {"p_value": "p_same"}  # files of version 0.1 are read for ever
_KEYS_OF_JSON = {key: name for name, key in _NAMES_IN_JSON.items()}


@dataclass(frozen=True)
class Floor:
    """What real images score against other real ones, and the fakes beside it, both at `n` images a side.

    `other` says which reals stand for the fakes: a half of the real side, held-out ones or, for a score that reads
    the fakes alone, the reals themselves. `alarm` says that the fakes lie nearer to the reals than chance lets other
    reals lie.
    """

    value: float
    fake: float
    n: int
    other: Literal["half", "held-out", "itself"]
    alarm: bool = False


@dataclass(frozen=True)
class Result:
    """One number. `key` finds it in the report, `name` is what to call it in print.

    `settings` is "ganeval" where the named protocol says nothing about the metric, so that ganeval's
    own settings were used. `value` is None where none can honestly be given, and `withheld` says why;
    `total` is what a count is out of; `secondary` results are left out of tables of several metrics.

    `low` and `high` bracket the value at `level`, by `method`; or, where `corrected` is given, the value without its
    bias in n. `no_interval` says why there is none. `p_value` is the chance of a value at least as bad if reals and
    fakes had one distribution, where a test is made. `floor` is what real images score.
    """

    key: str
    name: str
    metric: str
    value: float | None
    better: str
    group: Group
    decimals: int
    exponent: int
    settings: Literal["protocol", "ganeval"] = "protocol"
    total: int | None = None
    withheld: str | None = None
    secondary: bool = False
    corrected: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str | None = None
    no_interval: str | None = None
    p_value: float | None = None
    floor: Floor | None = None

    @property
    def p_same(self) -> float | None:
        """`p_value` by its name in version 0.1 and in JSON."""
        return self.p_value

    def to_dict(self) -> dict[str, Any]:
        """Its fields under their keys in JSON."""
        return {_NAMES_IN_JSON.get(key, key): value for key, value in dataclasses.asdict(self).items()}

    def printed(self, *, more: int = 0) -> str:
        """The value times 10^`exponent`, with its metric's decimals and `more` of them; a count with its total."""
        if self.value is None:
            return "-"
        if self.total is not None:
            return f"{self.value:.{self.decimals}f} of {self.total}"
        return _rounded(self.value * 10**self.exponent, self.decimals + more)

    def printed_floor(self) -> tuple[str, str] | None:
        """What other reals score, and the fakes beside it, as the value is printed; None without a floor."""
        if self.floor is None:
            return None
        real, fake = (
            _rounded(value * 10**self.exponent, self.decimals) for value in (self.floor.value, self.floor.fake)
        )
        return real, fake

    def printed_interval(self) -> tuple[str, str] | None:
        """Value (or the corrected one) and brackets, no digit finer than a tenth of the half-width; None without."""
        if self.low is None or self.high is None or self.value is None:
            return None
        low, high = (bound * 10**self.exponent for bound in (self.low, self.high))
        half = (high - low) / 2
        digits = self.decimals if half <= 0 else math.ceil(-math.log10(half / 10))
        if self.total is not None:
            return self.printed(), f"[{low:.0f}, {high:.0f}]"
        digits = min(max(digits, 0), self.decimals + 2)
        centre = (self.value if self.corrected is None else self.corrected) * 10**self.exponent
        return _rounded(centre, digits), f"[{_rounded(low, digits)}, {_rounded(high, digits)}]"

    @property
    def indistinguishable(self) -> bool:
        """Whether a distance's interval holds 0 and no test tells the fakes from the reals."""
        if self.low is None or self.high is None or self.level is None or self.group != "distance":
            return False
        return self.low <= 0 <= self.high and (self.p_value is None or self.p_value > 1 - self.level)

    @property
    def heading(self) -> str:
        """Name and scale, such as `KID x1e3`."""
        return f"{self.name} x1e{self.exponent}" if self.exponent else self.name

    @property
    def below_floor(self) -> str | None:
        """The alarm of its floor in words, where it is on."""
        if self.floor is None or not self.floor.alarm:
            return None
        return (
            f"{self.heading} is below its floor: closer to the real set than other real data is. Copies are, and few "
            "points with its averages: check copying and recall"
        )


def _result(fields: Mapping[str, Any]) -> Result:
    floor = fields.get("floor")
    named = {_KEYS_OF_JSON.get(key, key): value for key, value in fields.items()}
    return Result(**{**named, "floor": None if floor is None else Floor(**floor)})


def _rounded(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text if float(text) else text.removeprefix("-")


@dataclass(frozen=True)
class NamedPair:
    """A fake and an image of `role`, by index number and by name; `share` is their distance ÷ what is usual."""

    fake: int
    fake_name: str
    other: int
    other_name: str
    role: str
    share: float


@dataclass(frozen=True)
class Finding:
    """What a metric (its spec) tells beside its numbers: sentences to print, details as JSON values, pairs of images.

    `alarm` says that the fakes look copied.
    """

    metric: str
    sentences: tuple[str, ...]
    details: Mapping[str, Any]
    pairs: tuple[NamedPair, ...] = ()
    alarm: bool = False


@dataclass(frozen=True)
class Side:
    """What was counted on one side: images used, available, files ignored, files skipped with reasons.

    `protocol` is the fingerprint under which the side was made, None where a file does not say it;
    `rounding` the rule that made levels of float images, None where there were none; `cached` says that its
    features had been extracted before. `digest` tells sides of other content: `images:` and the sha256 of the whole
    source, or `rows:`, `moments:` and that of the statistics where the images cannot be read twice.
    """

    spec: str
    n: int | None
    available: int | None
    ignored: int
    skipped: tuple[tuple[str, str], ...]
    protocol: str | None
    rounding: str | None = None
    cached: bool = False
    digest: str | None = None


@dataclass(frozen=True)
class Report(Mapping[str, Result]):
    """Results by key, in table order, with findings, sides, protocol, seed, warnings and versions."""

    results: tuple[Result, ...]
    sides: Mapping[str, Side]
    protocol: Protocol
    seed: int
    warnings: tuple[str, ...]
    versions: Mapping[str, str]
    created: str
    findings: tuple[Finding, ...] = ()

    def __getitem__(self, key: str) -> Result:
        own = self.key_of(key)
        for result in self.results:
            if result.key == own:
                return result
        raise KeyError(f"{key!r} is not in this report; it has {', '.join(self)}")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.key_of(key) in set(self)

    def key_of(self, name: str) -> str:
        """The key of a result by itself or by the name of its metric: "energy" and "energy_distance" are one score."""
        return score_key(name, {r.key: Spec.parse(r.metric).name for r in self.results})

    def __iter__(self) -> Iterator[str]:
        return (result.key for result in self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __str__(self) -> str:
        return "\n".join([*(f"{result.heading} {result.printed()}" for result in self.results), self.signature])

    def to_dict(self) -> dict[str, float]:
        """Key to value, flat: what a logger wants. Withheld values are left out."""
        return {result.key: result.value for result in self.results if result.value is not None}

    @property
    def copying_alarm(self) -> bool:
        """Whether the fakes lie nearer to the reals than other reals do, beyond chance: they may be copies."""
        return bool(self.alarms)

    @property
    def alarms(self) -> tuple[str, ...]:
        """Why the fakes look copied, a sentence each: too many near copies, distances below their floors."""
        sentences = [sentence for finding in self.findings if finding.alarm for sentence in finding.sentences]
        return (*sentences, *(result.below_floor for result in self.results if result.below_floor))

    def to_json(self) -> str:
        """The whole report; `Report.from_json` reads it back."""
        fields = {"schema": SCHEMA, "signature": self.signature, **dataclasses.asdict(self)}
        fields["results"] = [result.to_dict() for result in self.results]
        fields["protocol"] = self.protocol.to_json()
        return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """The report in a JSON text; ProtocolError for a schema this version does not know."""
        fields = json.loads(text)
        if fields.pop("schema", None) != SCHEMA:
            raise ProtocolError(f"not a ganeval report of schema {SCHEMA}: make it again with this version")
        fields.pop("signature")
        sides = {
            role: Side(**{**side, "skipped": tuple((where, why) for where, why in side["skipped"])})
            for role, side in fields.pop("sides").items()
        }
        return cls(
            results=tuple(_result(result) for result in fields.pop("results")),
            sides=sides,
            protocol=Protocol.from_json(fields.pop("protocol")),
            warnings=tuple(fields.pop("warnings")),
            findings=tuple(
                Finding(
                    **{
                        **finding,
                        "sentences": tuple(finding["sentences"]),
                        "pairs": tuple(NamedPair(**pair) for pair in finding.get("pairs", ())),
                    }
                )
                for finding in fields.pop("findings")
            ),
            **fields,
        )

    @property
    def signature(self) -> str:
        """The protocol in one line, to be printed below the numbers it made."""
        counts = "/".join("?" if side.n is None else str(side.n) for side in self.sides.values())
        roles = "/".join(self.sides)
        own = {"ganeval": "(ganeval's settings)", "protocol": ""}
        metrics = "+".join(dict.fromkeys(result.metric + own[result.settings] for result in self.results))
        digest = f"@{self.protocol.digest[:8]}" if self.protocol.digest else ""
        extractor = self.protocol.extractor + ("" if "@" in self.protocol.extractor else digest)
        parts = [
            f"ganeval:{self.versions['ganeval']}",
            f"protocol:{self.protocol.name}.{self.protocol.version}#{self.protocol.fingerprint}",
            f"metric:{metrics}",
            f"n({roles}):{counts}",
            *(f"{role}:protocol unknown" for role, side in self.sides.items() if side.protocol is None),
            *(f"{role}:rounding={side.rounding}" for role, side in self.sides.items() if side.rounding is not None),
            f"extractor:{extractor}",
            f"resize:{self.protocol.resize}",
            f"exif:{self.protocol.exif}",
            f"normalise:{self.protocol.normalise}",
            f"dtype:{self.protocol.dtype}",
            f"seed:{self.seed}",
        ]
        return "|".join(parts)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(r.heading)}</th><td>{r.printed()}</td>"
            f"<td>{_html_interval(r)}</td><td>{r.better} is better</td></tr>"
            for r in self.results
        )
        sentences = [sentence for finding in self.findings for sentence in finding.sentences]
        notes = "".join(f"<li>{html.escape(w)}</li>" for w in (*sentences, *self.warnings))
        caption = html.escape(" · ".join(f"{role}: {side.spec} ({side.n})" for role, side in self.sides.items()))
        return (
            f"<table><caption>{caption}</caption>{rows}</table>"
            f"<ul>{notes}</ul><small>{html.escape(self.signature)}</small>"
        )


def _html_interval(result: Result) -> str:
    """`[0.1, 0.3]`, or `without bias 0.2 [0.1, 0.3]`, or why there is none."""
    interval = result.printed_interval()
    if interval is None:
        return html.escape(f"no interval: {result.no_interval}" if result.no_interval else "")
    return interval[1] if result.corrected is None else f"without bias {interval[0]} {interval[1]}"
