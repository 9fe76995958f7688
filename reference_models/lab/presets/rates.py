"""Learning rates on the ring: a tenth of the usual, the usual, ten times the usual, in the same number of steps."""

from dataclasses import dataclass
from typing import ClassVar, final

from reference_models.lab import arms
from reference_models.lab.preset import Claim, Numbers, Said, Score, Seen
from reference_models.lab.ring import MODES, Toy

_SLOW, _USUAL, _FAST = "lr × 0.1", "lr × 1", "lr × 10"
_NAMES = [_SLOW, _USUAL, _FAST]


@final
@dataclass(frozen=True)
class Rates(arms.Crowds):
    """`lr` is the usual rate, of both networks; `r1` R1's weight γ."""

    lr: float = 2e-3
    steps: int = 1200
    r1: float = 0.1

    title: ClassVar = Said("learning rate × 0.1, × 1, × 10", "학습률 × 0.1, × 1, × 10")
    size: ClassVar = (9, 6)
    score: ClassVar = Score(
        "distance: " + _USUAL,
        Said("energy distance at lr × 1 (turn lr, r1)", "lr × 1의 에너지 거리 (lr, r1)"),
        "lower",
    )
    claims: ClassVar = {
        "slow fails": Claim(
            Said(
                "a tenth of the rate is not there yet: farther from the data",
                "학습률의 10분의 1로는 아직 데이터에서 더 멀다",
            ),
            lambda n: n[f"distance: {_SLOW}"] > n[f"distance: {_USUAL}"],
        ),
        "fast fails": Claim(
            Said("ten times the rate ends farther from the data", "학습률을 10배로 하면 데이터에서 더 멀어진다"),
            lambda n: not n[f"distance: {_FAST}"] <= n[f"distance: {_USUAL}"],
        ),
        "cure": Claim(
            Said("the usual rate covers the ring", "보통 학습률은 고리를 덮는다"),
            lambda n: arms.covers(n, _USUAL),
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Three trainings."""
        factors = zip(_NAMES, (0.1, 1.0, 10.0), strict=True)
        toys = {name: Toy(d_rate=f * self.lr, g_rate=f * self.lr, r1=self.r1) for name, f in factors}
        found = arms.courses(toys, seed=seed, steps=self.steps)
        return Seen(arms.numbers_of(found), {"courses": found})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """All arms; what each of the others suffers from; which rate won."""
        slow, usual, fast = (numbers[f"distance: {name}"] for name in _NAMES)
        worse = [name for name in (_SLOW, _FAST) if not numbers[f"distance: {name}"] <= usual]
        why = Said(
            f"Against lr × 1, the distance of lr × 0.1 is {slow / usual:.2f} times as large and that of lr × 10 "
            f"{fast / usual:.2f} times: " + ("worse: " + " and ".join(worse) if worse else "neither is worse") + ".",
            f"lr × 1에 견주어 에너지 거리는 lr × 0.1이 {slow / usual:.2f}배, lr × 10이 {fast / usual:.2f}배이다: "
            + ("더 나쁜 것: " + ", ".join(worse) if worse else "어느 쪽도 더 나쁘지 않다")
            + ".",
        )
        winner = arms.best(numbers, _NAMES)
        good = arms.covers(numbers, winner)
        cure = Said(
            f"Nearest to the data came {winner} with {numbers[f'modes: {winner}']:.1f} of {MODES} modes"
            + (
                ": this is the rate to keep."
                if good
                else ", and not even it covers the ring: more steps, or another r1."
            ),
            f"데이터에 가장 가까워진 것은 {winner}(모드 {MODES}개 중 {numbers[f'modes: {winner}']:.1f}개)이다"
            + (
                ": 이 학습률을 쓰면 된다."
                if good
                else ". 이것조차 고리를 덮지 못했으니 스텝을 늘리거나 r1을 바꿔 보라."
            ),
        )
        return arms.all_told(numbers, _NAMES), why, cure


PRESET = Rates
