"""D too weak: the generator fools it and stops improving.

The same G against a D with a few hidden units and against the usual one. A D that cannot tell fakes
from reals has nothing to teach: its loss looks perfect, near 2 ln 2, while the fakes are far from the data.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from reference_models.lab import arms
from reference_models.lab.preset import Claim, Numbers, Said, Score, Seen
from reference_models.lab.ring import Toy

_WEAK, _USUAL = "weak D", "usual D"
_NAMES = [_WEAK, _USUAL]


@final
@dataclass(frozen=True)
class WeakD(arms.Crowds):
    """`d_width` is the number of D's hidden units a layer in the weak arm (128 in the other); `r1` R1's γ in both."""

    lr: float = 2e-3
    d_width: int = 2
    steps: int = 600
    r1: float = 0.1

    title: ClassVar = Said(
        "D too weak: fooled, and nothing more to learn", "너무 약한 판별자: 속아 넘어가 더 가르칠 것이 없다"
    )
    size: ClassVar = (7, 6)
    score: ClassVar = Score(
        "gap: " + _WEAK,
        Said(
            "distance to the nearest mode with the weak D (turn lr, r1, d_width)",
            "약한 판별자일 때 가장 가까운 모드까지의 거리 (lr, r1, d_width)",
        ),
        "lower",
    )
    claims: ClassVar = {
        "failure": Claim(
            Said(
                "the weak D is fooled (its loss is within 10 % of saying ½ always) while the fakes are at least "
                "twice as far from the nearest mode as with the usual D",
                "약한 판별자는 속고(손실이 항상 ½이라 답할 때의 10 % 이내) 가짜는 보통 판별자일 때보다 두 배 이상 모드에서 멀다",
            ),
            lambda n: n[f"D loss ÷ 2 ln 2: {_WEAK}"] > 0.9 and n[f"gap: {_WEAK}"] > 2 * n[f"gap: {_USUAL}"],
        ),
        "stops improving": Claim(
            Said(
                "in the second half of the steps the weak D makes the fakes better by less than a fifth",
                "스텝의 뒤쪽 절반 동안 약한 판별자는 가짜를 5분의 1도 개선하지 못한다",
            ),
            lambda n: n[f"second half ÷ middle: {_WEAK}"] > 0.8,
        ),
        "cure": Claim(
            Said("with the usual D the fakes come twice as near", "보통 판별자라면 가짜가 두 배 이상 가까워진다"),
            lambda n: n[f"gap: {_USUAL}"] < n[f"gap: {_WEAK}"] / 2,
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Two trainings."""
        widths = zip(_NAMES, (self.d_width, Toy.d_width), strict=True)
        toys = {name: Toy(d_rate=self.lr, g_rate=self.lr, r1=self.r1, d_width=width) for name, width in widths}
        found = arms.courses(toys, seed=seed, steps=self.steps)
        numbers = arms.numbers_of(found)
        for name, arm in found.items():
            middle = len(arm.steps) // 2
            before = float(np.mean(arm.judged["gap"][middle - 2 : middle + 1]))
            numbers[f"second half ÷ middle: {name}"] = arm.last("gap") / before
            numbers[f"D loss ÷ 2 ln 2: {name}"] = float(arm.measured["D loss"][-100:].mean()) / (2 * math.log(2))
        return Seen(numbers, {"courses": found})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """Both arms; whether the weak D is fooled and the crowd stands still; what the other D changed."""
        fooled = numbers[f"D loss ÷ 2 ln 2: {_WEAK}"]
        still = numbers[f"second half ÷ middle: {_WEAK}"]
        weak, usual = (numbers[f"gap: {name}"] for name in _NAMES)
        why = Said(
            f"The weak D's loss is {fooled:.2f} of that of a D that always says ½: "
            + ("it is fooled" if fooled > 0.9 else "it still tells fakes from reals")
            + f"; in the second half of the training the mean distance to the nearest mode became {still:.2f} of what it was in the middle: "
            + ("G has stopped improving." if still > 0.8 else "G still improves."),
            f"약한 판별자의 손실은 항상 ½이라고 답하는 판별자의 {fooled:.2f}배이다: "
            + ("속아 넘어갔다" if fooled > 0.9 else "아직 가짜와 진짜를 구별한다")
            + f". 뒤쪽 절반 동안 가장 가까운 모드까지의 평균 거리는 중간의 {still:.2f}배가 되었다: "
            + ("생성자는 더 나아지지 않는다." if still > 0.8 else "생성자는 아직 나아지고 있다."),
        )
        cured = usual < weak / 2
        cure = Said(
            f"With {Toy.d_width} units in place of {self.d_width} that distance is {usual:.3f} in place of {weak:.3f}: "
            + ("a stronger D is the cure." if cured else "a stronger D is no cure here."),
            f"은닉 유닛을 {self.d_width}개에서 {Toy.d_width}개로 늘리자 이 거리가 {weak:.3f}에서 {usual:.3f}로 바뀌었다: "
            + ("더 강한 판별자가 처방이다." if cured else "여기서는 더 강한 판별자도 처방이 아니다."),
        )
        return arms.all_told(numbers, _NAMES), why, cure


PRESET = WeakD
