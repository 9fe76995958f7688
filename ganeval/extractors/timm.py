"""Any network of the package timm, DINOv2 and CLIP among them, with its own preprocessing.

    -x timm:vit_small_patch14_dinov2.lvd142m
    -x timm:resnet50.a1_in1k,pretrained=false

View: `features`, the pooled features before the classifier. Size, resizer, crop and normalisation
are the model's own, as timm states them, whatever the protocol. Needs `pip install ganeval[timm]`;
pretrained weights are fetched by timm (from the Hugging Face hub, into its cache) at first use.
`pretrained=false` gives seeded random weights: for tests, and as a feature space that nothing has trained.

Numbers are named after the model and the sha256 of its tensors: `FD[timm:resnet50.a1_in1k@1a2b3c4d]`.
It runs in evaluation mode, without gradients, in full float32. Images that are not square are
cropped by most models.

Source: Wightman, PyTorch Image Models, github.com/huggingface/pytorch-image-models. Stein et al., Exposing
Flaws of Generative Model Evaluation Metrics, NeurIPS 2023, argue for DINOv2's features.
"""

import importlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
from PIL import Image as Picture

from ganeval.core.errors import SpecError, WeightsError
from ganeval.core.spec import nearest_name
from ganeval.core.surroundings import clean_room, preparation_room
from ganeval.extractors._live import output_rows, state_digest
from ganeval.extractors.base import Extractor


@final
@dataclass(frozen=True)
class Timm(Extractor):
    """A model by timm's name for it."""

    argument: str = ""
    pretrained: bool = True
    device: str = "auto"
    _loading: Any = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    views: ClassVar = ("features",)

    def __post_init__(self) -> None:
        if not self.argument:
            raise SpecError("the extractor timm needs a model: -x timm:vit_small_patch14_dinov2.lvd142m")

    @property
    def name(self) -> str:
        """`timm:`, the model and eight digits of the digest."""
        return f"timm:{self.argument}@{self.digest[:8]}"

    @cached_property
    def digest(self) -> str:
        """sha256 of the model's tensors."""
        digest = state_digest(self._model)
        assert digest is not None
        return digest

    @property
    def resize(self) -> str:
        """timm's resizer, the size, and how much of the image its crop keeps."""
        config = self._config
        crop = f"-{config['crop_mode']}{config['crop_pct']:.10g}"
        return f"timm-{config['interpolation']}-{config['input_size'][-1]}{crop}"

    @property
    def normalisation(self) -> str:
        """The model's mean and standard deviation."""
        return ",".join(f"{key}={'/'.join(f'{v:.10g}' for v in self._config[key])}" for key in ("mean", "std"))

    @property
    def cacheable(self) -> bool:
        """Yes: the network is fixed."""
        return True

    @property
    def origin(self) -> str:
        """timm, or a seed."""
        return f"{'fetched by timm' if self.pretrained else 'random, seed 0'} (sha256 {self.digest[:8]})"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, size, size), by the model's own evaluation transform."""
        with preparation_room():
            return self._transform(Picture.fromarray(image)).numpy()

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, d)."""
        return {"features": output_rows(self._model, stack, label=f"timm:{self.argument}", device="cpu")}

    @property
    def _model(self) -> Any:
        with self._loading:  # decoding threads ask for it at the same time
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        from ganeval.extractors._network import chosen_device

        device = chosen_device(self.device)
        with clean_room():
            return _created(self.argument, pretrained=self.pretrained).eval().to(device)

    @cached_property
    def _config(self) -> dict[str, Any]:
        return _library("timm.data").resolve_model_data_config(self._model)

    @cached_property
    def _transform(self) -> Callable[[Any], Any]:
        return _library("timm.data").create_transform(**self._config, is_training=False)


def _created(name: str, *, pretrained: bool) -> Any:
    """timm's model without its classifier; random weights come from seed 0."""
    import torch

    timm = _library("timm")
    architecture, _, tag = name.partition(".")
    if not timm.is_model(architecture):
        raise SpecError(f"timm has no model {name!r}{nearest_name(architecture, timm.list_models())}")
    known = [full.partition(".")[2] for full in timm.list_pretrained(f"{architecture}.*")]
    if tag and tag not in known:
        raise SpecError(f"timm's {architecture} has no weights {tag!r} (known: {', '.join(known) or 'none'})")
    log = logging.getLogger("huggingface_hub")
    level = log.level
    log.setLevel(logging.CRITICAL)  # it logs every attempt
    try:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return timm.create_model(name, pretrained=pretrained, num_classes=0)
    except Exception as error:  # without a network many kinds
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"timm:{name}: the model or its weights could not be loaded ({type(error).__name__}: {reason}). Ways out: "
            "go online once, so that they are cached; copy that cache (~/.cache/huggingface) from another machine; use "
            f"features that need no download: -x efficientnet-lite0, or random ones: -x timm:{name},pretrained=false"
        ) from error
    finally:
        log.setLevel(level)


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SpecError(f"the extractor timm needs the package timm ({error}): pip install 'ganeval[timm]'") from error


EXTRACTOR = Timm
