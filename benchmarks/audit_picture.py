"""The picture of docs/audit.md: scores against damages, a panel a feature space, coloured by what is seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_COLOURS = {"worse": "#2c7fb8", "better": "#e6872e", "": "#f0f0f0", "withheld": "#9ecae1"}
_MEANING = {
    "worse": "seen: worse than every held-out set",
    "better": "rewarded: better than every held-out set",
    "withheld": "no number is given",
    "": "not seen",
}


def drawn(grounds: Sequence[tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]], path: Path) -> Path:
    """Draw the verdicts of every ground and save the picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import patches, pyplot

    keys = list(grounds[0][1])
    sets = list(grounds[0][0]["alarms"])[1:]
    figure, panels = pyplot.subplots(
        1, len(grounds), figsize=(4.1 * len(grounds) + 1, 8.4), layout="constrained", sharey=True
    )
    for panel, (ground, found) in zip(panels, grounds, strict=True):
        for y, key in enumerate(keys):
            for x, name in enumerate(sets):
                verdict = found.get(key, {}).get(name)
                if verdict is not None:
                    panel.add_patch(patches.Rectangle((x + 0.04, y + 0.04), 0.92, 0.92, color=_COLOURS[verdict.seen]))
        alarms = [sum(ground["alarms"][name]) / len(ground["alarms"][name]) for name in sets]
        for x, share in enumerate(alarms):
            panel.add_patch(
                patches.Rectangle((x + 0.04, len(keys) + 0.54), 0.92, 0.92, color="#c51b1b", alpha=0.08 + 0.92 * share)
            )
            panel.text(x + 0.5, len(keys) + 1, f"{share:.0%}", ha="center", va="center", fontsize=7)
        panel.set_xlim(0, len(sets))
        panel.set_ylim(len(keys) + 1.6, -0.1)
        panel.set_xticks([x + 0.5 for x in range(len(sets))], sets, rotation=40, ha="left", fontsize=8)
        panel.xaxis.tick_top()
        ticks = [y + 0.5 for y in range(len(keys))] + [len(keys) + 1]
        panel.set_yticks(ticks, [grounds[0][0]["labels"][key]["label"] for key in keys] + ["copying alarm"], fontsize=8)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        panel.set_xlabel(f"{ground['name']}\n{ground['extractor']}", fontsize=9)
    handles = [patches.Patch(color=_COLOURS[kind], label=text) for kind, text in _MEANING.items()]
    handles.append(patches.Patch(color="#c51b1b", label="share of drawings with the alarm"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path
