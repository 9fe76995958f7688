"""Losses of generative adversarial networks, on logits, under names that mean one thing.

With D(x) = σ(d(x)), r = d(real) and f = d(fake), averaged over the batch:

| name | D minimises | G minimises |
|---|---|---|
| `minimax` | −log σ(r) − log(1 − σ(f)) | log(1 − σ(f)): saturates while D is right |
| `non-saturating` | the same | −log σ(f) |
| `least-squares` | ½(r − 1)² + ½f² | ½(f − 1)² |
| `hinge` | max(0, 1 − r) + max(0, 1 + f) | −f |
| `wasserstein-gp` | f − r + 10·(‖∇d(x̂)‖ − 1)² between real and fake | −f |

Sources: Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014 (the first two); Mao et al., ICCV
2017; Lim and Ye, 2017; Gulrajani et al., NeurIPS 2017. R1: Mescheder et al., ICML 2018.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import nn
from torch.nn.functional import relu, softplus

LossName = Literal["minimax", "non-saturating", "least-squares", "hinge", "wasserstein-gp"]
Critic = Callable[[torch.Tensor], torch.Tensor]
PENALTY = 10.0  # Gulrajani et al.'s λ


@dataclass(frozen=True)
class Loss:
    """Two functions of logits, and whether a logit is one of a probability."""

    discriminator: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    generator: Callable[[torch.Tensor], torch.Tensor]
    probability: bool = False


def _cross_entropy(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


LOSSES: dict[LossName, Loss] = {
    "minimax": Loss(_cross_entropy, lambda fake: -softplus(fake).mean(), probability=True),
    "non-saturating": Loss(_cross_entropy, lambda fake: softplus(-fake).mean(), probability=True),
    "least-squares": Loss(
        lambda real, fake: ((real - 1).square().mean() + fake.square().mean()) / 2,
        lambda fake: (fake - 1).square().mean() / 2,
    ),
    "hinge": Loss(lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(), lambda fake: -fake.mean()),
    "wasserstein-gp": Loss(lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean()),
}
assert set(LOSSES) == set(get_args(LossName))


def gradient_penalty(critic: Critic, real: torch.Tensor, *, fake: torch.Tensor) -> torch.Tensor:
    """Mean of (‖∇d(x̂)‖ − 1)² at random points x̂ on the lines between real and fake examples.

    >>> x = torch.zeros(4, 2)
    >>> float(gradient_penalty(lambda x: x @ torch.tensor([3.0, 4.0]), x, fake=x))
    16.0
    """
    share = torch.rand(len(real), *[1] * (real.ndim - 1))
    norms = _slopes(critic, torch.lerp(real, fake, share)).flatten(1).norm(dim=1)
    return (norms - 1).square().mean()


def r1_penalty(critic: Critic, real: torch.Tensor) -> torch.Tensor:
    """Mean of ½‖∇d(x)‖² at real examples, to be multiplied by γ.

    >>> float(r1_penalty(lambda x: x @ torch.tensor([3.0, 4.0]), torch.zeros(5, 2)))
    12.5
    """
    return _slopes(critic, real).flatten(1).square().sum(dim=1).mean() / 2


def _slopes(critic: Critic, at: torch.Tensor) -> torch.Tensor:
    at = at.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(at).sum(), at, create_graph=True)
    return slopes


def spectrally_normed(network: nn.Module) -> nn.Module:
    """The network with every weight divided by its largest singular value (Miyato et al., ICLR 2018)."""
    for part in list(network.modules()):
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.utils.parametrizations.spectral_norm(part)
    return network
