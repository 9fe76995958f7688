"""A training's numbers over its steps as a picture, with the steps at which alarms began."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ganeval.report.figure import empty_figure, fit_scale, saved
from ganeval.training.diagnose import Diagnosis
from ganeval.training.training_history import Scores, Signal, TrainingHistory

_SIGNALS: dict[str, tuple[Signal, ...]] = {
    "losses": ("loss", "D loss", "G loss"),
    "what D believes": ("D(x)", "D(held-out)", "D(G(z))"),
    "gradients": ("D gradient", "G gradient"),
}
_SHARES = ("precision", "recall", "modes")


def drawn(training: TrainingHistory, diagnoses: Sequence[Diagnosis], *, path: Path) -> Path:
    """A panel for what belongs together; a dashed line is the first step that an alarm names."""
    panels = list(_panels(training))
    figure = empty_figure(width=7.2, height=0.5 + 2.1 * len(panels))
    rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (title, draw) in zip(rows, panels, strict=True):
        draw(panel)
        panel.set_title(title, fontsize=9, loc="left")
        panel.grid(alpha=0.3)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    alarms = [one for one in diagnoses if one.verdict == "alarm" and one.since is not None]
    for number, one in enumerate(sorted(alarms, key=lambda one: one.since or 0)):
        for panel in rows:
            panel.axvline(one.since, color="C3", linestyle="--", linewidth=0.9, alpha=0.7)
        place = {"xytext": (3, -2 - 9 * number), "textcoords": "offset points", "xycoords": ("data", "axes fraction")}
        rows[0].annotate(one.name, (one.since, 1.0), va="top", fontsize=7, color="C3", **place)
    rows[-1].set_xlabel("step", fontsize=9)
    return saved(figure, path)


def _panels(training: TrainingHistory) -> Iterator[tuple[str, Callable[[Any], None]]]:
    for title, names in _SIGNALS.items():
        there: list[Signal] = [name for name in names if name in training.signals]
        if there:
            yield title, lambda panel, there=there: _signals(panel, training, there)
    shares = [training.scores[key] for key in _SHARES if key in training.scores]
    for scores in [one for one in (training.distance, *shares) if one is not None]:
        yield f"{scores.name} ({scores.better} is better)", lambda panel, scores=scores: _scores(panel, scores)


def _signals(panel: Any, training: TrainingHistory, names: Sequence[Signal]) -> None:
    for name in names:
        track = training.signals[name]
        (line,) = panel.plot(track.steps, track.values, linewidth=0.5, alpha=0.35)
        middles = [((part.first + part.last) / 2, part.middle) for part in track.stretches()]
        panel.plot(*zip(*middles, strict=True), color=line.get_color(), linewidth=1.6, label=name)


def _scores(panel: Any, scores: Scores) -> None:
    steps = [reading.step for reading in scores.readings]
    panel.plot(steps, [reading.value for reading in scores.readings], ".-", label="fakes")
    fit_scale(panel, [reading.value for reading in scores.readings])
    bracketed = [reading for reading in scores.readings if reading.low is not None]
    if bracketed:
        bounds = [[reading.low for reading in bracketed], [reading.high for reading in bracketed]]
        panel.fill_between(
            [r.step for r in bracketed], *bounds, color="grey", alpha=0.25, linewidth=0, label="interval"
        )
    floors = [(reading.step, reading.floor) for reading in scores.readings if reading.floor is not None]
    if floors:
        panel.plot(*zip(*floors, strict=True), color="black", linestyle=":", linewidth=1, label="other reals")
