"""Whole commands: wall time and memory of a process from its start to its end."""

import json
import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import ganeval
from benchmarks.speed.setting import Record, Setting, record
from benchmarks.speed.sides import ChildError, Ran, Work, last_line, launched, timed
from benchmarks.stand_in import crops, damaged, photographs

_SIZE = 128
_BUDGET_MB = 2
_ALONE = ("--device", "cpu", "--value")


def process(setting: Setting) -> Record:
    """`ganeval fd` against pytorch-fid's command, and `ganeval eval` with all default metrics against `ganeval fd`."""
    n = setting.size(1000, quick=12)
    folders = real, fake = _folders(setting, n=n)
    shared = ["-x", "inception", "--weights", str(setting.weights.weights), *map(str, folders), "--device", "cpu"]
    cache = _empty(setting.folder / "kept-cache")
    very_first = _ganeval(["fd", *shared, "--value"], setting=setting, cache=cache)
    setting.progress(f"ganeval fd, the very first run: {very_first.seconds:.1f} s")
    takes: dict[str, Callable[[], Ran]] = {
        "ganeval fd": lambda: _ganeval(["fd", *shared, "--value", "--no-cache"], setting=setting, cache=cache),
        "pytorch-fid": lambda: _pytorch_fid(real, fake, setting=setting),
        "ganeval eval": lambda: _ganeval(["eval", *shared, "--json", "-", "--no-cache"], setting=setting, cache=cache),
        "ganeval fd, features kept": lambda: _ganeval(["fd", *shared, "--value"], setting=setting, cache=cache),
    }
    runs: dict[str, list[Ran]] = {name: [] for name in takes}
    for turn in range(setting.times):
        for name, take in takes.items():
            runs[name].append(take())
            setting.progress(f"{name} {turn + 1}: {runs[name][-1].seconds:.1f} s")
    runs["ganeval fd, the very first run"] = [very_first]
    ours, theirs = runs["ganeval fd"][-1], runs["pytorch-fid"][-1]
    told = last_line(theirs.stderr) if theirs.code else last_line(theirs.stdout).rpartition(" ")[2]
    notes = [
        "ganeval extracts anew with a network that was exported before; the very first run exports it, once",
        "eval is all default metrics with their intervals",
        "pytorch-fid's memory is that of its largest process",
    ]
    if theirs.code:
        notes.append(f"pytorch-fid ended in an error, timed until then: {told}")
    facts = {"images": 2 * n, "ganeval": last_line(ours.stdout), "pytorch_fid": told}
    what = f"whole process: Fréchet distance on Inception features, 2 × {n:,} PNG of {_SIZE} × {_SIZE}"
    return record(what, {name: _side(held, images=2 * n) for name, held in runs.items()}, facts=facts, notes=notes)


def again(setting: Setting) -> Record:
    """The same real side once more, with other fakes: what is left of the time that it cost."""
    n = setting.size(1000, quick=8)
    real, few, fewer = _folders(setting, n=n)[0], _folder_of(setting, n=3), _folder_of(setting, n=2)
    cache = _empty(setting.folder / "again-cache")
    shared = ["--weights", str(setting.weights.weights), *_ALONE]
    commands = {
        "extracted anew": ["fd", "-x", "inception", *shared, str(real), str(fewer), "--no-cache"],
        "kept": ["fd", "-x", "inception", *shared, str(real), str(fewer)],
        "another real side, of 3 images": ["fd", "-x", "inception", *shared, str(few), str(fewer)],
    }
    for arguments in commands.values():
        _ganeval(arguments, setting=setting, cache=cache)
    runs: dict[str, list[Ran]] = {name: [] for name in commands}
    for turn in range(setting.times):
        for name, arguments in commands.items():
            runs[name].append(_ganeval(arguments, setting=setting, cache=cache))
            setting.progress(f"{name} {turn + 1}: {runs[name][-1].seconds:.1f} s")
    sides = {name: _side(held, images=3 if "3" in name else n) for name, held in runs.items()}
    anew, kept, without = (side["median_s"] for side in sides.values())
    saved = (anew - kept) / (anew - without)
    what = f"whole process: the same {n:,} reals once more"
    notes = [f"{saved:.1%} of the time that the real side cost is saved"]
    return record(what, sides, pairs={"extracted anew": "kept"}, facts={"saved": saved}, notes=notes)


def memory(setting: Setting) -> Record:
    """Anonymous memory for many images against few: moments alone, and rows beyond a budget in a file."""
    few, many = setting.size(2000, quick=100), setting.size(20_000, quick=300)
    sides: dict[str, Record] = {}
    pairs, facts, notes = {}, {}, []
    kinds = {
        "npy, moments": (_tiny_array, _moments_of),
        "PNG, moments": (_tiny_folder, _moments_of),
        "npy, rows in a file": (_tiny_array, _rows_of),
    }
    for kind, (write, command) in kinds.items():
        middle: dict[int, float] = {}
        for n, runs in _growing(setting, (few, many), kind=kind, write=write, command=command).items():
            sides[f"{n:,} a side, {kind}"] = _side(runs, images=2 * n)
            middle[n] = round(statistics.median(ran.anonymous_mb or 0 for ran in runs), 1)
        pairs[f"{many:,} a side, {kind}"] = f"{few:,} a side, {kind}"
        difference = round(middle[many] - middle[few], 1)
        facts[kind] = {"anonymous_mb": {str(n): mb for n, mb in middle.items()}, "difference_mb": difference}
        notes.append(f"{kind}: {difference:+.1f} MB of anonymous memory for {many / few:.0f} times the images")
    what = f"memory: moments alone, or rows beyond {_BUDGET_MB} MB in a file; {many:,} against {few:,} images a side"
    return record(what, sides, pairs=pairs, facts=facts, notes=notes)


def collected_rows(*, real: str, fake: str) -> Work:
    """Both sides' rows, beyond a small budget in a file."""
    engine = ganeval.Engine(rows_budget=_BUDGET_MB << 20)

    def work() -> int:
        sides = [
            ganeval.reference(
                side, metrics=["kid"], extractor="random-conv", engine=engine, cache="off", interval="off"
            )
            for side in (real, fake)
        ]
        return sum(side.n or 0 for side in sides)

    return work


def _moments_of(real: Path, fake: Path) -> list[str]:
    return ["-m", "ganeval", "fd", "-x", "random-conv", str(real), str(fake), "--no-interval", *_ALONE]


def _rows_of(real: Path, fake: Path) -> list[str]:
    options = json.dumps({"real": str(real), "fake": str(fake)})
    return ["-m", "benchmarks.speed.child", "benchmarks.speed.commands:collected_rows", options]


def _growing(
    setting: Setting, sizes: tuple[int, ...], *, kind: str, write: Callable[..., Path],
    command: Callable[[Path, Path], list[str]],
) -> dict[int, list[Ran]]:  # fmt: skip
    """By number of images, runs by turns."""
    given = {n: [write(setting.folder / f"tiny-{n}-{role}", n=n, seed=seed) for seed, role in _ROLES] for n in sizes}
    runs: dict[int, list[Ran]] = {n: [] for n in sizes}
    for turn in range(setting.times):
        for n, (real, fake) in given.items():
            runs[n].append(_python(command(real, fake), setting=setting))
            setting.progress(f"2 × {n} {kind} {turn + 1}: {runs[n][-1].anonymous_mb or 0:.0f} MB anonymous")
    return runs


_ROLES = ((21, "real"), (22, "fake"))


def _ganeval(arguments: list[str], *, setting: Setting, cache: Path | None = None) -> Ran:
    """One command, with an empty cache unless another is given."""
    return _python(["-m", "ganeval", *arguments], setting=setting, cache=cache)


def _python(arguments: list[str], *, setting: Setting, cache: Path | None = None) -> Ran:
    cache = _empty(setting.folder / "cache") if cache is None else cache
    ran = launched([sys.executable, *arguments], environment={"GANEVAL_CACHE": str(cache)})
    if ran.code:
        raise ChildError(f"python {' '.join(arguments)}: {last_line(ran.stderr)}")
    return ran


def _pytorch_fid(real: Path, fake: Path, *, setting: Setting) -> Ran:
    """Its own command; it may end in an error."""
    command = [sys.executable, "-m", "pytorch_fid", str(real), str(fake), "--device", "cpu"]
    return launched(command, environment={"TORCH_HOME": str(setting.weights.home)})


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


def _folder_of(setting: Setting, *, n: int) -> Path:
    folder = setting.folder / f"few-{n}"
    return folder if folder.exists() else _write(folder, crops(photographs(), n=n, size=_SIZE, seed=n))


def _write(folder: Path, images: list[np.ndarray]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
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
