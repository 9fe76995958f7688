"""The picture of docs/comparisons.md: how often a difference is seen, against its size in standard errors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LABELS = {"kid": "KID", "fd": "FD"}


def drawn(found: Mapping[str, Any], path: Path) -> Path:
    """Draw the record's power cells beside what is promised, and save the picture."""
    import matplotlib

    matplotlib.use("Agg")
    import numpy as np
    from matplotlib import pyplot
    from scipy.stats import norm

    figure, panel = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    sizes = np.linspace(0, 8, 200)
    rows = len(found["power"][0]["seen"]) if found["power"] else 1
    for share, name in ((rows, "Holm's first step"), (1, "its last")):
        limit = norm.ppf(1 - (1 - found["level"]) / (2 * share))
        line = ":" if share == 1 else "--"
        panel.plot(sizes, norm.cdf(sizes - limit), color="grey", linestyle=line, linewidth=1.2, label=f"theory, {name}")
    for number, (key, label) in enumerate(_LABELS.items()):
        cells = [cell for cell in found["power"] if key in cell["difference"]]
        at = [cell["difference"][key] / cell["sd"][key] for cell in cells]
        share = [cell["seen"][key] / cell["repetitions"] for cell in cells]
        panel.plot(at, share, "os"[number], color=f"C{number}", label=f"{label}, simulated", markersize=6)
    panel.axhline(0.8, color="black", linewidth=0.8)
    panel.annotate("4 times in 5", (7.9, 0.81), ha="right", va="bottom", fontsize=9)
    panel.set_xlim(-0.3, 8)
    panel.set_xlabel("difference between A and B, in standard errors")
    panel.set_ylabel("share of comparisons that say A is closer")
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False, loc="lower right", fontsize=9)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
    return path
