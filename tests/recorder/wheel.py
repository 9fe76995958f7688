"""The recorder against what users install: the wheel, unpacked far from the checkout.

An editable install finds every file of the checkout, also those that the wheel forgets: graphs, pages, pictures.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "ganeval", "reference_models")
_GENERATED = shutil.ignore_patterns("__pycache__", "*.egg-info")


def unpacked_wheel(folder: Path) -> Path:
    """The folder into which the wheel of this checkout was unpacked; built from a copy, offline."""
    sources, target = folder / "sources", folder / "installed"
    sources.mkdir(parents=True)
    for name in _SOURCES:
        path = TESTS.parent / name
        if path.is_dir():
            shutil.copytree(path, sources / name, ignore=_GENERATED)
        else:
            shutil.copy(path, sources / name)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(sources)]
    subprocess.run(build, check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(target)
    return target


def recorded_by(installed: Path, *, folder: Path, groups: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """The recorder, run in `folder` by a ganeval that lies in `installed`."""
    path = os.pathsep.join(map(str, (installed, TESTS)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    folder.mkdir(parents=True, exist_ok=True)
    where = "import ganeval; print(ganeval.__file__)"
    commands = [["-c", where], ["-m", "recorder", *groups]]
    found, done = (
        subprocess.run(
            [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        for command in commands
    )
    if not found.stdout.startswith(str(installed)):
        raise RuntimeError(f"not the wheel's ganeval: {found.stdout}{found.stderr}")
    return done
