"""How a number was made: everything that must agree before two numbers may stand side by side.

A `Protocol` is what a pass was made with, recorded in every report. A `NamedProtocol` is a bundle of
settings that stands for another project: its resizer, its normalisation for the FID Inception, and
the settings of the metrics it has. An explicit option wins over the protocol, the protocol over
ganeval's defaults.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ganeval.core.errors import ProtocolError, SpecError
from ganeval.core.spec import nearest_name

Normalisation = Literal["symmetric", "tf1"]

ResizerName = Literal["torch-bilinear", "tf1-bilinear", "pil-bicubic"]


@dataclass(frozen=True)
class Protocol:
    """The fields that turn pixels into feature rows.

    `digest` is the sha256 of the extractor's weights (None where it has none), `resize` the
    resizer's name with the size it makes, `normalise` the scaling of the extractor's input.
    """

    extractor: str
    digest: str | None
    resize: str
    exif: str
    normalise: str = "own"
    dtype: str = "float32"
    name: str = "default"
    version: int = 1

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Protocol":
        """The protocol written in a report or a statistics file."""
        known = {f.name for f in dataclasses.fields(cls)}
        try:
            return cls(**{key: value for key, value in fields.items() if key in known})
        except TypeError as error:
            raise ProtocolError(f"a protocol in a file is incomplete ({error}): recompute the file") from error

    def to_json(self) -> dict[str, Any]:
        """The fields and their fingerprint."""
        return {**dataclasses.asdict(self), "fingerprint": self.fingerprint}

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that change when any field does."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def require_same(self, other: "Protocol", *, here: str, there: str) -> None:
        """ProtocolError naming the first field in which the two differ.

        >>> a = Protocol("pixels", None, "none", "ignore")
        >>> a.require_same(a, here="a", there="b")
        """
        for f in dataclasses.fields(self):
            mine, theirs = getattr(self, f.name), getattr(other, f.name)
            if mine != theirs:
                raise ProtocolError(
                    f"{here} and {there} were made under unlike protocols: {f.name} is {mine!r} here and "
                    f"{theirs!r} there; recompute one of them with the other's {f.name}"
                )


@dataclass(frozen=True)
class NamedProtocol:
    """Settings that stand for a project, by metric where it has one; `notes` tell where ganeval still deviates."""

    name: str
    project: str
    resizer: ResizerName
    normalise: Normalisation
    notes: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    version: int = 1

    def covers(self, metric: str) -> bool:
        """Whether the project has this metric, so that its settings are the project's and not ganeval's."""
        return self.name == "default" or metric in self.metrics


_INCEPTION_ONLY = "The normalisation applies to -x inception; other extractors keep their own, with this resizer."
PROTOCOLS: Mapping[str, NamedProtocol] = {
    protocol.name: protocol
    for protocol in (
        NamedProtocol(
            name="default",
            project="pytorch-fid 0.3.0 for FID; ganeval's choice for the rest",
            resizer="torch-bilinear",
            normalise="symmetric",
            notes=(
                "KID is the full unbiased statistic over all pairs, not a mean over subsets.",
                "Precision and recall use the same features as the distance, k = 3 and closed balls; "
                "density and coverage k = 5.",
                "The Fréchet distance never goes complex and adds no epsilon, where pytorch-fid may do both.",
            ),
        ),
        NamedProtocol(
            name="torch-fidelity",
            project="torch-fidelity 0.4.0",
            resizer="tf1-bilinear",
            normalise="tf1",
            notes=(
                _INCEPTION_ONLY,
                "Its precision and recall read VGG16 features by default; VGG16 is not shipped, so they are computed "
                "on the chosen extractor's rows.",
                "Its seed 2020 shuffles the Inception Score and draws the KID subsets, unless --seed is given.",
            ),
            metrics={
                "fd": {},
                "fid": {},
                "kid": {"subsets": 100, "subset_size": 1000, "seed": 2020},
                "inception-score": {"splits": 10, "seed": 2020},
                "precision-recall": {"k": 3, "ball": "closed"},
            },
        ),
        NamedProtocol(
            name="clean-fid",
            project="clean-fid 0.1.35, mode clean",
            resizer="pil-bicubic",
            normalise="tf1",
            notes=(
                _INCEPTION_ONLY,
                "It draws its KID subsets without a seed and shrinks them for small sets; ganeval draws them with one "
                "and asks for a smaller subset_size.",
                "It drops imaginary parts of the matrix root; ganeval has none.",
            ),
            metrics={"fd": {}, "fid": {}, "kid": {"subsets": 100, "subset_size": 1000}},
        ),
        NamedProtocol(
            name="adm",
            project="the evaluator of guided-diffusion (ADM)",
            resizer="tf1-bilinear",
            normalise="tf1",
            notes=(
                _INCEPTION_ONLY,
                "Its network is the TensorFlow graph; the weights here are the same, ported to torch.",
                "It measures neighbour distances in half precision where it can; ganeval's are exact.",
            ),
            metrics={
                "fd": {},
                "fid": {},
                "sfid": {},
                "inception-score": {"split_size": 5000, "order": "given"},
                "precision-recall": {"k": 3, "ball": "closed"},
            },
        ),
    )
}


def named_protocol(name: str) -> NamedProtocol:
    """The protocol of that name; SpecError with a suggestion when there is none."""
    if name not in PROTOCOLS:
        raise SpecError(f"unknown protocol {name!r}{nearest_name(name, PROTOCOLS)} (known: {', '.join(PROTOCOLS)})")
    return PROTOCOLS[name]
