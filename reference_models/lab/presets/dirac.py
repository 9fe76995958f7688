"""Dirac-GAN: two numbers that learn against each other turn in circles, and a penalty that damps them.

The data is one point at 0, G draws one point θ, the logit of D for "drawn" at x is ψx. With f(t) = −log(1 + e^−t) the gradient field is
(−ψ f'(θψ), θ f'(θψ) − γψ), γ being R1's weight; at (0, 0) its matrix is [[0, −½], [½, −γ]] with eigenvalues

    λ = −γ/2 ± √(γ²/4 − ¼)

A step of size h turns and stretches by 1 + hλ: without a penalty its modulus is √(1 + h²/4), above 1 for every h, so
updating both at once spirals outwards however small the learning rate. By turns (ψ first) the step's two eigenvalues
have modulus 1 and the point orbits. γ > 0 pulls inwards, γ = 1 fastest (the square root vanishes).

Source: Mescheder, Geiger, Nowozin, Which Training Methods for GANs do actually Converge?, ICML 2018.
"""

import cmath
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np

from reference_models.lab.preset import Claim, Numbers, Preset, Said, Score, Seen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SLOPE = 0.5  # f'(0)
_ARMS = ("simultaneous", "alternating", "R1")


def eigenvalues(gamma: float) -> tuple[complex, complex]:
    """λ of the field at the equilibrium.

    >>> [root.imag for root in eigenvalues(0.0)], [root.real for root in eigenvalues(1.0)]
    ([0.5, -0.5], [-0.5, -0.5])
    """
    root = cmath.sqrt(gamma**2 / 4 - _SLOPE**2)
    return -gamma / 2 + root, -gamma / 2 - root


def step_eigenvalues(h: float, gamma: float, *, alternating: bool = False) -> np.ndarray:
    """Eigenvalues of one step near the equilibrium: of modulus above 1 it leaves, below 1 it arrives.

    >>> abs(step_eigenvalues(0.2, 0.0)).round(6).tolist()  # √(1 + 0.2²/4)
    [1.004988, 1.004988]
    >>> abs(step_eigenvalues(0.2, 0.0, alternating=True)).round(6).tolist()
    [1.0, 1.0]
    """
    judge = np.array([[1, 0], [h * _SLOPE, 1 - h * gamma]])
    point = np.array([[1, -h * _SLOPE], [0, 1]])
    both = np.array([[1, -h * _SLOPE], [h * _SLOPE, 1 - h * gamma]])
    return np.linalg.eigvals(point @ judge if alternating else both)


@final
@dataclass(frozen=True)
class Dirac(Preset):
    """`lr` is h, `gamma` R1's weight, `start` the distance from the equilibrium; the seed turns the start."""

    lr: float = 0.1
    steps: int = 1000
    gamma: float = 0.3
    start: float = 1.0

    title: ClassVar = Said("Dirac-GAN: orbit and damping", "Dirac-GAN: 공전과 감쇠")
    size: ClassVar = (10, 3.6)
    score: ClassVar = Score(
        "steps to 1 %: R1",
        Said(
            "steps until R1 is within 1 % of the start (turn gamma, lr)",
            "R1이 시작 거리의 1 % 안에 들기까지의 스텝 수 (gamma, lr)",
        ),
        "lower",
    )
    claims: ClassVar = {
        "failure": Claim(
            Said("updating both at once spirals outwards", "동시에 갱신하면 바깥으로 나선을 그린다"),
            lambda n: n["end ÷ start: simultaneous"] > 1.1,
        ),
        "orbit": Claim(
            Said(
                "by turns it orbits, neither leaving nor arriving",
                "번갈아 갱신하면 멀어지지도 다가가지도 않고 공전한다",
            ),
            lambda n: 0.8 < n["end ÷ start: alternating"] < 1.25,
        ),
        "cure": Claim(
            Said("R1 makes it arrive", "R1을 더하면 평형에 도달한다"),
            lambda n: n["end ÷ start: R1"] < 0.01,
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Three trajectories from one start."""
        angle = np.random.default_rng(seed).uniform(0, 2 * math.pi)
        begin = self.start * np.array([math.cos(angle), math.sin(angle)])
        paths = {
            "simultaneous": self._path(begin, 0.0, alternating=False),
            "alternating": self._path(begin, 0.0, alternating=True),
            "R1": self._path(begin, self.gamma, alternating=False),
        }
        numbers: dict[str, float] = {}
        for name, path in paths.items():
            radii = np.linalg.norm(path, axis=1)
            ones = self._eigenvalues(name)
            numbers[f"end ÷ start: {name}"] = float(radii[-1] / radii[0])
            numbers[f"largest |eigenvalue| of a step: {name}"] = float(np.abs(ones).max())
        radii = np.linalg.norm(paths["R1"], axis=1)
        inside = np.flatnonzero(radii < 0.01 * radii[0])
        numbers["steps to 1 %: R1"] = float(inside[0]) if len(inside) else math.inf
        return Seen(numbers, {"paths": paths})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """Each path by where it ended."""
        both, turns, damped = (numbers[f"end ÷ start: {name}"] for name in _ARMS)
        step, kept = (numbers[f"largest |eigenvalue| of a step: {name}"] for name in ("simultaneous", "R1"))
        seen = Said(
            f"Updated at once, G and D ended {both:.3g} times as far from the equilibrium as they began: "
            f"{_en(both)}; by turns {turns:.3g} times: {_en(turns)}.",
            f"생성자와 판별자를 동시에 갱신하자 평형까지의 거리가 처음의 {both:.3g}배가 되었고({_ko(both)}), "
            f"번갈아 갱신하자 {turns:.3g}배가 되었다({_ko(turns)}).",
        )
        why = Said(
            f"Near the equilibrium one step at once stretches by {step:.5f} (the largest modulus of its eigenvalues 1 + hλ, "
            "λ = ±i/2): above 1 for every learning rate, so a smaller one only leaves more slowly.",
            f"평형 근처에서 동시 갱신 한 스텝은 거리를 {step:.5f}배로 늘린다(고윳값 1 + hλ의 최대 크기, λ = ±i/2). "
            "어떤 학습률에서도 1보다 크므로 학습률을 줄여도 더 천천히 멀어질 뿐이다.",
        )
        cured = damped < 0.01
        cure = Said(
            f"With R1 (γ = {self.gamma:g}) the modulus is {kept:.5f} and the path ended at {damped:.3g} of its start: "
            + ("the penalty is the cure." if cured else "not a cure at this γ, learning rate and number of steps."),
            f"R1(γ = {self.gamma:g})을 쓰면 이 크기가 {kept:.5f}이고 거리는 처음의 {damped:.3g}배로 끝났다: "
            + ("이 벌점이 처방이다." if cured else "이 γ와 학습률, 스텝 수로는 처방이 되지 못했다."),
        )
        return seen, why, cure

    def draw(self, seen: Seen, figure: "Figure") -> None:
        """Paths, distances, eigenvalues beside the unit circle."""
        plane, radius, circle = figure.subplots(1, 3)
        turn = np.linspace(0, 2 * math.pi, 20_000)
        circle.plot(np.cos(turn), np.sin(turn), color="grey", linewidth=0.8)
        far = 0.02
        for number, (name, path) in enumerate(seen.trail["paths"].items()):
            ones, colour = self._eigenvalues(name), f"C{number}"
            far = max(far, float(np.abs(ones - 1).max()))
            plane.plot(*path.T, linewidth=1, color=colour)
            radius.semilogy(np.maximum(np.linalg.norm(path, axis=1), 1e-9), color=colour, label=name)
            told = f"{name}: {abs(ones).max():.4f}"
            circle.plot(
                np.real(ones), np.imag(ones), "os^"[number], color=colour, fillstyle="none", markersize=9, label=told
            )
        plane.plot(0, 0, "k+")
        plane.set(xlabel="θ, where G draws", ylabel="ψ, D's slope", aspect="equal")
        radius.set(xlabel="step", ylabel="distance from the equilibrium")
        radius.legend(frameon=False, fontsize=8, loc="lower left")
        circle.set(xlim=(1 - 2 * far, 1 + far), ylim=(-1.5 * far, 1.5 * far), xlabel="real", ylabel="imaginary")
        circle.set_title("eigenvalues of one step;\nwithin the unit circle it arrives", fontsize=9)
        circle.legend(frameon=False, fontsize=8, loc="center left", title="modulus", title_fontsize=8)

    def _path(self, begin: np.ndarray, gamma: float, *, alternating: bool) -> np.ndarray:
        theta, psi = float(begin[0]), float(begin[1])
        path = [(theta, psi)]
        for _ in range(self.steps):
            old = psi
            psi += self.lr * (theta * _slope(theta * psi) - gamma * psi)
            theta -= self.lr * (psi if alternating else old) * _slope(theta * (psi if alternating else old))
            path.append((theta, psi))
        return np.array(path)

    def _eigenvalues(self, name: str) -> np.ndarray:
        return step_eigenvalues(self.lr, self.gamma if name == "R1" else 0.0, alternating=name == "alternating")


def _slope(t: float) -> float:
    """f'(t) = 1 / (1 + e^t)."""
    return 1 / (1 + math.exp(min(t, 700.0)))


def _en(growth: float) -> str:
    return "a spiral outwards" if growth > 1.1 else "an orbit" if growth > 0.8 else "a spiral inwards"


def _ko(growth: float) -> str:
    return "바깥으로 도는 나선" if growth > 1.1 else "공전" if growth > 0.8 else "안쪽으로 도는 나선"


PRESET = Dirac
