"""What can be measured of a picture on black without a network: mass, extent and symmetry.

For data without attributes, garments and digits, they stand in for attributes: a bright shirt, a wide bag.
Width and height are twice the standard deviations of the brightness across and down, as shares of the side.
"""

from collections.abc import Mapping

import numpy as np

WORDS = {"intensity": "bright", "width": "wide", "height": "tall", "symmetry": "symmetric"}


def measures(images: np.ndarray) -> Mapping[str, np.ndarray]:
    """`intensity`, `width`, `height` and `symmetry` (n,) of uint8 images (n, h, w, channels); their mean is taken.

    Symmetry is 1 − Σ|x − mirrored x| / 2Σx: 1 for an image that is its own mirror image, 0 for halves that share
    nothing.

    >>> image = np.zeros((1, 4, 4, 1), np.uint8)
    >>> image[0, :, :2] = 255
    >>> {name: float(value[0]) for name, value in measures(image).items()}["symmetry"]
    0.0
    """
    grey = images.astype(np.float64).mean(axis=3) / 255
    mass = np.maximum(grey.sum(axis=(1, 2)), 1e-9)
    mirrored = np.abs(grey - grey[:, :, ::-1]).sum(axis=(1, 2))
    return {
        "intensity": grey.mean(axis=(1, 2)),
        "width": _extent(grey.sum(axis=1), mass),
        "height": _extent(grey.sum(axis=2), mass),
        "symmetry": 1 - mirrored / (2 * mass),
    }


def _extent(profile: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Twice the standard deviation of a profile (n, side), as a share of the side."""
    side = profile.shape[1]
    at = (np.arange(side) + 0.5) / side
    mean = profile @ at / mass
    return 2 * np.sqrt(np.maximum(profile @ at**2 / mass - mean**2, 0))
