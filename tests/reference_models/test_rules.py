"""DCGAN's four rules on networks as other people write them."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from reference_models.errors import ModelsError
from reference_models.models.dcgan import down, pair, up
from reference_models.rules.check import Finding, findings, networks, report, role_of
from reference_models.rules.trace import trace


def broken(network: nn.Module, reading: str = "paper", shape: tuple[int, ...] | None = None) -> set[int]:
    return {finding.rule for finding in seen(network, shape) if finding.rule and reading in finding.readings}


def seen(network: nn.Module, shape: tuple[int, ...] | None = None) -> list[Finding]:
    found = trace(network, shape)
    return findings(found, role_of(found))


def at(network: nn.Module, rule: int) -> list[str]:
    return [finding.where for finding in seen(network) if finding.rule == rule]


def block(inputs: int, outputs: int, *extra: nn.Module) -> list[nn.Module]:
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.BatchNorm2d(outputs), *extra]


def generator(activation: type[nn.Module] = nn.ReLU, last: nn.Module | None = None) -> nn.Sequential:
    return nn.Sequential(
        *(nn.ConvTranspose2d(16, 8, 4), nn.BatchNorm2d(8), activation()),
        *block(8, 4, activation()),
        *(nn.ConvTranspose2d(4, 3, 4, 2, 1), last or nn.Tanh()),
    )


def discriminator(*, activation: nn.Module | None = None, norm=nn.BatchNorm2d, first: bool = False) -> nn.Sequential:
    active = activation or nn.LeakyReLU(0.2)
    return nn.Sequential(
        *(nn.Conv2d(3, 4, 4, 2, 1), *[nn.BatchNorm2d(4)] * first, active),
        *(nn.Conv2d(4, 8, 4, 2, 1), norm(8), active),
        *(nn.Conv2d(8, 1, 7), nn.Sigmoid()),
    )


@pytest.mark.parametrize("reading", ["essay", "paper"])
@pytest.mark.parametrize("size", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_ours_keep_them(reading, size, channels):
    shape = (channels, size, size)
    assert not broken(up(shape, 4, latent=8), reading)
    assert not broken(down(shape, 4, outputs=1), reading)
    assert not [f for f in seen(up(shape, 4, latent=8)) + seen(down(shape, 4, outputs=1)) if not f.rule]


def test_roles():
    g, d = pair()
    assert [role_of(trace(network)) for network in (g, d)] == ["generator", "discriminator"]


class UpsamplingGenerator(nn.Module):
    """In the manner of popular repositories: linear, upsampling, LeakyReLU, batch norm with ε by mistake."""

    def __init__(self) -> None:
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(20, 8 * 7 * 7))
        self.blocks = nn.Sequential(
            *(nn.BatchNorm2d(8), nn.Upsample(scale_factor=2)),
            *(nn.Conv2d(8, 8, 3, stride=1, padding=1), nn.BatchNorm2d(8, 0.8), nn.LeakyReLU(0.2)),
            nn.Upsample(scale_factor=2),
            *(nn.Conv2d(8, 4, 3, stride=1, padding=1), nn.BatchNorm2d(4, 0.8), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(4, 1, 3, stride=1, padding=1), nn.Tanh()),
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.blocks(self.l1(z).view(-1, 8, 7, 7))


def test_upsampling_and_leaky_relu():
    network = UpsamplingGenerator()
    assert broken(network, "paper") == {1, 4}
    assert broken(network, "essay") == {1, 3, 4}
    assert at(network, 1) == ["blocks.1", "blocks.5", ""]
    assert [f.text for f in seen(network) if f.rule == 4][-1] == "LeakyReLU in the generator, expected ReLU"
    assert at(network, 3) == ["l1.0"]
    remarks = [f for f in seen(network) if not f.rule]
    found = next(f for f in remarks if "ε" in f.text)
    assert (found.where, found.text) == ("blocks.3", "batch norm with ε = 0.8, usually 1e-05")


def test_dropout_is_a_remark():
    network = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)),
        *(nn.Conv2d(4, 8, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25), nn.BatchNorm2d(8, 0.8)),
        *(nn.Flatten(), nn.Linear(8 * 7 * 7, 1), nn.Sigmoid()),
    )
    assert not broken(network, "essay", (1, 28, 28))
    remarks = [f.text for f in seen(network, (1, 28, 28)) if not f.rule]
    assert sum("dropout" in text for text in remarks) == 2


def test_a_fully_connected_hidden_layer():
    network = nn.Sequential(
        *(nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2)),
        *(nn.Flatten(), nn.Linear(8 * 64, 32), nn.BatchNorm1d(32), nn.LeakyReLU(0.2), nn.Linear(32, 1)),
    )
    assert broken(network, "essay", (3, 32, 32)) == broken(network, "paper", (3, 32, 32)) == {3}
    (finding,) = (f for f in seen(network, (3, 32, 32)) if f.rule == 3)
    assert (finding.where, finding.text) == ("6", "linear, 512 to 32, inside the network")


def test_a_fully_connected_layer_by_another_name():
    network = nn.Sequential(
        *(nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 8, 16), nn.BatchNorm2d(8), nn.LeakyReLU(0.2)),
        nn.Conv2d(8, 1, 1),
    )
    assert broken(network, "paper", (3, 32, 32)) == {3}


def test_leaky_relu_in_g_and_relu_in_d():
    assert broken(generator()) == set()
    assert broken(generator(nn.LeakyReLU)) == {4}
    assert broken(discriminator(), shape=(3, 28, 28)) == set()
    assert broken(discriminator(activation=nn.ReLU()), shape=(3, 28, 28)) == {4}
    assert broken(discriminator(activation=nn.ELU()), shape=(3, 28, 28)) == {4}
    assert broken(discriminator(activation=nn.LeakyReLU(0.0)), shape=(3, 28, 28)) == {4}


def test_the_output_of_g_is_the_papers_business():
    network = generator(last=nn.Sigmoid())
    assert (broken(network, "essay"), broken(network, "paper")) == (set(), {4})


def test_batch_norm_where_it_should_not_be_and_not_where_it_should():
    assert broken(discriminator(first=True), shape=(3, 28, 28)) == {2}
    assert broken(discriminator(norm=nn.Identity), shape=(3, 28, 28)) == {2}
    assert broken(discriminator(norm=nn.InstanceNorm2d), shape=(3, 28, 28)) == {2}
    assert broken(discriminator(norm=lambda n: nn.GroupNorm(1, n)), shape=(3, 28, 28)) == {2}
    network = nn.Sequential(*generator()[:-1], nn.BatchNorm2d(3), nn.Tanh())
    assert broken(network) == {2}
    assert at(network, 2) == ["6"]


class Functional(nn.Module):
    """All activations and the resizing are functions: its list of modules shows none of them."""

    def __init__(self, active, resized: bool = False) -> None:
        super().__init__()
        self.first, self.bn1 = nn.ConvTranspose2d(16, 8, 4), nn.BatchNorm2d(8)
        self.second, self.bn2 = nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.BatchNorm2d(4)
        self.third = nn.ConvTranspose2d(4, 3, 4, 2, 1)
        self.active, self.resized = active, resized

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = self.active(self.bn2(self.second(self.active(self.bn1(self.first(z))))))
        x = functional.interpolate(x, scale_factor=2) if self.resized else x
        return torch.tanh(self.third(x))


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        (functional.relu, set()),
        (torch.relu_, set()),
        (lambda x: x.clamp(min=0), set()),
        (lambda x: functional.leaky_relu(x, 0.2), {4}),
        (functional.gelu, {4}),
        (torch.tanh, {4}),
        (lambda x: x, {4}),
    ],
)
def test_functions_are_seen(active, expected):
    assert broken(Functional(active)) == expected


def test_functional_resizing_and_what_cannot_be_told():
    assert broken(Functional(functional.relu, resized=True)) == {1}
    texts = [f.text for f in seen(Functional(lambda x: torch.maximum(x, 0.2 * x)))]
    assert any("maximum: what this means" in text for text in texts)
    assert any("(seen: maximum)" in text for text in texts)


@pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.AvgPool2d(2)])
def test_pooling(pool):
    network = nn.Sequential(
        *(nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2)),
        *(pool, nn.Flatten(), nn.Linear(8 * 49, 1)),
    )
    assert broken(network, shape=(3, 28, 28)) == {1}


class SumPooled(nn.Module):
    """ReLU and batch norm from D's first layer on, pairs of convolutions, pixels summed at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                *(nn.Conv2d(i, o, 3, 1, 1), nn.BatchNorm2d(o), nn.ReLU()),
                *(nn.Conv2d(o, o, 4, 2, 1), nn.BatchNorm2d(o), nn.ReLU()),
            )
            for i, o in ((3, 4), (4, 8))
        )
        self.head = nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return self.head(x.sum(dim=[2, 3]))


def test_relu_in_d_and_summed_pixels():
    assert broken(SumPooled(), shape=(3, 32, 32)) == {1, 2, 4}


@pytest.mark.parametrize("normed", [nn.utils.parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_spectral_norm_is_neither_a_layer_nor_a_remark(normed):
    network = discriminator()
    for part in network:
        if isinstance(part, nn.Conv2d):
            normed(part)
    assert findings(trace(network, (3, 28, 28)), "discriminator") == []


def test_the_network_stays_as_it_was():
    network = generator().eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    trace(network)
    assert not network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())


def test_the_report(tmp_path, monkeypatch):
    (tmp_path / "their_gan.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    G = nn.Sequential(nn.ConvTranspose2d(16, 8, 7), nn.BatchNorm2d(8), nn.ELU(),\n"
        "                      nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh())\n"
        "    return {'G': G}\n"
    )
    monkeypatch.chdir(tmp_path)
    text, is_broken = report("their_gan:make", reading="both")
    assert is_broken
    assert re.search(r"G: a generator, 16×1×1 -> 1×14×14", text)
    assert "breaks 4 (ReLU in G, LeakyReLU in D)" in text
    assert "4 at 2: ELU in the generator, expected ReLU" in text
    assert not report("reference_models.models.dcgan:pair", reading="both")[1]


@pytest.mark.parametrize(
    "factory", ["nowhere:make", "reference_models.models.dcgan", "reference_models.models.dcgan:nothing"]
)
def test_what_cannot_be_found(factory):
    with pytest.raises(ModelsError):
        networks(factory)
