"""Networks of the user's: factories, files, live modules; named, left as found, and refused in one line."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import pytest
import torch
from conftest import save_images
from torch import nn

import ganeval
from ganeval.cli import exit_code
from ganeval.core.errors import FeatureError, ProtocolError, SpecError, WeightsError
from ganeval.core.spec import Spec, built, spec_of
from ganeval.evaluation.settings import built_extractor
from ganeval.extractors.base import Extractor
from ganeval.extractors.module import Module
from ganeval.extractors.weights import sha256_of

FACTORIES = """
import torch
from torch import nn

def small():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Dropout(0.5))

def a_function():
    return lambda x: x.mean(dim=(2, 3))

def number():
    return 3

def broken():
    raise RuntimeError("no such checkpoint")
"""


def network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Dropout(0.5))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, digits) -> Path:
    """A current folder with factories, real/ and fake/."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_nets.py").write_text(FACTORIES)
    monkeypatch.delitem(sys.modules, "my_nets", raising=False)
    save_images(tmp_path / "real", digits[:20])
    save_images(tmp_path / "fake", 255 - digits[20:40])
    return tmp_path


def rows_of(extractor, *, n: int = 5, block: int = 5) -> np.ndarray:
    rng = np.random.default_rng(0)
    stack = np.stack([extractor.prepare(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)) for _ in range(n)])
    return np.concatenate([extractor.rows(stack[i : i + block])["features"] for i in range(0, n, block)])


def scripted(path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(network()).save(str(path))
    return path


def exported(path: Path, *, dynamic: bool = True) -> Path:
    shapes = ({0: torch.export.Dim("n")},) if dynamic else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(network().eval(), (torch.zeros(2, 3, 16, 16),), dynamic_shapes=shapes)
        torch.export.save(program, path)
    return path


def test_a_factory_a_file_and_a_module_in_memory_give_the_same_rows(here):
    scripted(here / "net.pt")
    exported(here / "net.pt2")
    stated = "size=16,mean=0.485/0.456/0.406,std=0.25"
    specs = ["module:my_nets:small", "module:net.pt", "module:net.pt2"]
    found = [rows_of(built_extractor(f"{spec},{stated}", device="cpu")) for spec in specs]
    net = network()
    found.append(rows_of(ganeval.module_extractor(net, size=16, mean=[0.485, 0.456, 0.406], std=0.25)))
    for rows in found:
        assert rows.shape == (5, 16)
        assert rows.dtype == np.float32
        assert np.abs(rows - found[0]).max() < 1e-6
    assert np.abs(rows_of(built_extractor(f"{specs[0]},{stated}"), block=1) - found[0]).max() < 1e-6


def test_the_input_is_what_was_stated():
    white = np.full((4, 4, 3), 255, np.uint8)
    extractor = ganeval.module_extractor(nn.Flatten(), size=4, value_range=(-1, 1), mean=[0.5, 0, -1], std=[1, 2, 4])
    prepared = extractor.prepare(white)
    assert prepared.dtype == np.float32
    assert prepared[:, 0, 0].tolist() == [0.5, 0.5, 0.5]
    assert np.all(extractor.prepare(0 * white)[:, 0, 0] == [-1.5, -0.5, 0])


def test_names_and_digests(here):
    file = scripted(here / "net.pt")
    by_file = built_extractor("module:net.pt,size=16")
    assert by_file.digest == sha256_of(file)
    assert by_file.name == f"module:net.pt@{sha256_of(file)[:8]}"
    factory, live = built_extractor("module:my_nets:small,size=16"), ganeval.module_extractor(network(), size=16)
    assert factory.digest == live.digest
    assert factory.name == f"module:my_nets:small@{factory.digest[:8]}"
    assert live.name.startswith("module:Sequential@")
    assert ganeval.module_extractor(network(), size=16, name="mine").name.startswith("module:mine@")
    other = network()
    with torch.no_grad():
        other[0].bias[0] += 1
    assert ganeval.module_extractor(other, size=16).digest != live.digest
    assert built_extractor("module:my_nets:a_function,size=16").name == "module:my_nets:a_function"


def test_the_module_is_left_as_it_was():
    net = network().train()
    net[1].eval()
    modes = [module.training for module in net.modules()]
    state = {key: value.clone() for key, value in net.state_dict().items()}
    extractor = ganeval.module_extractor(net, size=16)
    before = torch.random.get_rng_state()
    assert np.array_equal(rows_of(extractor), rows_of(extractor)), "no dropout, no running averages"
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    assert torch.equal(before, torch.random.get_rng_state())
    with pytest.raises(FeatureError, match="the network failed"):
        extractor.rows(np.zeros((2, 5, 16, 16), np.float32))
    assert [module.training for module in net.modules()] == modes


def test_a_report_is_named_after_it_and_unlike_normalisations_do_not_mix():
    one = ganeval.module_extractor(network(), size=16, name="net")
    report = ganeval.evaluate("real", "fake", metrics=["fd"], extractor=one)
    assert report.results[0].name == f"FD[{one.name}]"
    reference = ganeval.reference("real", metrics=["fd"], extractor=one)
    other = ganeval.module_extractor(network(), size=16, name="net", value_range=(-1, 1))
    with pytest.raises(ProtocolError, match="normalise"):
        ganeval.evaluate(reference, "fake", metrics=["fd"], extractor=other)


def test_the_protocol_chooses_the_resizer():
    assert built_extractor("module:my_nets:small,size=16", protocol="clean-fid").resize == "pil-bicubic-16"
    assert ganeval.module_extractor(network(), size=16).resize == "torch-bilinear-16"


def test_the_command_line(capsys):
    assert exit_code(["fd", "real", "fake", "-x", "module:my_nets:small,size=16,range=-1:1", "-q"]) == 0
    assert "\nFD[module:my_nets:small@" in capsys.readouterr().out
    assert str(Path.cwd()) not in sys.path
    assert exit_code(["eval", "real", "fake", "-x", "module:gone.pt,size=16", "-q"]) == 1
    assert capsys.readouterr().err == "error: module:gone.pt: no such file\n"
    assert exit_code(["explain", "module"]) == 0
    assert "size=None" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("module", SpecError, "needs a network"),
        ("module:my_nets:small", SpecError, "state the size"),
        ("module:my_nets:small,size=0", SpecError, "size=0 is not possible"),
        ("module:my_nets,size=8", SpecError, "neither package.module:factory nor a file"),
        ("module:my_nets:small,size=8,argument=x", SpecError, "no option 'argument'"),
        ("module:my_nets:small,size=8,mean=a", SpecError, "is no number"),
        ("module:my_nets:small,size=8,mean=1/2", SpecError, "one number or three"),
        ("module:my_nets:small,size=8,std=0", SpecError, "positive"),
        ("module:my_nets:small,size=8,range=1:0", SpecError, "black and white"),
        ("module:my_nets:smal,size=8", SpecError, "no function 'smal'"),
        ("module:nowhere:small,size=8", SpecError, "nowhere cannot be imported"),
        ("module:my_nets:number,size=8", FeatureError, "the factory gave int"),
        ("module:my_nets:broken,size=8", FeatureError, "no such checkpoint"),
        ("module:gone.pt2,size=8", WeightsError, "no such file"),
        ("module:state.pt,size=8", WeightsError, "is no TorchScript file"),
        ("module:state.pt2,size=8", WeightsError, r"is no torch\.export file"),
    ],
)
def test_errors_say_what_is_wrong(here, capfd, text, error, says):
    torch.save(network().state_dict(), here / "state.pt")
    (here / "state.pt2").write_bytes(b"nothing of the kind")
    with pytest.raises(error, match=says) as caught:
        rows_of(built_extractor(text, device="cpu"))
    assert "\n" not in str(caught.value)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "net",
    [lambda x: x.sum(), lambda x: x[:1], lambda x: {"features": x}],
    ids=["one number", "one row", "a dictionary"],
)
def test_what_is_no_stack_of_rows_is_refused(net):
    with pytest.raises(FeatureError, match="the network gave"):
        rows_of(ganeval.module_extractor(net, size=8))


def test_an_export_of_fixed_batch_size_says_so(here):
    exported(here / "fixed.pt2", dynamic=False)
    with pytest.raises(FeatureError, match="dynamic first dimension"):
        rows_of(built_extractor("module:fixed.pt2,size=16", device="cpu"))


def test_the_spec_round_trips():
    module = Module("my_nets:small", size=16, range="-1:1")
    assert spec_of(module, name="module", hidden=("device",)) == "module:my_nets:small,size=16,range=-1:1"
    assert built(Module, Spec.parse(spec_of(module, name="module"))) == module


class Counts(nn.Module):
    """A layer whose forward moves a buffer in one of several ways, and whose rows depend on it."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.layer = nn.Flatten()
        self.register_buffer("c", torch.zeros(1))
        self.register_buffer("late", None)
        self.register_buffer("grows", torch.zeros(1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = self.layer(x) * (1 + self.c)
        if self.how in ("in place", "raises"):
            self.c += 1
        if self.how == "exchanged":
            self.c = self.c + 1
        if self.how == "not a number":
            self.c.fill_(float("nan"))
        if self.how == "raises":
            raise RuntimeError("no")
        if self.how == "same value":
            self.c.copy_(self.c.clone())
        if self.how == "a cache":
            self.late = torch.zeros(3) if self.late is None else self.late
            self.grows = torch.zeros(len(x))
        return rows


@pytest.mark.parametrize("how", ["in place", "exchanged", "not a number", "raises"])
def test_buffers_that_a_call_moves_are_put_back_and_that_is_said(how):
    net = Counts(how)
    held, extractor = net.c, ganeval.module_extractor(net, size=4)
    said = pytest.warns(UserWarning, match=r"module:Counts: the network changed its buffers \(c\) while it ran")
    with said, pytest.raises(FeatureError) if how == "raises" else nullcontext():
        first, again = (extractor.rows(np.ones((2, 3, 4, 4), np.float32))["features"] for _ in range(2))
        assert np.array_equal(first, again)
    assert net.c is held
    assert net.c.item() == 0


@pytest.mark.parametrize("how", ["not at all", "same value", "a cache"])
def test_buffers_that_hold_the_same_need_no_word(how):
    net = Counts(how)
    rows_of(ganeval.module_extractor(net, size=4))
    assert net.c.item() == 0
    assert (net.late is None) == (how != "a cache"), "what was not there before is the network's own affair"
    assert len(net.grows) == (5 if how == "a cache" else 1)


def test_real_images_are_at_no_distance_from_themselves(here):
    """Though a buffer grows from batch to batch; the report says it once a side."""
    extractor = ganeval.module_extractor(Counts("in place"), size=4)
    report = ganeval.evaluate("real", "real", metrics=["fd"], extractor=extractor, engine=ganeval.Engine(batch_size=4))
    assert report["fd"].value < 1e-6
    assert sum("changed its buffers" in warning for warning in report.warnings) == 2


def test_a_scripted_network_is_put_back_too(here):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = torch.jit.script(Scripted())
    extractor = ganeval.module_extractor(net, size=4)
    with pytest.warns(UserWarning, match=r"changed its buffers \(c\)"):
        rows_of(extractor)
    assert net.c.item() == 0


class Scripted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("c", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.c += 1
        return x.mean(dim=(2, 3)) * self.c


class Noisy(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(x.flatten(1), training=True)


def test_a_network_that_draws_leaves_the_generator_and_that_is_said(here):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    with pytest.warns(UserWarning, match="module:Noisy drew random numbers while it ran: its features differ"):
        rows_of(ganeval.module_extractor(Noisy(), size=4))
    assert torch.equal(torch.get_rng_state(), before)


@final
@dataclass(frozen=True)
class Drawing(Extractor):
    """An extractor of a user's that draws in its rows."""

    views: ClassVar = ("features",)
    name: ClassVar = "drawing"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        return image.mean((0, 1)).astype(np.float32)

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        return {"features": stack + torch.rand(stack.shape).numpy()}


@pytest.mark.parametrize("extractor", [Drawing(), ganeval.module_extractor(Noisy(), size=4)], ids=lambda e: e.name)
def test_a_report_says_that_its_extractor_draws(here, extractor):
    before = torch.get_rng_state()
    report = ganeval.evaluate("real", "fake", metrics=["fd"], extractor=extractor, interval="off")
    assert sum("drew random numbers while it ran" in warning for warning in report.warnings) == 2
    assert torch.equal(torch.get_rng_state(), before)


def test_a_thread_beside_another_leaves_the_generator_alone(here):
    """The other may draw meanwhile: what is put back would come again there."""
    before = torch.get_rng_state()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(rows_of, ganeval.module_extractor(Noisy(), size=4)).result()
    assert not torch.equal(torch.get_rng_state(), before)
