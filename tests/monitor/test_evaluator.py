"""The evaluator in training loops: its reports are evaluate's, and the loop does not notice it."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

import ganeval
from ganeval.core.errors import ProtocolError, SourceError, SpecError
from ganeval.training.history import History
from reference_models.data.sets import examples
from reference_models.training import checkpoint
from reference_models.training.loop import Pace, train
from reference_models.training.runs import planned

METRICS = ["pr", "kid", "fd"]
N = 60


class Generator(nn.Module):
    """As a stranger writes it: batch norm, dropout, spectral norm, and noise of its own in the forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3))
        self.out = nn.utils.spectral_norm(nn.Linear(32, 48))
        self.seen: list[int] = []
        self.register_forward_hook(lambda *_: self.seen.append(1))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        h = self.body(z)
        return torch.tanh(self.out(h + 0.1 * torch.randn_like(h))).reshape(-1, 3, 4, 4)


@pytest.fixture
def real() -> np.ndarray:
    t = np.random.default_rng(1).normal(150, 30, (150, 3, 4, 4))
    return np.clip(t, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1).repeat(2, 1).repeat(2, 2)


def evaluator_on(real, **options) -> ganeval.Evaluator:
    return ganeval.Evaluator(
        real, **{"metrics": METRICS, "extractor": "pixels", "n": N, "latent": 5, "cache": "off", **options}
    )


def bigger(g: nn.Module) -> nn.Module:
    """Images of 8 × 8."""
    return nn.Sequential(g, nn.Upsample(scale_factor=2))


def a_loop(real, evaluate) -> tuple[Generator, list[float], list[float]]:
    """A plain GAN loop that draws from the global generators; `evaluate(G, step)` is called in the midst of it."""
    torch.manual_seed(0), np.random.seed(0)
    g, d = (
        Generator(),
        nn.Sequential(nn.Flatten(), nn.Linear(192, 16), nn.LeakyReLU(0.2), nn.Dropout(), nn.Linear(16, 1)),
    )
    whole = bigger(g)
    g_optimiser, d_optimiser = torch.optim.Adam(g.parameters(), 1e-2), torch.optim.Adam(d.parameters(), 1e-2)
    data = torch.from_numpy(real).permute(0, 3, 1, 2) / 127.5 - 1
    bce, losses, drawn = nn.BCEWithLogitsLoss(), [], []
    for step in range(1, 7):
        batch = data[np.random.permutation(len(data))[:16]]
        fake = whole(torch.randn(16, 5))
        d_loss = bce(d(batch), torch.ones(16, 1)) + bce(d(fake.detach()), torch.zeros(16, 1))
        d_optimiser.zero_grad(), d_loss.backward(), d_optimiser.step()
        g_loss = bce(d(fake), torch.ones(16, 1))
        g_optimiser.zero_grad()
        evaluate(whole, step)  # between the forward and the backward pass
        g_loss.backward(), g_optimiser.step()
        losses += [d_loss.item(), g_loss.item()]
        drawn += [np.random.rand(), torch.rand(()).item()]
    return g, losses, drawn


def test_a_strangers_loop_is_the_same_to_the_last_bit(real):
    alone, losses, drawn = a_loop(real, lambda g, step: None)
    made: list[ganeval.Evaluator] = []

    def evaluate(g, step):
        if not made:  # in the midst of the loop, too: networks are made here
            made.append(evaluator_on(real, extractor="random-conv"))
        if step % 2 == 0:
            states = [p.requires_grad for p in g.parameters()], [len(m._forward_hooks) for m in g.modules()], g.training
            made[0](g, step=step)
            assert states == (
                [p.requires_grad for p in g.parameters()], [len(m._forward_hooks) for m in g.modules()], g.training
            )  # fmt: skip

    watched, *told = a_loop(real, evaluate)
    assert told == [losses, drawn]
    for (name, a), b in zip(alone.state_dict().items(), watched.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert [point.step for point in made[0].history.points] == [2, 4, 6]
    assert len(watched.seen) > len(alone.seen)  # it was really run


def test_pythons_generator_is_left_alone():
    """In a process of its own, for the checker of annotations that tests switch on draws from it."""
    code = (
        "import random, numpy as np, ganeval; random.seed(0); "
        "real = np.random.default_rng(0).integers(0, 256, (80, 6, 6, 3), np.uint8); "
        "evaluator = ganeval.Evaluator(real, metrics=['kid'], extractor='pixels', n=40, cache='off'); "
        "evaluator(lambda n, seed: np.full((n, 6, 6, 3), random.randrange(256), np.uint8)); "
        "assert random.random() == random.Random(0).random()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_our_own_loop_is_the_same_to_the_last_bit(tmp_path):
    data = examples("digits,size=28,n=200", "training")
    evaluator = ganeval.Evaluator(
        examples("digits,size=28,n=120", "reference").values, metrics=["kid"], extractor="pixels", n=N
    )
    options = {"width": "4", "batch": "16", "latent": "8", "ema": "0.9"}
    task = planned("dcgan", "digits", shape=data.shape, options=options, seed=0, steps=4)
    for folder, on_sample in ("alone", None), ("watched", lambda step, g: evaluator(g, step=step)):
        for _ in train(tmp_path / folder, task, data=data, pace=Pace(4, 2), on_sample=on_sample):
            pass
    alone, watched = (load_file(tmp_path / folder / checkpoint.NAME) for folder in ("alone", "watched"))
    assert alone.keys() == watched.keys()
    assert all(torch.equal(alone[name], watched[name]) for name in alone)
    assert [point.step for point in evaluator.history.points] == [2, 4]


def test_a_report_is_that_of_evaluate(real):
    """On the same choice of reals, with the ones beyond it held out."""
    g = bigger(Generator())
    order = np.random.default_rng(0).permutation(len(real))
    chosen, others = real[np.sort(order[:N])], real[np.sort(order[N : 2 * N])]
    expected = ganeval.evaluate(
        chosen, ganeval.from_module(g, latent=5, n=N), metrics=METRICS, extractor="pixels", held_out=others, n=N
    )
    found = evaluator_on(real)(g)
    assert {key: found[key].value for key in found} == {key: expected[key].value for key in expected}
    floors = {key: result.floor for key, result in found.items()}
    assert all(floor is not None and floor.n == N and floor.other == "held-out" for floor in floors.values())
    for key, floor in floors.items():
        assert expected[key].floor is not None
        assert floor.value == pytest.approx(expected[key].floor.value, rel=1e-9)


def test_latents_are_the_same_at_every_step_and_the_reals_are_read_once(real, monkeypatch):
    read = []
    ours = type(ganeval.images(real))
    batch = ours.batch
    monkeypatch.setattr(ours, "batch", lambda self, index: read.append(len(index)) or batch(self, index))
    evaluator = evaluator_on(real)
    assert sum(read) == 2 * N
    g, seeds = bigger(Generator()), []
    a, b = evaluator(g, step=1), evaluator(g, step=2)
    assert a.to_dict() == b.to_dict()
    assert a.to_dict() != evaluator_on(real, seed=1)(g).to_dict()
    read.clear()

    def function(n, seed):
        seeds.append(seed)
        return real[:n]

    evaluator(function), evaluator(function)
    assert seeds == [seeds[0]] * 2
    assert sum(read) == 2 * N, "the reals were read again"
    assert [point.step for point in evaluator.history.points] == [1, 2, 3, 4]


def test_a_generator_that_fails_leaves_no_trace(real):
    evaluator, g = evaluator_on(real), Generator().train()
    before = {name: value.clone() for name, value in g.state_dict().items()}
    state = torch.get_rng_state()
    with pytest.raises(SourceError, match="returned the shape"):
        evaluator(nn.Sequential(g, nn.Flatten()))
    assert not evaluator.history.points
    assert g.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in g.state_dict().items())


def test_what_is_missing_is_said(real):
    with pytest.raises(SpecError, match=r"latent=128"):
        evaluator_on(real, latent=None)(Generator())
    evaluator = evaluator_on(real)
    for ask in (lambda: evaluator.last, lambda: evaluator.best("kid"), lambda: evaluator.curves("x.png")):
        with pytest.raises(SourceError, match="nothing has been evaluated yet"):
            ask()
    evaluator(bigger(Generator()))
    with pytest.raises(SpecError, match="precision, recall, kid, fd"):
        evaluator.best("kdi")


def test_few_reals_have_floors_of_halves_and_none_of_one_n(real):
    """Where there are no further reals a floor is of other n: it stands in the report, not in the picture."""
    report = evaluator_on(real[:N])(bigger(Generator()))
    assert {report[key].floor.n for key in report} == {N // 2}
    assert evaluator_on(real, floor="off")(bigger(Generator()))["kid"].floor is None
    off = evaluator_on(real, interval="off")(bigger(Generator()))
    assert off["kid"].low is None and off["kid"].floor is None


def test_a_reference_and_held_out_reals_can_be_given(real):
    held = ganeval.reference(real[:N], metrics=METRICS, extractor="pixels")
    evaluator = ganeval.Evaluator(held, metrics=METRICS, held_out=real[N : 2 * N], latent=5)
    report = evaluator(bigger(Generator()))
    assert report.sides["fake"].n == N
    assert report["fd"].floor.n == N


def history() -> History:
    values = {10: 3.0, 20: 1.0, 30: 1.0, 40: 2.0}
    found = History()
    for step, value in reversed(values.items()):
        rows = np.random.default_rng(step).normal(value, 1, (40, 3))
        report = ganeval.evaluate(np.random.default_rng(0).normal(0, 1, (80, 3)), rows, metrics=["kid", "pr", "fd"],
                                  extractor="features", cache="off")  # fmt: skip
        found = found.with_point(step, report)
    return found


def test_history(tmp_path):
    found = history()
    assert [point.step for point in found.points] == [10, 20, 30, 40]
    assert found.best("kid").step in (20, 30)
    assert found.best("kid").report["kid"].value == min(point.report["kid"].value for point in found.points)
    assert found.best("precision").report["precision"].value == max(
        point.report["precision"].value for point in found.points
    )
    assert found.last.step == 40
    found.save(tmp_path / "metrics.jsonl")
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [10, 20, 30, 40]
    assert History.load(tmp_path / "metrics.jsonl") == found
    assert found.with_point(40, found.points[0].report).last.report == found.points[0].report
    (tmp_path / "metrics.jsonl").write_text('{"step": 3}\n')
    with pytest.raises(ProtocolError, match=r"line 1"):
        History.load(tmp_path / "metrics.jsonl")


def test_curves(tmp_path):
    found = history()
    for name in ("curves.png", "curves.svg"):
        assert found.curves(tmp_path / name).stat().st_size > 5000
    svg = (tmp_path / "curves.svg").read_text()
    assert "<svg" in svg
    with Image.open(tmp_path / "curves.png") as picture:
        whole = picture.size
    with Image.open(found.curves(tmp_path / "one.png", keys=["kid"])) as picture:
        assert picture.width < whole[0]
    with pytest.raises(SpecError, match="did you mean 'kid'"):
        found.curves(tmp_path / "x.png", keys=["kdi"])
    with pytest.raises(SpecError, match=r"ending in \.png"):
        found.curves(tmp_path / "x.jpeg")
    assert not (tmp_path / "x.png").exists()


def test_a_picture_opens_no_window(tmp_path):
    """matplotlib's own list of open figures stays as it was, and so does the user's backend."""
    code = (
        "import sys; from ganeval.training.evaluator import History; "
        f"History.load({str(tmp_path / 'm.jsonl')!r}).curves({str(tmp_path / 'c.png')!r}); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    history().save(tmp_path / "m.jsonl")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
