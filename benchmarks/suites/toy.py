"""Points in the plane: PacGAN's networks on ring and grid, plain and with packing 2, for a hundredth of its steps.

Not PacGAN's experiment, whose full specification is the suite `pacgan-ring`: hence `-short` in the names.
"""

from typing import Literal

from benchmarks.suite import Entry, Judge, Suite

SHORT = {"steps": "4000"}


def judges(mixture: Literal["ring", "grid"]) -> tuple[Judge, ...]:
    """On 2,500 points: VEEGAN's rule (τ = 0: one good point is enough for a mode), and ganeval's."""
    rules = (f"modes:mixture={mixture},tau=0", f"modes:mixture={mixture}")
    return (Judge(extractor="features", metrics=rules, n=2_500, reference=None),)


def entries(mixture: Literal["ring", "grid"]) -> tuple[Entry, ...]:
    """The plain GAN and packing 2."""
    return (
        Entry(f"{mixture}-short plain", "pacgan-2d", mixture, judges(mixture), SHORT),
        Entry(f"{mixture}-short packing 2", "pacgan-2d", mixture, judges(mixture), {**SHORT, "pack": "2"}),
    )


SUITE = Suite(
    name="toy",
    told="PacGAN's networks on ring and grid, 4,000 of 400,000 steps.",
    cost="Measured: 69 minutes of one core. Cut: a hundredth of the steps, in which the grid is not learnt.",
    entries=(*entries("ring"), *entries("grid")),
    seeds=10,
)
