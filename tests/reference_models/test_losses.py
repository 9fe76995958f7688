"""Losses, penalties, spectral norm, averages and update ratios: closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from reference_models.errors import ModelsError
from reference_models.models.adversarial import LOSSES, gradient_penalty, r1_penalty, spectrally_normed
from reference_models.models.dcgan import DCGAN, widths
from reference_models.models.gan import GAN, Adversarial
from reference_models.models.latents import Prior
from reference_models.models.learner import Recipe
from reference_models.models.lucic_infogan import LucicInfoGAN
from reference_models.models.pacgan_2d import Maxout, PacGAN2D
from reference_models.models.recipes import recipe_class
from reference_models.models.shelf import names
from reference_models.models.vae import VAE, Autoencoder, kl_to_normal
from reference_models.models.vanilla import Vanilla

R, F = torch.tensor([[2.0], [-1.0]]), torch.tensor([[0.5], [-3.0]])


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def mean(function, values) -> float:
    return float(np.mean([function(float(value)) for value in values]))


CLOSED = {
    "minimax": (
        mean(lambda r: -math.log(sigmoid(r)), R) + mean(lambda f: -math.log(1 - sigmoid(f)), F),
        mean(lambda f: math.log(1 - sigmoid(f)), F),
    ),
    "non-saturating": (
        mean(lambda r: -math.log(sigmoid(r)), R) + mean(lambda f: -math.log(1 - sigmoid(f)), F),
        mean(lambda f: -math.log(sigmoid(f)), F),
    ),
    "least-squares": (
        mean(lambda r: (r - 1) ** 2 / 2, R) + mean(lambda f: f**2 / 2, F),
        mean(lambda f: (f - 1) ** 2 / 2, F),
    ),
    "hinge": (mean(lambda r: max(0, 1 - r), R) + mean(lambda f: max(0, 1 + f), F), mean(lambda f: -f, F)),
    "wasserstein-gp": (mean(lambda f: f, F) - mean(lambda r: r, R), mean(lambda f: -f, F)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_closed_forms(name):
    found = LOSSES[name].discriminator(R, F).item(), LOSSES[name].generator(F).item()
    assert found == pytest.approx(CLOSED[name], rel=1e-6)


def test_saturation():
    """Where D is sure of a fake, minimax gives G the gradient D, and the other loss 1 − D."""
    for name, expected in (("minimax", sigmoid(-9)), ("non-saturating", 1 - sigmoid(-9))):
        logit = torch.tensor([-9.0], requires_grad=True)
        LOSSES[name].generator(logit).backward()
        assert -logit.grad.item() == pytest.approx(expected, rel=1e-4)


def test_penalties_of_a_linear_critic():
    weight = torch.tensor([[3.0, 4.0]])
    x = torch.randn(6, 2)
    assert gradient_penalty(lambda x: x @ weight.T, x, fake=-x).item() == pytest.approx(16)
    assert r1_penalty(lambda x: x @ weight.T, x).item() == pytest.approx(12.5)


def test_spectral_norm():
    torch.manual_seed(0)
    layer = spectrally_normed(nn.Sequential(nn.Linear(5, 3)))
    for _ in range(50):
        layer(torch.randn(2, 5))
    assert torch.linalg.matrix_norm(layer[0].weight, 2).item() == pytest.approx(1, abs=1e-3)


class Counted(nn.Module):
    """Counts the batches that it sees."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.batches = network, []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.batches.append(tuple(x.shape))
        return self.network(x)


def learner(**options) -> GAN:
    made = Vanilla(**{"batch": 4, "latent": 3, "width": 2, "dropout": 0.0, **options})
    assert isinstance(made, Adversarial)
    g, d = made.generator((1, 2, 2)), made.discriminator((made.pack, 2, 2))
    return GAN(Counted(g), Counted(d), made)


def moved(options: dict) -> tuple[GAN, dict[str, bool]]:
    torch.manual_seed(0)
    gan = learner(**options)
    before = {name: [p.clone() for p in net.parameters()] for name, net in gan.networks.items()}
    gan.step(torch.randn(gan.appetite, 1, 2, 2))
    return gan, {
        name: any(not torch.equal(a, b) for a, b in zip(before[name], net.parameters(), strict=True))
        for name, net in gan.networks.items()
    }


def test_update_ratios():
    gan, changed = moved({"d_steps": 3, "g_steps": 2})
    assert changed == {"generator": True, "discriminator": True}
    assert gan.appetite == 12
    assert len(gan.discriminator.batches) == 3 * 2 + 2
    assert len(gan.generator.batches) == 3 + 1  # G's first update reuses the last fakes
    for name, steps in (("discriminator", 3), ("generator", 2)):
        assert {int(state["step"]) for state in gan.optimisers[name].state.values()} == {steps}


def test_packing():
    gan, _ = moved({"pack": 3})
    assert gan.appetite == 12
    assert set(gan.discriminator.batches) == {(4, 3, 2, 2)}
    assert gan.generator.batches == [(4, 3)] * 3


def test_at_once_is_from_the_same_weights():
    """Simultaneous updates: G's gradient is taken through D as it was before its update."""
    results = {}
    for order in ("simultaneous", "alternating"):
        torch.manual_seed(0)
        gan = learner(order=order, d_rate=0.5)
        before = [p.clone() for p in gan.discriminator.parameters()]
        real = torch.randn(4, 1, 2, 2)
        torch.manual_seed(1)
        gan.step(real)
        taken = [p.grad.clone() for p in gan.generator.parameters()]
        torch.manual_seed(0)
        fresh = learner(order=order)
        assert all(torch.equal(a, b) for a, b in zip(before, fresh.discriminator.parameters(), strict=True))
        torch.manual_seed(1)
        loss = LOSSES["non-saturating"].generator(fresh.discriminator(fresh.generator(Prior("normal", 3).draw(4))))
        expected = torch.autograd.grad(loss, list(fresh.generator.parameters()))
        results[order] = all(torch.allclose(a, b, atol=1e-7) for a, b in zip(taken, expected, strict=True))
    assert results == {"simultaneous": True, "alternating": False}


def test_the_average_of_g():
    gan = learner(ema=0.75)
    start = [p.clone() for p in gan.networks["average"].parameters()]
    gan.step(torch.randn(4, 1, 2, 2))
    for kept, new, first in zip(gan.networks["average"].parameters(), gan.generator.parameters(), start, strict=True):
        assert torch.allclose(kept, 0.75 * first + 0.25 * new, atol=1e-6)
    drawn = gan.sample(2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(drawn, gan.networks["average"](torch.randn(2, 3, generator=torch.Generator().manual_seed(0))))


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_a_dcgan(loss):
    torch.manual_seed(0)
    made = DCGAN(loss=loss, d_norm="none", width=2, batch=3, latent=4, r1=0.5, spectral=True).learner((3, 32, 32))
    shown = made.step(torch.rand(3, 3, 32, 32) * 2 - 1)
    assert set(shown) == {"D loss", "D(x)", "D(G(z))", "G loss"}
    assert all(math.isfinite(value) for value in shown.values())


def test_penalties_need_d_without_batch_norm():
    with pytest.raises(ModelsError, match="d_norm=none"):
        DCGAN(loss="wasserstein-gp").learner((1, 28, 28))
    with pytest.raises(ModelsError, match="counts"):
        Vanilla(d_steps=0).learner((1, 28, 28))


@pytest.mark.parametrize("size", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_of_dcgan(size, channels):
    recipe, shape = DCGAN(width=2, latent=5, pack=2), (channels, size, size)
    g, d = recipe.generator(shape), recipe.discriminator((2 * channels, size, size))
    assert g(torch.randn(3, 5)).shape == (3, *shape)
    assert g(torch.randn(3, 5)).abs().max() <= 1
    assert d(torch.randn(3, 2 * channels, size, size)).shape == (3, 1)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_sizes_are_those_of_the_papers():
    """Parameters counted by hand."""
    pac = PacGAN2D(pack=2)
    assert parameters(pac.generator((2,))) == 2 * 400 + 3 * 400 * 400 + 4 * 2 * 400 + 400 * 2 + 2
    assert parameters(pac.discriminator((4,))) == (4 + 1) * 1000 + 2 * (200 + 1) * 1000 + 201
    lucic = LucicInfoGAN()
    flat = 128 * 7 * 7
    g = 65 * 1024 + 2 * 1024 + 1025 * flat + 2 * flat + (128 * 64 * 16 + 64) + 2 * 64 + 64 * 16 + 1
    assert parameters(lucic.generator((1, 28, 28))) == g
    d = 64 * 16 + 64 + 64 * 128 * 16 + 128 + (flat + 1) * 1024 + 1025
    assert parameters(lucic.discriminator((1, 28, 28))) == d
    assert widths(32, 64) == [64, 128, 256]
    assert lucic.generator((1, 28, 28))(torch.randn(2, 64)).abs().max() <= 1


def test_maxout():
    layer = Maxout(3, 2, pieces=4)
    x = torch.randn(5, 3)
    pieces = (x @ layer.linear.weight.T + layer.linear.bias).reshape(5, 2, 4)
    assert torch.allclose(layer(x), pieces.max(dim=2).values)


def test_priors():
    drawn = Prior("uniform", 50_000).draw(2, generator=torch.Generator().manual_seed(0))
    assert drawn.abs().max() <= 1
    assert drawn.var().item() == pytest.approx(1 / 3, abs=0.01)
    drawn = Prior("normal", 50_000).draw(2, generator=torch.Generator().manual_seed(0))
    assert drawn.var().item() == pytest.approx(1, abs=0.02)


def test_kl():
    q = torch.distributions.Normal(torch.tensor([[0.3, -1.0]]), torch.tensor([[0.5, 2.0]]))
    expected = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(dim=1)
    assert torch.allclose(kl_to_normal(q.mean, q.variance.log()), expected)


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_vae_learns(network, likelihood):
    torch.manual_seed(0)
    made = VAE(width=8, latent=4, batch=16, network=network, likelihood=likelihood, rate=1e-2).learner((1, 28, 28))
    real = -torch.ones(16, 1, 28, 28)
    losses = [made.step(real)["loss"] for _ in range(30)]
    assert losses[-1] < losses[0]
    assert isinstance(made, Autoencoder)
    assert made.noise.value.item() == 0 if likelihood == "bernoulli" else made.noise.value.item() < 0
    drawn = made.sample(2, generator=torch.Generator().manual_seed(0))
    assert drawn.shape == (2, 1, 28, 28)
    assert drawn.abs().max() <= 1


def test_the_gaussian_likelihood():
    made = VAE(width=4, latent=2, likelihood="gaussian").learner((1, 2, 2))
    assert isinstance(made, Autoencoder)
    logits, pixels = torch.randn(3, 1, 2, 2), torch.rand(3, 1, 2, 2)
    with torch.no_grad():
        made.noise.value.fill_(-1.5)
    normal = torch.distributions.Normal(logits.sigmoid(), math.exp(-0.75))
    expected = -normal.log_prob(pixels).flatten(1).sum(dim=1).mean()
    assert made._unlikeliness(logits, pixels).item() == pytest.approx(expected.item(), rel=1e-5)


def test_models_are_found_by_their_folder():
    assert names() == ["vanilla", "dcgan", "vae", "pacgan-2d", "lucic-infogan"]
    assert all(issubclass(recipe_class(name), Recipe) for name in names())
