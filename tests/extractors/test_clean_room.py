"""The room is strict within, exact afterwards, and reaches neither a generator nor another thread's ways."""

import threading

import numpy as np
import pytest
import torch
from surroundings_of import HAS_NEW_FLAGS, SURROUNDINGS, default_dtype, new_flags, old_flags, snapshot
from torch import nn

import ganeval
from ganeval.core import surroundings as surroundings
from ganeval.core.errors import ProtocolError
from ganeval.core.protocol import Protocol
from ganeval.core.surroundings import clean_room, in_clean_room, preparation_room, untouched_randomness
from ganeval.evaluation.engine import Engine
from ganeval.evaluation.settings import built_extractor, settings_for
from ganeval.extractors.base import Extractor
from ganeval.training.evaluator import Evaluator

everywhere = pytest.mark.parametrize("surrounding", SURROUNDINGS)
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)


class Broken(Exception):
    """Of a user's network."""


@everywhere
def test_strict_within_and_exact_afterwards_also_after_an_error(surrounding):
    with SURROUNDINGS[surrounding]():
        before = snapshot()
        with pytest.raises(Broken), clean_room():
            within = snapshot()
            with clean_room():
                assert snapshot() == within
            torch.set_default_dtype(torch.float16)  # what a network does is undone, too
            torch.set_float32_matmul_precision("medium")
            torch.set_grad_enabled(not torch.is_grad_enabled())
            raise Broken
        assert snapshot() == before
    assert within["autocast"] == {"cpu": False, "cuda": False}
    assert (within["dtype"], within["device"]) == (torch.float32, torch.device("cpu"))
    assert not within["inference"]
    assert (within["matmul"], within["cublas"], within["cudnn"]) == ("highest", False, False)
    if HAS_NEW_FLAGS:
        assert within["flags"].count("ieee") >= 6
    for kept in ("grad", "cudnn switches", "deterministic", "threads"):
        assert within[kept] == before[kept]


@pytest.mark.parametrize(("precision", "cudnn"), [("medium", False), ("high", True), ("highest", True)])
def test_on_a_torch_without_flags_the_older_switches_do(monkeypatch, precision, cudnn):
    monkeypatch.setattr(surroundings, "has_flags", lambda _: False)
    with old_flags(precision, cudnn=cudnn):
        before = snapshot()
        with clean_room():
            assert torch.get_float32_matmul_precision() == "highest"
            assert not torch.backends.cudnn.allow_tf32
        assert (snapshot()["matmul"], snapshot()["cudnn"]) == (before["matmul"], before["cudnn"])


@pytest.mark.skipif(not HAS_NEW_FLAGS, reason="this torch has no fp32 flags")
def test_flags_that_follow_others_still_follow_them():
    with new_flags("tf32"):
        with clean_room():
            pass
        torch.backends.fp32_precision = "ieee"
        assert torch.backends.cuda.matmul.fp32_precision == torch.backends.mkldnn.conv.fp32_precision == "ieee"


def test_rooms_that_overlap_in_threads_are_one_change():
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with clean_room():
            inside.set()
            leave.wait(10)

    with default_dtype(torch.float64):
        before = snapshot()
        thread = threading.Thread(target=stay)
        with clean_room():
            thread.start()
            assert inside.wait(10)
        assert torch.get_default_dtype() is torch.float32, "the other one is still in it"
        leave.set()
        thread.join()
        assert snapshot() == before


def test_decoding_threads_leave_the_process_alone_where_they_can():
    before = snapshot()
    with preparation_room():
        assert snapshot() == before
    with default_dtype(torch.float64), preparation_room():
        assert torch.get_default_dtype() is torch.float32


def test_randomness_is_not_used_up():
    before = snapshot()
    with untouched_randomness():
        nn.Linear(3, 3)
    assert snapshot() == before


def test_the_first_to_load_torch_is_called_again_in_the_room(monkeypatch):
    loaded = iter([None, None, torch, torch])
    monkeypatch.setattr(surroundings, "_torch", lambda: next(loaded))
    with default_dtype(torch.float64):
        assert in_clean_room(torch.get_default_dtype) is torch.float32


class Patient(Extractor):
    """A user's extractor whose threads take their time."""

    views = ("features",)
    name = "patient"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        return torch.zeros(3).add(float(image.mean())).numpy()

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        return {"features": (torch.tensor(stack) @ torch.eye(3)).numpy()}


@everywhere
def test_a_generator_runs_in_the_callers_own_surroundings(surrounding):
    seen = []

    def images(n: int, seed: int) -> np.ndarray:
        seen.append({**snapshot(), "random": None})
        return np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)

    with SURROUNDINGS[surrounding]():
        here = {**snapshot(), "random": None}
        ganeval.reference(
            images, metrics=["kid"], extractor=Patient(), n=200, interval="off", engine=Engine(batch_size=8)
        )
    assert len(seen) >= 4
    assert all(found == here for found in seen)


class Tanh(nn.Module):
    """A generator that no precision of its caller's changes, with a parameter and a buffer that it updates."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.register_buffer("calls", torch.zeros(()))
        self.latents: list[torch.Tensor] = []

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        self.latents.append(latents.clone())
        self.calls += 1
        return torch.tanh(latents * self.scale)


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> tuple[float, list[torch.Tensor]]:
    """The score and the latents where nothing is set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANEVAL_CACHE", str(tmp_path_factory.mktemp("usual")))
        return _trained(Tanh())


def _trained(generator: Tanh) -> tuple[float, list[torch.Tensor]]:
    """Two steps of a training loop that judges its generator."""
    evaluator = Evaluator(
        IMAGES, metrics=["kid"], extractor="classifier:mnist", device="cpu", latent=(3, 8, 8), interval="off",
        cache="off",
    )  # fmt: skip
    scores = [evaluator(generator)["kid"].value for _ in range(2)]
    assert scores[0] == scores[1] is not None
    return scores[0], generator.latents


@pytest.mark.parametrize(
    "surrounding", ["fp16 autocast", "float64 by default", "device meta", "inference mode", "all at once"]
)
def test_the_evaluator_in_a_training_loop(usual, surrounding):
    generator = Tanh()
    with SURROUNDINGS[surrounding]():
        before = snapshot()
        score, latents = _trained(generator)
        assert snapshot() == before
    assert score == pytest.approx(usual[0], rel=1e-6)
    assert len(latents) == len(usual[1])
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(latents, usual[1], strict=True))
    assert generator.calls == 0
    assert generator.training


PRECISIONS = {"float64": 1e-6, "float16": 5e-3, "bfloat16": 5e-2}


def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(2)).eval()


@pytest.mark.parametrize(
    ("precision", "door"),
    [*((name, "in memory") for name in PRECISIONS), ("float16", "TorchScript"), ("float64", "torch.export")],
)
def test_a_network_runs_in_its_own_precision_and_the_report_says_which(tmp_path, precision, door):
    plain = ganeval.module_extractor(network(), size=8, name="net")
    net = network().to(getattr(torch, precision))
    extractor = ganeval.module_extractor(net, size=8, name="net")
    if door == "TorchScript":
        with pytest.warns():
            torch.jit.script(net).save(str(tmp_path / "net.pt"))
        extractor = built_extractor(f"module:{tmp_path}/net.pt,size=8", device="cpu")
    elif door == "torch.export":
        example = torch.zeros(2, 3, 8, 8, dtype=getattr(torch, precision))
        program = torch.export.export(net, (example,), dynamic_shapes=({0: torch.export.Dim("n")},))
        torch.export.save(program, tmp_path / "net.pt2")
        extractor = built_extractor(f"module:{tmp_path}/net.pt2,size=8", device="cpu")
    found, expected = (ganeval.rows(IMAGES, extractor=one, cache="off")["features"] for one in (extractor, plain))
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() <= PRECISIONS[precision] * np.abs(expected).max()
    mine, theirs = (settings_for(metrics=[], extractor=one).protocol for one in (extractor, plain))
    assert (mine.dtype, theirs.dtype) == (precision, "float32")
    if door == "in memory":
        with pytest.raises(ProtocolError):
            mine.require_same(theirs, here="a", there="b")


def test_mixed_precision_is_named_and_a_filter_says_what_the_images_are():
    net = nn.Sequential(nn.Conv2d(3, 4, 3).double(), nn.Flatten())
    net.register_parameter("temperature", nn.Parameter(torch.ones(())))
    extractor = ganeval.module_extractor(net, size=4)
    assert extractor.dtype == "float64+float32"
    assert extractor.rows(np.ones((2, 3, 4, 4), np.float32))["features"].shape == (2, 16)
    assert ganeval.module_extractor(lambda x: x, size=4).dtype == "float32"


def test_fingerprints_of_float32_networks_are_those_of_0_1_0():
    """Golden value of ganeval 0.1.0."""
    protocol = settings_for(metrics=[], extractor=ganeval.module_extractor(nn.Flatten(), size=8, name="flat")).protocol
    assert protocol == Protocol("module:flat", None, "torch-bilinear-8", "ignore", "range=0:1,mean=0,std=1", "float32")
    assert protocol.fingerprint == "4b409f4b"
