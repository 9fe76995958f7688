"""How the plain GAN's settings were chosen: one change at a time, judged against digits that no board looks at.

Two training seeds a setting. The reals are the 1,000 digits of the classifier's own part, so these numbers stand beside
each other and beside nothing else.
"""

from benchmarks.suite import Entry, Judge, Suite

DATA = "mnist-5k"
JUDGE = Judge(
    extractor="classifier:mnist",
    metrics=("precision-recall", "modes", "fd"),
    n=1_000,
    reference=DATA,
    part="classifier",
)
BASE = {"steps": "1500", "width": "128", "d_width": "128", "d_rate": "2e-4", "g_rate": "2e-4", "norm": "batch"}
FAST = {"d_rate": "5e-4", "g_rate": "5e-4"}
CHANGES = {
    "base": {},
    "fast": FAST,
    "fast, without batch norm": {**FAST, "norm": "none"},
    "fast, 6000 steps": {**FAST, "steps": "6000"},
}
SUITE = Suite(
    name="vanilla-sweep",
    told="Settings of the vanilla GAN.",
    cost="Measured: 8 minutes of one core. Cut: 1,500 steps, so that it shows what is fast, and two seeds.",
    entries=tuple(Entry(name, "vanilla", DATA, (JUDGE,), {**BASE, **changed}) for name, changed in CHANGES.items()),
    seeds=2,
    rank="fd",
)
