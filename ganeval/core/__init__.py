"""The nouns in which every part speaks; imports nothing of ganeval.

Errors are named here; rows and moments stand in `rows.py`, which loads numpy: help and errors shall not wait for it.
"""

from ganeval.core.errors import (
    DecodeError,
    FeatureError,
    GanevalError,
    ProtocolError,
    SourceError,
    SpecError,
    TooFewError,
    WeightsError,
)

__all__ = [
    "DecodeError",
    "FeatureError",
    "GanevalError",
    "ProtocolError",
    "SourceError",
    "SpecError",
    "TooFewError",
    "WeightsError",
]
