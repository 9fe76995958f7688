"""What can be seen in a run's images, by ganeval's classifiers. Only this file, and the lab, use ganeval.

| data | features | attributes |
|---|---|---|
| `faces` | `classifier:faces` | the six that are drawn |
| `fashion-mnist` | `classifier:fashion-mnist` | the class; bright, wide, tall, symmetric |
| `mnist`, `mnist-5k` | `classifier:mnist` | the digit; the same four |
| others | `random-conv` | none |

Bright, wide, tall and symmetric mean: more so than half of the real images of the class that the classifier names
(`reference_models.measures`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

import ganeval
from reference_models.cells import Seen, Values
from reference_models.errors import ModelsError
from reference_models.faces import FACTORS
from reference_models.measures import WORDS, measures
from reference_models.pictures import coloured
from reference_models.sets import examples

GARMENTS = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot")
DIGITS = tuple("0123456789")
CLASSES = {"fashion-mnist": GARMENTS, "mnist": DIGITS}
_CLASSIFIERS = {"faces": "faces", "fashion-mnist": "fashion-mnist", "mnist": "mnist", "mnist-5k": "mnist"}
_REFERENCES = 2000


@dataclass(frozen=True)
class Judge:
    """`look` says what is seen in uint8 images (n, h, w, 3), `values` names attributes, `real` are rows of reals."""

    look: Callable[[np.ndarray], Seen]
    values: Values
    extractor: str
    real: np.ndarray = field(repr=False)

    def precision(self, features: np.ndarray) -> float:
        """The share of features (n, d) that lie among those of real images (`ganeval.precision_recall`)."""
        return ganeval.precision_recall(self.real, features)[0]


def judge_of(data: str) -> Judge:
    """The judge of a data name; features alone where ganeval has no classifier for it."""
    name = _CLASSIFIERS.get(data.partition(",")[0])
    real = _references(data)
    if name is None:
        return Judge(_plain, {}, "random-conv", _plain(real).features)
    if name == "faces":
        return Judge(_face, FACTORS, "classifier:faces", _face(real).features)
    classes = CLASSES[name]
    found, measured = _rows(real, f"classifier:{name}"), measures(real)
    labels = found["probs"].argmax(axis=1)
    middles = {
        key: np.array([np.median(value[labels == at]) for at in range(len(classes))]) for key, value in measured.items()
    }

    def look(images: np.ndarray) -> Seen:
        rows, measured = _rows(images, f"classifier:{name}"), measures(images)
        label = rows["probs"].argmax(axis=1)
        above = {WORDS[key]: np.eye(2)[(value > middles[key][label]).astype(int)] for key, value in measured.items()}
        return Seen(rows["features"], {"class": rows["probs"], **above}, measured)

    values = {"class": classes, **dict.fromkeys(WORDS.values(), ("no", "yes"))}
    return Judge(look, values, f"classifier:{name}", found["features"])


def _references(data: str) -> np.ndarray:
    """Real images (n, h, w, 3), evenly from the reference part; of a folder those that were trained on."""
    part = "training" if data.startswith("folder") else "reference"
    values = examples(data, part).values
    if values.ndim == 2:
        raise ModelsError(f"{data} are points: choose a run of images")
    chosen = np.linspace(0, len(values) - 1, min(_REFERENCES, len(values))).astype(int)
    return coloured(values[chosen])


def _face(images: np.ndarray) -> Seen:
    rows = _rows(images, "classifier:faces")
    return Seen(rows["features"], ganeval.face_attributes(rows["probs"]))


def _plain(images: np.ndarray) -> Seen:
    return Seen(_rows(images, "random-conv")["features"])


def _rows(images: np.ndarray, extractor: str) -> dict[str, np.ndarray]:
    return ganeval.rows(images, extractor=extractor, cache="off")
