"""A kept graph is one that gave what its network gives, here; anything else is thrown away, and said."""

import hashlib
import io
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import ganeval
from ganeval.extractors import _graphs, _network, classifier
from ganeval.extractors.classifier import Classifier, SmallNet

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 3), dtype=np.uint8)
STACK = IMAGES[:3].transpose(0, 3, 1, 2).astype(np.float32) / 255


@pytest.fixture(autouse=True)
def exports(monkeypatch) -> list[int]:
    """One entry an export."""
    done = []
    exported = _network._exported
    monkeypatch.setattr(_network, "_exported", lambda *given: done.append(1) or exported(*given))
    return done


@pytest.fixture
def comparisons(monkeypatch) -> list[int]:
    """One entry a comparison with the network."""
    done = []
    compared = _graphs._compared
    monkeypatch.setattr(_graphs, "_compared", lambda *given: done.append(1) or compared(*given))
    return done


@pytest.fixture
def right(monkeypatch) -> dict[str, np.ndarray]:
    """What torch gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_network, "has_runtime", lambda: False)
        return rows()


def rows() -> dict[str, np.ndarray]:
    """Those of a new object, as a later process makes them."""
    return Classifier("mnist", device="cpu").rows(STACK)


def near(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    return all(np.abs(found[view] - value).max() <= 1e-5 * np.abs(value).max() for view, value in expected.items())


def kept(cache: Path) -> Path:
    (path,) = (cache / "format-2" / "graphs").glob("*.onnx")
    return path


def result(path: Path) -> dict:
    return json.loads(path.with_suffix(".json").read_text())


def stated(path: Path, **fields) -> None:
    path.with_suffix(".json").write_text(json.dumps({**result(path), **fields}))


def wrong_graph() -> bytes:
    """Of the same shapes, with other numbers: what autocast made, say."""
    extractor = Classifier("mnist", device="cpu")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = _network.Network(SmallNet(extractor.kind).eval(), classifier._views)
    return _network._exported(network, torch.zeros(2, 3, 28, 28), extractor.views)


def planted(path: Path, graph: bytes, **fields) -> None:
    """A graph under another's name that is intact, with a result of another machine's unless `fields` say otherwise."""
    path.write_bytes(graph)
    stated(path, **{"sha256": hashlib.sha256(graph).hexdigest(), "processor": "another", **fields})


def test_the_result_lies_beside_it(empty_cache, right):
    assert near(rows(), right)
    found = result(kept(empty_cache))
    assert 0 <= found["deviation"] <= _graphs.TOLERANCE
    assert found["processor"] == _graphs.processor()
    assert found["torch"] == torch.__version__
    assert found["name"] == kept(empty_cache).stem
    assert set(found) == {"name", "sha256", "deviation", "processor", "onnxruntime", "torch"}


@pytest.mark.parametrize(
    "fields",
    [
        {"processor": "another"},
        {"onnxruntime": "1.0"},
        {"torch": "2.4"},
        {"deviation": 0.5},
        {"deviation": float("nan")},
    ],
    ids=str,
)
def test_elsewhere_it_is_compared_again_and_the_result_kept(empty_cache, right, exports, comparisons, fields):
    rows()
    before = result(kept(empty_cache))
    stated(kept(empty_cache), **fields)
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert near(rows(), right)
    assert (len(exports), len(comparisons)) == (1, 2)
    assert result(kept(empty_cache)) == before


def of_another_network(path: Path) -> None:
    """Graph and result of another network, both intact: files that were renamed."""
    other = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2)).eval()
    exportable = _network._exportable(_network.Network(other, lambda net, x: {"features": net(x)}), ("features",), 2)
    assert _graphs.checked_session("other", lambda: exportable, label="other")
    (theirs,) = set(path.parent.glob("*.onnx")) - {path}
    for suffix in (".onnx", ".json"):
        theirs.with_suffix(suffix).replace(path.with_suffix(suffix))


HERE = {"processor": _graphs.processor()}
WRONG = {
    "other numbers": (lambda path: planted(path, wrong_graph()), "gave other features than the network"),
    "no graph, from elsewhere": (lambda path: planted(path, b"no graph at all"), "is damaged"),
    "no graph, with its sum": (lambda path: planted(path, b"no graph at all", **HERE), "is damaged"),
    "an empty graph": (lambda path: planted(path, b"", **HERE), "is damaged"),
    "another sum": (lambda path: stated(path, sha256="0" * 64), "is damaged"),
    "of another network": (of_another_network, "is damaged"),
    "without a name": (lambda path: stated(path, name=None), "is damaged"),
    "deviation text": (lambda path: stated(path, deviation="0"), "is damaged"),
    "deviation null": (lambda path: stated(path, deviation=None), "is damaged"),
    "deviation true": (lambda path: stated(path, deviation=True), "is damaged"),
    "deviation list": (lambda path: stated(path, deviation=[0.0]), "is damaged"),
    "deviation below 0": (lambda path: stated(path, deviation=-1.0), "is damaged"),
    "a further field": (lambda path: stated(path, more=1), "is damaged"),
    "deep": (lambda path: path.with_suffix(".json").write_text("[" * 100_000), "is damaged"),
    "a list": (lambda path: path.with_suffix(".json").write_text("[]"), "is damaged"),
    "null": (lambda path: path.with_suffix(".json").write_text("null"), "is damaged"),
    "no text": (lambda path: path.with_suffix(".json").write_bytes(b"\xff\xfe\x00"), "is damaged"),
    "nothing": (lambda path: path.with_suffix(".json").write_text(""), "is damaged"),
}


@pytest.mark.parametrize("what", WRONG)
def test_one_that_fails_is_thrown_away_said_once_and_made_anew(empty_cache, right, exports, what):
    rows()
    spoil, says = WRONG[what]
    spoil(kept(empty_cache))
    exports.clear()
    with pytest.warns(UserWarning) as said:
        assert near(rows(), right)
    (sentence,) = [str(warning.message) for warning in said]
    assert sentence.startswith(f"classifier:mnist: its kept graph {says}"), sentence
    assert sentence.endswith("it was thrown away and made anew")
    assert len(exports) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert near(rows(), right)
    assert len(exports) == 1
    assert result(kept(empty_cache))["processor"] == _graphs.processor()


def _of_two(module, example, names) -> bytes:
    """A graph that takes two images and no other number."""
    made = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _network._AsTuple(module, names).eval(), (example,), made, input_names=["images"],
            output_names=list(names), dynamo=False,
        )  # fmt: skip
    return made.getvalue()


@pytest.mark.parametrize("export", [lambda *_: wrong_graph(), _of_two], ids=["other numbers", "two images only"])
def test_where_it_fails_again_torch_runs_and_that_is_said(empty_cache, right, monkeypatch, export):
    wrong = export if export is _of_two else (lambda made: lambda *_: made)(wrong_graph())
    monkeypatch.setattr(_network, "_exported", wrong)
    with pytest.warns(UserWarning, match=r"classifier:mnist: its exported graph .* torch ran the network instead"):
        found = rows()
    assert all((found[view] == value).all() for view, value in right.items())
    assert not list(empty_cache.rglob("*.onnx"))


def test_a_report_says_it_once(empty_cache):
    sides = ganeval.images(IMAGES[:20]), ganeval.images(IMAGES[20:])
    made = {"metrics": ["fd"], "extractor": "classifier:mnist", "device": "cpu", "interval": "off"}
    first = ganeval.evaluate(*sides, **made, cache="off")
    planted(kept(empty_cache), wrong_graph())
    again = ganeval.evaluate(*sides, **made)
    said = [warning for warning in again.warnings if "kept graph" in warning]
    assert len(said) == 1
    assert "thrown away and made anew" in said[0]
    assert again["fd"].value == pytest.approx(first["fd"].value, rel=1e-6)
    later = ganeval.evaluate(*sides, **made)  # from the features that are kept
    assert later.warnings == first.warnings
    assert later["fd"].value == again["fd"].value


def test_a_folder_that_cannot_be_written_only_costs_time(empty_cache, right):
    (empty_cache / "format-2").write_text("a file where the folder should be")
    assert near(rows(), right)
