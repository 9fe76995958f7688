"""Live generators named on the command line: `sampler:module:factory,key=value`."""

import sys
from pathlib import Path

import numpy as np
import pytest

import ganeval
from ganeval.core.errors import GanevalError


@pytest.fixture
def real() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (90, 6, 6, 3), np.uint8)


def score(real, fake, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, extractor="pixels", metrics=["fd"], **options)


MODULE = """
import numpy as np
import ganeval

def make(size: int = 6, levels: int = 256, name="x"):
    assert isinstance(size, int) and isinstance(name, str)
    return lambda n, seed: np.random.default_rng(seed).integers(0, levels, (n, size, size, 3), np.uint8)

def floats():
    return ganeval.sampler(lambda n, seed: np.random.default_rng(seed).random((n, 6, 6, 3)), value_range=(0, 1))

def broken(ckpt):
    raise FileNotFoundError(f"no {ckpt}")

def sample(n, seed):
    return None

def nothing():
    return None
"""


@pytest.fixture
def here(tmp_path: Path, real, monkeypatch, request) -> str:
    name = f"my_gan_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    np.save(tmp_path / "real.npy", real)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return name


def test_on_the_command_line(here, call, real):
    done = call("fd", "real.npy", f"sampler:{here}:make,levels=100", "--n", "80", "-x", "pixels", "--value")
    assert done.returncode == 0, done.stderr
    same = score(real, lambda n, seed: np.random.default_rng(seed).integers(0, 100, (n, 6, 6, 3), np.uint8), n=80)
    assert float(done.stdout) == pytest.approx(same["fd"].value, rel=1e-9)
    shown = call("fd", "real.npy", f"sampler:{here}:floats", "--n", "80", "-x", "pixels", "--dry-run").stdout
    assert f"sampler:{here}:floats: 80 images\n" in shown


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("missing:make", r"no module 'missing', neither installed nor here \(/"),
        ("{}:maek", r"has no function 'maek'; did you mean 'make'\?"),
        ("{}:make,sise=3", r"no option 'sise'; did you mean 'size'\? \(options: size, levels, name\)"),
        ("{}:make,size=x", "size=x is not a whole number"),
        ("{}:broken", "the factory needs ckpt: add ,ckpt=VALUE"),
        ("{}:broken,ckpt=run.pt", "broken failed: FileNotFoundError: no run.pt"),
        ("{}:sample", "this looks like the function itself: name a function that returns it"),
        ("{}:nothing", r"nothing returned a NoneType, expected a function \(n, seed\)"),
        ("{}", "write sampler:module:factory"),
    ],
)
def test_factories_that_fail_say_how(here, real, rest, says):
    with pytest.raises(GanevalError, match=says):
        score(real, f"sampler:{rest.format(here)}", n=80)
