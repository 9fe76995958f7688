"""Reading and decoding image files with the network left out: one thread against two."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.speed.setting import Record, Setting, record
from benchmarks.speed.sides import Work, by_turns
from benchmarks.stand_in import crops, photographs
from ganeval.sources.opening import opened
from ganeval.sources.source import Files

_GROUP = 4


def decoding(setting: Setting) -> Record:
    """JPEG and PNG; the sides are two threads and one."""
    n, size = setting.size(192, quick=6), setting.size(1024, quick=128)
    pictures = crops(photographs(), n=n, size=size, seed=41)
    works: dict[str, Work] = {}
    for kind, options in {"JPEG": {"quality": 90}, "PNG": {}}.items():
        folder = _written(setting.folder / f"decode-{kind}", pictures, suffix=kind.lower(), options=options)
        for threads in (2, 1):
            works[f"{kind}, {threads} thread{'s' * (threads > 1)}"] = _reading(folder, threads=threads)
    sides = by_turns(works, times=setting.times, progress=setting.progress)
    for side in sides.values():
        side["images_per_s"] = round(n / side["median_s"], 1)
    gains = {kind: sides[f"{kind}, 1 thread"]["median_s"] / sides[f"{kind}, 2 threads"]["median_s"]
             for kind in ("JPEG", "PNG")}  # fmt: skip
    notes = [f"{kind}: two threads read {gain:.2f} times as fast as one" for kind, gain in gains.items()]
    pairs = {f"{kind}, 1 thread": f"{kind}, 2 threads" for kind in gains}
    what = f"decoding files of {size} × {size}, no network"
    return record(what, sides, pairs=pairs, facts={"gain": gains}, notes=notes)


def _reading(folder: Path, *, threads: int) -> Work:
    source = opened(folder)
    assert isinstance(source, Files)

    def work() -> int:
        index = np.arange(len(source), dtype=np.int64)
        with ThreadPoolExecutor(threads) as pool:
            tasks = source.batches(index, size=_GROUP)
            return sum(len(batch.index) for batch in pool.map(lambda task: task(), tasks))

    return work


def _written(folder: Path, pictures: list[np.ndarray], *, suffix: str, options: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True)
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{i:04}.{suffix}", **options)
    return folder
