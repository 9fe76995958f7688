"""PacGAN's ring with its full specification, plain and with packing 2, to be held beside Table 1 of the paper."""

from benchmarks.suite import Entry, Suite
from benchmarks.suites.toy import judges

SUITE = Suite(
    name="pacgan-ring",
    told="PacGAN's ring, full specification (400,000 steps), plain and packing 2.",
    cost=(
        "Measured: a plain run 2 h 21 min to 2 h 27 min of one core, packing 2 some 2 h 55 min; stopped at any time, "
        "it goes on. Cut: the number of runs."
    ),
    entries=(
        Entry("plain", "pacgan-2d", "ring", judges("ring")),
        Entry("packing 2", "pacgan-2d", "ring", judges("ring"), {"pack": "2"}),
    ),
    seeds=10,
)
