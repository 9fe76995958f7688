"""The options of every call that reads images: each stands here once, with its type and what it does."""

from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, get_args, get_origin, get_type_hints

from ganeval.core.errors import SpecError
from ganeval.core.spec import nearest_name
from ganeval.evaluation.cache import Use
from ganeval.evaluation.engine import Engine
from ganeval.extractors.base import Extractor
from ganeval.intervals.intervals import Interval, Population
from ganeval.sources.decode import Exif
from ganeval.sources.source import OnError

Floors = Literal["on", "off"]


class Options(TypedDict, total=False):
    """Keywords of `evaluate`, `reference`, `compare`, `tradeoff`, `power`, `features` and `Evaluator`.

    What is left out has its default: the first word of the type's list, or what the sentence says.
    """

    extractor: Annotated[
        str | Extractor | None, "Features: a spec or an object. Default: a reference's, else inception."
    ]
    protocol: Annotated[str | None, "Whose settings. Default: a reference's, else default."]
    weights: Annotated[str | Path | None, "Weight file for the extractor."]
    device: Annotated[str, "auto, cpu, cuda, cuda:1, ..."]
    precision: Annotated[str | None, "Of inception; less is faster, and named in the score."]
    n: Annotated[int | None, "Use a seeded choice of N images a side; a generator makes N."]
    seed: Annotated[int | None, "Seed of every random choice; default: 0, or the protocol's."]
    exif: Annotated[Exif, "EXIF orientation of photographs."]
    on_error: Annotated[OnError, "What to do at an image that cannot be read."]
    engine: Annotated[Engine | None, "Images per network call, decoding threads and progress."]
    cache: Annotated[Use, "Whether kept features are used, verified by hashing every image again, or left aside."]
    interval: Annotated[Interval, "Whether every score gets an interval, or the reason why there is none."]
    level: Annotated[float, "Confidence level of the intervals."]
    population: Annotated[Population, "Whether the real images are the population, not a sample of it."]
    floor: Annotated[Floors | None, "Whether real images are scored against themselves. Default: as interval."]


class Field(NamedTuple):
    """An option's type, and what it does in a sentence."""

    type: Any
    sentence: str


FIELDS: Mapping[str, Field] = {
    name: Field(hint.__origin__, hint.__metadata__[0])
    for name, hint in get_type_hints(Options, include_extras=True).items()
}


def require_options(options: Mapping[str, Any]) -> None:
    """TypeError for an option that there is not, SpecError for a word that an option does not take."""
    for name, value in options.items():
        if name not in FIELDS:
            raise TypeError(f"there is no option {name!r}{nearest_name(name, FIELDS)}")
        words = _words(FIELDS[name].type)
        if words and value not in words:
            known = ", ".join(repr(word) for word in words if word is not None)
            raise SpecError(f"{name} = {value!r} is not possible: give one of {known}")
        if name == "engine" and not isinstance(value, Engine | None):
            raise SpecError(f"engine = {value!r} is not possible: give a ganeval.Engine, such as Engine(batch_size=32)")


def _words(kind: Any) -> tuple[Any, ...]:
    """What an option takes, where it takes words alone."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    parts = get_args(kind)
    if any(get_origin(part) is Literal for part in parts) and all(
        part is NoneType or get_origin(part) is Literal for part in parts
    ):
        return tuple(word for part in parts for word in ((None,) if part is NoneType else get_args(part)))
    return ()
