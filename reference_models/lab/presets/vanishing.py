"""D too strong: the saturating loss stops teaching, the non-saturating one does not.

D learns alone until it is sure. Then G's gradient is taken under both losses on the same fakes. For each fake they point the
same way and differ in length by D/(1 − D), D being D's belief in it: the derivative of log(1 − σ(f)) is −σ(f), that
of −log σ(f) is −(1 − σ(f)). G then goes on from there by plain gradient descent, once under each loss, D by Adam as
before. (Adam for G would hide the length: it divides by it.)

Source: Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014; Arjovsky and Bottou, Towards Principled
Methods for Training GANs, ICLR 2017.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np
import torch

from reference_models.lab.loop import learner_of
from reference_models.lab.preset import Claim, Numbers, Preset, Said, Score, Seen, ratio_told
from reference_models.lab.ring import JUDGED, Toy, crowd_drawn, data, judged
from reference_models.models.adversarial import LOSSES, LossName
from reference_models.models.gan import GAN
from reference_models.training.loop import Feed
from reference_models.training.runs import STEP, reproducible, sampler_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOSSES: tuple[LossName, LossName] = ("minimax", "non-saturating")
_VANISHED, _KEPT = 0.01, 0.5
_EVERY = 10


@final
@dataclass(frozen=True)
class Vanishing(Preset):
    """`d_alone` updates of D before G moves; `lr` is D's rate, `g_rate` that of G's gradient descent."""

    lr: float = 5e-4
    g_rate: float = 0.002
    d_alone: int = 300
    d_steps: int = 1
    steps: int = 600

    title: ClassVar = Said("D too strong: vanishing gradients", "너무 강한 판별자: 기울기 소실")
    size: ClassVar = (11, 3.8)
    score: ClassVar = Score(
        "end ÷ start: minimax",
        Said(
            "share of the distance to the nearest mode left under the saturating loss (turn d_alone, g_rate, lr)",
            "포화 손실에서 남은, 가장 가까운 모드까지 거리의 비율 (d_alone, g_rate, lr)",
        ),
        "lower",
    )
    claims: ClassVar = {
        "vanishes": Claim(
            Said(
                "the gradient of the saturating loss is less than a hundredth of the other",
                "포화 손실의 기울기가 비포화 손실의 100분의 1보다 작다",
            ),
            lambda n: n["gradient: minimax ÷ non-saturating"] < _VANISHED,
        ),
        "failure": Claim(
            Said("under the saturating loss G hardly moves", "포화 손실에서는 생성자가 거의 움직이지 않는다"),
            lambda n: n["end ÷ start: minimax"] > 0.8,
        ),
        "cure": Claim(
            Said(
                "under the non-saturating loss G comes at least twice as near",
                "비포화 손실에서는 생성자가 두 배 이상 가까워진다",
            ),
            lambda n: n["end ÷ start: non-saturating"] < _KEPT,
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """D alone, then G under each loss from the same place."""
        learner = self._learner(seed)
        beliefs = self._alone(learner, seed=seed)
        numbers = {"D(G(z)), median": beliefs[-1][1], "D/(1 − D), mean": beliefs[-1][2]}
        numbers["gradient: minimax ÷ non-saturating"] = beliefs[-1][3]
        crowds, gaps = {"before": _crowd(learner)}, {}
        for loss in _LOSSES:
            moved = self._learner(seed)
            self._alone(moved, seed=seed)
            gaps[loss] = self._by_descent(moved, loss, seed=seed)
            crowds[loss] = _crowd(moved)
            numbers[f"end ÷ start: {loss}"] = float(np.mean(gaps[loss][-3:]) / gaps[loss][0])
        return Seen(numbers, {"beliefs": np.array(beliefs), "gaps": gaps, "crowds": crowds})

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """How sure D is; what each loss made of it; what cures."""
        belief, weight = numbers["D(G(z)), median"], numbers["D/(1 − D), mean"]
        ratio = numbers["gradient: minimax ÷ non-saturating"]
        old, new = (numbers[f"end ÷ start: {loss}"] for loss in _LOSSES)
        vanished = ratio < _VANISHED
        seen = Said(
            f"After {self.d_alone} updates alone, D believes in half of the fakes by less than {belief:.2g}, and the "
            f"saturating loss's gradient is 1/{ratio_told(1 / max(ratio, 1e-12))} of the other's (weight D/(1 − D): {weight:.2g}): "
            + ("it has vanished." if vanished else "it has not vanished."),
            f"판별자가 혼자 {self.d_alone}번 갱신되자 가짜의 절반에 대해 D(G(z))가 {belief:.2g}보다 작고, 포화 손실의 기울기는 "
            f"비포화 손실의 1/{ratio_told(1 / max(ratio, 1e-12))}이다(가중치 D/(1 − D): {weight:.2g}): "
            + ("기울기 소실이다." if vanished else "기울기가 사라지지는 않았다."),
        )
        why = Said(
            f"{self.steps} steps of gradient descent left {old:.0%} of the fakes' mean distance to the nearest mode under the saturating loss "
            f"and {new:.0%} under the non-saturating one" + (": the same D, the same fakes." if new < old else "."),
            f"경사 하강 {self.steps}스텝 뒤에 남은, 가장 가까운 모드까지의 평균 거리는 포화 손실에서 {old:.0%}, 비포화 손실에서 {new:.0%}이다"
            + (". 판별자도 가짜도 똑같았다." if new < old else "."),
        )
        cured = new < _KEPT and new < old
        cure = Said(
            "The cure is −log D in place of log(1 − D), which has the same fixed point."
            if cured
            else "The non-saturating loss alone was no cure with these knobs.",
            "처방은 log(1 − D) 대신 −log D를 쓰는 것이다. 두 손실의 고정점은 같다."
            if cured
            else "이 설정에서는 비포화 손실만으로 낫지 않았다.",
        )
        return seen, why, cure

    def draw(self, seen: Seen, figure: "Figure") -> None:
        """The ratio while D learns, the way of G, the crowds."""
        ratio, way, *crowds = figure.subplots(1, 4, width_ratios=[1.2, 1.2, 1, 1])
        at, _, weight, measured = seen.trail["beliefs"].T
        ratio.semilogy(at, measured, "C3", label="gradient: minimax ÷ non-saturating")
        ratio.semilogy(at, weight, "k:", label="mean D/(1 − D)")
        ratio.axhline(_VANISHED, color="grey", linewidth=0.8)
        ratio.set(xlabel="updates of D alone")
        ratio.legend(frameon=False, fontsize=7, loc="upper right")
        for number, (loss, panel) in enumerate(zip(_LOSSES, crowds, strict=True)):
            gaps = seen.trail["gaps"][loss]
            way.plot(np.arange(len(gaps)) * _EVERY, gaps, f"C{3 - 3 * number}", label=loss)
            crowd_drawn(panel, seen.trail["crowds"][loss], title=f"after {self.steps} steps: {loss}")
            panel.scatter(*seen.trail["crowds"]["before"].T[:, :500], s=3, color="C1", alpha=0.3, linewidths=0)
        way.set(xlabel="steps of G by gradient descent", ylabel="mean distance to the nearest mode", ylim=(0, None))
        way.legend(frameon=False, fontsize=7)

    def _learner(self, seed: int) -> GAN:
        learner = learner_of(Toy(d_rate=self.lr, d_steps=self.d_steps), (2,), seed=seed)
        assert isinstance(learner, GAN)
        return learner

    def _alone(self, learner: GAN, *, seed: int) -> list[tuple[float, float, float, float]]:
        """D's updates; (update, median D(G(z)), mean D/(1 − D), ratio of gradients) on the way."""
        feed, found = Feed(data(seed), seed=seed), []
        for step in range(self.d_alone):
            with reproducible(seed, STEP, step):
                _judge_once(learner, feed.batch(step, learner.options.batch))
                if step % _EVERY == 0 or step == self.d_alone - 1:
                    found.append((float(step + 1), *_both_gradients(learner)))
        return found

    def _by_descent(self, learner: GAN, loss: LossName, *, seed: int) -> list[float]:
        """Mean gaps to the nearest mode on the way of G by gradient descent."""
        feed = Feed(data(seed), seed=seed + 1)
        descent = torch.optim.SGD(learner.generator.parameters(), self.g_rate)
        gaps = [judged(_crowd(learner))["gap"]]
        for step in range(self.steps):
            with reproducible(seed, STEP, self.d_alone + step):
                for part in feed.batch(step, learner.appetite).chunk(self.d_steps):
                    _judge_once(learner, part)
                descent.zero_grad()
                _loss_of(learner, loss).backward()
                descent.step()
            if (step + 1) % _EVERY == 0:
                gaps.append(judged(_crowd(learner))["gap"])
        return gaps


def _judge_once(learner: GAN, real: torch.Tensor) -> None:
    with torch.no_grad():
        fake = learner.generator(learner.prior.draw(len(real)))
    loss = learner.loss.discriminator(learner.discriminator(real), learner.discriminator(fake))
    learner.optimisers["discriminator"].zero_grad()
    loss.backward()
    learner.optimisers["discriminator"].step()


def _loss_of(learner: GAN, loss: LossName) -> torch.Tensor:
    fake = learner.generator(learner.prior.draw(learner.options.batch))
    return LOSSES[loss].generator(learner.discriminator(fake))


def _both_gradients(learner: GAN) -> tuple[float, float, float]:
    """Median D(G(z)), mean D/(1 − D), and the ratio of the norms of G's gradients under both losses."""
    fake = learner.generator(learner.prior.draw(1000))
    logits = learner.discriminator(fake)
    weights: list[Any] = list(learner.generator.parameters())
    norms = []
    for loss in _LOSSES:
        slopes = torch.autograd.grad(LOSSES[loss].generator(logits), weights, retain_graph=True)
        norms.append(torch.sqrt(torch.stack([slope.square().sum() for slope in slopes]).sum()).item())
    return logits.sigmoid().median().item(), logits.exp().mean().item(), norms[0] / max(norms[1], 1e-30)


def _crowd(learner: GAN) -> np.ndarray:
    return sampler_of(learner)(JUDGED, 0)


PRESET = Vanishing
