"""Data to train on and to judge by, by name. The two parts of a set never share an image.

| name | trained on | reference |
|---|---|---|
| `mnist-5k` | `rest` of `data.parts`: 2,000 digits | its `reference`: 2,000 others |
| `digits` | scikit-learn's 8 × 8 digits at even positions: 899 | at odd ones: 898 |
| `fashion-mnist` | 30,000 of the training images (`data.garment_parts`) | the 10,000 test images |
| `mnist`, `cifar10` | the training images | the test images |
| `celeba` | the training images | the validation images |
| `faces` | 20,000 faces, seed 0 (`,n=…`) | 10,000 faces, seed 1 |
| `stacked-mnist-5k`, `stacked-fashion-mnist` | 25,600 triples of its training images (`,n=…`) | of its reference |
| `stacked-mnist` | 128,000 triples | 26,000 |
| `ring`, `grid` | 100,000 points, seed 0 | 100,000, seed 1 |
| `folder:PATH` | every image under PATH, without labels | none |

`,size=32` after any set of images crops each to a square and resizes it (Lanczos); `celeba` and folders
are 64 pixels unless said otherwise. A triple lays three grey images over one another as colours: 1,000 modes, label
100·a + 10·b + c (Metz et al., ICLR 2017; 128,000 fixed triples as in PacGAN, there from all 70,000 digits).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageOps

from reference_models.data.data import Labelled, fashion_mnist, garment_parts, mnist_5k, parts
from reference_models.data.downloads import downloaded, pictures
from reference_models.data.faces import faces
from reference_models.data.points import MIXTURES
from reference_models.errors import ModelsError
from reference_models.options import pairs

Part = Literal["training", "reference"]
_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".ppm", ".tif", ".tiff"}
_DEFAULT_SIZE = 64


@dataclass(frozen=True)
class Examples:
    """uint8 images (n, h, w, 1 or 3), or float32 points (n, 2); labels (n,) where there are any."""

    values: np.ndarray
    labels: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width), or (2,)."""
        _, *rest = self.values.shape
        return (rest[-1], *rest[:-1])

    @property
    def points(self) -> bool:
        """Whether these are points in place of images."""
        return self.values.ndim == 2


@dataclass(frozen=True)
class Wish:
    """What a data name says."""

    part: Part
    path: str = ""
    n: int | None = None
    size: int | None = None

    def count(self, training: int, reference: int) -> int:
        """How many examples are to be made, of sets without end."""
        return self.n if self.n is not None else training if self.part == "training" else reference


def examples(text: str, part: Part) -> Examples:
    """The part of a named set: `mnist-5k`, `celeba,size=32`, `folder:cats,size=64`, `faces,n=5000`.

    `n` is a fixed random choice of a finite set, for many are sorted by class, or the first n of CelebA.
    """
    head, _, tail = text.partition(",")
    name, _, path = head.partition(":")
    options = pairs(tail)
    if name not in SETS or (path and name != "folder") or not set(options) <= {"n", "size"}:
        raise ModelsError(f"no data {text!r} (data: {', '.join(SETS)}; folder:PATH; options: ,size=32,n=1000)")
    try:
        numbers = {key: int(value) for key, value in options.items()}
    except ValueError as error:
        raise ModelsError(f"{text}: size and n are whole numbers") from error
    wish = Wish(part, path, **numbers)
    made = SETS[name](wish)
    if made.points:
        return made
    if wish.size and name not in ("celeba", "folder"):
        made = Examples(resized(map(_picture, made.values), wish.size), made.labels)
    if wish.n is not None and wish.n < len(made.values):
        kept = _choice(len(made.values), wish.n)
        made = Examples(made.values[kept], None if made.labels is None else made.labels[kept])
    return made


def held_out(text: str) -> Examples:
    """Reals of a named set that no model learns from here: its reference part, or a folder of its own."""
    return examples(text, "training" if text.startswith("folder:") else "reference")


def _choice(available: int, n: int | None) -> np.ndarray:
    """Positions of n of so many, ascending; a larger n adds to those of a smaller one."""
    return np.sort(np.random.default_rng(0).permutation(available)[:n])


def resized(images: Iterable[Image.Image], size: int) -> np.ndarray:
    """The middle square of every picture at `size` pixels: (n, size, size, 1 or 3); grey when all are."""
    cut = [ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS) for image in images]
    mode = "L" if all(image.mode in ("1", "L") for image in cut) else "RGB"
    return np.stack([np.asarray(image.convert(mode)).reshape(size, size, -1) for image in cut])


def stacked(base: Labelled, n: int, *, seed: int) -> Examples:
    """`n` random triples of grey images as the colours of one, with labels from 0 to 999."""
    chosen = np.random.default_rng(seed).integers(0, len(base.images), (n, 3))
    return Examples(np.moveaxis(base.images[chosen], 1, 3).copy(), base.labels[chosen] @ np.array([100, 10, 1]))


def _mnist_5k(part: Part) -> Labelled:
    cut = parts(mnist_5k())
    return cut.rest if part == "training" else cut.reference


def _garments(part: Part) -> Labelled:
    if part == "reference":
        return fashion_mnist("test")
    return fashion_mnist("train").at(garment_parts().rest)


def _mnist(part: Part) -> Labelled:
    return Labelled(*downloaded("MNIST", train=part == "training"))


def _digits(part: Part) -> Labelled:
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    images = np.round(found.images * (255 / 16)).astype(np.uint8)
    return Labelled(images, found.target).at(np.arange(part == "reference", len(images), 2))


def _grey(read: Callable[[Part], Labelled]) -> Callable[[Wish], Examples]:
    def made(wish: Wish) -> Examples:
        found = read(wish.part)
        return Examples(found.images[..., None], found.labels)

    return made


def _triples(read: Callable[[Part], Labelled], training: int = 25_600) -> Callable[[Wish], Examples]:
    def made(wish: Wish) -> Examples:
        return stacked(read(wish.part), wish.count(training, min(training, 26_000)), seed=_seed(wish))

    return made


def _cifar10(wish: Wish) -> Examples:
    return Examples(*downloaded("CIFAR10", train=wish.part == "training"))


def _celeba(wish: Wish) -> Examples:
    split = "train" if wish.part == "training" else "valid"
    return Examples(resized(_first(pictures("CelebA", split=split), wish.n), wish.size or _DEFAULT_SIZE))


def _faces(wish: Wish) -> Examples:
    drawn = faces(wish.count(20_000, 10_000), seed=_seed(wish))
    return Examples(drawn.images, drawn.modes)


def _points(name: Literal["ring", "grid"]) -> Callable[[Wish], Examples]:
    return lambda wish: Examples(*MIXTURES[name].draw(wish.count(100_000, 100_000), seed=_seed(wish)))


def _folder(wish: Wish) -> Examples:
    if wish.part == "reference":
        raise ModelsError(f"folder:{wish.path} has no reference part: the folder itself is what there is")
    if not Path(wish.path).is_dir():
        raise ModelsError(f"folder:{wish.path}: there is no such folder (from {Path.cwd()})")
    found = sorted(path for path in Path(wish.path).rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not found:
        raise ModelsError(f"folder:{wish.path}: no images there ({', '.join(sorted(_SUFFIXES))})")
    kept = [found[i] for i in _choice(len(found), wish.n)]
    return Examples(resized(map(_opened, kept), wish.size or _DEFAULT_SIZE))


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(_eight_bits(image))
    except OSError as error:
        raise ModelsError(f"{path} cannot be read as an image ({error}): remove it") from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey stays grey, 16 bits are scaled, all else is RGB without its transparency."""
    if image.mode in ("1", "L"):
        return image
    if image.mode.startswith("I"):
        return Image.fromarray(np.round(np.asarray(image) * (255 / 65535)).clip(0, 255).astype(np.uint8))
    return image.convert("RGBA" if image.mode in ("P", "LA") else image.mode).convert("RGB")


def _first(items: Iterable[Any], n: int | None) -> Iterable[Any]:
    return items if n is None else (item for item, _ in zip(items, range(n), strict=False))


def _picture(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def _seed(wish: Wish) -> int:
    return 0 if wish.part == "training" else 1


SETS: dict[str, Callable[[Wish], Examples]] = {
    "mnist-5k": _grey(_mnist_5k),
    "digits": _grey(_digits),
    "fashion-mnist": _grey(_garments),
    "mnist": _grey(_mnist),
    "cifar10": _cifar10,
    "celeba": _celeba,
    "faces": _faces,
    "stacked-mnist-5k": _triples(_mnist_5k),
    "stacked-fashion-mnist": _triples(_garments),
    "stacked-mnist": _triples(_mnist, 128_000),
    "ring": _points("ring"),
    "grid": _points("grid"),
    "folder": _folder,
}
