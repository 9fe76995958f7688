"""Shared fixtures. Shapes and types in ganeval's annotations are checked at run time here, and only here."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jaxtyping import config, install_import_hook

sys.modules.setdefault("conftest", sys.modules[__name__])  # tests say `from conftest import …`: not a second copy
install_import_hook("ganeval", "typecheck.checked")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from PIL import Image  # noqa: E402

# nothing of the user's cache is read or written, and each test begins with an empty one
os.environ["GANEVAL_CACHE"] = tempfile.mkdtemp(prefix="ganeval-tests-")
STRICT = "GANEVAL_TESTS_STRICT"


def required(present: bool, what: str) -> None:
    """Skip when a test requirement is missing; fail instead where `make test` promised to install it."""
    if not present:
        if os.environ.get(STRICT):
            pytest.fail(f"{what} is missing although {STRICT} is set")
        pytest.skip(f"needs {what}")


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("GANEVAL_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def unchecked_where_slow(request, monkeypatch) -> None:
    """Simulations run the same code as other tests do, four times as slowly if every call is checked."""
    if request.node.get_closest_marker("slow"):
        monkeypatch.setattr(config, "jaxtyping_disable", True)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def save_images(folder: Path, images, *, suffix: str = ".png") -> Path:
    """Write uint8 arrays as numbered files."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:04}{suffix}")
    return folder


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """scikit-learn's 1,797 handwritten digits, uint8 (n, 8, 8)."""
    from sklearn.datasets import load_digits

    return np.round(load_digits().images * (255 / 16)).astype(np.uint8)


@pytest.fixture
def folders(tmp_path: Path, digits: np.ndarray) -> tuple[Path, Path]:
    """Forty real and forty fake digits as PNG folders."""
    return save_images(tmp_path / "real", digits[:40]), save_images(tmp_path / "fake", digits[40:80])


@pytest.fixture
def run(capsys):
    """`run("fd real fake", code=0)` in the current folder gives (stdout, stderr)."""

    from ganeval.cli import exit_code

    def call(line: str, *, code: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        found = exit_code(shlex.split(line))
        captured = capsys.readouterr()
        assert found == code, captured.err
        return captured.out, captured.err

    return call


@pytest.fixture
def one_thread():
    """Sums in the same order in every process of a test."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The installed console script."""
    found = shutil.which("ganeval", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, "the console script is not installed"
    return [found]


@pytest.fixture(scope="session")
def call(command: list[str]):
    """Run the command line in a process of its own: `call('fd', 'real', 'fake', cwd=…)`."""

    def run(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None):
        return subprocess.run(
            [*command, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run
