"""An extractor object was made already: a door follows an option that is its own, and refuses another by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, final

import numpy as np
import pytest
import torch
from jaxtyping import config
from torch import nn

import ganeval
from ganeval.comparison.power import images_needed
from ganeval.core.errors import SpecError
from ganeval.evaluation.settings import settings_for
from ganeval.extractors.base import Extractor
from ganeval.extractors.efficientnet_lite0 import EfficientNetLite0
from ganeval.extractors.features import FeatureRows
from ganeval.extractors.inception import Inception
from ganeval.extractors.pixels import Pixels
from ganeval.extractors.random_conv import RandomConv

REAL, FAKE, OTHER = np.random.default_rng(0).integers(0, 256, (3, 24, 8, 8, 3), np.uint8)


@final
@dataclass(frozen=True)
class Means(Extractor):
    """Mean colours: an extractor that a user wrote, without a device, weights or a resizer."""

    views: ClassVar = ("features",)

    @property
    def name(self) -> str:
        return "means"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        return image.astype(np.float32) / 255

    def rows(self, stack: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"features": stack.mean(axis=(1, 2))}


def network(resizer: Any = "torch-bilinear") -> Extractor:
    return ganeval.module_extractor(nn.Sequential(nn.Flatten(), nn.Linear(48, 3)), size=4, resizer=resizer)


DOORS: dict[str, Callable[..., Any]] = {
    "evaluate": lambda **given: ganeval.evaluate(REAL, FAKE, metrics=["kid"], **given),
    "reference": lambda **given: ganeval.reference(REAL, metrics=["kid"], **given),
    "compare": lambda **given: ganeval.compare(REAL, [FAKE, OTHER], metrics=["kid"], **given),
    "tradeoff": lambda **given: ganeval.tradeoff(
        REAL, {"1": FAKE, "2": OTHER}, quality="density", diversity="coverage", **given
    ),
    "Evaluator": lambda **given: ganeval.Evaluator(REAL, metrics=["kid"], **given)(FAKE),
    "power": lambda **given: images_needed(
        REAL, differences={"kid": 0.1}, settings=settings_for(metrics=["kid"], **given)
    ),
    "rows": lambda **given: ganeval.rows(FAKE, **given),
}  # fmt: skip
OBJECTS: dict[str, Callable[[], Extractor]] = {
    "a user's": Means,
    "module_extractor": network,
    "a built-in one": lambda: RandomConv(device="cpu"),
    "without a device": lambda: Pixels(size=4),
    "kept by a reference": lambda: kept(RandomConv(device="cpu")),
}
REFUSED: dict[str, dict[str, Any]] = {
    "weights": {"weights": "other.pth"},
    "precision": {"precision": "bf16"},
    "device": {"device": "meta"},
    "protocol": {"protocol": "clean-fid"},
}


@cache
def kept(extractor: Extractor) -> Extractor:
    found = ganeval.reference(REAL, metrics=["kid"], extractor=extractor, cache="off").extractor
    assert found is not None
    return found


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", OBJECTS)
def test_what_an_object_does_not_follow_is_refused(door, what):
    extractor = OBJECTS[what]()
    for option, given in REFUSED.items():
        if door == "rows" and option in ("weights", "precision"):
            continue  # it has no such arguments
        if option == "protocol" and extractor.resize == "none":
            continue  # it resizes nothing, so no resizer is broken
        with pytest.raises(SpecError) as caught:
            DOORS[door](extractor=extractor, cache="off", **given)
        told = str(caught.value)
        assert f"is an extractor object and does not follow {option}=" in told, told
        assert extractor.name in told


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (RandomConv, {}),
        (lambda: RandomConv(device="cpu"), {"device": "cpu"}),
        (network, {"device": "cpu"}),
        (lambda: RandomConv(resizer="pil-bicubic"), {"protocol": "clean-fid"}),
        (lambda: RandomConv(resizer="pil-bicubic"), {"protocol": "default"}),
        (lambda: network("pil-bicubic"), {"protocol": "clean-fid"}),
        (Means, {"protocol": "adm"}),
        (Means, {"precision": "float32"}),
        (FeatureRows, {"protocol": "adm"}),
    ],
)
def test_what_is_its_own_is_followed(make, given):
    """Defaults; a device that it is on; float32; a protocol with the same resizer, or that only sets metrics."""
    extractor = make()
    assert settings_for(metrics=["fd"], extractor=extractor, **given).extractor is extractor


def test_a_device_is_compared_and_not_its_name():
    chosen = "cuda" if torch.cuda.is_available() else "cpu"
    assert settings_for(metrics=["kid"], extractor=RandomConv(), device=chosen).extractor == RandomConv()
    with pytest.raises(SpecError, match="the device 'nowhere' cannot be used here"):
        settings_for(metrics=["kid"], extractor=RandomConv(), device="nowhere")


def test_the_fid_inception_as_an_object():
    """Its weights, precision and normalisation are options of the object; nothing is loaded to see that."""
    for option, given in (("weights", {"weights": "b.pth"}), ("precision", {"precision": "bf16"})):
        with pytest.raises(SpecError, match=f"does not follow {option}="):
            settings_for(metrics=["kid"], extractor=Inception(), **given)
    with pytest.raises(SpecError, match="its normalise is 'symmetric' and the protocol's is 'tf1'"):
        settings_for(metrics=["kid"], extractor=Inception(resizer="tf1-bilinear"), protocol="adm")
    followed = Inception(resizer="tf1-bilinear", normalise="tf1", precision="bf16")
    assert settings_for(metrics=["kid"], extractor=followed, protocol="adm", precision="bf16").extractor is followed


@pytest.mark.parametrize(
    ("how", "given"),
    [
        ({"extractor": "random-conv"}, {}),
        ({"extractor": "random-conv"}, {"extractor": "random-conv"}),
        ({"extractor": "random-conv"}, {"precision": "float32"}),
        ({"extractor": "random-conv", "device": "cpu"}, {"device": "cpu"}),
        ({"extractor": "random-conv", "protocol": "clean-fid"}, {}),
        ({"extractor": "random-conv", "protocol": "clean-fid"}, {"protocol": "clean-fid"}),
        ({"extractor": "random-conv:resizer=tf1-bilinear", "protocol": "clean-fid"}, {}),
        ({"extractor": RandomConv(resizer="tf1-bilinear")}, {}),
    ],
)
def test_extractor_and_protocol_of_a_reference_hold(how, given):
    held = ganeval.reference(REAL, metrics=["fd"], cache="off", **how)
    settings = settings_for(held, metrics=["fd"], **given)
    assert settings.extractor is held.extractor
    assert settings.protocol == held.protocol


def test_a_reference_serves_every_door():
    """With the scores that its images give."""
    how: dict[str, Any] = {"extractor": "random-conv", "protocol": "clean-fid", "cache": "off"}
    held = ganeval.reference(REAL, metrics=["fd"], **how)
    expected = ganeval.evaluate(REAL, FAKE, metrics=["fd"], interval="off", **how)
    found = ganeval.evaluate(held, FAKE, metrics=["fd"], interval="off", cache="off")
    assert found.to_dict() == expected.to_dict()
    found = ganeval.compare(held, [FAKE, OTHER], metrics=["fd"], cache="off")
    assert found.sides[0].scores["fd"] == (expected["fd"].value,)
    assert found.protocol == expected.protocol
    evaluator = ganeval.Evaluator(held, metrics=["fd"], interval="off", cache="off")
    assert evaluator(FAKE)["fd"].value == expected["fd"].value


def test_what_a_kept_extractor_does_not_follow_is_refused():
    held = ganeval.reference(REAL, metrics=["kid", "pr"], extractor="random-conv", device="cpu", cache="off")
    doors: dict[str, Callable[..., Any]] = {
        "evaluate": lambda **given: ganeval.evaluate(held, FAKE, metrics=["kid"], **given),
        "compare": lambda **given: ganeval.compare(held, [FAKE, OTHER], metrics=["kid"], **given),
        "tradeoff": lambda **given: ganeval.tradeoff(held, {"1": FAKE, "2": OTHER}, **given),
        "Evaluator": lambda **given: ganeval.Evaluator(held, metrics=["kid"], **given),
    }
    for door, call in doors.items():
        for option, given in (("precision", {"precision": "bf16"}), ("device", {"device": "meta"})):
            with pytest.raises(SpecError, match=f"keeps its extractor, random-conv, .* does not follow {option}="):
                call(cache="off", **given)
        with pytest.raises(SpecError, match="loads no weight file"):
            call(cache="off", extractor="random-conv", weights="some.pth")
        assert door


def test_another_extractor_than_the_kept_one_is_made_anew():
    held = ganeval.reference(REAL, metrics=["kid"], extractor="random-conv", cache="off")
    chosen = settings_for(held, metrics=["kid"], extractor="efficientnet-lite0").extractor
    assert isinstance(chosen, EfficientNetLite0)
    assert settings_for(held, metrics=["kid"]).extractor is held.extractor
    assert settings_for(held, metrics=["kid"], extractor=held.extractor).extractor is held.extractor


def test_an_extractor_that_resizes_by_its_own_rule_follows_no_protocol():
    pytest.importorskip("timm")
    with pytest.raises(SpecError, match=r"resizes by its own rule \(timm-.*\) and cannot follow --protocol clean-fid"):
        settings_for(metrics=["kid"], extractor="timm:resnet10t.c3_in1k,pretrained=false", protocol="clean-fid")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("what", "says"),
    [
        (nn.Flatten(), r"of type Flatten, .*: ganeval\.module_extractor\(net, size=64\)"),
        (nn.Flatten, r"the class Flatten, .*: ganeval\.module_extractor\(Flatten\(…\), size=64\)"),
        (lambda x: x.flatten(1), r"of type function, .*: ganeval\.module_extractor\(net, size=64\)"),
        (RandomConv, r"the class RandomConv, .*: give an object of it, RandomConv\(…\)"),
        (3, r"of type int, .*: give its name, such as extractor='inception'"),
        (["inception"], r"of type list, .*: give its name"),
    ],
    ids=["a network", "a network's class", "a function", "an extractor's class", "a number", "a list"],
)
def test_what_is_no_extractor_is_refused_with_the_remedy(door, what, says, monkeypatch):
    monkeypatch.setattr(config, "jaxtyping_disable", True)  # as outside of tests
    with pytest.raises(SpecError, match=f"extractor is {says}"):
        DOORS[door](extractor=what, cache="off")
