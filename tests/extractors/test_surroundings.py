"""No setting of the caller's reaches a feature: every extractor, in every surrounding, at first and later use."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from surroundings_of import SURROUNDINGS, snapshot
from torch import nn

import ganeval
from ganeval.core.registry import entries
from ganeval.core.rows import Rows
from ganeval.evaluation.engine import Engine
from ganeval.evaluation.settings import built_extractor, settings_for
from ganeval.evaluation.sides import extract, open_side
from ganeval.extractors.base import Extractor
from ganeval.extractors.inception import Inception, fid_inception

FACTORY = """
import torch
from torch import nn

def small():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(2))
"""
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 20, 20, 3), dtype=np.uint8)


def small() -> nn.Module:
    """Made in the calling test's own surroundings, which are plain."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(2))


class Own(Extractor):
    """A user's extractor, written as people write: no dtype, no device, its network made when it is first needed."""

    views = ("features",)

    def __init__(self) -> None:
        self.net: nn.Module | None = None

    @property
    def name(self) -> str:
        return f"own-{self.network[0].weight.dtype}-{self.network[0].weight.device}"

    @property
    def network(self) -> nn.Module:
        if self.net is None:
            with torch.random.fork_rng():
                torch.manual_seed(0)
                self.net = nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 8)).eval()
        return self.net

    def prepare(self, image: np.ndarray) -> np.ndarray:
        share = torch.tensor([0.5, 0.25, 0.25]) @ torch.tensor(image[:4, 0].T.astype(float).tolist())
        return (share.repeat(3) / 255).numpy()

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        return {"features": (self.network(torch.tensor(stack)) * torch.ones(8)).detach().numpy()}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> dict[str, Callable[[], Extractor]]:
    """Every extractor, built in or the user's; each call makes a new one, as a later process does."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "factory_of_surroundings.py").write_text(FACTORY)
    net, inception = small().eval(), _stand_in(folder / "stand-in.pth")
    with pytest.warns():  # TorchScript is deprecated
        torch.jit.script(net).save(str(folder / "net.pt"))
    shape = ({0: torch.export.Dim("n")},)
    torch.export.save(torch.export.export(net, (torch.zeros(2, 3, 16, 16),), dynamic_shapes=shape), folder / "net.pt2")
    specs = {
        "efficientnet-lite0": "efficientnet-lite0",
        "classifier:mnist": "classifier:mnist",
        "classifier:faces": "classifier:faces",
        "random-conv": "random-conv",
        "pixels": "pixels:size=8",
        "spectrum": "spectrum:size=16",
        "timm": "timm:test_resnet.r160_in1k,pretrained=false",
        "module, factory": "module:factory_of_surroundings:small,size=16",
        "module, TorchScript": f"module:{folder}/net.pt,size=16",
        "module, torch.export": f"module:{folder}/net.pt2,size=16",
    }
    sys.path.insert(0, str(folder))
    made: dict[str, Callable[[], Extractor]] = {
        name: lambda spec=spec: built_extractor(spec, device="cpu") for name, spec in specs.items()
    }
    made["inception"] = lambda: Inception(dims=64, weights=inception, device="cpu")
    made["module_extractor"] = lambda: ganeval.module_extractor(net, size=16)
    made["a function"] = lambda: ganeval.module_extractor(lambda x: x.mean(dim=(2, 3)) @ torch.ones(3, 2), size=16)
    made["the user's own"] = Own
    return made


def _stand_in(path: Path) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save(fid_inception().state_dict(), path)
    return path


NAMES = (
    *("efficientnet-lite0", "classifier:mnist", "classifier:faces", "random-conv", "pixels", "spectrum", "inception"),
    *("timm", "module, factory", "module, TorchScript", "module, torch.export", "module_extractor", "a function"),
    "the user's own",
)
COMMON = ("fp16 autocast", "all at once")
USUAL = (*COMMON, "bf16 autocast", "float64 by default", "device meta", "inference mode")
SHOWN = {  # the rest are shown every surrounding; all go through the same room
    **dict.fromkeys(("efficientnet-lite0", "inception"), ("all at once",)),
    **dict.fromkeys(("timm", "random-conv", "module, TorchScript", "module, torch.export"), COMMON),
    **dict.fromkeys(("classifier:faces", "pixels", "spectrum"), COMMON),
    **dict.fromkeys(("module, factory", "module_extractor", "a function"), USUAL),
}


def test_no_extractor_is_left_out(shelf):
    assert set(shelf) == set(NAMES)
    held = {name.partition(":")[0].partition(",")[0] for name in shelf}
    assert {entry.name for entry in entries("extractor")} <= held | {"features"}


def rows_of(extractor: Extractor) -> dict[str, np.ndarray]:
    """Through a run's pass, whose threads prepare, with name and digest as it reads them."""
    settings = settings_for(metrics=[], extractor=extractor, cache="off", interval="off", engine=Engine(batch_size=4))
    found = extract(open_side(IMAGES, settings), settings, wants=dict.fromkeys(extractor.views, Rows))
    values = {view: held.values for view, held in found.statistics.items() if isinstance(held, Rows)}
    return {**values, "name": settings.protocol.extractor, "digest": settings.protocol.digest}


def direct(extractor: Extractor) -> dict[str, np.ndarray]:
    """As people call it by hand; one of the user's own is then the user's affair."""
    if isinstance(extractor, Own):
        return {}
    return dict(extractor.rows(np.stack([extractor.prepare(image) for image in IMAGES[:2]])))


@pytest.fixture(scope="module")
def plain(shelf, tmp_path_factory) -> Iterator[dict[str, dict]]:
    """What each extractor gives where nothing is set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANEVAL_CACHE", str(tmp_path_factory.mktemp("plain")))
        made = {name: new() for name, new in shelf.items()}
        yield {name: {"rows": rows_of(one), "direct": direct(one)} for name, one in made.items()}


def assert_same(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        if isinstance(value, np.ndarray):
            assert found[key].dtype == np.float32
            assert np.abs(found[key] - value).max() <= 1e-6 * max(1, np.abs(value).max()), key
        else:
            assert found[key] == value


CASES = [
    (name, surrounding)
    for name in NAMES
    for surrounding in SURROUNDINGS
    if surrounding in SHOWN.get(name, SURROUNDINGS)
]


@pytest.mark.parametrize(("name", "surrounding"), CASES, ids=lambda text: text)
def test_rows_are_the_same_and_all_is_left_as_it_was(shelf, plain, name, surrounding):
    with SURROUNDINGS[surrounding]():
        before = snapshot()
        first = shelf[name]()
        assert_same(rows_of(first), plain[name]["rows"])
        assert snapshot() == before
        assert_same(rows_of(first), plain[name]["rows"])
        assert_same(direct(shelf[name]()), plain[name]["direct"])  # from the graph that is kept now
        assert snapshot() == before
    assert_same(rows_of(shelf[name]()), plain[name]["rows"])  # a later process, with nothing set


def test_what_a_process_keeps_in_the_worst_surroundings_serves_every_later_one(shelf, plain, empty_cache):
    """One real process: a bf16 training loop with another default device makes the graph."""
    code = """
import numpy as np, torch, ganeval
torch.set_default_device("meta")
torch.set_default_dtype(torch.float64)
torch.backends.fp32_precision = "tf32"
images = np.random.default_rng(0).integers(0, 256, (6, 20, 20, 3), dtype=np.uint8)
with torch.autocast("cpu", torch.bfloat16):
    found = ganeval.rows(images, extractor="classifier:mnist", device="cpu", cache="off")
np.savez("found.npz", **found)
"""
    made = subprocess.run([sys.executable, "-c", code], cwd=empty_cache, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert len(list(empty_cache.rglob("*.onnx"))) == 1
    expected = {view: plain["classifier:mnist"]["rows"][view] for view in ("features", "probs")}
    assert_same(dict(np.load(empty_cache / "found.npz")), expected)
    later = rows_of(shelf["classifier:mnist"]())
    assert len(list(empty_cache.rglob("*.onnx"))) == 1
    assert_same({view: later[view] for view in expected}, expected)
