"""Pictures of latent space: paths as strips, Radford's 3 × 3 figure, directions as rows."""

import numpy as np
from PIL import Image

from reference_models.latent_space.decoder import Decoder
from reference_models.latent_space.latent import How, analogy, around, path, rescaled, typical_norm

_GAP = 4
_FRAMES = 9
_WHITE = 255


def strips(decoder: Decoder, hows: tuple[How, ...], *, pairs: int = 3, seed: int = 0) -> Image.Image:
    """For each of some pairs of samples one row for each kind of path, from one sample to the other."""
    ends = decoder.latents(2 * pairs, seed=seed)
    times = np.linspace(0, 1, _FRAMES)
    made = [path(ends[::2], ends[1::2], t=times, how=how, prior=decoder.prior) for how in hows]
    rows = [[decoder.images(each[at]) for each in made] for at in range(pairs)]
    return stacked([sheet(np.concatenate(group), columns=_FRAMES) for group in rows])


def figure(decoder: Decoder, exemplars: list[np.ndarray], *, rescale: bool, seed: int = 0) -> Image.Image:
    """Columns A, B, C: k exemplars each (k, d), below them their mean; beside them G(Y) amid eight neighbours."""
    columns = [np.concatenate([decoder.images(each), decoder.images(each.mean(axis=0)[None])]) for each in exemplars]
    wanted = analogy(exemplars[0][None], exemplars[1][None], other=exemplars[2][None])
    wanted = rescaled(wanted, typical_norm(decoder.prior)) if rescale else wanted
    nine = decoder.images(around(wanted[0], rng=np.random.default_rng(seed)))
    return beside([*(sheet(column, columns=1) for column in columns), sheet(nine, columns=3)])


def moves(decoder: Decoder, vectors: np.ndarray, *, positions: np.ndarray, seed: int = 0) -> Image.Image:
    """For each direction (m, d) one sample moved along it, in steps of the prior's standard deviation."""
    start = decoder.latents(len(vectors), seed=seed)
    spread = typical_norm(decoder.prior) / np.sqrt(decoder.prior.size)
    path = start[:, None] + spread * positions[:, None] * vectors[:, None]
    return sheet(decoder.images(path.reshape(-1, start.shape[1])), columns=len(positions))


def sheet(images: np.ndarray, *, columns: int, times: int = 2) -> Image.Image:
    """uint8 images (n, h, w, 3) edge to edge, enlarged."""
    n, height, width, _ = images.shape
    rows = n // columns
    whole = images.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)
    found = Image.fromarray(whole)
    return found.resize((found.width * times, found.height * times), Image.Resampling.NEAREST)


def beside(pictures: list[Image.Image]) -> Image.Image:
    """From left to right on white, at the top."""
    width = sum(each.width for each in pictures) + _GAP * (len(pictures) - 1)
    made = Image.new("RGB", (width, max(each.height for each in pictures)), (_WHITE,) * 3)
    left = 0
    for each in pictures:
        made.paste(each, (left, 0))
        left += each.width + _GAP
    return made


def stacked(pictures: list[Image.Image]) -> Image.Image:
    """From top to bottom on white."""
    height = sum(each.height for each in pictures) + _GAP * (len(pictures) - 1)
    made = Image.new("RGB", (max(each.width for each in pictures), height), (_WHITE,) * 3)
    top = 0
    for each in pictures:
        made.paste(each, (0, top))
        top += each.height + _GAP
    return made
