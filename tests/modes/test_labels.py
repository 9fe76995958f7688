"""Class labels: from sub-folders, files, arrays and datasets, and through a statistics file."""

import io
import json
import zipfile

import numpy as np
import pytest
from conftest import save_images
from PIL import Image

import ganeval
from ganeval.core.errors import SourceError, SpecError
from ganeval.sources.labels import folder_labels, labels_from_file
from ganeval.sources.opening import opened


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat/1.png", "dog/1.png"], ["cat", "dog"]),
        (["a/b/cat/1.png", "a/b/dog/x/1.png"], ["cat", "dog"]),
        (["1.png", "2.png"], None),
        (["cat/1.png", "cat/2.png"], None),
        (["cat/1.png", "2.png"], None),
        (["all/cat/1.png", "all/2.png"], None),
        (["cat/kitten/1.png", "cat/1.png", "dog/1.png"], ["cat", "cat", "dog"]),
        (["ca/1.png", "cat/1.png"], ["ca", "cat"]),
    ],
)
def test_sub_folders_are_classes(names, labels):
    found = folder_labels(names)
    assert (found if found is None else found.tolist()) == labels


@pytest.fixture
def images(tmp_path, digits):
    """Six digits in one folder."""
    save_images(tmp_path / "real", digits[:6])
    return tmp_path


FORMS = {
    "labels.csv": "0000.png,zero\n0001.png,one\n0002.png,two\n0003.png,three\n0004.png,four\n0005.png,five\n",
    "labels.tsv": "".join(
        f"x/{i:04}.png\t{t}\n" for i, t in enumerate(["zero", "one", "two", "three", "four", "five"])
    ),
    "labels.txt": "zero\none\ntwo\nthree\nfour\nfive\n",
    "dataset.json": json.dumps(
        {"labels": [[f"{i:04}.png", t] for i, t in enumerate(["zero", "one", "two", "three", "four", "five"])]}
    ),
    "map.json": json.dumps({f"{i:04}.png": t for i, t in enumerate(["zero", "one", "two", "three", "four", "five"])}),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_labels_file(images, name):
    (images / name).write_text(FORMS[name])
    source = opened(f"{images / 'real'},labels={images / name}")
    assert source.labels.tolist() == ["zero", "one", "two", "three", "four", "five"]
    assert source.spec == str(images / "real")


def test_labels_files_that_do_not_fit_are_named(images):
    for text, message in (
        ("0000.png,zero\n", r"labels.csv has no label for 5 images \(first: 0001.png\)"),
        ("zero\none\n", "2 labels for 6 images"),
        ("a,b,c\n", "expected two columns"),
    ):
        (images / "labels.csv").write_text(text)
        with pytest.raises(SourceError, match=message):
            opened(f"{images / 'real'},labels={images / 'labels.csv'}")
    with pytest.raises(SourceError, match=r"missing.csv cannot be read"):
        opened(f"{images / 'real'},labels={images / 'missing.csv'}")
    (images / "labels.xls").write_bytes(b"")
    with pytest.raises(SourceError, match=r"expected \.csv"):
        opened(f"{images / 'real'},labels={images / 'labels.xls'}")
    with pytest.raises(SpecError, match="layout"):
        opened(f"{images / 'real'},layout=nhwc")


def test_labels_by_name_need_names(tmp_path):
    (tmp_path / "labels.csv").write_text("a.png,1\n")
    with pytest.raises(SourceError, match="labels files by name"):
        labels_from_file(tmp_path / "labels.csv", names=None, n=1, spec="x.npy")


def test_labels_of_arrays(tmp_path, digits):
    kinds = np.arange(6) % 3
    np.savez(tmp_path / "a.npz", images=digits[:6], labels=kinds)
    np.savez(tmp_path / "b.npz", arr_0=digits[:6], arr_1=kinds)
    np.save(tmp_path / "c.npy", digits[:6])
    np.save(tmp_path / "kinds.npy", kinds)
    expected = ["0", "1", "2"] * 2
    assert opened(str(tmp_path / "a.npz")).labels.tolist() == expected
    assert opened(str(tmp_path / "b.npz")).labels is None
    assert opened(f"{tmp_path / 'b.npz'},labels=arr_1").labels.tolist() == expected
    assert opened(f"{tmp_path / 'c.npy'},labels={tmp_path / 'kinds.npy'}").labels.tolist() == expected
    assert ganeval.images(digits[:6], labels=kinds).labels.tolist() == expected
    with pytest.raises(SourceError, match="5 labels for 6 images"):
        ganeval.images(digits[:6], labels=kinds[:5])


def test_sub_folders_of_an_archive(tmp_path, digits):
    with zipfile.ZipFile(tmp_path / "real.zip", "w") as file:
        for i in range(4):
            data = io.BytesIO()
            Image.fromarray(digits[i]).save(data, "PNG")
            file.writestr(f"set/{'ab'[i % 2]}/{i}.png", data.getvalue())
    assert opened(str(tmp_path / "real.zip")).labels.tolist() == ["a", "a", "b", "b"]


def test_labels_of_datasets_and_loaders(digits):
    import torch

    class Digits(torch.utils.data.Dataset):
        targets = torch.arange(20) % 2

        def __len__(self):
            return 20

        def __getitem__(self, i):
            return digits[i], int(self.targets[i])

    assert opened(Digits()).labels.tolist() == ["0", "1"] * 10
    loader = torch.utils.data.DataLoader(Digits(), batch_size=7)
    assert opened(loader).labels is None
    labelled = ganeval.stream(loader, labels=Digits.targets)
    collection = ganeval.reference(labelled, metrics=["modes"], extractor="pixels")
    assert collection.statistics["features"].labels.tolist() == ["0", "1"] * 10
    short = ganeval.stream(loader, labels=[0, 1])
    with pytest.raises(SourceError, match="2 labels for at least 20 images"):
        ganeval.reference(short, metrics=["modes"], extractor="pixels")


def test_labels_stay_with_their_rows(tmp_path, digits, call):
    """A seeded choice, a broken image and a statistics file: each row keeps its own label."""
    for kind in (0, 1):
        save_images(tmp_path / "real" / str(kind), [np.full((8, 8), 100 * kind + i, np.uint8) for i in range(30)])
    (tmp_path / "real" / "0" / "0003.png").write_bytes(b"broken")
    done = call(
        "stats", "real", "-o", "ref.npz", "--rows", "-x", "pixels", "--n", "40", "--on-error", "skip", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "ref.npz") as file:
        assert (file["labels"] == (file["rows"][:, 0] * 255 >= 100).astype(int).astype(str)).all()
    rows = opened(str(tmp_path / "ref.npz")).rows
    assert set(rows.labels.tolist()) == {"0", "1"}


def test_feature_rows_with_labels(tmp_path):
    rng = np.random.default_rng(0)
    kinds = np.arange(400) % 4
    np.savez(tmp_path / "real.npz", rows=8 * np.eye(4)[kinds] + rng.standard_normal((400, 4)), labels=kinds)
    fake = 8 * np.eye(4)[kinds % 3] + rng.standard_normal((400, 4))
    report = ganeval.evaluate(tmp_path / "real.npz", fake, metrics=["modes"], extractor="features")
    assert report["modes"].printed() == "3 of 4"
    assert report.findings[0].details["missing"] == ["3"]
