"""Extractors that were made already, by the user or by a reference: what they do not follow is refused.

A spec, such as "inception", is built with the weights, precision, device and protocol that a call states. An object
has its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganeval.core.errors import SpecError
from ganeval.core.protocol import NamedProtocol
from ganeval.evaluation.engine import Features
from ganeval.extractors.base import Extractor


@dataclass(frozen=True)
class Making:
    """What a call states about how its extractor is made; `device` "auto" and None state nothing."""

    weights: str | Path | None = None
    device: str = "auto"
    precision: str | None = None


def kept_extractor(
    reference: Any, wanted: str | Extractor | None, *, named: NamedProtocol, making: Making
) -> Extractor | None:
    """The extractor that a reference keeps, if it is the wanted one or none is wanted: nothing is loaded twice.

    None where there is none, or where another one is wanted. SpecError for options that it does not follow.
    """
    if not isinstance(reference, Features) or reference.extractor is None or reference.protocol is None:
        return None
    kept = reference.extractor
    if wanted is not kept and (wanted not in (None, kept.name) or reference.protocol.name != named.name):
        return None
    if making.weights is not None and not isinstance(wanted, Extractor):
        return None
    unlike = list(_not_followed(kept, making))
    if unlike and isinstance(wanted, str):
        return None
    if unlike:
        raise SpecError(
            f"the reference keeps its extractor, {kept.name}, which does not follow {unlike[0]}: state it in "
            f"ganeval.reference(…), or give extractor={kept.name!r} to make another"
        )
    return kept


def require_spec(wanted: object) -> str:
    """What names an extractor; SpecError for what is neither an extractor nor its name, with the remedy.

    >>> require_spec("inception")
    'inception'
    """
    if isinstance(wanted, str):
        return wanted
    kind = wanted.__name__ if isinstance(wanted, type) else type(wanted).__name__
    if isinstance(wanted, type) and issubclass(wanted, Extractor):
        remedy = f"give an object of it, {kind}(…)"
    elif callable(wanted):
        model = f"{kind}(…)" if isinstance(wanted, type) else "net"
        remedy = f"wrap a network or a function: ganeval.module_extractor({model}, size=64), with the size of its input"
    else:
        remedy = "give its name, such as extractor='inception'; networks: ganeval.module_extractor(net, size=64)"
    what = f"the class {kind}" if isinstance(wanted, type) else f"of type {kind}"
    raise SpecError(f"extractor is {what}, and neither a spec nor an extractor object: {remedy}")


def require_followed(extractor: Extractor, *, named: NamedProtocol, making: Making) -> None:
    """SpecError naming the first option, or the protocol, that an extractor object does not follow."""
    for option in _not_followed(extractor, making):
        raise SpecError(
            f"{extractor.name} is an extractor object and does not follow {option}: state it where the object is made, "
            "or give a spec in its place, such as extractor='inception'"
        )
    for name, own, theirs in _off_protocol(extractor, named):
        raise SpecError(
            f"{extractor.name} is an extractor object and does not follow protocol={named.name!r}: its {name} is "
            f"{own!r} and the protocol's is {theirs!r}: make the object with {name}={theirs!r}, or leave the protocol"
        )


def require_resizer(extractor: Extractor, *, named: NamedProtocol) -> None:
    """SpecError where an extractor without a choice of resizers resizes in another way than the protocol."""
    for _, own, theirs in _off_protocol(extractor, named):
        raise SpecError(
            f"{extractor.name} resizes by its own rule ({own}) and cannot follow --protocol {named.name} ({theirs}): "
            "leave the protocol, or choose another extractor"
        )


def _not_followed(extractor: Extractor, making: Making) -> Iterator[str]:
    """The stated options that are others than the object's own."""
    own = getattr(extractor, "weights", None)
    if making.weights is not None and (own is None or Path(making.weights) != Path(own)):
        yield f"weights={str(making.weights)!r}"
    default = "float32" if extractor.dtype == "float32" else None
    if making.precision is not None and making.precision != getattr(extractor, "precision", default):
        yield f"precision={making.precision!r}"
    if making.device != "auto" and not _is_on(extractor.runs_on, making.device):
        yield f"device={making.device!r}"


def _is_on(own: str | None, stated: str) -> bool:
    if own is None or own == stated:
        return own is not None
    import torch

    from ganeval.extractors._network import chosen_device

    one, other = (torch.device(chosen_device(name)) for name in (own, stated))
    return (one.type, one.index or 0) == (other.type, other.index or 0)


def _off_protocol(extractor: Extractor, named: NamedProtocol) -> Iterator[tuple[str, str, str]]:
    """What turns pixels into features otherwise than the protocol: its name, the extractor's value, the protocol's.

    The default protocol stands for no other project: what an extractor does is recorded beside it.
    """
    if named.name == "default" or extractor.takes == "rows":
        return
    resize = extractor.resize
    if resize != "none" and not resize.startswith(f"{named.resizer}-"):
        yield "resizer", str(getattr(extractor, "resizer", resize)), named.resizer
    normalise = getattr(extractor, "normalise", None)
    if normalise is not None and normalise != named.normalise:
        yield "normalise", str(normalise), named.normalise
