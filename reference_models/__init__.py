"""Reference models and their data. ganeval imports nothing of this.

python -m reference_models train dcgan --data mnist-5k --out run/
python -m reference_models sample run/ --n 10000 --out fake/
ganeval eval real/ sampler:reference_models:from_run,run=run/ --n 1000
"""

from collections.abc import Callable
from typing import Any


def from_run(run: str, scale: float | None = None) -> Callable[[int, int], Any]:
    """The generator of a trained run: a function (n, seed) -> uint8 images (n, h, w, 3).

    `scale` multiplies the latents of a GAN: below 1 samples are more alike, and often look better.
    """
    from reference_models.training.runs import images_of

    return images_of(run, options={} if scale is None else {"scale": scale})
