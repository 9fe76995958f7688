"""A GAN in forty lines with three blanks: fill in every `...`.

python -m reference_models exercise --copy my_gan.py     # a copy to fill in
python -m reference_models exercise my_gan.py            # have it judged
"""
# pyright: reportAttributeAccessIssue=false

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

LATENT, BATCH = 16, 64


def train(real: torch.Tensor, *, seed: int, steps: int) -> tuple[nn.Module, nn.Module]:
    """Learn to draw digits: real (n, 64) in [−1, 1]. Returns G, latents (n, 16) -> digits (n, 64), and D."""
    torch.manual_seed(seed)
    generator = nn.Sequential(nn.Linear(LATENT, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64))
    generator.append(nn.Tanh())
    leaky = nn.LeakyReLU(0.2)
    discriminator = nn.Sequential(nn.Linear(64, 128), leaky, nn.Linear(128, 128), leaky, nn.Linear(128, 1))
    g_adam, d_adam = (torch.optim.Adam(net.parameters(), 5e-4, (0.5, 0.999)) for net in (generator, discriminator))
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    for _ in range(steps):
        shown = real[torch.randint(len(real), (BATCH,))]
        fake = generator(torch.randn(BATCH, LATENT))

        # Blank 1. What should D answer for real digits, what for fakes: ones or zeros?
        for_real, for_fake = ..., ...
        # Blank 2. D must learn from the fakes without sending gradients into G. What does it look at?
        fake_for_d = ...
        d_loss = cross_entropy(discriminator(shown), for_real) + cross_entropy(discriminator(fake_for_d), for_fake)
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()

        # Blank 3. G's loss: cross_entropy of what D says of the fakes, against what G wants it to say.
        g_loss = ...
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
    assert ones.shape == zeros.shape
    return generator, discriminator
