"""Your own feature rows: n × d numbers from .npy, .npz or an array, used as they are.

View: `features`. For features of a network that ganeval does not know, or from text, audio or
molecules. Both sides must come from the same network; nothing can check that here.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from ganeval.core.errors import FeatureError
from ganeval.extractors.base import Extractor


@final
@dataclass(frozen=True)
class FeatureRows(Extractor):
    """Rows that are features already; no options."""

    takes: ClassVar = "rows"
    views: ClassVar = ("features",)

    @property
    def name(self) -> str:
        """`features`."""
        return "features"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Never called: rows enter behind the extractor."""
        raise FeatureError("the extractor 'features' reads rows, not images")

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """The rows, unchanged."""
        return {"features": stack}


EXTRACTOR = FeatureRows
