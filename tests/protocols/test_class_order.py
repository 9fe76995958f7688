"""Parts that are cut in the order of the images: a set that is sorted by class is told, with the shuffled score."""

import numpy as np
import pytest
import torch
from conftest import save_images
from torch.utils.data import DataLoader, TensorDataset

import ganeval
from ganeval.sources.labels import in_class_order, prefix_labels
from ganeval.sources.opening import opened

SPEC = "inception-score:split_size=40,order=given"
EVERY = np.argsort(np.arange(160) % 4, kind="stable")  # class by class


@pytest.fixture(scope="module")
def kinds(digits) -> tuple[np.ndarray, np.ndarray]:
    """Forty digits of each of four classes, in turn."""
    from sklearn.datasets import load_digits

    target = load_digits().target
    picked = np.stack([np.flatnonzero(target == kind)[:40] for kind in range(4)], axis=1).ravel()
    images = np.repeat(np.repeat(digits[picked], 4, axis=1), 4, axis=2)
    return images, target[picked]


def told(given, *, metric: str = SPEC) -> tuple[ganeval.Report, list[str]]:
    report = ganeval.evaluate(
        fake=given, metrics=[metric], extractor="classifier:mnist", cache="off", interval="off", floor="off"
    )
    return report, [warning for warning in report.warnings if "class by class" in warning]


def test_labels_in_class_order_are_told_with_the_shuffled_score(kinds):
    images, labels = kinds
    shuffled = told(ganeval.images(images, labels=labels), metric="inception-score:split_size=40")[0].results[0].value
    report, warnings = told(ganeval.images(images[EVERY], labels=labels[EVERY]))
    assert len(warnings) == 1
    other = told(ganeval.images(images[EVERY], labels=labels[EVERY]), metric="inception-score:split_size=40")
    name, value = report.results[0].name.partition("(")[0], report.results[0].value
    assert f"{name} {value:.2f} is the mean over parts in that order" in warnings[0]
    assert f"shuffled it is {other[0].results[0].value:.2f}" in warnings[0]
    assert value < 0.7 * shuffled, "each part holds one class"
    assert not other[1], "a shuffled score needs no warning"


@pytest.mark.parametrize("order", ["in turn", "random"])
def test_other_orders_are_not_told(kinds, order):
    images, labels = kinds
    picked = np.arange(160) if order == "in turn" else np.random.default_rng(0).permutation(160)
    assert not told(ganeval.images(images[picked], labels=labels[picked]))[1]
    assert not told(ganeval.images(images[EVERY], labels=np.zeros(160, int)))[1], "one class has no order"
    assert not told(ganeval.images(images[EVERY]))[1], "without labels and names nobody knows"


def files_of(x, y, folder):
    np.savez(folder / "adm.npz", x.numpy(), y.numpy())
    return folder / "adm.npz"


BESIDE = {
    "ADM's file of samples": files_of,
    "dataset": lambda x, y, folder: TensorDataset(x, y),
    "loader": lambda x, y, folder: DataLoader(TensorDataset(x, y), 30),
    "stream of a loader": lambda x, y, folder: ganeval.stream(DataLoader(TensorDataset(x, y), 30)),
    "generator": lambda x, y, folder: ((x[i : i + 30], y[i : i + 30].tolist()) for i in range(0, 160, 30)),
    "dictionaries of images": lambda x, y, folder: [
        {"image": image, "label": int(kind)} for image, kind in zip(x, y, strict=True)
    ],
    "dictionaries of batches": lambda x, y, folder: [{"images": x, "label": y}],
}


@pytest.mark.parametrize("way", BESIDE)
def test_labels_beside_the_images_tell_their_order_and_nothing_else(kinds, tmp_path, way):
    x, y = torch.from_numpy(kinds[0]), torch.from_numpy(kinds[1])
    (warning,) = told(BESIDE[way](x[EVERY], y[EVERY], tmp_path))[1]
    assert "shuffled it is" in warning
    assert not told(BESIDE[way](x, y, tmp_path))[1], "in turn"
    assert opened(BESIDE[way](x[EVERY], y[EVERY], tmp_path)).labels is None, "no metric counts them as classes"


@pytest.mark.parametrize("label", ["0.5", "one hot", "too few", "none"])
def test_what_is_no_whole_number_an_image_tells_no_order(kinds, label):
    x, y = torch.from_numpy(kinds[0])[EVERY], torch.from_numpy(kinds[1])[EVERY]
    beside = {"0.5": y / 2, "one hot": torch.nn.functional.one_hot(y), "too few": y[:159], "none": None}[label]
    assert not told([(x, beside)])[1]


def test_one_part_has_no_order(kinds):
    images, labels = kinds
    whole = "inception-score:split_size=160,order=given"
    assert not told(ganeval.images(images[EVERY], labels=labels[EVERY]), metric=whole)[1]


@pytest.mark.parametrize("named", ["class folders", "class prefixes", "numbers"])
def test_names_of_files(kinds, tmp_path, named):
    images, labels = kinds
    if named == "class folders":
        for kind in range(4):
            save_images(tmp_path / f"class{kind}", images[labels == kind])
    else:
        save_images(tmp_path, images[EVERY])
        for i, path in enumerate(sorted(tmp_path.iterdir())):
            if named == "class prefixes":
                path.rename(tmp_path / f"n0{labels[EVERY][i]}_{i:04}.png")
    assert bool(told(tmp_path)[1]) == (named != "numbers")


def test_what_is_an_order_of_classes():
    rng = np.random.default_rng(0)
    for k in (2, 10, 100):
        labels = np.repeat(np.arange(k), 400 // k).astype(str)
        assert in_class_order(labels)
        assert in_class_order(rng.permutation(labels.reshape(k, -1)).ravel()), "classes in any order"
        assert not any(in_class_order(rng.permutation(labels)) for _ in range(20))
    assert not in_class_order(np.array(["a"]))
    assert prefix_labels([f"{value:08x}.png" for value in rng.integers(0, 1 << 31, 500)]) is None
    assert prefix_labels([f"seed{i:04}.png" for i in range(50)]) is None
