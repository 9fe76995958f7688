"""What an extractor is: two pure steps from an image to feature rows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float

from ganeval.core.types import Image


class Extractor(ABC):
    """Base of all extractors. A subclass is a final frozen dataclass; its fields are its options.

    Fields named `device` and `weights` are set from the command line or the API call: they say
    where it runs and which file it loads. Fields named `resizer` and `normalise` follow the protocol
    unless the spec names them, one named `precision` the run. `takes` is what it reads; `views` names the kinds of
    rows it makes.

    A pass calls it in a clean room (`ganeval.surroundings`): what a caller has set in torch reaches no row. A network
    belongs in `rows`, where float32 is exact; decoding threads run `prepare` with the process's own flags.
    """

    takes: ClassVar[Literal["images", "rows"]] = "images"
    views: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def name(self) -> str:
        """What numbers from it are named after: the spec, with a digest unless the weights are the known ones."""

    @property
    def digest(self) -> str | None:
        """sha256 of the weights, or None where there are none."""
        return None

    @property
    def resize(self) -> str:
        """The resizer's name and the size it makes, or "none"."""
        return "none"

    @property
    def normalisation(self) -> str:
        """How the input is scaled: "own", or a name where a protocol may choose."""
        return "own"

    @property
    def dtype(self) -> str:
        """The precision in which it computes."""
        return "float32"

    @property
    def runs_on(self) -> str | None:
        """The device it is for, `auto` among them; None where it does not say."""
        return getattr(self, "device", None)

    @property
    def is_fid_inception(self) -> bool:
        """Whether numbers from it may be called FID, KID and IS without further words."""
        return False

    @property
    def resizes_in_rows(self) -> bool:
        """Whether `rows` resizes, on its device: prepared images are then pixels (h, w, 3) of any size."""
        return False

    @property
    def cacheable(self) -> bool:
        """Whether name, digest, resizer and normalisation say all about its rows, so that they can be kept on disk."""
        return False

    @property
    def origin(self) -> str:
        """Where the weights come from, for a plan shown to the user."""
        return "no weights"

    @abstractmethod
    def prepare(self, image: Image) -> np.ndarray:
        """One image resized and normalised; runs in the decoding threads."""

    @abstractmethod
    def rows(self, stack: np.ndarray) -> Mapping[str, Float[np.ndarray, "n d"]]:
        """The rows of every view, for a stack of prepared images of one size."""
