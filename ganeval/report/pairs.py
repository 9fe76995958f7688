"""Pairs of images side by side, as one picture."""

from collections.abc import Sequence

from PIL import Image as Pillow
from PIL import ImageDraw

from ganeval.core.types import Image

_SIDE = 96  # pixels of one image
_GAP = 4
_TEXT = 14
_ACROSS = 4  # pairs in a row


def pair_sheet(pairs: Sequence[tuple[Image, Image, str]]) -> Pillow.Image:
    """A white sheet of pairs, the first image of each left of the second, a text below.

    >>> import numpy as np
    >>> pair_sheet([(np.zeros((2, 2, 3), np.uint8), np.zeros((4, 4, 3), np.uint8), "0.1")]).size
    (212, 122)
    """
    across, down = max(1, min(_ACROSS, len(pairs))), max(1, -(-len(pairs) // _ACROSS))
    width, height = 2 * _SIDE + 3 * _GAP, _SIDE + _TEXT + 2 * _GAP
    sheet = Pillow.new("RGB", (across * width + 2 * _GAP, down * height + _GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for number, (left, right, text) in enumerate(pairs):
        x, y = _GAP + number % _ACROSS * width, _GAP + number // _ACROSS * height
        sheet.paste(_fitted(left), (x, y))
        sheet.paste(_fitted(right), (x + _SIDE + _GAP, y))
        pen.text((x + _SIDE + _GAP / 2, y + _SIDE), text, fill="black", anchor="ma")
    return sheet


def _fitted(image: Image) -> Pillow.Image:
    """The image in its square, larger ones smoothed, smaller ones with their pixels visible."""
    height, width = image.shape[:2]
    scale = _SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Pillow.Resampling.NEAREST if scale > 1 else Pillow.Resampling.BICUBIC
    square = Pillow.new("RGB", (_SIDE, _SIDE), "white")
    square.paste(Pillow.fromarray(image).resize(size, how), ((_SIDE - size[0]) // 2, (_SIDE - size[1]) // 2))
    return square
