"""Arrows: where the gradient of G's loss, through D, pushes each of its samples.

Drawn at each sample x is −∂L_G/∂x, over D's belief. A crowd whose arrows all point the same way moves as a herd:
G can follow it without ever parting (Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016, section
3.2, on collapse). Side by side: no penalty, and R1 on D's gradient at the reals.

agreement   length of the mean of the unit arrows: 1 when all point the same way, near 0 when they part
homeward    share of arrows within 60 degrees of the direction to the nearest mode; chance is one third
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
import torch

from reference_models.lab import arms
from reference_models.lab.loop import learner_of, trained
from reference_models.lab.preset import Claim, Numbers, Preset, Said, Score, Seen
from reference_models.lab.ring import MODES, RING, Toy, data, judged
from reference_models.models.gan import GAN
from reference_models.training.runs import sampler_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PLAIN, _PENALTY = "no penalty", "R1"
_NAMES = [_PLAIN, _PENALTY]
_LOOKS = 12
_SHOWN = (1, 5, 11)
_REACH = 1.6
_HERD = 0.5


@dataclass(frozen=True)
class Look:
    """Samples, their arrows and D's belief on a raster, at one step."""

    step: int
    points: np.ndarray
    arrows: np.ndarray
    belief: np.ndarray


@final
@dataclass(frozen=True)
class Arrows(Preset):
    """`r1` is the weight γ in the second arm."""

    lr: float = 2e-3
    r1: float = 0.1
    steps: int = 1200

    title: ClassVar = Said("the gradient at G's samples, as arrows", "생성 샘플에서의 기울기를 화살표로 보기")
    size: ClassVar = (9, 6)
    score: ClassVar = Score("modes: R1", Said("modes with R1 (turn r1, lr)", "R1을 쓴 쪽의 모드 수 (r1, lr)"), "higher")
    claims: ClassVar = {
        "failure": Claim(
            Said("without a penalty at most half of the modes are there", "벌점이 없으면 모드가 절반 이하다"),
            lambda n: n[f"modes: {_PLAIN}"] <= arms.FEW,
        ),
        "arrows part": Claim(
            Said("with R1 the arrows agree less", "R1을 쓰면 화살표가 더 갈라진다"),
            lambda n: n[f"agreement: {_PENALTY}"] < n[f"agreement: {_PLAIN}"],
        ),
        "cure": Claim(
            Said("with R1 the crowd covers the ring", "R1을 쓰면 고리를 덮는다"),
            lambda n: n[f"modes: {_PENALTY}"] >= arms.MOST,
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Two trainings, looked at twelve times; numbers are means over the later half of the looks."""
        looks = {name: self._looks(r1, seed=seed) for name, r1 in zip(_NAMES, (0.0, self.r1), strict=True)}
        numbers: dict[str, float] = {}
        for name, found in looks.items():
            late = found[len(found) // 2 :]
            numbers[f"agreement: {name}"] = float(np.mean([agreement(look.arrows) for look in late]))
            numbers[f"homeward: {name}"] = float(np.mean([homeward(look.points, look.arrows) for look in late]))
            numbers[f"modes: {name}"] = float(np.mean([judged(look.points)["modes"] for look in found[-3:]]))
        return Seen(numbers, {"looks": looks})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """Modes and agreement of both; how many arrows point home; whether R1 cures."""
        plain, damped = (numbers[f"agreement: {name}"] for name in _NAMES)
        few, many = (numbers[f"modes: {name}"] for name in _NAMES)
        home = [numbers[f"homeward: {name}"] for name in _NAMES]
        seen = Said(
            f"Without a penalty the crowd ends on {few:.1f} of {MODES} modes and its arrows agree to {plain:.2f} "
            "(1: all the same way): ",
            f"벌점이 없으면 점들은 모드 {MODES}개 중 {few:.1f}개에 머물고 화살표의 일치도는 {plain:.2f}이다"
            "(1이면 모두 같은 방향): ",
        ) + (
            Said("it moves as a herd.", "떼를 지어 움직인다.")
            if plain > _HERD
            else Said("it does not move as a herd.", "떼를 지어 움직이지는 않는다.")
        )
        why = Said(
            f"Within 60 degrees of the way to the nearest mode point {home[0]:.0%} of the arrows without a penalty and "
            f"{home[1]:.0%} with R1; blind arrows would be 33 %.",
            f"가장 가까운 모드 쪽 60도 안을 가리키는 화살표는 벌점이 없을 때 {home[0]:.0%}, R1을 쓸 때 {home[1]:.0%}이다. "
            "아무렇게나 가리키면 33 %가 된다.",
        )
        cure = Said(
            f"With R1 (γ = {self.r1:g}) the agreement is {damped:.2f} and {many:.1f} modes are covered: ",
            f"R1(γ = {self.r1:g})을 쓰면 일치도가 {damped:.2f}이고 모드 {many:.1f}개를 덮는다: ",
        )
        if many < arms.MOST:
            return seen, why, cure + Said("no cure at this γ.", "이 γ로는 낫지 않았다.")
        if damped < plain:
            flatter = Said(
                "the crowd parts and covers the ring: R1 is the cure.", "점들이 갈라져 고리를 덮는다. R1이 처방이다."
            )
            return seen, why, cure + flatter
        return seen, why, cure + Said("the crowd covers the ring.", "고리를 덮는다.")

    def draw(self, seen: Seen, figure: "Figure") -> None:
        """Three looks at each arm."""
        panels = figure.subplots(2, len(_SHOWN))
        for row, (name, looks) in zip(panels, seen.trail["looks"].items(), strict=True):
            for panel, number in zip(row, _SHOWN, strict=True):
                look: Look = looks[min(number, len(looks) - 1)]
                area = (-_REACH, _REACH, -_REACH, _REACH)
                panel.imshow(look.belief, origin="lower", extent=area, cmap="Greys", vmin=0, vmax=1, alpha=0.6)
                panel.scatter(*RING.centres.T, s=70, facecolors="none", edgecolors="C2", linewidths=1.2)
                few = slice(None, 120)
                lengths = np.linalg.norm(look.arrows[few], axis=1, keepdims=True)
                unit = look.arrows[few] / np.maximum(lengths, 1e-12)
                panel.quiver(*look.points[few].T, *unit.T, color="C3", scale=14, width=0.006)
                panel.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), xticks=[], yticks=[])
                told = f"{name}, step {look.step}: agreement {agreement(look.arrows):.2f}"
                panel.set_title(told, fontsize=8)

    def _looks(self, r1: float, *, seed: int) -> list[Look]:
        learner = learner_of(Toy(d_rate=self.lr, g_rate=self.lr, r1=r1), (2,), seed=seed)
        assert isinstance(learner, GAN)
        draw, every, found = sampler_of(learner), max(1, self.steps // _LOOKS), []
        for step, _ in trained(learner, data(seed), seed=seed, steps=self.steps):
            if step % every == 0:
                points = draw(1000, 0)
                found.append(Look(step, points, arrows_at(learner, points), _belief(learner)))
        return found


def arrows_at(learner: GAN, points: np.ndarray) -> np.ndarray:
    """−∂L_G/∂x at every point, as if it stood alone."""
    at = torch.from_numpy(points).requires_grad_()
    logits = learner.discriminator(at)
    (slopes,) = torch.autograd.grad(learner.loss.generator(logits) * len(points), at)
    return -slopes.numpy()


def agreement(arrows: np.ndarray) -> float:
    """Length of the mean unit arrow.

    >>> agreement(np.array([[2.0, 0.0], [0.1, 0.0]])), agreement(np.array([[1.0, 0.0], [-3.0, 0.0]]))
    (1.0, 0.0)
    """
    unit = arrows / np.maximum(np.linalg.norm(arrows, axis=1, keepdims=True), 1e-12)
    return float(np.linalg.norm(unit.mean(axis=0)))


def homeward(points: np.ndarray, arrows: np.ndarray) -> float:
    """Share of arrows within 60 degrees of the direction to the nearest mode.

    >>> homeward(np.array([[1.5, 0.0], [1.5, 0.0]]), np.array([[-1.0, 0.1], [1.0, 0.0]]))
    0.5
    """
    nearest, _ = RING.nearest(points)
    home = RING.centres[nearest] - points
    lengths = np.linalg.norm(home, axis=1) * np.linalg.norm(arrows, axis=1)
    return float(((home * arrows).sum(axis=1) > 0.5 * lengths).mean())


def _belief(learner: GAN) -> np.ndarray:
    ticks = np.linspace(-_REACH, _REACH, 60, dtype=np.float32)
    raster = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    with torch.no_grad():
        return learner.discriminator(torch.from_numpy(raster)).sigmoid().numpy().reshape(60, 60)


PRESET = Arrows
