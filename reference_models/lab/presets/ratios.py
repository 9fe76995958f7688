"""Update ratios on the ring: D and G by turns, fifteen updates of D for one of G, the other way round; and R1.

All arms make the same number of rounds; a round is `many` updates of the one and one of the other. A fourth arm
keeps 1:1 and penalises the slope of D at the reals (R1). The
duality-gap experiments in the plane (Sidheekh et al., 2021) name 1:1 as converging, 15:1 as collapsing, 1:15 as
diverging; what happens here is measured, not taken over.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from reference_models.lab import arms
from reference_models.lab.preset import Claim, Numbers, Said, Score, Seen
from reference_models.lab.ring import MODES, Toy

_EVEN, _JUDGE, _DRAW, _CURED = "D:G = 1:1", "D:G = many:1", "D:G = 1:many", "D:G = 1:1, R1"
_NAMES = [_EVEN, _JUDGE, _DRAW, _CURED]


@final
@dataclass(frozen=True)
class Ratios(arms.Crowds):
    """`many` is the 15; `r1` is R1's weight γ in the last arm, `r1_all` in the others."""

    lr: float = 3e-3
    many: int = 15
    steps: int = 1000
    r1: float = 0.1
    r1_all: float = 0.0

    title: ClassVar = Said("update ratios D:G of 1:1, 15:1 and 1:15", "판별자와 생성자의 갱신 비율 1:1, 15:1, 1:15")
    size: ClassVar = (9, 6)
    score: ClassVar = Score(
        "fewest modes",
        Said("modes of the worst arm (turn r1_all, lr, many)", "가장 나쁜 설정의 모드 수 (r1_all, lr, many)"),
        "higher",
    )
    claims: ClassVar = {
        "15:1 collapses": Claim(
            Said("with many updates of D the crowd collapses", "판별자를 여러 번 갱신하면 모드 붕괴가 일어난다"),
            lambda n: arms.collapsed(n, _JUDGE),
        ),
        "1:15 diverges": Claim(
            Said("with many updates of G the crowd leaves the data", "생성자를 여러 번 갱신하면 데이터를 벗어난다"),
            lambda n: arms.lost(n, _DRAW),
        ),
        "1:15 fails": Claim(
            Said(
                "with many updates of G at most half of the modes are there",
                "생성자를 여러 번 갱신하면 모드가 절반 이하다",
            ),
            lambda n: n[f"modes: {_DRAW}"] <= arms.FEW,
        ),
        "cure": Claim(
            Said("1:1 with R1 covers the ring", "1:1에 R1을 더하면 고리를 덮는다"),
            lambda n: arms.covers(n, _CURED),
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Four trainings."""
        toy = Toy(d_rate=self.lr, g_rate=self.lr, r1=self.r1_all)
        toys = {
            _EVEN: toy,
            _JUDGE: replace(toy, d_steps=self.many),
            _DRAW: replace(toy, g_steps=self.many),
            _CURED: replace(toy, r1=self.r1),
        }
        found = arms.courses(toys, seed=seed, steps=self.steps)
        numbers = arms.numbers_of(found)
        numbers["fewest modes"] = min(numbers[f"modes: {name}"] for name in _NAMES)
        for name, arm in found.items():
            numbers[f"D(G(z)): {name}"] = float(arm.measured["D(G(z))"][-50:].mean())
        return Seen(numbers, {"courses": found})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """All arms; what D thinks of the fakes; which ratio came nearest."""
        opinions = ", ".join(f"{name.removeprefix('D:G = ')} {numbers[f'D(G(z)): {name}']:.2f}" for name in _NAMES)
        chased = numbers[f"modes: {_DRAW}"] <= arms.FEW and not arms.lost(numbers, _DRAW)
        why = Said(
            f"At the end D believed in the fakes by D(G(z)) = {opinions}"
            + (
                ": a G that moves many times against a D that stands still runs to where D is highest, all of it."
                if chased
                else "."
            ),
            f"마지막에 판별자가 가짜를 진짜로 본 정도는 D(G(z)) = {opinions}이다"
            + (
                ": 멈춰 선 판별자를 상대로 생성자만 여러 번 움직이면 D가 가장 높은 곳으로 모두 몰려간다."
                if chased
                else "."
            ),
        )
        winner = arms.best(numbers, _NAMES)
        good = arms.covers(numbers, winner)
        cure = Said(
            f"Nearest to the data came {winner} with {numbers[f'modes: {winner}']:.1f} of {MODES} modes: "
            + ("that is the cure here." if good else "none of them cured it; try another r1 or lr."),
            f"데이터에 가장 가까워진 것은 {winner}(모드 {MODES}개 중 {numbers[f'modes: {winner}']:.1f}개)이다: "
            + (
                "여기서는 이 비율이 처방이다."
                if good
                else "비율만으로는 낫지 않았다. r1=0.1이나 다른 lr을 시도해 보라."
            ),
        )
        return arms.all_told(numbers, _NAMES), why, cure


PRESET = Ratios
