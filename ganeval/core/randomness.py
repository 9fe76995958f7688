"""Seeded randomness for code of the user's, which may draw from any global generator."""

import random
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from ganeval.core.errors import SpecError
from ganeval.core.row_order import mixed
from ganeval.core.surroundings import untouched_randomness
from ganeval.core.types import Index


def block_seed(seed: int, block: int) -> int:
    """32 well mixed bits of (seed, block).

    >>> block_seed(0, 0), block_seed(0, 1) == block_seed(1, 0)
    (2968811710, False)
    """
    if seed < 0:
        raise SpecError(f"seed = {seed} is not possible: give 0 or more")
    return int(np.random.SeedSequence([seed, block]).generate_state(1)[0])


def purpose_seed(seed: int, purpose: str, *, i: int = 0) -> list[int]:
    """What seeds the `i`-th random choice for a purpose: `SeedSequence([seed, crc32(purpose), i])`.

    Sums such as `seed + i` would give neighbouring seeds the same choices.

    >>> purpose_seed(0, "permutations", i=2)
    [0, 624356784, 2]
    """
    return [seed, zlib.crc32(purpose.encode()), i]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The global generators of Python, NumPy and torch seeded while the block lasts, and as before after it.

    torch counts where it is loaded, its GPUs where they are in use. The seed is hashed once more:
    latents drawn from it must not come back as the noise that a network draws inside.
    """
    seed = block_seed(seed, 1)
    python, numpy = random.getstate(), np.random.get_state()
    with untouched_randomness():
        try:
            random.seed(seed)
            np.random.seed(seed)
            torch = sys.modules.get("torch")
            if torch is not None:
                torch.default_generator.manual_seed(seed)
            if torch is not None and torch.cuda.is_initialized():
                torch.cuda.manual_seed_all(seed)
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def hashed_order(index: Index, *, seed: int | Sequence[int]) -> np.ndarray:
    """Positions in an order that depends on seed and index numbers alone, not on where a row lies (splitmix64).

    Images are chosen by it: real folders are sorted by class, so positions must not matter.

    >>> hashed_order(np.array([7, 5, 9]), seed=0).tolist(), hashed_order(np.array([9, 7, 5]), seed=0).tolist()
    ([0, 2, 1], [1, 0, 2])
    """
    with np.errstate(over="ignore"):
        start = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
        return np.lexsort((index, mixed(index.astype(np.uint64) + start)))
