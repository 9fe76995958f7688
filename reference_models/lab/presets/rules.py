"""DCGAN's four rules, each broken in turn, on digits.

What stands in a rule's place: `reference_models.lab.rule_breaker`. Same seed, same data, same number of steps.
`python -m reference_models rules` tells which rule a network breaks.

Source of the rules: Radford, Metz, Chintala, ICLR 2016. They were found on photographs with far larger networks; what
holds for small digits is measured here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final, get_args

from reference_models.lab.digits import Digits, lesson, sheet_drawn
from reference_models.lab.preset import Claim, Numbers, Preset, Said, Score, Seen
from reference_models.lab.rule_breaker import Broken, RuleBreaker

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES: tuple[Broken, ...] = get_args(Broken)
_KO = {"pooling": "풀링", "norm": "배치 정규화 없음", "hidden": "완전 연결 은닉층", "activation": "tanh 활성화"}
_WORSE = 1.1


def _claim(name: Broken) -> Claim:
    return Claim(
        Said(
            f"{name}: FD at least a tenth larger than with all rules kept",
            f"{_KO[name]}: 규칙을 다 지킬 때보다 FD가 10분의 1 이상 크다",
        ),
        lambda n: n[f"fd: {name}"] > _WORSE * n["fd: none"],
    )


@final
@dataclass(frozen=True)
class Rules(Preset):
    """`lr` is the rate of both networks."""

    lr: float = 1e-3
    steps: int = 400
    width: int = 8
    latent: int = 16

    title: ClassVar = Said("DCGAN's four rules, each broken in turn", "DCGAN의 네 규칙을 하나씩 어겨 보기")
    size: ClassVar = (11, 3.2)
    score: ClassVar = Score(
        "worst fd",
        Said("FD of the worst arm (turn lr, width, steps)", "가장 나쁜 설정의 FD (lr, width, steps)"),
        "lower",
    )
    claims: ClassVar = {f"{name} matters": _claim(name) for name in _NAMES if name != "none"}

    def run(self, *, seed: int) -> Seen:
        """Five trainings."""
        digits = Digits()
        found = {name: lesson(self._recipe(name), digits, seed=seed) for name in _NAMES}
        keys = "fd", "precision", "recall", "modes"
        numbers = {f"{key}: {name}": one.last(key) for key in keys for name, one in found.items()}
        numbers["worst fd"] = max(numbers[f"fd: {name}"] for name in _NAMES)
        return Seen(numbers, {"lessons": found})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """Every FD; which rules mattered here; what to do."""
        fd = {name: numbers[f"fd: {name}"] for name in _NAMES}
        seen = Said(
            f"With all rules kept FD is {fd['none']:.1f}; with one broken: "
            + ", ".join(f"{name} {fd[name]:.1f}" for name in _NAMES[1:])
            + ".",
            f"규칙을 모두 지키면 FD가 {fd['none']:.1f}이고, 하나를 어기면 "
            + ", ".join(f"{_KO[name]} {fd[name]:.1f}" for name in _NAMES[1:])
            + "이다.",
        )
        hurt = [name for name in _NAMES[1:] if fd[name] > _WORSE * fd["none"]]
        helped = [name for name in _NAMES[1:] if fd[name] < fd["none"] / _WORSE]
        why = Said(
            f"Breaking a rule made FD worse by a tenth or more for {_list(hurt)}, and better by as much for {_list(helped)}.",
            f"규칙을 어겨 FD가 10분의 1 이상 나빠진 것은 {_list(hurt, _KO)}, 그만큼 좋아진 것은 {_list(helped, _KO)}이다.",
        )
        worst = max(_NAMES, key=lambda name: fd[name])
        cure = Said(
            "Here no broken rule is worse than none: on digits this small the rules are not what decides."
            if worst == "none"
            else f"The rule that costs most here is the one that '{worst}' breaks (FD × {fd[worst] / fd['none']:.1f}): keeping it is the cure.",
            "여기서는 규칙을 지킨 것보다 나쁜 위반이 없다. 이렇게 작은 숫자 이미지에서는 규칙이 결정적이지 않다."
            if worst == "none"
            else f"여기서 가장 큰 대가를 치른 위반은 {_KO[worst]}(FD {fd[worst] / fd['none']:.1f}배)이다. 그 규칙을 지키는 것이 처방이다.",
        )
        return seen, why, cure

    def draw(self, seen: Seen, figure: "Figure") -> None:
        """Sheets of digits."""
        for panel, name in zip(figure.subplots(1, len(_NAMES)), _NAMES, strict=True):
            told = "all rules kept" if name == "none" else f"broken: {name}"
            sheet_drawn(
                panel,
                seen.trail["lessons"][name].images[:36],
                title=f"{told}\nFD {seen.numbers[f'fd: {name}']:.1f}",
                columns=6,
            )

    def _recipe(self, broken: Broken) -> RuleBreaker:
        return RuleBreaker(
            self.steps, width=self.width, latent=self.latent, d_rate=self.lr, g_rate=self.lr, broken=broken
        )


def _list(names: Sequence[str], words: Mapping[str, str] | None = None) -> str:
    return ", ".join(words[name] if words else name for name in names) or ("없음" if words else "none")


PRESET = Rules
