"""Mode collapse of a DCGAN on digits, watched: mode count, recall and FD per step, and which moved first.

Two arms from one seed: a healthy one, and one whose knobs are yours, at first the same without batch norm, which
Radford et al. (ICLR 2016) found critical against collapse. Judged every
`steps` ÷ 10 steps. A number has moved when it is beyond the best it had reached so far by

modes    2 digits or more
recall   0.10 or more (a drop that on 64 published training logs foretold 17 of 18 collapses)
FD       half as much again

Thinned or dropped, digits are named by ganeval's `modes`; a count is withheld while under half of the fakes are
recognisable, and a withheld count has not moved.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, final

import numpy as np

from reference_models.lab.digits import Digits, Lesson, lesson, sheet_drawn
from reference_models.lab.preset import Claim, Numbers, Preset, Said, Score, Seen
from reference_models.lab.rule_breaker import RuleBreaker

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEALTHY, _YOURS = "healthy", "yours"
_NAMES = (_HEALTHY, _YOURS)
_EN = {"modes": "the mode count", "recall": "recall", "fd": "FD"}
_KO = {"modes": "모드 수", "recall": "재현율", "fd": "FD"}
_LOOKS = 10


def moved_at(steps: np.ndarray, values: np.ndarray, *, key: Literal["modes", "recall", "fd"]) -> float:
    """The first step at which a score is beyond its best so far; inf when it never is.

    >>> moved_at(np.array([10, 20, 30]), np.array([0.5, 0.45, 0.3]), key="recall")
    30.0
    """
    best = math.nan
    for step, value in zip(steps, values, strict=True):
        if math.isnan(value):
            continue
        beyond = {"modes": value <= best - 2, "recall": value <= best - 0.1, "fd": value >= 1.5 * best}[key]
        if beyond:
            return float(step)
        best = value if math.isnan(best) else min(best, value) if key == "fd" else max(best, value)
    return math.inf


@final
@dataclass(frozen=True)
class Collapse(Preset):
    """Knobs of the arm that is yours; `norm=none` takes batch norm out of G and D."""

    lr: float = 1e-3
    d_steps: int = 1
    g_steps: int = 1
    norm: Literal["batch", "none"] = "none"
    steps: int = 1000
    width: int = 8
    latent: int = 16
    pack: int = 1

    title: ClassVar = Said("a DCGAN collapsing on digits", "숫자를 그리던 DCGAN의 모드 붕괴")
    size: ClassVar = (11, 6)
    score: ClassVar = Score(
        "recall: yours",
        Said("recall at the end (turn g_steps, norm, lr, pack)", "마지막 재현율 (g_steps, norm, lr, pack)"),
        "higher",
    )
    claims: ClassVar = {
        "failure": Claim(
            Said("recall ends at less than half of the healthy arm's", "마지막 재현율이 건강한 쪽의 절반보다 작다"),
            lambda n: n["recall: yours"] < n["recall: healthy"] / 2,
        ),
        "cure": Claim(
            Said("the healthy arm draws nine digits or ten", "건강한 쪽은 숫자를 아홉 가지 이상 그린다"),
            lambda n: n["modes: healthy"] >= 9,
        ),
        "recall warns first": Claim(
            Said("recall moves, and no later than modes and FD", "재현율이 모드 수나 FD보다 늦지 않게 움직인다"),
            lambda n: (
                n["recall moved at"] < math.inf and n["recall moved at"] <= min(n["modes moved at"], n["fd moved at"])
            ),
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Two trainings."""
        digits = Digits()
        healthy = RuleBreaker(self.steps, width=self.width, latent=self.latent, d_rate=1e-3, g_rate=1e-3)
        yours = replace(
            healthy,
            d_rate=self.lr,
            g_rate=self.lr,
            d_steps=self.d_steps,
            g_steps=self.g_steps,
            pack=self.pack,
            broken="norm" if self.norm == "none" else "none",
        )
        every = max(1, self.steps // _LOOKS)
        found = {
            name: lesson(recipe, digits, seed=seed, every=every)
            for name, recipe in zip(_NAMES, (healthy, yours), strict=True)
        }
        keys = "modes", "recognisable", "recall", "precision", "fd"
        numbers = {f"{key}: {name}": one.last(key) for key in keys for name, one in found.items()}
        for key in ("modes", "recall", "fd"):
            numbers[f"{key} moved at"] = moved_at(found[_YOURS].steps, found[_YOURS].scores[key], key=key)
        return Seen(numbers, {"lessons": found})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """Where both arms ended; what moved first; whether it is a collapse, and what the other arm does otherwise."""
        arms = (f"{name}: {_told_en(numbers, name)}" for name in _NAMES)
        ko = zip(("건강한 쪽", "당신의 설정"), _NAMES, strict=True)
        seen = Said("; ".join(arms) + ".", "; ".join(f"{word}: {_told_ko(numbers, name)}" for word, name in ko) + ".")
        low, high = (numbers[f"recall: {name}"] for name in (_YOURS, _HEALTHY))
        if low < high / 2:
            cure = Said(
                "Recall is less than half of the healthy arm's: variety is lost. The cure is what that arm does: one update of "
                "G for one of D, batch norm in both, learning rate 0.001.",
                "재현율이 건강한 쪽의 절반도 안 된다: 다양성을 잃었다. 처방은 건강한 쪽의 설정, 곧 판별자와 생성자를 한 번씩 갱신하고 "
                "두 신경망에 배치 정규화를 두며 학습률을 0.001로 하는 것이다.",
            )
        else:
            cure = Said(
                "Recall is at least half of the healthy arm's: these knobs do not collapse; try norm=none, or norm=none,lr=2e-4.",
                "재현율이 건강한 쪽의 절반 이상이다: 이 설정에서는 모드 붕괴가 일어나지 않았다. norm=none이나 norm=none,lr=2e-4를 시도해 보라.",
            )
        return seen, _order_told({key: numbers[f"{key} moved at"] for key in _EN}), cure

    def draw(self, seen: Seen, figure: "Figure") -> None:
        """Scores over steps above, drawings of both arms below."""
        lessons: dict[str, Lesson] = seen.trail["lessons"]
        above, below = np.ravel(np.asarray(figure.subfigures(2, 1, height_ratios=[1, 1]), object))
        panels = above.subplots(1, 3)
        for panel, key, label in zip(panels, ("modes", "recall", "fd"), ("digits drawn", "recall", "FD"), strict=True):
            for number, name in enumerate(_NAMES):
                one = lessons[name]
                panel.plot(
                    one.steps, one.scores[key], "os"[number] + "-", markersize=3, color=f"C{3 * number}", label=name
                )
            at = seen.numbers[f"{key} moved at"]
            if at < math.inf:
                panel.axvline(at, color="C3", linestyle=":", linewidth=1)
            panel.set(xlabel="step", ylabel=label)
            panel.set_ylim(bottom=0)
        panels[0].legend(frameon=False, fontsize=7)
        for panel, name in zip(below.subplots(1, 2), _NAMES, strict=True):
            sheet_drawn(panel, lessons[name].images[:48], title=f"{name}, at the end", columns=12)


def _order_told(when: Mapping[str, float]) -> Said:
    """Which score moved first, which later, which never."""
    moved = sorted((key for key in when if when[key] < math.inf), key=lambda key: when[key])
    if not moved:
        return Said(
            "Neither modes nor recall nor FD fell behind its best in this run.",
            "이번 실행에서는 모드 수, 재현율, FD 가운데 어느 것도 최고 기록에서 뒤처지지 않았다.",
        )
    first = [key for key in moved if when[key] == when[moved[0]]]
    never = [key for key in when if key not in moved]
    told = Said(
        f"First to fall behind its best {'were' if len(first) > 1 else 'was'} {' and '.join(_EN[key] for key in first)} "
        f"at step {when[first[0]]:.0f}",
        f"가장 먼저 최고 기록에서 뒤처진 것은 {when[first[0]]:.0f}스텝의 {'·'.join(_KO[key] for key in first)}이다",
    )
    for key in moved[len(first) :]:
        told += Said(f", then {_EN[key]} at {when[key]:.0f}", f", 그다음은 {when[key]:.0f}스텝의 {_KO[key]}")
    if not never:
        return told + Said(".", ".")
    return told + Said(
        f"; {' and '.join(_EN[key] for key in never)} never did.",
        f". {'·'.join(_KO[key] for key in never)}: 끝까지 움직이지 않았다.",
    )


def _told_en(numbers: Numbers, name: str) -> str:
    modes, known = numbers[f"modes: {name}"], numbers[f"recognisable: {name}"]
    count = f"digits not counted ({known:.0%} recognisable)" if math.isnan(modes) else f"{modes:.0f} of 10 digits"
    return f"{count}, recall {numbers[f'recall: {name}']:.2f}, FD {numbers[f'fd: {name}']:.1f}"


def _told_ko(numbers: Numbers, name: str) -> str:
    modes, known = numbers[f"modes: {name}"], numbers[f"recognisable: {name}"]
    unknown = f"숫자를 셀 수 없음(알아볼 수 있는 것 {known:.0%})"
    count = unknown if math.isnan(modes) else f"숫자 10가지 중 {modes:.0f}가지"
    return f"{count}, 재현율 {numbers[f'recall: {name}']:.2f}, FD {numbers[f'fd: {name}']:.1f}"


PRESET = Collapse
