"""The values that travel between layers: arrays with shapes, notes and batches of pixels."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64, Shaped, UInt8

Image = UInt8[np.ndarray, "_ _ 3"]  # sizes may differ from one image to the next
Index = Int64[np.ndarray, " n"]
Labels = Shaped[np.ndarray, " _"]  # one text an image
Matrix = Float[np.ndarray, "n d"]
AnyRows = Shaped[np.ndarray, "_ _"]  # (n, d); widths that must agree are checked with an error of their own


@dataclass(frozen=True)
class Note:
    """Something worth telling about one file: a conversion, or the reason it was skipped."""

    kind: Literal["warning", "skipped"]
    what: str
    where: str


@dataclass(frozen=True)
class Batch:
    """Numbered pixels: `images[i]` has the position `index[i]` in its source.

    The only form in which pixels travel. Images are uint8 (h, w, 3) and may differ in size;
    `notes` say what happened while decoding, including the files that were skipped and
    therefore have no image here.
    """

    index: Index
    images: tuple[Image, ...]
    notes: tuple[Note, ...] = ()
