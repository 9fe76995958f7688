"""Faces drawn from six independent factors: 32 pixels, in colour, without end, with exact labels.

| factor | values |
|---|---|
| `glasses` | no, yes |
| `hair` | bald, short, long |
| `beard` | no, yes |
| `skin` | light, medium, dark |
| `turn` | left, front, right (as the viewer sees it) |
| `smile` | no, yes |

Every factor is drawn uniformly and independently of the others, which makes 216 modes of equal weight. What is
no label varies freely: colours of hair, eyes, clothes and background, size, place and proportions. The head is
a sphere as far as turning goes: what sits at longitude λ of a head of width a is seen at a·sin(λ + turn).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reference_models.seeds import mixed_seed

SIZE = 32
FACTORS: dict[str, tuple[str, ...]] = {
    "glasses": ("no", "yes"),
    "hair": ("bald", "short", "long"),
    "beard": ("no", "yes"),
    "skin": ("light", "medium", "dark"),
    "turn": ("left", "front", "right"),
    "smile": ("no", "yes"),
}
MODES = math.prod(map(len, FACTORS.values()))
_BLOCK = 128
_Pair = tuple[np.ndarray, np.ndarray]
_TURN = 0.55  # radians
_SKIN = np.array([[0.96, 0.79, 0.68], [0.76, 0.54, 0.38], [0.42, 0.27, 0.19]], np.float32)
_HAIR = np.array([[0.07, 0.06, 0.07], [0.26, 0.15, 0.08], [0.86, 0.68, 0.33], [0.56, 0.21, 0.09]], np.float32)
_EYES = np.array([[0.20, 0.12, 0.07], [0.15, 0.33, 0.55], [0.18, 0.38, 0.22]], np.float32)


@dataclass(frozen=True)
class Faces:
    """uint8 images (n, 32, 32, 3) and, by factor, the position of its value (n,)."""

    images: np.ndarray
    factors: Mapping[str, np.ndarray]

    @property
    def modes(self) -> np.ndarray:
        """One number from 0 to 215 for each combination."""
        return mode_of(self.factors)


def faces(n: int, *, seed: int) -> Faces:
    """`n` random faces; the first of many are those of few."""
    blocks = [_random_block(mixed_seed(seed, block)) for block in range(math.ceil(n / _BLOCK))]
    images = np.concatenate([block.images for block in blocks])[:n]
    return Faces(images, {name: np.concatenate([b.factors[name] for b in blocks])[:n] for name in FACTORS})


def mode_of(factors: Mapping[str, np.ndarray]) -> np.ndarray:
    """The factors' values as one number, `glasses` the slowest and `smile` the fastest.

    >>> mode_of(factors_of(np.arange(216))).tolist() == list(range(216))
    True
    """
    return np.ravel_multi_index([factors[name] for name in FACTORS], [len(v) for v in FACTORS.values()])


def factors_of(modes: np.ndarray) -> dict[str, np.ndarray]:
    """What a mode's number stands for.

    >>> {name: FACTORS[name][int(at)] for name, at in factors_of(np.array(108)).items()}["glasses"]
    'yes'
    """
    return dict(zip(FACTORS, np.unravel_index(modes, [len(v) for v in FACTORS.values()]), strict=True))


def drawn(factors: Mapping[str, np.ndarray], *, seed: int) -> np.ndarray:
    """Faces with these factors, uint8 (n, 32, 32, 3); all else is random."""
    n = len(factors["hair"])
    return _drawn(factors, np.random.default_rng(seed), n)


def _random_block(seed: int) -> Faces:
    rng = np.random.default_rng(seed)
    factors = {name: rng.integers(0, len(values), _BLOCK) for name, values in FACTORS.items()}
    return Faces(_drawn(factors, rng, _BLOCK), factors)


class _Canvas:
    """`n` pictures painted at once; coordinates run from −1 to 1, y downwards. Shapes are soft by one pixel."""

    def __init__(self, n: int, colour: np.ndarray) -> None:
        axis = (np.arange(SIZE, dtype=np.float32) + 0.5) * 2 / SIZE - 1
        self.x, self.y = axis[None, None, :], axis[None, :, None]
        self.pixels = np.empty((n, 3, SIZE, SIZE), np.float32)
        self.pixels[:] = colour[:, :, None, None]

    def paint(self, cover: np.ndarray, colour: np.ndarray) -> None:
        """A colour (n, 3) where `cover` (n, h, w) is 1."""
        for channel in range(3):
            plane = self.pixels[:, channel]
            plane += cover * (colour[:, channel, None, None] - plane)

    def ellipse(self, middle: _Pair, half: _Pair) -> np.ndarray:
        """How far inside an ellipse every pixel lies: 1 within, 0 without."""
        (x, y), (wide, high) = middle, half
        radius = np.sqrt(((self.x - x) / wide) ** 2 + ((self.y - y) / high) ** 2)
        return soft((1 - radius) * np.minimum(wide, high))

    def line(self, distance: np.ndarray, thick: float, *, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """A stroke where the distance to a curve is small, between two abscissas."""
        return soft(thick - np.abs(distance)) * soft(self.x - left) * soft(right - self.x)


def soft(depth: np.ndarray) -> np.ndarray:
    """Depth inside an edge as coverage: one pixel from 0 to 1."""
    return np.clip(depth * np.float32(SIZE / 2) + np.float32(0.5), 0, 1)


def _drawn(factors: Mapping[str, np.ndarray], rng: np.random.Generator, n: int) -> np.ndarray:
    def within(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (n, 1, 1)).astype(np.float32)

    def has(name: str, value: str) -> np.ndarray:
        return (factors[name] == FACTORS[name].index(value)).astype(np.float32)[:, None, None]

    def tint(palette: np.ndarray, chosen: np.ndarray, *, by: float) -> np.ndarray:
        return np.clip(palette[chosen] * (1 + rng.uniform(-by, by, (n, 1))), 0, 1).astype(np.float32)

    skin = tint(_SKIN, factors["skin"], by=0.06)
    hair = tint(_HAIR, rng.integers(0, len(_HAIR), n), by=0.2)
    backdrop, clothes = (rng.uniform(low, high, (n, 3)).astype(np.float32) for low, high in ((0.45, 0.95), (0.05, 0.8)))
    head = _Head(
        *(within(-0.05, 0.05), within(-0.1, 0.0), within(0.5, 0.58), within(0.64, 0.74)),
        turn=(has("turn", "right") - has("turn", "left")) * np.float32(_TURN),
    )
    canvas = _Canvas(n, backdrop)
    _behind(canvas, head, skin=skin, hair=hair, clothes=clothes, long=has("hair", "long"))
    _skull(canvas, head, skin=skin, bald=has("hair", "bald"), beard=has("beard", "yes"), hair=hair)
    _features(canvas, head, skin=skin, eyes=tint(_EYES, rng.integers(0, len(_EYES), n), by=0.2), brow=hair)
    _mouth(canvas, head, smile=has("smile", "yes"))
    _top(canvas, head, hair=hair, long=has("hair", "long"), haired=1 - has("hair", "bald"), line=within(0.36, 0.46))
    _glasses(canvas, head, worn=has("glasses", "yes"), dark=tint(_HAIR[:1], np.zeros(n, int), by=0.9))
    return np.ascontiguousarray(np.moveaxis(np.round(canvas.pixels * 255).astype(np.uint8), 1, 3))


@dataclass(frozen=True)
class _Head:
    """Centre, half width, half height, and the angle by which it is turned to the right."""

    x: np.ndarray
    y: np.ndarray
    wide: np.ndarray
    high: np.ndarray
    turn: np.ndarray

    def across(self, longitude: float, out: float = 1.0) -> np.ndarray:
        """Where something on the face is seen, `out` times as far from the axis as the skin."""
        return self.x + out * self.wide * np.sin(np.float32(longitude) + self.turn)

    def narrowed(self, longitude: float) -> np.ndarray:
        """By how much it looks narrower there."""
        return np.maximum(np.cos(np.float32(longitude) + self.turn), 0.3)

    def down(self, share: float) -> np.ndarray:
        """A height on the face: −1 at the top, 1 at the chin."""
        return self.y + np.float32(share) * self.high


def _behind(
    canvas: _Canvas, head: _Head, *, skin: np.ndarray, hair: np.ndarray, clothes: np.ndarray, long: np.ndarray
) -> None:
    """Long hair, neck and shoulders."""
    back = canvas.ellipse((head.x, head.down(0.15)), (head.wide * 1.32, head.high * 1.25))
    canvas.paint(back * long, hair * 0.8)
    canvas.paint(canvas.ellipse((head.x, head.down(1.75)), (head.wide * 1.75, head.high * 0.8)), clothes)
    neck = (
        soft(head.wide * 0.42 - np.abs(canvas.x - head.x)) * soft(head.down(1.2) - canvas.y) * soft(canvas.y - head.y)
    )
    canvas.paint(neck, skin * 0.8)


def _skull(
    canvas: _Canvas, head: _Head, *, skin: np.ndarray, bald: np.ndarray, beard: np.ndarray, hair: np.ndarray
) -> None:
    """Ears, the head, its shadow on the far side, and the beard."""
    for side in (-1, 1):
        seen = soft(0.02 - side * head.turn)  # the ear that turns away is hidden
        ear = canvas.ellipse(
            (head.x + side * head.wide * np.cos(head.turn), head.down(0.05)), (head.wide * 0.2, head.high * 0.22)
        )
        canvas.paint(ear * seen, skin * 0.85)
    inside = canvas.ellipse((head.x, head.y), (head.wide, head.high))
    canvas.paint(inside, skin)
    rim = ((canvas.x - head.x + 0.25 * head.wide) / head.wide) ** 2 + ((canvas.y - head.down(-0.25)) / head.high) ** 2
    canvas.paint(inside * np.clip(rim - 0.55, 0, 1) * 0.3, skin * 0.25)
    shine = canvas.ellipse((head.across(-0.1), head.down(-0.72)), (head.wide * 0.3, head.high * 0.12))
    canvas.paint(shine * bald * 0.6, np.clip(skin * 1.3, 0, 1))
    around = canvas.ellipse((head.across(0, 0.6), head.down(0.1)), (head.wide * 0.66, head.high * 0.52))
    below = soft(canvas.y - head.down(0.12))
    canvas.paint(inside * below * (1 - around) * beard, hair * 0.85)
    chin = canvas.ellipse((head.across(0, 0.9), head.down(0.78)), (head.wide * 0.5, head.high * 0.26))
    canvas.paint(chin * inside * beard, hair * 0.85)
    lip = canvas.ellipse((head.across(0, 1.0), head.down(0.36)), (head.wide * 0.36, head.high * 0.09))
    canvas.paint(lip * beard, hair * 0.85)


def _features(canvas: _Canvas, head: _Head, *, skin: np.ndarray, eyes: np.ndarray, brow: np.ndarray) -> None:
    """Eyes, brows and nose."""
    white, pupil = np.full_like(eyes, 0.95), np.full_like(eyes, 0.03)
    for longitude in (-0.42, 0.42):
        x, narrow = head.across(longitude), head.narrowed(longitude)
        y, wide, high = head.down(-0.1), head.wide * 0.22 * narrow, head.high * 0.105
        canvas.paint(canvas.ellipse((x, y), (wide, high)), white)
        x = x + head.turn * 0.06
        canvas.paint(canvas.ellipse((x, y), (head.wide * 0.115, high)), eyes)
        canvas.paint(canvas.ellipse((x, y), (head.wide * 0.06, high * 0.6)), pupil)
        arch = canvas.y - head.down(-0.33) - 0.8 * (canvas.x - x) ** 2
        canvas.paint(canvas.line(arch, 0.03, left=x - wide * 1.2, right=x + wide * 1.2), brow * 0.7)
    tip, root = head.across(0, 1.12), head.across(0, 0.95)
    canvas.paint(
        canvas.ellipse(((tip + root) / 2, head.down(0.08)), (head.wide * 0.09, head.high * 0.16)) * 0.35, skin * 0.6
    )
    canvas.paint(canvas.ellipse((tip, head.down(0.2)), (head.wide * 0.16, head.high * 0.07)) * 0.75, skin * 0.62)


def _mouth(canvas: _Canvas, head: _Head, *, smile: np.ndarray) -> None:
    """A straight mouth, or one that is drawn up at its ends and shows teeth."""
    x, y, narrow = head.across(0, 1.05), head.down(0.52), head.narrowed(0)
    half = head.wide * (0.28 + 0.16 * smile) * narrow
    bent = canvas.y - y - smile * (0.07 - 0.2 * head.high * ((canvas.x - x) / half) ** 2)
    red = np.broadcast_to(np.array([0.62, 0.16, 0.17], np.float32), (len(smile), 3))
    canvas.paint(canvas.line(bent, 0.04, left=x - half, right=x + half), red)
    upper = canvas.y - y + 0.06
    open_ = soft(upper) * soft(-bent - 0.0) * soft(canvas.x - x + half * 0.85) * soft(x + half * 0.85 - canvas.x)
    canvas.paint(open_ * smile, np.full_like(red, 0.97))


def _top(
    canvas: _Canvas, head: _Head, *, hair: np.ndarray, long: np.ndarray, haired: np.ndarray, line: np.ndarray
) -> None:
    """Hair over the forehead and down the sides: to the ears, or beyond the chin."""
    cap = canvas.ellipse((head.x, head.down(-0.08)), (head.wide * 1.12, head.high * 1.05))
    forehead = canvas.ellipse((head.across(0, 0.55), head.down(0.28)), (head.wide * 0.86, head.high * (1.28 - line)))
    above = np.maximum(soft(head.down(-0.12) - canvas.y), long * soft(head.down(1.0) - canvas.y))
    canvas.paint(cap * above * (1 - forehead) * haired, hair)


def _glasses(canvas: _Canvas, head: _Head, *, worn: np.ndarray, dark: np.ndarray) -> None:
    """Two rims, a bridge and the temples."""
    y, high = head.down(-0.08), head.high * 0.23
    lenses = np.zeros((1, SIZE, SIZE), np.float32)
    for longitude in (-0.45, 0.45):
        x, wide = head.across(longitude, 1.03), head.wide * 0.36 * np.maximum(head.narrowed(longitude), 0.55)
        outer = canvas.ellipse((x, y), (wide, high))
        inner = canvas.ellipse((x, y), (wide - 0.055, high - 0.055))
        canvas.paint(inner * worn * 0.25, np.ones_like(dark))
        canvas.paint(np.maximum(outer - inner, 0) * worn, dark)
        lenses = np.maximum(lenses, outer)
    bar = canvas.line(canvas.y - y + 0.02, 0.035, left=head.x - head.wide, right=head.x + head.wide)
    canvas.paint(bar * (1 - lenses) * worn, dark)
