"""Parts of one set, made on several machines, as one: the `+` of the statistics on files."""

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from ganeval.errors import ProtocolError, SourceError, SpecError
from ganeval.protocol import Protocol
from ganeval.sources.labels import as_labels
from ganeval.statistics import Moments, Rows, gathered


@dataclass(frozen=True)
class Part:
    """What one file holds. `moments` is None for an empty shard."""

    spec: str
    moments: Moments | None
    rows: Rows | None
    protocol: Mapping[str, Any]
    shard: str | None


@dataclass(frozen=True)
class Whole:
    """All parts together."""

    moments: Moments
    rows: Rows | None
    protocol: Mapping[str, Any]


def shard_of(text: str) -> tuple[int, int]:
    """The shard number (from 1) and how many there are, from `2/4`.

    >>> shard_of("2/4")
    (2, 4)
    """
    number, slash, count = text.partition("/")
    if not slash or not number.isdecimal() or not count.isdecimal() or not 1 <= int(number) <= int(count):
        raise SpecError(f"shard {text!r} is not i/n with i from 1 to n, such as 2/4")
    return int(number), int(count)


def read_part(path: Path) -> Part:
    """A file of `ganeval stats`; SourceError when it is none, or says no n or protocol."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise SourceError(f"{path}: not a readable .npz file ({str(error).partition(chr(10))[0]})") from error
    if not {"mu", "sigma", "n", "protocol"} <= held.keys():
        raise SourceError(f"{path}: is no statistics file of ganeval with n and protocol: make it with `ganeval stats`")
    n = int(held["n"])
    moments = Moments.from_covariance(held["mu"], held["sigma"], n=n) if n else None
    rows = None
    if "rows" in held and n:
        labels = as_labels(held["labels"]) if "labels" in held else None
        rows = Rows.of(held["index"].astype(np.int64), held["rows"], labels=labels)
    shard = str(held["shard"]) if "shard" in held else None
    return Part(str(path), moments, rows, json.loads(str(held["protocol"])), shard)


def merged(parts: Sequence[Part]) -> tuple[Whole, list[str]]:
    """The sum of the parts, and the shards that are missing; rows only where every part that is not empty has them.

    ProtocolError for unlike protocols, SourceError for a shard given twice or nothing but empty ones.
    """
    first = Protocol.from_json(parts[0].protocol)
    for part in parts[1:]:
        first.require_same(Protocol.from_json(part.protocol), here=parts[0].spec, there=part.spec)
    shards = [part.shard for part in parts if part.shard is not None]
    for shard in shards:
        if shards.count(shard) > 1:
            raise SourceError(f"shard {shard} was given twice: its images would count twice")
    counts = {shard_of(shard)[1] for shard in shards}
    if len(counts) > 1:
        raise ProtocolError(f"the parts are shards of unlike divisions: {', '.join(shards)}")
    full = [part for part in parts if part.moments is not None]
    if not full:
        raise SourceError("the parts hold no images")
    kept = [part.rows for part in full if part.rows is not None]
    rows = gathered(kept) if len(kept) == len(full) else None
    moments = reduce(add, (part.moments for part in full if part.moments is not None))
    wanted = {f"{i}/{n}" for n in counts for i in range(1, n + 1)}
    return Whole(moments, rows, parts[0].protocol), sorted(wanted - set(shards))
