"""What the positions of the view `probs` of `classifier:faces` mean: six attributes of drawn faces.

The classifier has one head for each attribute. Its `probs` are those of all 216 combinations, the product of
the six heads' probabilities: so they serve every metric that reads classes, and each head's own
probabilities are the sums over the others.
"""

import math
from collections.abc import Mapping

import numpy as np

from ganeval.core.errors import FeatureError
from ganeval.core.types import AnyRows

FACES: Mapping[str, tuple[str, ...]] = {
    "glasses": ("no", "yes"),
    "hair": ("bald", "short", "long"),
    "beard": ("no", "yes"),
    "skin": ("light", "medium", "dark"),
    "turn": ("left", "front", "right"),
    "smile": ("no", "yes"),
}


def face_attributes(probs: AnyRows) -> dict[str, np.ndarray]:
    """By attribute the probabilities (n, values) of its values, from `probs` (n, 216) of `classifier:faces`.

    The values are in the order of `FACES`. FeatureError for rows of another width.

    >>> probs = np.zeros((1, 216))
    >>> probs[0, [0, 108]] = 0.25, 0.75  # the same face without glasses, and with them
    >>> face_attributes(probs)["glasses"].tolist(), face_attributes(probs)["hair"].tolist()
    ([[0.25, 0.75]], [[1.0, 0.0, 0.0]])
    """
    sizes = [len(values) for values in FACES.values()]
    if probs.ndim != 2 or probs.shape[1] != math.prod(sizes):
        raise FeatureError(
            f"rows of shape {probs.shape} are not the view probs (n, {math.prod(sizes)}) of classifier:faces: "
            'make them with ganeval.rows(images, extractor="classifier:faces")["probs"]'
        )
    joint = probs.reshape(-1, *sizes)
    axes = range(1, joint.ndim)
    return {name: joint.sum(axis=tuple(a for a in axes if a != at)) for at, name in zip(axes, FACES, strict=True)}
