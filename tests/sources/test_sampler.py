"""Live generators: a function (n, seed), a torch module that is left as it was, a factory on the command line."""

import random
import threading

import numpy as np
import pytest
import torch
from conftest import save_images
from torch import nn

import ganeval
from ganeval.core.errors import GanevalError, SourceError, SpecError, TooFewError
from ganeval.core.randomness import block_seed, seeded
from ganeval.evaluation.engine import Engine
from ganeval.sources.sampler import BLOCK, Sampler

SHAPE = (BLOCK, 6, 6, 3)


def noise(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, *SHAPE[1:]), np.uint8)


def score(real, fake, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, **{"extractor": "pixels", "metrics": ["fd", "kid"], **options})


def images_of(source: Sampler, n: int, *, size: int = 32) -> np.ndarray:
    batches = [task() for task in source.batches(source.chosen(n, seed=0), size=size)]
    assert np.concatenate([batch.index for batch in batches]).tolist() == list(range(n))
    return np.stack([image for batch in batches for image in batch.images])


class Generator(nn.Module):
    """As strangers' are: dropout, batch norm, its own noise, and a buffer that counts calls."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 108), nn.BatchNorm1d(108), nn.Dropout(0.5))
        self.body[1].eval()
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("empty", None)
        self.fails = False

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.empty = torch.ones(3)
        self.register_buffer("late", torch.ones(2))
        self.body[1].running_mean = torch.randn(108) + np.random.rand()
        if self.fails:
            with torch.enable_grad():
                self.body(z).sum().backward()
            raise RuntimeError("out of memory")
        return torch.tanh(self.body(z)).reshape(-1, 3, 6, 6)


@pytest.fixture
def real() -> np.ndarray:
    return noise(90, 1)


@pytest.mark.parametrize("options", [{"batch_size": 1}, {"batch_size": 7, "num_workers": 3}, {"batch_size": 500}])
def test_nothing_depends_on_how_the_pass_is_run(real, options):
    expected = score(real, noise, n=90)
    assert score(real, noise, n=90, engine=Engine(**options)).to_dict() == expected.to_dict()


def test_the_first_images_of_a_long_run_are_those_of_a_short_one():
    long = images_of(ganeval.sampler(noise), 150)
    np.testing.assert_array_equal(images_of(ganeval.sampler(noise), 70, size=11), long[:70])
    assert not np.array_equal(long[:64], long[64:128])
    assert not np.array_equal(images_of(ganeval.sampler(noise, seed=1), 64), long[:64])


@pytest.mark.parametrize("rounding", ["nearest", "floor"])
def test_a_generator_scores_as_its_saved_images(tmp_path, real, rounding):
    source = ganeval.from_module(Generator(), latent=5, rounding=rounding)
    saved = save_images(tmp_path / "saved", images_of(source, 70))
    live = score(real, source, n=70)
    assert live.to_dict() == score(real[np.sort(np.random.default_rng(0).permutation(90)[:70])], saved).to_dict()
    assert f"|fake:rounding={rounding}|" in live.signature
    assert ganeval.Report.from_json(live.to_json()) == live
    assert live.sides["fake"].rounding == rounding
    assert live.sides["real"].rounding is None


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floor_truncates_as_peers_do(kind):
    t = np.random.default_rng(0).random((BLOCK, 5, 5, 3)).astype(kind)
    t[0, 0, 0] = 0, 1, 7 / 255
    made = images_of(ganeval.sampler(lambda n, seed: t, value_range=(0, 1), rounding="floor"), BLOCK)
    np.testing.assert_array_equal(made, (torch.from_numpy(t) * 255).byte().numpy())


@pytest.mark.parametrize("fails", [False, True])
def test_a_module_is_left_as_it_was(real, fails):
    module = Generator().train()
    module.body[1].eval()
    module(torch.randn(4, 5)).sum().backward()
    module.fails = fails
    del module.late
    modes = [part.training for part in module.modules()]
    buffers = {name: (buffer, buffer.clone()) for name, buffer in module.named_buffers()}
    grads = [(p.grad, None if p.grad is None else p.grad.clone()) for p in module.parameters()]
    states = torch.get_rng_state(), str(np.random.get_state())
    source = ganeval.from_module(module, latent=(5,))
    if fails:
        with pytest.raises(RuntimeError, match="out of memory"):
            score(real, source, n=90)
    else:
        score(real, source, n=90)
    assert [part.training for part in module.modules()] == modes
    assert dict(module.named_buffers()).keys() == buffers.keys()
    for name, buffer in module.named_buffers():
        assert buffer is buffers[name][0]
        assert torch.equal(buffer, buffers[name][1])
    for parameter, (grad, value) in zip(module.parameters(), grads, strict=True):
        assert parameter.grad is grad
        assert grad is None or torch.equal(grad, value)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert str(np.random.get_state()) == states[1]


def test_a_graph_that_waits_for_its_backward_pass_survives(real):
    """In the middle of a training step: batch norm keeps its buffers for the backward pass."""
    module = nn.Sequential(nn.Linear(5, 108), nn.BatchNorm1d(108), nn.Tanh(), nn.Unflatten(1, (3, 6, 6)))
    loss = module(torch.randn(9, 5)).mean()
    score(real, ganeval.from_module(module, latent=5), n=70)
    loss.backward()


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_compiled_script_is_left_as_it_was(real):
    source = nn.Sequential(nn.Linear(5, 108), nn.BatchNorm1d(108), nn.Tanh(), nn.Unflatten(1, (3, 6, 6)))
    module = torch.jit.trace(source.eval(), torch.randn(64, 5))
    assert (
        score(real, ganeval.from_module(module, latent=5), n=70).to_dict()
        == score(real, ganeval.from_module(source, latent=5), n=70).to_dict()
    )


def test_noise_drawn_inside_a_network_is_not_its_latents_again():
    class Noisy(nn.Module):
        def forward(self, z):
            assert not torch.equal(torch.randn(len(z), 108), z)
            return torch.tanh(z).reshape(-1, 3, 6, 6)

    images_of(ganeval.from_module(Noisy(), latent=108), 1)


def test_python_s_own_randomness_is_seeded_and_restored():
    """Alone, for the run-time type checker draws from it too."""
    state = random.getstate()
    with seeded(3):
        drawn = random.random()
    assert random.getstate() == state
    assert drawn == random.Random(block_seed(3, 1)).random()


def test_latents_can_be_a_shape_or_a_function_and_keep_the_precision():
    seen = []

    class Shows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))

        def forward(self, z, *labels):
            seen.append((z.shape, z.dtype, *labels))
            return torch.tanh(z.reshape(BLOCK, 1, 2, 2) * self.weight)

    images_of(ganeval.from_module(Shows(), latent=(4, 1, 1)), 1)
    images_of(ganeval.from_module(Shows(), latent=lambda n, g: (torch.randn(n, 4, generator=g), n)), 1)
    assert seen == [((BLOCK, 4, 1, 1), torch.float64), ((BLOCK, 4), torch.float64, BLOCK)]


def test_a_function_is_never_run_twice_at_once_and_global_randomness_is_seeded(real):
    threads = set()

    def careless(n: int, seed: int) -> np.ndarray:
        threads.add(threading.get_ident())
        return np.random.randint(0, 256, (n, 6, 6, 3)).astype(np.uint8)

    state = str(np.random.get_state())
    first, second = (score(real, careless, n=90, engine=Engine(batch_size=3, num_workers=4)) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    assert first.sides["fake"].spec == "careless"
    assert threads == {threading.get_ident()}
    assert str(np.random.get_state()) == state


def test_how_many():
    with pytest.raises(SpecError, match=r"sampler: how many images shall it make\? State n \(n=1000 .*--n 1000"):
        score(noise(90, 0), ganeval.sampler(noise))
    assert score(noise(90, 0), ganeval.sampler(noise, n=80, seed=4)).sides["fake"].spec == "sampler,seed=4"
    with pytest.raises(TooFewError, match="makes 80 images, fewer than n = 90"):
        score(noise(90, 0), ganeval.sampler(noise, n=80), n=90)


def always(values):
    return lambda n, seed: values


@pytest.mark.parametrize(
    ("function", "options", "says"),
    [
        (always(np.zeros((10, 6, 6, 3), np.uint8)), {}, r"asked for 64 images and returned the shape \(10, 6, 6, 3\)"),
        (always(np.zeros((64, 108), np.uint8)), {}, r"returned the shape \(64, 108\): expected \(64, h, w, c\)"),
        (always(np.zeros((64, 6, 6, 5), np.uint8)), {}, "its items must be batches"),
        (always(np.zeros(SHAPE)), {}, r"float64 images need a stated range: value_range=\(0, 1\)"),
        (always(np.full(SHAPE, np.nan)), {"value_range": (0, 1)}, "holds NaN"),
        (always(np.full(SHAPE, 200.0)), {"value_range": (-1, 1)}, "they go from 200 to 200, expected -1 to 1"),
        (always(np.zeros(SHAPE, np.uint8)), {"value_range": (-1, 1)}, "for uint8 images: give value_range=None"),
        (always("text"), {}, "returned a str, expected an array or a tensor"),
        (lambda n: None, {}, r"the function must take \(n, seed\)"),
        ("G", {}, "a str is no function"),
        (Generator(), {}, "ganeval.from_module"),
    ],
)
def test_what_is_no_generator_is_refused(real, function, options, says):
    with pytest.raises(GanevalError, match=says):
        score(real, ganeval.sampler(function, **options), n=70)


def test_a_bare_module_and_bad_latents_are_refused(real):
    with pytest.raises(SourceError, match=r"give ganeval.from_module\(G, latent=…\)"):
        score(real, Generator(), n=70)
    with pytest.raises(SourceError, match=r"give ganeval.from_module\(G, latent=…\)"):
        score(real, nn.Sequential(Generator()), n=70)
    with pytest.raises(SourceError, match="needs a torch module, got a function"):
        ganeval.from_module(noise, latent=5)
    with pytest.raises(SpecError, match="latent = 'z' is no size"):
        ganeval.from_module(Generator(), latent="z")  # pyright: ignore[reportArgumentType]


def test_a_suspicious_range_and_clipping_are_told(real):
    report = score(real, ganeval.sampler(lambda n, seed: noise(n, seed) / 255, value_range=(-1, 1)), n=70)
    assert any(w.startswith("sampler: hardly a value below the middle of the stated range") for w in report.warnings)
    report = score(real, ganeval.sampler(lambda n, seed: noise(n, seed) / 250, value_range=(0, 1)), n=70)
    assert any("values outside the stated range were clipped in " in w for w in report.warnings)
