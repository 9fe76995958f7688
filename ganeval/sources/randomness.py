"""Seeded randomness for code of the user's, which may draw from any global generator."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ganeval.errors import SpecError
from ganeval.surroundings import untouched_randomness


def block_seed(seed: int, block: int) -> int:
    """32 well mixed bits of (seed, block).

    >>> block_seed(0, 0), block_seed(0, 1) == block_seed(1, 0)
    (2968811710, False)
    """
    if seed < 0:
        raise SpecError(f"seed = {seed} is not possible: give 0 or more")
    return int(np.random.SeedSequence([seed, block]).generate_state(1)[0])


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
