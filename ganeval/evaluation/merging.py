"""Parts of one set, made on several machines, as one: the `+` of the statistics on files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from ganeval.core.errors import ProtocolError, SourceError, SpecError
from ganeval.core.protocol import Protocol
from ganeval.core.rows import Moments, Rows, gathered
from ganeval.sources.statistics_file import StatisticsFile


@dataclass(frozen=True)
class Whole:
    """All parts together."""

    moments: Moments
    rows: Rows | None
    protocol: Protocol


def shard_of(text: str) -> tuple[int, int]:
    """The shard number (from 1) and how many there are, from `2/4`.

    >>> shard_of("2/4")
    (2, 4)
    """
    number, slash, count = text.partition("/")
    if not slash or not number.isdecimal() or not count.isdecimal() or not 1 <= int(number) <= int(count):
        raise SpecError(f"shard {text!r} is not i/n with i from 1 to n, such as 2/4")
    return int(number), int(count)


def merged(parts: Sequence[StatisticsFile]) -> tuple[Whole, list[str]]:
    """The sum of the parts, and the shards that are missing; rows only where every part that is not empty has them.

    ProtocolError for unlike protocols, SourceError for a shard given twice or nothing but empty ones.
    """
    first = protocol_of(parts[0])
    for part in parts[1:]:
        first.require_same(protocol_of(part), here=parts[0].spec, there=part.spec)
    shards = [part.shard for part in parts if part.shard is not None]
    for shard in shards:
        if shards.count(shard) > 1:
            raise SourceError(f"shard {shard} was given twice: its images would count twice")
    counts = {_shard_in(part)[1] for part in parts if part.shard is not None}
    if len(counts) > 1:
        raise ProtocolError(f"the parts are shards of unlike divisions: {', '.join(shards)}")
    full = [part for part in parts if part.moments.n]
    if not full:
        raise SourceError("the parts hold no images")
    kept = [part.rows for part in full if part.rows is not None]
    rows = gathered(kept) if len(kept) == len(full) else None
    moments = reduce(add, (part.moments for part in full))
    wanted = {f"{i}/{n}" for n in counts for i in range(1, n + 1)}
    return Whole(moments, rows, first), sorted(wanted - set(shards))


def protocol_of(file: StatisticsFile) -> Protocol:
    """The protocol that a file says; ProtocolError where it says none."""
    if file.protocol is None:
        raise ProtocolError(f"{file.spec}: does not say its protocol: make it with `ganeval stats`")
    return file.protocol


def _shard_in(part: StatisticsFile) -> tuple[int, int]:
    try:
        return shard_of(part.shard or "")
    except SpecError as error:
        raise SourceError(f"{part.spec}: {error}") from error
