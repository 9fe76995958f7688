"""What five seeds showed at the presets' own knobs: a constant copy of benchmarks/records/lab.json.

For each preset, in how many of the seeds each claim held, and the median of the score to beat. A test
holds it against the record; `python -m benchmarks lab` prints it anew. A claim that held in fewer than four of five is
"not reproduced". No entry: not measured yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SEEDS = 5
_ENOUGH = 4


@dataclass(frozen=True)
class Verdict:
    """Counts by claim, of SEEDS, and the median score."""

    held: Mapping[str, int] = field(default_factory=dict)
    score: float | None = None

    def reproduced(self, claim: str) -> bool:
        """Four of five seeds.

        >>> Verdict({"failure": 4, "cure": 3}).reproduced("cure")
        False
        """
        return self.held.get(claim, 0) >= _ENOUGH


VERDICTS: Mapping[str, Verdict] = {}
