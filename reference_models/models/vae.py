"""Variational autoencoders: Bernoulli likelihood, or Gaussian with a learned variance.

Kingma and Welling, Auto-Encoding Variational Bayes, ICLR 2014. The loss, a bound on −log p(x) in nats an image:

    reconstruction + KL(q(z|x) ‖ N(0, 1)),   KL = ½ Σ (μ² + σ² − log σ² − 1)

`bernoulli` reads a pixel in [0, 1] as a probability: cross-entropy summed over pixels (BCE). `gaussian` learns
one variance γ for all pixels: ½ Σ ((x − x̂)²/γ + log 2πγ) (Dai and Wipf, ICLR 2019). `network=mlp` is
the common 784-400-20; `network=conv` has DCGAN's two networks as decoder and encoder. A sample
is the decoder's mean, without the pixels' noise: hence the blur.
"""

import copy
import math
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import nn
from torch.nn import functional

from reference_models.models.dcgan import SMALLEST, down, up
from reference_models.models.latents import Prior
from reference_models.models.learner import Learner, Recipe, Shape


@dataclass(frozen=True)
class VAE(Recipe):
    """`width` is the size of the hidden layer (mlp), or the channels at the largest map (conv)."""

    batch: int = 128
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    network: Literal["mlp", "conv"] = "mlp"
    latent: int = 20
    width: int = 400
    rate: float = 1e-3

    def learner(self, shape: Shape) -> Learner:
        """Encoder and decoder."""
        if self.network == "conv":
            self.require(shape, *SMALLEST)
            encoder, decoder = (
                down(shape, self.width, outputs=2 * self.latent),
                up(shape, self.width, latent=self.latent),
            )
            return Autoencoder(encoder, decoder[:-1], self)  # logits: without the tanh
        self.require(shape)
        pixels = math.prod(shape)
        encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(pixels, self.width), nn.ReLU(), nn.Linear(self.width, 2 * self.latent)
        )
        decoder = nn.Sequential(
            nn.Linear(self.latent, self.width), nn.ReLU(), nn.Linear(self.width, pixels), nn.Unflatten(1, shape)
        )
        return Autoencoder(encoder, decoder, self)


@final
class Autoencoder:
    """Encoder, decoder and, if learned, the logarithm of the pixels' variance."""

    appetite: int

    def __init__(self, encoder: nn.Module, decoder: nn.Module, options: VAE) -> None:
        """The decoder gives logits of pixels in [0, 1]."""
        self.options, self.appetite, self.prior = options, options.batch, Prior("normal", options.latent)
        self.encoder, self.decoder, self.noise = encoder, decoder, Scalar()
        self.networks = {"encoder": encoder, "decoder": decoder, "noise": self.noise}
        if options.network == "conv":
            for network in (encoder, decoder):
                network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        learned = [*encoder.parameters(), *decoder.parameters()]
        learned += [*self.noise.parameters()] if options.likelihood == "gaussian" else []
        self.optimisers = {"all": torch.optim.Adam(learned, options.rate)}

    def step(self, real: torch.Tensor) -> dict[str, float]:
        """One step on the bound."""
        reconstruction, divergence = self._bound(real)
        loss = reconstruction + divergence
        self.optimisers["all"].zero_grad()
        loss.backward()
        self.optimisers["all"].step()
        return {"loss": loss.item(), "reconstruction": reconstruction.item(), "KL": divergence.item()}

    @torch.no_grad()
    def held_out(self, real: torch.Tensor) -> dict[str, float]:
        """The bound on them, by copies: batch norm keeps averages."""
        reconstruction, divergence = copy.deepcopy(self)._bound(real)
        return {"loss(held-out)": (reconstruction + divergence).item()}

    def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:
        """The decoder's means."""
        return self.drawn(self.prior.draw(n, generator=generator))

    def drawn(self, latents: torch.Tensor) -> torch.Tensor:
        """The decoder's means of latents (n, size)."""
        return 2 * self.decoder(latents).sigmoid() - 1

    def _bound(self, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Reconstruction and KL, whose sum is the loss."""
        mean, log_variance = self.encoder(real).chunk(2, dim=1)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return self._unlikeliness(self.decoder(latent), (real + 1) / 2), kl_to_normal(mean, log_variance).mean()

    def _unlikeliness(self, logits: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
        if self.options.likelihood == "bernoulli":
            return functional.binary_cross_entropy_with_logits(logits, pixels, reduction="sum") / len(pixels)
        log_variance = self.noise.value
        error = (pixels - logits.sigmoid()).square().flatten(1).sum(dim=1).mean()
        return (error / log_variance.exp() + pixels[0].numel() * (log_variance + math.log(2 * math.pi))) / 2


@final
class Scalar(nn.Module):
    """One number to be learned."""

    def __init__(self) -> None:
        """It starts at 0."""
        super().__init__()
        self.value = nn.Parameter(torch.zeros(()))


def kl_to_normal(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """KL(N(mean, exp(log_variance)) ‖ N(0, 1)), summed over coordinates: (n, d) -> (n,).

    >>> kl_to_normal(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)).tolist()
    [2.5]
    """
    return (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1) / 2


RECIPE = VAE
