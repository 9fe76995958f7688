"""A generator against a discriminator: how they learn, whatever the networks are.

One step: `d_steps` updates of D, each on real and fake examples of its own, then `g_steps` of G; the first
of G's judges the last fakes that D saw (`order=alternating`, Goodfellow et al. 2014). With
`order=simultaneous` both gradients are taken before either network moves. `pack`: D judges several
examples at once, laid over one another as channels (Lin et al., PacGAN, NeurIPS 2018).
"""

import copy
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import nn

from reference_models.errors import ModelsError
from reference_models.models.adversarial import (
    LOSSES,
    PENALTY,
    LossName,
    gradient_penalty,
    r1_penalty,
    spectrally_normed,
)
from reference_models.models.latents import Prior, PriorName
from reference_models.models.learner import Learner, Recipe, Shape

Draw = Callable[[int], torch.Tensor]


@dataclass(frozen=True)
class Adversarial(Recipe):
    """Options of every GAN. `r1` is γ (0: none), `ema` the decay of an average of G's weights (0: none).

    `scale` multiplies the latents that samples are drawn from: below 1 they lie nearer to the middle than in training.

    `d_rate` and `g_rate` are learning rates of Adam; batch norm in D forbids penalties on its gradients,
    which are meant for each example alone.
    """

    loss: LossName = "non-saturating"
    prior: PriorName = "normal"
    latent: int = 100
    pack: int = 1
    d_steps: int = 1
    g_steps: int = 1
    d_rate: float = 2e-4
    g_rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    order: Literal["alternating", "simultaneous"] = "alternating"
    r1: float = 0.0
    spectral: bool = False
    ema: float = 0.0
    scale: float = 1.0

    @abstractmethod
    def generator(self, shape: Shape) -> nn.Module:
        """Latents (n, latent) -> examples (n, *shape), images in [−1, 1]."""

    @abstractmethod
    def discriminator(self, shape: Shape) -> nn.Module:
        """Examples (n, *shape) -> logits, one for each."""

    def learner(self, shape: Shape) -> Learner:
        """The two networks; D is made for `pack` examples laid over one another."""
        if self.loss not in LOSSES:
            raise ModelsError(f"loss = {self.loss!r} is none of {', '.join(LOSSES)}")
        if min(self.pack, self.d_steps, self.g_steps, self.batch) < 1:
            raise ModelsError("pack, d_steps, g_steps and batch are counts: give 1 or more")
        generator, judge = self.generator(shape), self.discriminator((self.pack * shape[0], *shape[1:]))
        normed = any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in judge.modules())
        if normed and (self.r1 or self.loss == "wasserstein-gp"):
            raise ModelsError(
                "R1 and wasserstein-gp bound the gradient for each example, which batch norm in D mixes with the "
                "others': leave it out (dcgan: --set d_norm=none)"
            )
        return GAN(generator, spectrally_normed(judge) if self.spectral else judge, self)


@final
class GAN:
    """A generator and a discriminator in training."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, options: Adversarial) -> None:
        """Networks are laid out channels last, which is faster on CPUs."""
        self.options, self.loss = options, LOSSES[options.loss]
        self.prior = Prior(options.prior, options.latent)
        self.generator, self.discriminator = (_channels_last(net) for net in (generator, discriminator))
        self.networks = {"generator": self.generator, "discriminator": self.discriminator}
        if options.ema:
            self.networks["average"] = copy.deepcopy(self.generator).requires_grad_(False)
        betas = options.beta1, options.beta2
        self.optimisers = {
            "generator": torch.optim.Adam(self.generator.parameters(), options.g_rate, betas),
            "discriminator": torch.optim.Adam(self.discriminator.parameters(), options.d_rate, betas),
        }
        self.appetite = options.batch * options.pack * options.d_steps

    def step(self, real: torch.Tensor) -> dict[str, float]:
        """D's updates, then G's."""
        at_once = self.options.order == "simultaneous"
        shown, fake = {}, real
        for part in real.chunk(self.options.d_steps):
            fake = self._packed(lambda: self.generator(self.prior.draw(self.options.batch)))
            shown = self._judged(torch.cat(part.chunk(self.options.pack), dim=1), fake.detach())
            if not at_once:
                self.optimisers["discriminator"].step()
        for number in range(self.options.g_steps):
            if number:
                fake = self._packed(lambda: self.generator(self.prior.draw(self.options.batch)))
            shown["G loss"] = self._taught(fake)
            if at_once and not number:
                self.optimisers["discriminator"].step()
            self.optimisers["generator"].step()
        self._average()
        return shown

    @torch.no_grad()
    def held_out(self, real: torch.Tensor) -> dict[str, float]:
        """D of them, in the mode in which it judges in `step`, by a copy: batch norm keeps averages."""
        judge = copy.deepcopy(self.discriminator)
        return {"D(held-out)": self._shown(judge(torch.cat(real.chunk(self.options.pack), dim=1)))}

    def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:
        """From the average of G's weights, if one is kept."""
        latents = self.options.scale * self.prior.draw(n, generator=generator)
        return self.networks.get("average", self.generator)(latents)

    def _packed(self, draw: Callable[[], torch.Tensor]) -> torch.Tensor:
        return torch.cat([draw() for _ in range(self.options.pack)], dim=1)

    def drawn(self, latents: torch.Tensor) -> torch.Tensor:
        """The examples of latents (n, size), by the networks that `sample` uses."""
        return self.networks.get("average", self.generator)(latents)

    def _judged(self, real: torch.Tensor, fake: torch.Tensor) -> dict[str, float]:
        """D's loss and its gradients."""
        on_real, on_fake = self.discriminator(real), self.discriminator(fake)
        loss = self.loss.discriminator(on_real, on_fake)
        total = loss
        if self.options.loss == "wasserstein-gp":
            total = total + PENALTY * gradient_penalty(self.discriminator, real, fake=fake)
        if self.options.r1:
            total = total + self.options.r1 * r1_penalty(self.discriminator, real)
        self.optimisers["discriminator"].zero_grad()
        total.backward()
        return {"D loss": loss.item(), "D(x)": self._shown(on_real), "D(G(z))": self._shown(on_fake)}

    def _shown(self, logits: torch.Tensor) -> float:
        logits = logits.detach()
        return (logits.sigmoid() if self.loss.probability else logits).mean().item()

    def _taught(self, fake: torch.Tensor) -> float:
        """G's loss and its gradients; D's stay as they are."""
        self.discriminator.requires_grad_(False)
        loss = self.loss.generator(self.discriminator(fake))
        self.optimisers["generator"].zero_grad()
        loss.backward()
        self.discriminator.requires_grad_(True)
        return loss.item()

    @torch.no_grad()
    def _average(self) -> None:
        if "average" in self.networks:
            mean = self.networks["average"]
            for kept, new in zip(mean.parameters(), self.generator.parameters(), strict=True):
                kept.lerp_(new, 1 - self.options.ema)
            for kept, new in zip(mean.buffers(), self.generator.buffers(), strict=True):
                kept.copy_(new)


def _channels_last(network: nn.Module) -> nn.Module:
    return network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
