"""Which of the 256 levels the images of a side use, and what that says about the range that was stated or forgotten.

Floats in [0, 1] that are cast to uint8 without a factor are 0 and 1; cast from [−1, 1], 0, 1 and 255. Twelve bits kept
in sixteen reach level 16. [0, 1] stated as (−1, 1) uses the upper half alone. All of it scores without an error, and
two sets spoilt in one way even look alike.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Int64

from ganeval.core.types import Image

Counts = Int64[np.ndarray, " 256"]
_PIXELS = 4096  # of a larger image only as many rows are counted as have these
_DARK = 32  # what nearly all levels of a nearly black set are below
_TAIL = 0.001  # share of the values that may lie beyond "nearly all"
_NARROW = 64


def level_counts(images: Iterable[Image]) -> Counts:
    """How often each level occurs, in some of the rows where images are large.

    >>> int(level_counts([np.full((2, 2, 3), 7, np.uint8)])[7])
    12
    """
    total = np.zeros(256, np.int64)
    for image in images:
        step = max(1, min(image.shape[0], image.shape[0] * image.shape[1] // _PIXELS))
        total += np.bincount(image[step // 2 :: step].ravel(), minlength=256)
    return total


def remarks(counts: Counts, *, stated: bool) -> list[str]:
    """What is suspicious about a side's levels: one sentence, or none. `stated` tells of floats with a stated range.

    >>> remarks(level_counts([np.zeros((4, 4, 3), np.uint8), np.ones((4, 4, 3), np.uint8)]), stated=False)
    ['only the levels 0 and 1 of 255 occur: floats cast without a factor of 255, labels, or 12 bits kept in 16?']
    """
    used = np.flatnonzero(counts)
    if not len(used):
        return []
    asked = ": is it the right range?" if stated else ""
    cause = asked or ": floats cast without a factor of 255, labels, or 12 bits kept in 16?"
    if len(used) == 1:
        return [f"all images have one level, {used[0]} of 255{cause if used[0] < _DARK else asked}"]
    if len(used) <= 3 and np.diff(used).min() == 1:
        return [f"only the levels {_listed(used)} of 255 occur{cause}"]
    below = np.cumsum(counts) / counts.sum()
    low, high = (int(np.searchsorted(below, share)) for share in (_TAIL, 1 - _TAIL))
    if high < _DARK:
        return [f"nearly black, with levels up to {high} of 255{cause}"]
    if not stated:
        return []
    if below[126] < _TAIL:
        return ["hardly a value below the middle of the stated range: is it the right range?"]
    if 1 - below[128] < _TAIL:
        return ["hardly a value above the middle of the stated range: is it the right range?"]
    if high - low < _NARROW:
        return [f"the values fill {(high - low) / 255:.0%} of the stated range: is it the right range?"]
    return []


def _listed(levels: Sequence[int] | np.ndarray) -> str:
    *others, last = map(str, levels)
    return f"{', '.join(others)} and {last}"
