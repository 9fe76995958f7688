"""Small sets for the commands: digits as PNG folders, a zip and arrays, the same bytes on every machine."""

import json
import struct
import zipfile
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

N = 70
_STEPS = range(10, 410, 10)


def png(image: np.ndarray) -> bytes:
    """A grey uint8 image (h, w) as a PNG without compression, so that no library's version changes a byte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = image.shape
    lines = b"".join(b"\0" + row.tobytes() for row in image)
    stored = struct.pack("<BHH", 1, len(lines), len(lines) ^ 0xFFFF) + lines
    deflated = b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(lines))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", deflated) + chunk(b"IEND", b"")


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits, uint8 (n, 8, 8), and their labels."""
    held = load_digits()
    return np.round(held.images * (255 / 16)).astype(np.uint8), held.target


def noisy(images: np.ndarray, *, size: int, seed: int) -> np.ndarray:
    """Images with noise of ±`size` levels."""
    noise = np.random.default_rng(seed).integers(-size, size + 1, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def rows(shift: float, *, seed: int, n: int = 80) -> np.ndarray:
    """Normal float32 rows (n, 4) around `shift`."""
    return (np.random.default_rng(seed).standard_normal((n, 4)) + shift).astype(np.float32)


def save_pngs(folder: Path, images: Iterable[np.ndarray]) -> None:
    """Numbered PNG files."""
    folder.mkdir(parents=True)
    for i, image in enumerate(images):
        (folder / f"{i:03}.png").write_bytes(png(image))


def write_images(folder: Path) -> None:
    """Folders real, fake, far, copies, train, labelled, mixed and broken, `fake.zip`, and images as arrays."""
    images, labels = digits()
    real, fake, train, held_out = (images[i * N : (i + 1) * N] for i in range(4))
    far = noisy(images[4 * N : 5 * N], size=60, seed=1)
    named = {"real": real, "fake": fake, "far": far, "copies": real[::-1], "train": train, "held_out": held_out}
    for name, several in named.items():
        save_pngs(folder / name, several)
    for label in range(10):
        save_pngs(folder / "labelled" / str(label), images[500:900][labels[500:900] == label][:12])
    save_pngs(folder / "mixed", [*real[:9], np.zeros((10, 10), np.uint8)])
    save_pngs(folder / "broken", real[:30])
    (folder / "broken" / "007.png").write_bytes(png(real[7])[:60])
    (folder / "broken" / "notes.txt").write_text("no image")
    save_pngs(folder / "few", real[:3])
    with zipfile.ZipFile(folder / "fake.zip", "w") as archive:
        for i, image in enumerate(fake):
            archive.writestr(zipfile.ZipInfo(f"{i:03}.png"), png(image))
    np.save(folder / "fake.npy", np.repeat(fake[..., None], 3, axis=-1))
    np.save(folder / "float.npy", np.repeat(fake[..., None], 3, axis=-1).astype(np.float32) / 255)


def write_rows(folder: Path) -> None:
    """Feature rows: a reference, models near and far with five training runs each, and rows that are no numbers."""
    np.save(folder / "rows.npy", rows(0, seed=0, n=120))
    for name, shift in (("near", 0.2), ("far", 0.8)):
        for i in range(5):
            np.save(folder / f"{name}-{i}.npy", rows(shift + i / 100, seed=10 * i + len(name)))
    np.save(folder / "nan.npy", np.full((80, 4), np.nan, np.float32))


def write_log(path: Path) -> None:
    """The log of a loop whose discriminator wins, a JSON object a line."""
    lines = []
    for step in _STEPS:
        share = step / _STEPS[-1]
        logged = {"step": step, "errD": 1.4 * (1 - share) ** 2 + 1e-4, "errG": 0.7 + 6 * share}
        logged |= {"D_x": 0.5 + 0.499 * share, "D_G_z1": 0.5 - 0.499 * share, "lr": 2e-4}
        lines.append(json.dumps({key: round(value, 6) for key, value in logged.items()}) + "\n")
    path.write_text("".join(lines))


def write_all(folder: Path) -> None:
    """Everything that the commands of a record read."""
    write_images(folder)
    write_rows(folder)
    write_log(folder / "log.jsonl")


def array_line(name: str, values: np.ndarray) -> str:
    """Type, shape and, of numbers, size and the first few."""
    head = f"{name}: {values.dtype} {values.shape}"
    if values.dtype.kind in "US":
        return f"{name}: text {values.shape} {values.ravel()[:3].tolist()}"
    if values.size == 0:
        return head
    first = ", ".join(f"{v:.9g}" for v in values.ravel()[:4].tolist())
    return f"{head} size {float(np.abs(values.astype(np.float64)).mean()):.9g} first {first}"
