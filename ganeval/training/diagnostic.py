"""What a diagnostic is: a frozen dataclass of thresholds and one pure function of a training's history."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from ganeval.training.training_history import TrainingHistory

Verdict = Literal["alarm", "clear", "unknown"]
Basis = Literal["calibrated", "derived", "convention", "stated"]
BASES: dict[Basis, str] = {
    "calibrated": "calibrated on public training logs",
    "derived": "follows from a formula",
    "convention": "a convention",
    "stated": "yours, not the default",
}


@dataclass(frozen=True)
class Finding:
    """What a diagnostic saw: its verdict, a sentence with the numbers, and the first step that shows it."""

    verdict: Verdict
    message: str
    since: int | None = None


def unknown(message: str) -> Finding:
    """No verdict: the sentence says what is missing."""
    return Finding("unknown", message)


class Diagnostic(ABC):
    """Base of all diagnostics. A subclass is a final frozen dataclass whose fields are its thresholds.

    `remedy` says what to do about an alarm, `caveat` when an alarm, or none, is wrong; `basis` where the thresholds
    come from, and `source` who found them. `order` places it in the table.
    """

    remedy: ClassVar[str]
    caveat: ClassVar[str]
    basis: ClassVar[Basis]
    source: ClassVar[str]
    order: ClassVar[int] = 50

    @abstractmethod
    def __call__(self, training: TrainingHistory) -> Finding:
        """What the training shows."""
