"""Feature rows while they arrive: in memory up to a budget, beyond it in an unnamed temporary file.

The file is mapped, so that the operating system, not the process, decides which rows stay in memory.
"""

import tempfile
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ganeval.types import AnyRows

BUDGET = 1 << 30  # bytes of rows kept in memory, by default
_GROWTH = 2


@dataclass
class RowStore:
    """Rows (n, d) appended in blocks; `expected` is how many will come, where that is known."""

    budget: int = BUDGET
    expected: int | None = None
    used: int = 0
    held: np.ndarray | None = None

    def append(self, values: AnyRows) -> None:
        """Add a block of rows, as float32."""
        needed = self.used + len(values)
        if self.held is None or needed > len(self.held):
            self._grow(max(needed, self.expected or 0, _GROWTH * self.used), values.shape[1])
        assert self.held is not None
        self.held[self.used : needed] = values
        self.used = needed

    def rows(self) -> Float32[np.ndarray, "n d"]:
        """All rows that came, without a copy."""
        if self.held is None:
            return np.empty((0, 1), np.float32)
        return self.held[: self.used]

    def _grow(self, n: int, d: int) -> None:
        grown = np.empty((n, d), np.float32) if 4 * n * d <= self.budget else _mapped(n, d)
        if self.held is not None:
            grown[: self.used] = self.held[: self.used]
        self.held = grown


def _mapped(n: int, d: int) -> np.ndarray:
    """An array in a file without a name, which goes when the array does."""
    with tempfile.TemporaryFile(prefix="ganeval-rows-") as file:
        file.truncate(4 * n * d)
        return np.memmap(file, np.float32, "r+", shape=(n, d))
