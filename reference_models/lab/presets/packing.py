"""Packing on the ring: D judges two points at once, and notices when they are always alike.

Source: Lin, Khetan, Fanti, Oh, PacGAN: The Power of Two Samples in Generative Adversarial Networks, NeurIPS
2018. There with larger networks and 400,000 steps; here what a minute shows.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from reference_models.lab import arms
from reference_models.lab.preset import Claim, Numbers, Said, Score, Seen
from reference_models.lab.ring import MODES, Toy

_ONE, _PACKED = "1 point", "packed"
_NAMES = [_ONE, _PACKED]


@final
@dataclass(frozen=True)
class Packing(arms.Crowds):
    """`pack` is the number of points that D sees at once in the second arm."""

    lr: float = 1e-3
    pack: int = 2
    steps: int = 2000
    r1: float = 0.0

    title: ClassVar = Said("packing 1 against 2", "패킹 1과 2의 비교")
    size: ClassVar = (7, 6)
    score: ClassVar = Score(
        "modes: " + _PACKED,
        Said("modes with packing (turn pack, lr, r1)", "패킹한 쪽의 모드 수 (pack, lr, r1)"),
        "higher",
    )
    claims: ClassVar = {
        "failure": Claim(
            Said("without packing at most half of the modes are there", "패킹이 없으면 모드가 절반 이하다"),
            lambda n: n[f"modes: {_ONE}"] <= arms.FEW,
        ),
        "cure": Claim(
            Said("packing covers at least one mode more", "패킹하면 모드를 하나 이상 더 덮는다"),
            lambda n: n[f"modes: {_PACKED}"] >= n[f"modes: {_ONE}"] + 1,
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Two trainings."""
        toys = {
            name: Toy(d_rate=self.lr, g_rate=self.lr, r1=self.r1, pack=pack)
            for name, pack in zip(_NAMES, (1, self.pack), strict=True)
        }
        found = arms.courses(toys, seed=seed, steps=self.steps)
        return Seen(arms.numbers_of(found), {"courses": found})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """Both arms; the difference; whether it helped."""
        one, packed = (numbers[f"modes: {name}"] for name in _NAMES)
        why = Said(
            f"A D that sees {self.pack} points at once can see that a collapsed G draws them alike, which real pairs are not; "
            f"here that made {packed - one:+.1f} modes.",
            f"점 {self.pack}개를 한꺼번에 보는 판별자는 붕괴한 생성자의 점들이 서로 너무 닮았음을 알아챌 수 있다. "
            f"여기서 그 효과는 모드 {packed - one:+.1f}개였다.",
        )
        helped, harmed = packed >= one + 1, packed <= one - 1
        cure = Said(
            f"Packing {'helped' if helped else 'harmed' if harmed else 'made no difference of a mode'} in this run"
            + (
                f"; {MODES - packed:.1f} modes are still missing."
                if packed < arms.MOST
                else "; nearly all modes are there."
            ),
            f"이번 실행에서 패킹은 {'도움이 되었다' if helped else '오히려 해로웠다' if harmed else '모드 하나만큼의 차이도 내지 못했다'}. "
            + (f"아직 모드 {MODES - packed:.1f}개가 빠져 있다." if packed < arms.MOST else "모드가 거의 다 나타났다."),
        )
        return arms.all_told(numbers, _NAMES), why, cure


PRESET = Packing
