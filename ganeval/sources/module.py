"""A torch module as a live generator, left exactly as it was found."""

import threading
from dataclasses import replace
from typing import Any

from ganeval.core.errors import SourceError, SpecError
from ganeval.core.undisturbed import undisturbed
from ganeval.sources.sampler import Sampler, is_module, sampler
from ganeval.sources.source import Rounding


def from_module(
    module: Any,
    *,
    latent: Any,
    n: int | None = None,
    seed: int = 0,
    value_range: tuple[float, float] | None = (-1, 1),
    rounding: Rounding = "nearest",
    spec: str | None = None,
) -> Sampler:
    """A source over a torch module G: latents (64, …) in, images (64, c, h, w) out.

    `latent` is a size or shape of standard normal numbers (128, or (100, 1, 1)), or a function
    `(n, generator) -> tensor` (a tuple of tensors for several arguments). They are drawn on the CPU,
    the same on every device, and moved to where G is. `value_range` are G's values of black and
    white (None for uint8), `rounding` as for `sampler`.

    G runs in evaluation mode without gradients. After every block, and after an error too, the
    mode of each submodule, the buffers, the gradients and the global random state are what they were.
    """
    if not is_module(module):
        raise SourceError(
            f"from_module needs a torch module, got a {type(module).__name__}; a function: ganeval.sampler"
        )
    sizes = (latent,) if isinstance(latent, int) else latent
    if not callable(sizes) and not (
        isinstance(sizes, tuple) and sizes and all(isinstance(s, int) and s > 0 for s in sizes)
    ):
        raise SpecError(f"latent = {latent!r} is no size, no shape such as (100, 1, 1) and no function (n, generator)")
    name = spec or type(module).__name__
    lock = threading.Lock()

    def images(n: int, seed: int) -> Any:
        import torch

        generator = torch.Generator("cpu").manual_seed(seed)
        with lock, undisturbed(module), torch.no_grad():
            drawn = sizes(n, generator) if callable(sizes) else _normal((n, *sizes), generator)
            inputs = drawn if isinstance(drawn, tuple) else (drawn,)
            output = module(*(_moved(value, module) for value in inputs))
            return output.clone() if isinstance(output, torch.Tensor) else output

    source = sampler(images, n=n, seed=seed, value_range=value_range, rounding=rounding, spec=name)
    return replace(source, identity=f"module-{id(module)}-{seed}")


def _normal(shape: tuple[int, ...], generator: Any) -> Any:
    """Standard normal numbers: the same stream whatever the caller's default dtype and device are."""
    import torch

    return torch.randn(*shape, generator=generator, dtype=torch.float32, device="cpu")


def _moved(value: Any, module: Any) -> Any:
    """A tensor on the module's device, and in its precision if it is of floats."""
    import torch

    if not isinstance(value, torch.Tensor):
        return value
    parts = [*module.parameters(), *module.buffers()]
    device = parts[0].device if parts else torch.device("cpu")
    floats = [part.dtype for part in parts if part.is_floating_point()]
    return value.to(device, floats[0]) if floats and value.is_floating_point() else value.to(device)
