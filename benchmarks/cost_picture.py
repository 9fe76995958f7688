"""The picture of docs/cost.md: seconds and added memory against n, on logarithmic axes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PANELS = (("seconds", "seconds"), ("added_mb", "added memory, MB"))
_MARKERS = "osD^vP*X"


def drawn(found: Mapping[str, Any], path: Path) -> Path:
    """Draw the record's cells, one line a metric, and save the picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    metrics = list(dict.fromkeys(cell["metric"] for cell in found["cells"]))
    sizes = sorted({cell["n"] for cell in found["cells"]})
    colours = pyplot.get_cmap("tab20")
    figure, panels = pyplot.subplots(1, 2, figsize=(11, 5.2), layout="constrained")
    for panel, (field, label) in zip(panels, _PANELS, strict=True):
        for number, metric in enumerate(metrics):
            cells = [cell for cell in found["cells"] if cell["metric"] == metric and cell.get(field, 0) > 0]
            panel.loglog(
                [cell["n"] for cell in cells],
                [cell[field] for cell in cells],
                marker=_MARKERS[number % len(_MARKERS)],
                markersize=5,
                linewidth=1.6,
                label=metric,
                color=colours(number % 20),
            )
        panel.set_xlabel("images a side")
        panel.set_ylabel(label)
        panel.set_xticks(sizes, [f"{n:,}" for n in sizes], rotation=30)
        panel.minorticks_off()
        panel.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        _guides(panel, sizes, powers=(1, 2) if field == "seconds" else (1,))
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, frameon=False, fontsize=9)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
    return path


def _guides(panel: Any, sizes: list[int], *, powers: tuple[int, ...]) -> None:
    """Dotted lines that grow like n and like n², through the middle of the panel's left edge."""
    low, high = panel.get_ylim()
    start = (low * high) ** 0.5
    for power in powers:
        ends = [start, start * (sizes[-1] / sizes[0]) ** power]
        panel.plot([sizes[0], sizes[-1]], ends, color="grey", linestyle=":", linewidth=1, zorder=0)
        top = min(ends[1], high)
        at = sizes[0] * (top / start) ** (1 / power)
        panel.annotate("∝ n" if power == 1 else "∝ n²", (at, top), color="grey", ha="right", va="bottom", fontsize=9)
    panel.set_ylim(low, high)
