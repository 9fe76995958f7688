"""Several trainings on the ring side by side: their numbers, what to call them, and their figure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from reference_models.lab.preset import Numbers, Preset, Said, Seen
from reference_models.lab.ring import MODES, Course, Toy, course, crowd_drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW, MOST = MODES / 2, MODES - 1
_OUTSIDE = 2.0


class Crowds(Preset):
    """A preset of several trainings on the ring, kept as `courses`."""

    def draw(self, seen: Seen, figure: "Figure") -> None:
        """The crowds above, modes and distances over the steps below."""
        found: Mapping[str, Course] = seen.trail["courses"]
        rows = np.ravel(np.asarray(figure.subfigures(2, 1, height_ratios=[3, 2]), object))
        for panel, (name, arm) in zip(np.atleast_1d(rows[0].subplots(1, len(found))), found.items(), strict=True):
            crowd_drawn(panel, arm.points, title=f"{name}: {arm.last('modes'):.1f} of {MODES} modes")
        modes, distance = rows[1].subplots(1, 2)
        for number, (name, arm) in enumerate(found.items()):
            modes.plot(arm.steps, arm.judged["modes"], "os^v"[number % 4] + "-", markersize=3, linewidth=1, label=name)
            distance.semilogy(
                arm.steps, np.maximum(arm.judged["distance"], 1e-4), "os^v"[number % 4] + "-", markersize=3
            )
        modes.set(xlabel="step", ylabel="modes", ylim=(-0.3, MODES + 0.3))
        distance.set(xlabel="step", ylabel="energy distance")
        modes.legend(frameon=False, fontsize=7)


def courses(arms: Mapping[str, Toy], *, seed: int, steps: int) -> dict[str, Course]:
    """Every arm trained from the same seed."""
    return {name: course(toy, seed=seed, steps=steps) for name, toy in arms.items()}


def numbers_of(found: Mapping[str, Course]) -> dict[str, float]:
    """Modes, quality, gap, energy distance and radius of every arm, each the mean of its last three judgements."""
    keys = "modes", "quality", "gap", "distance", "radius"
    return {f"{key}: {name}": arm.last(key) for name, arm in found.items() for key in keys}


def covers(numbers: Numbers, arm: str) -> bool:
    """Seven modes of eight, on average."""
    return numbers[f"modes: {arm}"] >= MOST


def collapsed(numbers: Numbers, arm: str) -> bool:
    """Near the ring, and on half of the modes at most."""
    return numbers[f"modes: {arm}"] <= FEW and not lost(numbers, arm)


def lost(numbers: Numbers, arm: str) -> bool:
    """The middle point of the crowd lies twice as far out as the ring, or nowhere."""
    return not numbers[f"radius: {arm}"] <= _OUTSIDE


def told(numbers: Numbers, arm: str) -> Said:
    """One arm in a few words, true of its numbers."""
    modes, distance = numbers[f"modes: {arm}"], numbers[f"distance: {arm}"]
    if lost(numbers, arm):
        en, ko = "left the data altogether", "데이터를 완전히 벗어났다"
    elif collapsed(numbers, arm):
        en, ko = "collapsed or never arrived", "모드 붕괴를 일으켰거나 데이터에 닿지 못했다"
    elif covers(numbers, arm):
        en, ko = "covers the ring", "고리를 거의 다 덮는다"
    else:
        en, ko = "covers a part", "일부만 덮는다"
    return Said(
        f"{arm}: {modes:.1f} of {MODES} modes, energy distance {distance:.3f}, {en}",
        f"{arm}: 모드 {MODES}개 중 {modes:.1f}개, 에너지 거리 {distance:.3f}, {ko}",
    )


def all_told(numbers: Numbers, names: list[str]) -> Said:
    """All arms in one sentence."""
    one = [told(numbers, name) for name in names]
    return Said("; ".join(each.en for each in one) + ".", "; ".join(each.ko for each in one) + ".")


def best(numbers: Numbers, names: list[str]) -> str:
    """The arm nearest to the data by energy distance."""
    return min(names, key=lambda name: numbers[f"distance: {name}"])
