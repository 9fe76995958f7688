"""timm's models with their own preprocessing, on seeded random weights; nothing is downloaded."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import required

from ganeval.cli import exit_code
from ganeval.core.errors import SpecError, WeightsError
from ganeval.evaluation.settings import built_extractor

SPEC = "timm:resnet10t.c3_in1k,pretrained=false"


@pytest.fixture(scope="module")
def timm():
    try:
        import timm
    except ImportError:
        timm = None
    required(timm is not None, "timm")
    return timm


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((28, 28), (64, 40), (300, 200))]


def test_rows_are_what_timm_itself_gives(timm, images):
    import torch
    from PIL import Image

    extractor = built_extractor(SPEC, device="cpu")
    stack = np.stack([extractor.prepare(image) for image in images])
    rows = extractor.rows(stack)["features"]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = timm.create_model("resnet10t.c3_in1k", pretrained=False, num_classes=0).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    with torch.no_grad():
        theirs = model(torch.stack([transform(Image.fromarray(image)) for image in images])).numpy()
    assert rows.dtype == np.float32
    assert rows.shape == theirs.shape == (3, 512)
    assert np.abs(rows - theirs).max() <= 1e-5 * np.abs(theirs).max()
    one = np.concatenate([extractor.rows(stack[i : i + 1])["features"] for i in range(3)])
    assert np.abs(rows - one).max() <= 1e-5 * np.abs(rows).max()


def test_it_is_named_and_recorded(timm):
    extractor, again = built_extractor(SPEC, device="cpu"), built_extractor(SPEC, device="cpu")
    assert extractor.name == again.name == f"timm:resnet10t.c3_in1k@{extractor.digest[:8]}"
    assert extractor.resize == "timm-bicubic-176-center0.875"
    assert extractor.normalisation == "mean=0.485/0.456/0.406,std=0.229/0.224/0.225"
    assert extractor.origin.startswith("random, seed 0")


def test_the_command_line(timm, folders, capsys):
    real, fake = map(str, folders)
    assert exit_code(["fd", real, fake, "-x", SPEC, "-q", "--n", "8", "--device", "cpu"]) == 0
    assert "\nFD[timm:resnet10t.c3_in1k@" in capsys.readouterr().out


def test_threads_load_it_once(timm, images, monkeypatch):
    calls = []
    create = timm.create_model
    monkeypatch.setattr(timm, "create_model", lambda *given, **options: calls.append(1) or create(*given, **options))
    extractor = built_extractor(SPEC, device="cpu")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(extractor.prepare, images * 2))
    assert len(calls) == 1


def test_a_network_that_is_down_is_one_line(timm, monkeypatch):
    def offline(*_, **__):
        raise OSError("cannot reach\nthe hub")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(WeightsError, match="could not be loaded") as caught:
        _ = built_extractor("timm:resnet10t.c3_in1k", device="cpu").name
    message = str(caught.value)
    assert "\n" not in message
    for way in ("go online once", "~/.cache/huggingface", "-x efficientnet-lite0", "pretrained=false"):
        assert way in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("timm", "needs a model"),
        ("timm:resnet10", "timm has no model 'resnet10'; did you mean '"),
        ("timm:resnet10t.nope", "has no weights 'nope'"),
        ("timm:resnet10t,pretraind=false", "did you mean 'pretrained'"),
    ],
)
def test_errors_say_what_is_wrong(timm, text, says):
    with pytest.raises(SpecError, match=says):
        _ = built_extractor(text, device="cpu").name


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(SpecError, match=r"pip install 'ganeval\[timm\]'"):
        _ = built_extractor(SPEC).name
