"""DCGAN's four rules, checked on any torch module, in two readings.

| | the essay | the paper (Radford, Metz, Chintala, ICLR 2016, section 3) |
|---|---|---|
| 1 | strided convolutions: no pooling, no resizing | the same |
| 2 | batch norm, except at G's output and D's input | the same |
| 3 | no fully connected hidden layer: only D's last may be linear | G's first, reshaped to maps, may be too |
| 4 | ReLU in G, LeakyReLU in D | the same, and tanh at G's output |

In both, D's head to a few numbers may be linear, and D may end in a sigmoid. A convolution whose maps shrink to
one pixel before another layer follows, or that runs on maps of one pixel in the middle of a network, is
a fully connected layer by another name and counts as one. Remarks are not rules: dropout, LeakyReLU's
slope other than 0.2, batch norm's ε other than 1e-5, and operations whose meaning cannot be told.

Networks are watched while they run (`rules/trace.py`), so functions inside `forward` count as much as modules.
"""

import importlib
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from torch import nn

from reference_models.errors import ModelsError
from reference_models.rules.trace import Operation, Trace, trace

Role = Literal["generator", "discriminator"]
Reading = Literal["essay", "paper"]
READINGS: tuple[Reading, ...] = ("essay", "paper")
TITLES = (
    "remark",
    "strided convolutions",
    "batch norm",
    "no fully connected hidden layer",
    "ReLU in G, LeakyReLU in D",
)
_TOLD_EPSILON, _TOLD_SLOPE = 1e-5, 0.2


@dataclass(frozen=True)
class Finding:
    """A rule that is broken, by whom and where; rule 0 is a remark."""

    rule: int
    where: str
    text: str
    readings: tuple[Reading, ...] = READINGS


def role_of(found: Trace) -> Role:
    """A generator makes more numbers than it is given, a discriminator fewer."""
    return "generator" if math.prod(found.made) > math.prod(found.given) else "discriminator"


def findings(found: Trace, role: Role) -> list[Finding]:
    """All broken rules and remarks of one network, in order."""
    layers = [i for i, operation in enumerate(found.operations) if operation.is_layer]
    if not layers:
        return [Finding(1, "", "no convolution was seen")]
    gaps = [found.operations[first + 1 : last] for first, last in pairwise([*layers, len(found.operations)])]
    chain = [(found.operations[at], gap) for at, gap in zip(layers, gaps, strict=True)]
    checks = (_strides(found.operations), _norms(chain, role), _connected(chain, role), _activations(chain, role))
    broken = [finding for check in checks for finding in check]
    return [*broken, *_remarks(found.operations)]


def _strides(operations: tuple[Operation, ...]) -> Iterator[Finding]:
    for one in operations:
        if one.kind in ("resizing", "pooling"):
            yield Finding(1, one.where, f"{one.name} in place of a strided convolution")
    if not any(one.kind == "convolution" and one.stride > 1 for one in operations):
        yield Finding(1, "", "no convolution has a stride above 1")


def _norms(chain: list[tuple[Operation, tuple[Operation, ...]]], role: Role) -> Iterator[Finding]:
    for number, (layer, after) in enumerate(chain):
        bare = number == (len(chain) - 1 if role == "generator" else 0)
        head = role == "discriminator" and number == len(chain) - 1
        has = any(one.kind == "norm" for one in after)
        others = [one for one in after if one.kind == "other norm"]
        if others:
            yield Finding(2, others[0].where, f"{others[0].name} in place of batch norm")
        elif bare and has:
            place = "output" if role == "generator" else "input"
            yield Finding(2, layer.where, f"batch norm at the {role}'s {place} layer")
        elif not bare and not head and not has:
            yield Finding(2, layer.where, f"no batch norm after this {layer.name}")


def _connected(chain: list[tuple[Operation, tuple[Operation, ...]]], role: Role) -> Iterator[Finding]:
    for number, (layer, _) in enumerate(chain):
        if (number == len(chain) - 1 and role == "discriminator") or not _is_connected(layer, number, role):
            continue
        reshaped = role == "generator" and number == 0 and layer.kind == "linear" and len(chain) > 1
        projects = reshaped and chain[1][0].kind == "convolution" and len(chain[1][0].given) == 4
        sizes = f"{math.prod(layer.given[1:])} to {math.prod(layer.made[1:])}"
        name = layer.name if layer.kind == "linear" else f"{layer.name} of maps of one pixel"
        yield Finding(3, layer.where, f"{name}, {sizes}, inside the network", ("essay",) if projects else READINGS)


def _is_connected(layer: Operation, number: int, role: Role) -> bool:
    """Linear, or a convolution that ends in a single pixel; or, past the first layer of G, begins with one."""
    if layer.kind == "linear":
        return True
    one_before, one_after = (math.prod(shape[2:]) == 1 for shape in (layer.given, layer.made))
    return one_after or (one_before and not (role == "generator" and number == 0))


def _activations(chain: list[tuple[Operation, tuple[Operation, ...]]], role: Role) -> Iterator[Finding]:
    wanted = "ReLU" if role == "generator" else "LeakyReLU"
    for layer, after in chain[:-1]:
        found = [one for one in after if one.kind == "activation"]
        unknown = [one.name for one in after if one.kind == "unknown"]
        for one in found:
            if one.name != wanted:
                yield Finding(4, one.where, f"{one.name} in the {role}, expected {wanted}")
        if not found:
            hint = f" that is known (seen: {', '.join(unknown)})" if unknown else ""
            yield Finding(4, layer.where, f"no activation{hint} after this {layer.name}, expected {wanted}")
    last, after = chain[-1]
    ending = [one.name for one in after if one.kind == "activation"]
    if role == "generator" and ending != ["tanh"]:
        told = f"ends in {ending[-1]}" if ending else "ends without an activation"
        yield Finding(4, last.where, f"the generator {told}, expected tanh", ("paper",))
    if role == "discriminator" and any(name not in ("sigmoid", "log-sigmoid") for name in ending):
        yield Finding(4, last.where, f"the discriminator ends in {ending[-1]}, expected a sigmoid or nothing")


def _remarks(operations: tuple[Operation, ...]) -> Iterator[Finding]:
    for one in operations:
        if one.kind == "dropout":
            yield Finding(0, one.where, "dropout, which the paper does not use")
        elif one.kind == "norm" and not math.isclose(one.epsilon, _TOLD_EPSILON, rel_tol=0.01):
            yield Finding(0, one.where, f"batch norm with ε = {one.epsilon:g}, usually {_TOLD_EPSILON:g}")
        elif one.name == "LeakyReLU" and not math.isclose(one.slope, _TOLD_SLOPE):
            yield Finding(0, one.where, f"LeakyReLU with slope {one.slope:g}, in the paper {_TOLD_SLOPE:g}")
        elif one.kind == "unknown":
            yield Finding(0, one.where, f"{one.name}: what this means for the rules cannot be told")


def report(factory: str, *, reading: str, shape: str | None = None) -> tuple[str, bool]:
    """What is broken in the networks that `package.module:factory` makes, as text, and whether anything is."""
    readings = READINGS if reading == "both" else (reading,)
    lines, broken = [], False
    for name, network in networks(factory).items():
        found = trace(network, None if shape is None else _sizes(shape))
        role = role_of(found)
        told = f"{'×'.join(map(str, found.given))} -> {'×'.join(map(str, found.made)) or 1}"
        lines.append(f"{name}: a {role}, {told}")
        seen = findings(found, role)
        for one in readings:
            mine = [finding for finding in seen if finding.rule and one in finding.readings]
            broken = broken or bool(mine)
            lines.append(f"  as the {one} has it: {_verdict(mine)}")
            lines += [f"    {finding.rule} at {finding.where or 'forward()'}: {finding.text}" for finding in mine]
        remarks = [finding for finding in seen if not finding.rule]
        lines += [f"  remark at {finding.where or 'forward()'}: {finding.text}" for finding in remarks]
    return "\n".join(lines), broken


def networks(factory: str) -> dict[str, nn.Module]:
    """The torch modules that a factory returns, or attributes of what it returns, by name."""
    module, colon, name = factory.partition(":")
    if not colon:
        raise ModelsError(f"{factory}: write package.module:factory")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        made: Any = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ModelsError(f"{factory}: {error}") from error
    made = made if isinstance(made, nn.Module) else made()
    if isinstance(made, nn.Module):
        return {type(made).__name__: made}
    named = made if isinstance(made, Mapping) else {f"{type(one).__name__} ({i})": one for i, one in enumerate(made, 1)}
    if not named or not all(isinstance(one, nn.Module) for one in named.values()):
        raise ModelsError(f"{factory} must return one torch module, several, or a mapping of them")
    return dict(named)


def _verdict(mine: list[Finding]) -> str:
    rules = sorted({finding.rule for finding in mine})
    return f"breaks {', '.join(f'{rule} ({TITLES[rule]})' for rule in rules)}" if rules else "keeps all four rules"


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError as error:
        raise ModelsError(f"--input {text}: write numbers, such as 100,1,1") from error
