"""A live generator: a function `(n, seed) -> images`, called in fixed blocks of 64.

Image i is always image i mod 64 of block i div 64, whose seed is a hash of (seed, block): batch
size, threads and n change nothing, and the first images of a long run are those of a short one.
"""

import inspect
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from ganeval.core.errors import SourceError, SpecError, TooFewError
from ganeval.core.randomness import block_seed, seeded
from ganeval.core.types import Batch, Index
from ganeval.sources.array import Array, piece
from ganeval.sources.layout import Layout, Shapes, require_known
from ganeval.sources.source import OnError, Rounding, Source, Task, regrouped
from ganeval.sources.tensors import as_numpy

Function = Callable[[int, int], Any]
BLOCK = 64
_RANGE = "value_range=(0, 1) or (-1, 1) in ganeval.sampler or ganeval.from_module"


@final
@dataclass(frozen=True)
class Sampler(Source):
    """Images made on demand, one block at a time and never two at once. Make it with `sampler` or `from_module`."""

    spec: str
    identity: str
    function: Function
    n: int | None
    seed: int
    value_range: tuple[float, float] | None
    rounding: Rounding | None
    on_error: OnError = "stop"
    ignored: int = 0
    layout: Layout | None = None
    lock: Any = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def available(self) -> int | None:
        """The stated number; None without one."""
        return self.n

    def chosen(self, n: int | None, *, seed: int) -> Index:
        """The first `n`: no choice is more random than what the seed already made."""
        wanted = self.n if n is None else n
        if wanted is None:
            raise SpecError(f"{self.spec}: how many images shall it make? State n (n=1000 in Python, --n 1000)")
        if self.n is not None and wanted > self.n:
            raise TooFewError(f"{self.spec}: makes {self.n} images, fewer than n = {wanted}: ask for fewer")
        return np.arange(wanted, dtype=np.int64)

    def batches(self, index: Index | None, *, size: int) -> Iterator[Task]:
        """Batches made in the thread that iterates: a network cannot be shared by threads."""
        return regrouped(self._images(self.chosen(None, seed=0) if index is None else index), size=size)

    def _images(self, index: Index) -> Iterator[Batch]:
        stack = None
        shapes = Shapes(self.spec, "layout='{}' in ganeval.sampler", each="batch", stated=self.layout)
        for i in index:
            first = int(i) // BLOCK * BLOCK
            if stack is None or stack.first != first:
                stack = self._block(first // BLOCK, shapes)
            yield stack.batch(np.array([i], dtype=np.int64))

    def _block(self, block: int, shapes: Shapes) -> Array:
        seed = block_seed(self.seed, block)
        with self.lock, seeded(seed):
            images = self.function(BLOCK, seed)
        values = as_numpy(images)
        if values is None:
            raise SourceError(
                f"{self.spec}: returned a {type(images).__name__}, expected an array or a tensor of images"
            )
        if values.ndim not in (3, 4) or len(values) != BLOCK or not values.size:
            raise SourceError(
                f"{self.spec}: was asked for {BLOCK} images and returned the shape {tuple(values.shape)}: expected "
                f"({BLOCK}, h, w, c), ({BLOCK}, c, h, w) or ({BLOCK}, h, w)"
            )
        layout = shapes.layout(values.shape, tensor=not isinstance(images, np.ndarray))
        return piece(
            images,
            first=block * BLOCK,
            spec=self.spec,
            value_range=self.value_range,
            rounding=self.rounding,
            on_error=self.on_error,
            layout=layout,
            remedy=_RANGE,
        )


def sampler(
    function: Any,
    *,
    n: int | None = None,
    seed: int = 0,
    value_range: tuple[float, float] | None = None,
    rounding: Rounding = "nearest",
    layout: Layout | None = None,
    spec: str = "sampler",
) -> Sampler:
    """A source over a function `(n, seed) -> images`: (n, h, w, c), (n, c, h, w) or (n, h, w).

    The function is only called with n = 64 and a seed hashed from `seed` and the block's number;
    the global generators of Python, NumPy and torch are seeded too, and restored afterwards. `n` is
    how many images it offers (else the evaluation's n says how many to make). Float images need
    `value_range`, the values of black and white, and become levels by `rounding`: `nearest` is
    floor(255·t + ½), `floor` is floor(255·t). `layout` is found from the shape unless two fit. SourceError when it
    does not take (n, seed).
    """
    if not callable(function):
        raise SourceError(f"{spec}: a {type(function).__name__} is no function (n, seed) -> images")
    if is_module(function):
        raise SourceError(f"{spec}: a torch module draws no latents by itself: give ganeval.from_module(G, latent=…)")
    try:
        inspect.signature(function).bind(BLOCK, seed)
    except TypeError as error:
        raise SourceError(f"{spec}: the function must take (n, seed): {error}") from error
    except ValueError:  # written in C, without a signature
        pass
    if n is not None and n < 1:
        raise SpecError(f"{spec}: n = {n}: at least one image is needed")
    require_known(layout, spec=spec)
    block_seed(seed, 0)
    return Sampler(
        spec=f"{spec},seed={seed}" if seed else spec,
        identity=f"sampler-{id(function)}-{seed}",
        function=function,
        n=n,
        seed=seed,
        value_range=value_range,
        rounding=None if value_range is None else rounding,
        layout=layout,
    )


def is_module(value: Any) -> bool:
    """Whether it is a torch module; torch is not imported to see it."""
    return any((c.__module__, c.__name__) == ("torch.nn.modules.module", "Module") for c in type(value).__mro__)
