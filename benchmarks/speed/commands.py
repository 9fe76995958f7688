"""Whole commands: wall time and memory of a process from its start to its end."""

import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.speed.setting import Record, Setting, record
from benchmarks.speed.sides import ChildError, Ran, last_line, launched, timed
from benchmarks.stand_in import crops, damaged, photographs

_SIZE = 128
_ALONE = ("--device", "cpu", "--value")


def process(setting: Setting) -> Record:
    """`ganeval fd`, with an empty and with a filled cache, against `python -m pytorch_fid`."""
    n = setting.size(1000, quick=8)
    real, fake = _folders(setting, n=n)
    arguments = ["fd", "-x", "inception", "--weights", str(setting.weights.weights), str(real), str(fake), *_ALONE]
    first: list[Ran] = []
    second: list[Ran] = []
    for turn in range(setting.times_when_slow):
        empty = _empty(setting.folder / "cache")
        for name, runs in {"first run": first, "second run": second}.items():
            runs.append(_ganeval(arguments, setting=setting, cache=empty))
            setting.progress(f"ganeval fd, {name} {turn + 1}: {runs[-1].seconds:.1f} s")
    theirs = launched(
        [sys.executable, "-m", "pytorch_fid", str(real), str(fake), "--device", "cpu"],
        environment={"TORCH_HOME": str(setting.weights.home)},
    )
    setting.progress(f"pytorch-fid: {theirs.seconds:.1f} s")
    sides = {
        "ganeval, empty cache": _side(first, images=2 * n),
        "ganeval, filled cache": _side(second, images=2 * n),
        "pytorch-fid": _side([theirs], images=2 * n),
    }
    told = last_line(theirs.stderr) if theirs.code else last_line(theirs.stdout).rpartition(" ")[2]
    notes = ["pytorch-fid ran once, and its memory is that of its largest process"]
    if theirs.code:
        notes.append(f"pytorch-fid ended in an error, timed until then: {told}")
    facts = {"images": 2 * n, "ganeval": last_line(first[-1].stdout), "pytorch_fid": told}
    what = f"whole process: Fréchet distance on Inception features, 2 × {n:,} PNG of {_SIZE} × {_SIZE}"
    return record(what, sides, facts=facts, notes=notes)


def all_metrics(setting: Setting) -> Record:
    """`ganeval eval` with all default metrics against `ganeval fd`, nothing reused."""
    n = setting.size(1000, quick=12)
    sides = [*map(str, _folders(setting, n=n))]
    shared = ["-x", "inception", "--weights", str(setting.weights.weights), *sides]
    commands = {
        "ganeval fd": ["fd", *shared, *_ALONE],
        "ganeval eval": ["eval", *shared, "--device", "cpu", "--json", "-"],
    }
    runs: dict[str, list[Ran]] = {name: [] for name in commands}
    for turn in range(setting.times_when_slow):
        for name, arguments in commands.items():
            runs[name].append(_ganeval(arguments, setting=setting))
            setting.progress(f"{name} {turn + 1}: {runs[name][-1].seconds:.1f} s")
    what = f"whole process: all default metrics against the Fréchet distance alone, 2 × {n:,} PNG"
    notes = ["every run begins with an empty cache"]
    return record(what, {name: _side(held, images=2 * n) for name, held in runs.items()}, notes=notes)


def memory(setting: Setting) -> Record:
    """Anonymous memory of `ganeval fd -x random-conv`, which keeps moments: many images against few."""
    few, many = setting.size(2000, quick=100), setting.size(20_000, quick=300)
    sides: dict[str, Record] = {}
    pairs, facts, notes = {}, {}, []
    for kind, write in {"npy": _tiny_array, "PNG": _tiny_folder}.items():
        middle: dict[int, float] = {}
        for n, runs in _growing(setting, (few, many), kind=kind, write=write).items():
            sides[f"{n:,} a side, {kind}"] = _side(runs, images=2 * n)
            middle[n] = round(statistics.median(ran.anonymous_mb or 0 for ran in runs), 1)
        pairs[f"{many:,} a side, {kind}"] = f"{few:,} a side, {kind}"
        difference = round(middle[many] - middle[few], 1)
        facts[kind] = {"anonymous_mb": {str(n): mb for n, mb in middle.items()}, "difference_mb": difference}
        notes.append(f"{kind}: {difference:+.1f} MB of anonymous memory for {many / few:.0f} times the images")
    what = f"memory: ganeval fd, which keeps moments, {many:,} against {few:,} images a side"
    return record(what, sides, pairs=pairs, facts=facts, notes=notes)


def _growing(
    setting: Setting, sizes: tuple[int, ...], *, kind: str, write: Callable[..., Path]
) -> dict[int, list[Ran]]:
    """By number of images, runs by turns."""
    given = {n: [write(setting.folder / f"tiny-{n}-{role}", n=n, seed=seed) for seed, role in _ROLES] for n in sizes}
    runs: dict[int, list[Ran]] = {n: [] for n in sizes}
    for turn in range(setting.times_when_slow):
        for n, pair in given.items():
            arguments = ["fd", "-x", "random-conv", *map(str, pair), *_ALONE]
            runs[n].append(_ganeval(arguments, setting=setting))
            setting.progress(f"2 × {n} {kind} {turn + 1}: {runs[n][-1].anonymous_mb or 0:.0f} MB anonymous")
    return runs


_ROLES = ((21, "real"), (22, "fake"))


def _ganeval(arguments: list[str], *, setting: Setting, cache: Path | None = None) -> Ran:
    """One command, with an empty cache unless another is given."""
    cache = _empty(setting.folder / "cache") if cache is None else cache
    command = [sys.executable, "-m", "ganeval", *arguments]
    ran = launched(command, environment={"GANEVAL_CACHE": str(cache)})
    if ran.code:
        raise ChildError(f"ganeval {' '.join(arguments)}: {last_line(ran.stderr)}")
    return ran


def _side(runs: list[Ran], *, images: int) -> Record:
    side = timed([ran.seconds for ran in runs])
    anonymous = [ran.anonymous_mb for ran in runs if ran.anonymous_mb is not None]
    return {
        **side,
        "images_per_s": round(images / side["median_s"], 2),
        "peak_mb": max(ran.peak_mb for ran in runs),
        **({"anonymous_mb": max(anonymous)} if anonymous else {}),
    }


def _folders(setting: Setting, *, n: int) -> tuple[Path, Path]:
    """`n` crops of photographs and `n` damaged ones, as PNG; made once."""
    folders = setting.folder / f"real-{n}", setting.folder / f"fake-{n}"
    if not folders[0].exists():
        photos = photographs()
        _write(folders[0], crops(photos, n=n, size=_SIZE, seed=31))
        _write(folders[1], damaged(crops(photos, n=n, size=_SIZE, seed=32), seed=33))
    return folders


def _write(folder: Path, images: list[np.ndarray]) -> Path:
    folder.mkdir(parents=True)
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:06}.png")
    return folder


def _tiny(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 16, 16, 3), dtype=np.uint8)


def _tiny_array(path: Path, *, n: int, seed: int) -> Path:
    np.save(path.with_suffix(".npy"), _tiny(n, seed))
    return path.with_suffix(".npy")


def _tiny_folder(path: Path, *, n: int, seed: int) -> Path:
    return _write(path, list(_tiny(n, seed)))


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
