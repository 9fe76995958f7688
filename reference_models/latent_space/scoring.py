"""What can be seen in a run's images, by ganeval's classifiers.

Only this file, the lab and the minimal DCGAN use ganeval.

| data | features | attributes |
|---|---|---|
| `faces` | `classifier:faces` | the six that are drawn |
| `fashion-mnist` | `classifier:fashion-mnist` | the class; bright, wide, tall, symmetric |
| `mnist`, `mnist-5k` | `classifier:mnist` | the digit; the same four |
| others | `random-conv` | none |

Bright, wide, tall and symmetric mean: more so than half of the real images of the class that the classifier names
(`reference_models.latent_space.measures`).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

import ganeval
from reference_models.data.faces import FACTORS
from reference_models.data.sets import examples
from reference_models.errors import ModelsError
from reference_models.latent_space.cells import Seen, Values
from reference_models.latent_space.measures import WORDS, measures
from reference_models.training.pictures import coloured

GARMENTS = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot")
DIGITS = tuple("0123456789")
CLASSES = {"fashion-mnist": GARMENTS, "mnist": DIGITS}
_CLASSIFIERS = {"faces": "faces", "fashion-mnist": "fashion-mnist", "mnist": "mnist", "mnist-5k": "mnist"}
_REFERENCES = 2000

Look = Callable[[np.ndarray], Seen]


@dataclass(frozen=True)
class Judge:
    """`look` says what is seen in uint8 images (n, h, w, 3), `values` names attributes, `real` are rows of reals."""

    look: Look
    values: Values
    extractor: str
    real: np.ndarray = field(repr=False)

    def precision(self, features: np.ndarray) -> float:
        """The share of features (n, d) that lie among those of real images (`ganeval.precision_recall`)."""
        return ganeval.precision_recall(self.real, features)[0]


def judge_of(data: str) -> Judge:
    """The judge of a data name; features alone where ganeval has no classifier for it."""
    name = _CLASSIFIERS.get(data.partition(",")[0])
    spec = "random-conv" if name is None else f"classifier:{name}"
    images = _references(data)
    once = ganeval.reference(images[:4], metrics=["precision-recall"], extractor=spec, interval="off", cache="off")
    network = once.extractor or spec  # built once for all that will be looked at

    def rows(images: np.ndarray) -> dict[str, np.ndarray]:
        with warnings.catch_warnings():  # of few levels: a decoder may be untrained, a latent far from all others
            warnings.simplefilter("ignore", UserWarning)
            return ganeval.rows(images, extractor=network, cache="off")

    real = rows(images)["features"]
    if name is None:
        return Judge(lambda images: Seen(rows(images)["features"]), {}, spec, real)
    if name == "faces":
        return Judge(lambda images: _face(rows(images)), FACTORS, spec, real)
    values = {"class": CLASSES[name], **dict.fromkeys(WORDS.values(), ("no", "yes"))}
    return Judge(_classes(images, rows, len(CLASSES[name])), values, spec, real)


def _classes(real: np.ndarray, rows: Callable[[np.ndarray], dict[str, np.ndarray]], classes: int) -> Look:
    """What sees classes, and whether an image measures more than the median real one of its class."""
    labels, measured = rows(real)["probs"].argmax(axis=1), measures(real)
    middles = {
        key: np.array([np.median(value[labels == at]) for at in range(classes)]) for key, value in measured.items()
    }

    def look(images: np.ndarray) -> Seen:
        found, measured = rows(images), measures(images)
        label = found["probs"].argmax(axis=1)
        above = {WORDS[key]: np.eye(2)[(value > middles[key][label]).astype(int)] for key, value in measured.items()}
        return Seen(found["features"], {"class": found["probs"], **above}, measured)

    return look


def _references(data: str) -> np.ndarray:
    """Real images (n, h, w, 3), evenly from the reference part; of a folder those that were trained on."""
    part = "training" if data.startswith("folder") else "reference"
    values = examples(data, part).values
    if values.ndim == 2:
        raise ModelsError(f"{data} are points: choose a run of images")
    chosen = np.linspace(0, len(values) - 1, min(_REFERENCES, len(values))).astype(int)
    return coloured(values[chosen])


def _face(rows: dict[str, np.ndarray]) -> Seen:
    return Seen(rows["features"], ganeval.face_attributes(rows["probs"]))
