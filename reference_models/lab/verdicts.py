"""What five seeds showed at the presets' own knobs: `verdicts.json`, which `python -m benchmarks lab` writes.

For each preset, in how many of the seeds each claim held, and the median of the score to beat; a test holds the file
against benchmarks/records/lab.json. A claim that held in fewer than four of five is "not reproduced".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("verdicts.json")
SEEDS = 5
_ENOUGH = 4


@dataclass(frozen=True)
class Verdict:
    """Counts by claim, of SEEDS, and the median score; none of either where it was not measured yet."""

    held: Mapping[str, int] = field(default_factory=dict)
    score: float | None = None

    def reproduced(self, claim: str) -> bool:
        """Four of five seeds.

        >>> Verdict({"failure": 4, "cure": 3}).reproduced("cure")
        False
        """
        return self.held.get(claim, 0) >= _ENOUGH


def verdicts() -> dict[str, Verdict]:
    """Of every preset that was measured."""
    return {name: Verdict(**kept) for name, kept in json.loads(FILE.read_text(encoding="utf-8")).items()}
