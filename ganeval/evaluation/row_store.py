"""Feature rows while they arrive: in memory up to a budget, beyond it in an unnamed temporary file.

The file is mapped, so that the operating system, not the process, decides which rows stay in memory.
"""

import tempfile
from dataclasses import dataclass

import numpy as np

from ganeval.core.rows import row_dtype
from ganeval.core.types import AnyRows, Matrix

BUDGET = 1 << 30  # bytes of rows kept in memory, by default
_GROWTH = 2


@dataclass
class RowStore:
    """Rows (n, d) appended in blocks, float32 unless float64 ones come; `expected` is how many will, where known."""

    budget: int = BUDGET
    expected: int | None = None
    used: int = 0
    held: np.ndarray | None = None

    def append(self, values: AnyRows) -> None:
        """Add a block of rows."""
        needed = self.used + len(values)
        if self.held is None or needed > len(self.held) or self.held.dtype != self._kind(values):
            room = max(needed, self.expected or 0, _GROWTH * self.used)
            self._grow(room, values.shape[1], self._kind(values))
        assert self.held is not None
        self.held[self.used : needed] = values
        self.used = needed

    def rows(self) -> Matrix:
        """All rows that came, without a copy."""
        if self.held is None:
            return np.empty((0, 1), np.float32)
        return self.held[: self.used]

    def _kind(self, values: AnyRows) -> np.dtype:
        """float64 once such a block has come."""
        wide = self.held is not None and self.held.dtype == np.float64
        return np.dtype(np.float64 if wide else row_dtype(values))

    def _grow(self, n: int, d: int, kind: np.dtype) -> None:
        grown = np.empty((n, d), kind) if kind.itemsize * n * d <= self.budget else _mapped(n, d, kind)
        if self.held is not None:
            grown[: self.used] = self.held[: self.used]
        self.held = grown


def _mapped(n: int, d: int, kind: np.dtype) -> np.ndarray:
    """An array in a file without a name, which goes when the array does."""
    with tempfile.TemporaryFile(prefix="ganeval-rows-") as file:
        file.truncate(kind.itemsize * n * d)
        return np.memmap(file, kind, "r+", shape=(n, d))
