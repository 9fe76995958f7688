"""Runs: deterministic, resumable to the last bit, usable whenever they end."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ganeval.cli import exit_code
from ganeval.core.randomness import block_seed
from reference_models import from_run
from reference_models.__main__ import run as main
from reference_models.data.sets import Examples, examples
from reference_models.errors import ModelsError, ResumeWarning
from reference_models.training import checkpoint
from reference_models.training.loop import Feed, Pace, train
from reference_models.training.runs import Task, generator_of, planned, sampler_of, samples, task_of

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = {"width": "4", "batch": "16", "latent": "8"}


@pytest.fixture(scope="session")
def digits28() -> Examples:
    return examples("digits,size=28,n=200", "training")


def tiny(model: str, data: Examples, *, steps: int = 6, seed: int = 0, name: str = "digits", **options: str) -> Task:
    return planned(model, name, shape=data.shape, options={**TINY, **options}, seed=seed, steps=steps)


def trained(folder: Path, task: Task, data: Examples, **more) -> Path:
    for _ in train(folder, task, data=data, **more):
        pass
    return folder


def options_of(name: str) -> dict[str, str]:
    return {"vanilla": {"dropout": "0.5"}, "dcgan": {"ema": "0.9"}, "vae": {}}.get(name, {})


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / checkpoint.NAME)


def same(one: Path, other: Path) -> bool:
    first, second = tensors(one), tensors(other)
    return first.keys() == second.keys() and all(torch.equal(value, second[key]) for key, value in first.items())


def stopped(folder: Path, task, data, *, after: int, **more) -> Path:
    """Trained until the caller loses interest."""
    steps = train(folder, task, data=data, **more)
    for progress in steps:
        if progress.step == after:
            steps.close()
    return folder


@pytest.mark.parametrize("model", ["vanilla", "dcgan", "vae"])
def test_same_seed_same_weights(model, tmp_path, digits28):
    task = tiny(model, digits28, **options_of(model))
    one, two = (trained(tmp_path / name, task, digits28) for name in "ab")
    assert same(one, two)
    other = trained(tmp_path / "c", tiny(model, digits28, seed=1, **options_of(model)), digits28)
    assert not same(one, other)


@pytest.mark.parametrize("model", ["vanilla", "dcgan", "vae"])
def test_stopped_and_resumed_is_undisturbed(model, tmp_path, digits28):
    task = tiny(model, digits28, **options_of(model))
    whole = trained(tmp_path / "whole", task, digits28)
    piecewise = stopped(tmp_path / "pieces", task, digits28, after=2)
    assert checkpoint.saved_step(piecewise) == 2
    stopped(piecewise, task, digits28, after=3)
    torch.manual_seed(99)  # of no consequence
    trained(piecewise, task, digits28)
    assert same(whole, piecewise)


def test_an_extended_run_is_a_longer_run(tmp_path, digits28):
    trained(tmp_path / "a", tiny("dcgan", digits28, steps=3), digits28)
    trained(tmp_path / "a", tiny("dcgan", digits28, steps=6), digits28)
    trained(tmp_path / "b", tiny("dcgan", digits28, steps=6), digits28)
    assert same(tmp_path / "a", tmp_path / "b")
    assert task_of(tmp_path / "a")[0].steps == 6
    with pytest.raises(ModelsError, match="already made 6 steps"):
        trained(tmp_path / "a", tiny("dcgan", digits28, steps=5), digits28)


def test_points_and_packing(tmp_path):
    data = examples("ring,n=500", "training")
    task = tiny("pacgan-2d", data, name="ring", latent="2", d_width="6", pack="2")
    whole = trained(tmp_path / "whole", task, data)
    stopped(tmp_path / "pieces", task, data, after=4)
    trained(tmp_path / "pieces", task, data)
    assert same(whole, tmp_path / "pieces")
    assert generator_of(whole)(10, 3).shape == (10, 2)
    with pytest.raises(ModelsError, match="draws points"):
        from_run(str(whole))


COMMAND = [sys.executable, "-m", "reference_models"]
LONG = ["train", "dcgan", "--data", "faces,n=100", "--steps", "120", "--save-every", "7", "--threads", "1"]
LONG += ["--set", "width=4,batch=8,latent=8"]


def begun(out: Path) -> subprocess.Popen:
    """A training process that has saved something."""
    with out.with_suffix(".txt").open("w") as log:
        child = subprocess.Popen([*COMMAND, *LONG, "--out", str(out)], stdout=log, stderr=log)
    until = time.monotonic() + 120
    while not (out / checkpoint.NAME).exists() and child.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    return child


def completed(out: Path) -> subprocess.CompletedProcess:
    return subprocess.run([*COMMAND, *LONG, "--out", str(out)], capture_output=True, text=True, check=True)


@pytest.mark.slow
def test_killed_and_resumed_is_undisturbed(tmp_path):
    completed(tmp_path / "whole")
    child = begun(tmp_path / "killed")
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert 0 < checkpoint.saved_step(tmp_path / "killed") < 120
    told = completed(tmp_path / "killed").stderr
    assert "warning" not in told
    assert same(tmp_path / "whole", tmp_path / "killed")
    lines = [json.loads(line) for line in (tmp_path / "killed" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [50, 100, 120]


@pytest.mark.slow
def test_ctrl_c_leaves_a_usable_run(tmp_path):
    child = begun(tmp_path / "run")
    child.send_signal(signal.SIGINT)
    assert child.wait() == 130
    step = checkpoint.saved_step(tmp_path / "run")
    assert 0 < step < 120
    assert f"Stopped and saved after {step} of 120 steps" in (tmp_path / "run.txt").read_text()
    assert generator_of(tmp_path / "run")(3, 0).shape == (3, 32, 32, 3)


def test_other_conditions_are_told(tmp_path, digits28):
    task = tiny("vae", digits28)
    stopped(tmp_path, task, digits28, after=2)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["task"]["seed"] == 0
    assert config["surroundings"]["torch"] == torch.__version__
    config["surroundings"]["threads"] = 64
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.warns(ResumeWarning, match=r"threads: 64, now 1"):
        trained(tmp_path, task, digits28)


def test_another_run_is_not_overwritten(tmp_path, digits28):
    trained(tmp_path, tiny("vae", digits28, steps=1), digits28)
    with pytest.raises(ModelsError, match=r"holds another run .*seed 0, now 1"):
        trained(tmp_path, tiny("vae", digits28, seed=1, steps=1), digits28)
    with pytest.raises(ModelsError, match=r"another run .*options"):
        trained(tmp_path, tiny("vae", digits28, steps=1, rate="1"), digits28)


def test_one_process_at_a_time(tmp_path, digits28):
    task = tiny("vae", digits28)
    first = train(tmp_path, task, data=digits28)
    next(first)
    with pytest.raises(ModelsError, match="another process"):
        next(train(tmp_path, task, data=digits28))
    first.close()
    assert checkpoint.saved_step(tmp_path) == 1


def test_a_damaged_checkpoint_is_told(tmp_path, digits28):
    task = tiny("vae", digits28)
    stopped(tmp_path, task, digits28, after=2)
    (tmp_path / checkpoint.NAME).write_bytes(b"not tensors")
    with pytest.raises(ModelsError, match="no readable checkpoint"):
        trained(tmp_path, task, digits28)


def test_the_door_to_the_outside(tmp_path, digits28):
    """`on_sample` sees the run's samples, and nothing that it does changes the run."""
    calls = []

    def on_sample(step, sampler):
        calls.append((step, sampler(5, 7)))
        torch.manual_seed(0)
        np.random.seed(0)

    task, pace = tiny("vanilla", digits28), Pace(save_every=4, sample_every=2)
    trained(tmp_path / "a", task, digits28, pace=pace, on_sample=on_sample)
    trained(tmp_path / "b", task, digits28)
    assert same(tmp_path / "a", tmp_path / "b")
    assert [step for step, _ in calls] == [2, 4, 6]
    assert calls[0][1].shape == (5, 28, 28, 1)
    assert calls[0][1].dtype == np.uint8
    assert np.array_equal(calls[-1][1], generator_of(tmp_path / "a")(5, 7))
    assert sorted(path.name for path in (tmp_path / "a" / "samples").iterdir()) == [
        "000002.png",
        "000004.png",
        "000006.png",
    ]


@pytest.mark.parametrize(
    ("model", "column", "options"),
    [
        ("vanilla", "D(held-out)", {"dropout": "0.5"}),
        ("dcgan", "D(held-out)", {"pack": "2", "d_steps": "2"}),
        ("vae", "loss(held-out)", {}),
        ("vae", "loss(held-out)", {"network": "conv", "likelihood": "gaussian"}),
    ],
)
def test_held_out_reals_are_judged_and_change_nothing(model, column, options, tmp_path, digits28):
    task = tiny(model, digits28, steps=52, **options)
    unseen = examples("digits,size=28,n=150", "reference")
    watched = trained(tmp_path / "watched", task, digits28, held_out=unseen)
    assert same(watched, trained(tmp_path / "plain", task, digits28))
    logs = [
        [json.loads(line) for line in (tmp_path / run / "log.jsonl").read_text().splitlines()]
        for run in ("watched", "plain")
    ]
    assert [row["step"] for row in logs[0]] == [50, 52]
    assert all(math.isfinite(row.pop(column)) for row in logs[0])
    assert logs[0] == logs[1]


def test_d_of_training_images_held_out_is_d_of_them(digits28):
    """The same images, in the same mode: as if they were trained on."""
    gan = tiny("dcgan", digits28).learner()
    real = Feed(digits28.values, seed=0).batch(0, gan.appetite)
    judged = gan.held_out(real)["D(held-out)"]
    assert judged == pytest.approx(gan.step(real)["D(x)"], rel=1e-6)


def test_held_out_reals_of_another_shape(tmp_path, digits28):
    with pytest.raises(ModelsError, match=r"held-out examples of shape \(1, 8, 8\).*,size="):
        trained(tmp_path, tiny("vae", digits28), digits28, held_out=examples("digits", "reference"))


def test_sampling_leaves_the_learner_alone(digits28):
    learner = tiny("dcgan", digits28).learner()
    before = {k: v.clone() for net in learner.networks.values() for k, v in net.state_dict().items()}
    state = torch.get_rng_state()
    sample = sampler_of(learner)
    assert np.array_equal(sample(4, 1), sample(4, 1))
    assert not np.array_equal(sample(4, 1), sample(4, 2))
    assert np.array_equal(sample(4, 1)[:2], sample(4, 1)[:2])
    after = {k: v for net in learner.networks.values() for k, v in net.state_dict().items()}
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert all(part.training for net in learner.networks.values() for part in net.modules())
    assert torch.equal(state, torch.get_rng_state())


def test_every_pass_shows_every_example_once():
    values = np.arange(10, dtype=np.float32)[:, None].repeat(2, axis=1)
    feed = Feed(values, seed=3)
    shown = torch.cat([feed.batch(number, 4) for number in range(5)])[:, 0]
    assert sorted(shown[:10].tolist()) == sorted(shown[10:].tolist()) == list(range(10))
    assert shown[:10].tolist() != shown[10:].tolist()
    assert torch.equal(Feed(values, seed=3).batch(3, 4), feed.batch(3, 4))


def test_pixels_fill_the_range():
    images = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1).repeat(3, axis=0)
    batch = Feed(images, seed=0).batch(0, 2)
    assert batch.shape == (2, 1, 1, 2)
    assert batch[0].flatten().tolist() == [-1, 1]


def test_samples_are_those_that_ganeval_judges(tmp_path, digits28, monkeypatch):
    """The folder that `sample` writes holds the images that `sampler:` makes, colour for grey."""
    from ganeval.sources.factory import from_factory

    run = trained(tmp_path / "run", tiny("dcgan", digits28), digits28)
    assert main(["sample", str(run), "--n", "70", "--out", str(tmp_path / "fake"), "--seed", "3"]) == 0
    written = np.stack([np.asarray(Image.open(path)) for path in sorted((tmp_path / "fake").iterdir())])
    assert written.shape == (70, 28, 28)
    source = from_factory(f"sampler:reference_models:from_run,run={run}", seed=3)
    judged = np.concatenate([source.function(64, block_seed(3, block)) for block in range(2)])[:70]
    assert np.array_equal(judged, np.repeat(written[..., None], 3, axis=3))
    assert np.array_equal(np.concatenate(list(samples(run, 70, seed=3)))[..., 0], written)


def test_a_run_is_a_live_generator(tmp_path, digits28, capsys):
    """`ganeval eval REAL sampler:reference_models:from_run,run=RUN`."""
    run = trained(tmp_path / "run", tiny("vanilla", digits28), digits28)
    assert main(["data", "digits,n=80,size=28", "--out", str(tmp_path / "real")]) == 0
    sampler = f"sampler:reference_models:from_run,run={run}"
    command = ["eval", str(tmp_path / "real"), sampler, "--n", "80", "-x", "pixels", "-m", "fd", "--no-interval"]
    assert exit_code(command) == 0
    assert "FD" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sample", "nowhere", "--n", "1", "--out", "x"], "no config.json there"),
        (["train", "dcgun", "--out", "x"], "no model 'dcgun', did you mean 'dcgan'?"),
        (["train", "dcgan", "--out", "x", "--set", "widht=3"], "no option 'widht', did you mean 'width'?"),
        (["train", "dcgan", "--out", "x", "--set", "loss=wgan"], "is none of minimax"),
        (["train", "dcgan", "--out", "x", "--data", "mnist"[::-1]], "no data 'tsinm'"),
        (["train", "dcgan", "--out", "x", "--data", "digits"], "add ,size=28"),
        (["train", "dcgan", "--out", "x", "--data", "ring"], "learns from images, not from points"),
        (["train", "pacgan-2d", "--out", "x", "--data", "faces,n=9"], "learns from points, not from images"),
        (["train", "dcgan", "--out", "x", "--data", "faces,n=9", "--set", "r1=1"], "--set d_norm=none"),
    ],
)
def test_mistakes_are_told(arguments, expected, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert expected in told
    assert not list(tmp_path.glob("x/*"))


OWN = """
from dataclasses import dataclass
from torch import nn
from reference_models.models.gan import Adversarial

@dataclass(frozen=True)
class Mine(Adversarial):
    hidden: int = 8

    def generator(self, shape):
        return nn.Sequential(nn.Linear(self.latent, self.hidden), nn.ReLU(), nn.Linear(self.hidden, 784), nn.Tanh(),
                             nn.Unflatten(1, shape))

    def discriminator(self, shape):
        return nn.Sequential(nn.Flatten(), nn.Linear(784, self.hidden), nn.LeakyReLU(0.2), nn.Linear(self.hidden, 1))

RECIPE = Mine
"""


def test_a_model_of_ones_own_is_one_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("json.py").write_text(OWN)  # a name that must not hide a module
    command = [
        "train",
        "json.py",
        "--data",
        "digits,size=28,n=64",
        "--out",
        "run",
        "--steps",
        "2",
        "--set",
        "hidden=4,batch=8",
    ]
    assert main(command) == 0
    assert json.loads(Path("run/config.json").read_text())["task"]["options"]["hidden"] == 4
    monkeypatch.chdir(tmp_path.parent)  # found from anywhere
    assert generator_of(tmp_path / "run")(2, 0).shape == (2, 28, 28, 1)


@pytest.mark.parametrize("model", ["mine.py", "reference_models.dcgan"])
def test_runs_of_version_0_1_0_are_read(tmp_path, monkeypatch, model):
    """Their models name, and their files import, modules that lay beside one another then."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(OWN.replace("reference_models.models.gan", "reference_models.gan"))
    given = ["train", model, "--data", "digits,size=28,n=64", "--out", "run", "--steps", "1", "--set", "batch=8"]
    assert main(given) == 0
    assert generator_of(tmp_path / "run")(2, 0).shape == (2, 28, 28, 1)
