"""How a number was made: everything that must agree before two numbers may stand side by side."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganeval.errors import ProtocolError


@dataclass(frozen=True)
class Protocol:
    """The fields that turn pixels into feature rows.

    `digest` is the sha256 of the extractor's weights (None where it has none), `resize` the
    resizer's name with the size it makes.
    """

    extractor: str
    digest: str | None
    resize: str
    exif: str
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
