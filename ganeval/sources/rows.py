"""Feature rows of the user's own: an array or tensor (n, d) that is used as it is."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from ganeval.core.errors import FeatureError, SourceError
from ganeval.core.rows import BLOCK, Rows
from ganeval.core.types import AnyRows
from ganeval.sources.labels import aligned_labels
from ganeval.sources.source import Input

_DIGITS = {"bfloat16": 7, "float16": 10, "float32": 23, "float64": 52}  # bits behind the leading one
_ULPS = {"bfloat16": 30, "float16": 30, "float32": 1000, "float64": 1000}


@final
@dataclass(frozen=True)
class GivenRows(Input):
    """Rows, how the user named them, what is equal for the same place, and what was lost before they came here."""

    spec: str
    identity: str
    rows: Rows
    lost: str | None


def given_rows(values: np.ndarray, *, spec: str, identity: str, kind: str, labels: Any = None) -> GivenRows:
    """The rows (n, d) in an array; `kind` names the numbers in which they were given, such as bfloat16.

    SourceError for another shape, FeatureError for values that are not finite.
    """
    if values.ndim != 2:
        raise SourceError(
            f"{spec}: feature rows must be (n, d), got {values.shape}"
            + (": for images choose an extractor (-x efficientnet-lite0)" if values.ndim > 2 else "")
        )
    if values.size == 0:
        raise SourceError(f"{spec}: holds no rows, its shape is {values.shape}")
    try:
        known = None if labels is None else aligned_labels(labels, n=len(values), spec=spec)
        rows = Rows.of(np.arange(len(values), dtype=np.int64), np.asarray(values), labels=known)
    except FeatureError as error:
        raise FeatureError(f"{spec}: {error}") from error
    return GivenRows(spec, identity, rows, lost_digits(rows.values, kind=kind))


def lost_digits(values: AnyRows, *, kind: str) -> str | None:
    """A sentence where a common offset took the digits of rows of this kind of floats: None where it did not.

    Their spread is then below 1,000 units in the last place of their mean (30 for half precision, whose digits are
    few). What was rounded away cannot be had back.

    >>> lost_digits(1e6 + np.array([[0.25], [0.5]], np.float32), kind="float32")[:44]
    'its float32 rows lie 8,000,003 times their s'
    >>> lost_digits(1e6 + np.array([[0.25], [0.5]]), kind="float64") is None
    True
    """
    if kind not in _DIGITS:
        return None
    mean = values.mean(axis=0, dtype=np.float64)
    squares = sum(float(np.square(values[i : i + BLOCK] - mean).sum()) for i in range(0, len(values), BLOCK))
    spread, offset = float(np.sqrt(squares / len(values))), float(np.linalg.norm(mean))
    if not 0 < spread < _ULPS[kind] * offset / 2.0 ** _DIGITS[kind] or (values == values[:1]).all():
        return None
    return (
        f"its {kind} rows lie {offset / spread:,.0f} times their spread from 0: rounding took digits of them, which "
        "nothing brings back; give float64, or subtract a common offset first"
    )
