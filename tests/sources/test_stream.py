"""What Python code hands over: datasets, loaders, iterators of batches."""

import numpy as np
import pytest
import torch
from conftest import save_images
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import ganeval
from ganeval.core.errors import GanevalError, SourceError, TooFewError
from ganeval.evaluation.engine import Engine
from ganeval.sources.opening import opened


@pytest.fixture
def colours(rng) -> np.ndarray:
    return rng.integers(0, 256, (50, 6, 6, 3), np.uint8)


@pytest.fixture
def real(rng) -> np.ndarray:
    return rng.integers(0, 256, (50, 6, 6, 3), np.uint8)


def score(real, fake, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, **{"extractor": "pixels", "metrics": ["fd", "kid"], **options})


class Pictures(Dataset):
    """PIL images with labels, as torchvision's sets without a transform."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int):
        if i >= len(self.images):
            raise IndexError(i)
        return Image.fromarray(self.images[i]), 7


class Endless(IterableDataset):
    """One image after the other."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = images

    def __iter__(self):
        return iter(self.images)


def floats(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2) / 255


WAYS = {
    "dataset of PIL images": Pictures,
    "tensor dataset": lambda x: ganeval.stream(TensorDataset(floats(x), torch.arange(50)), value_range=(0, 1)),
    "iterable dataset": Endless,
    "loader": lambda x: ganeval.stream(DataLoader(TensorDataset(floats(x), torch.arange(50)), 7), value_range=(0, 1)),
    "generator of arrays": lambda x: (x[i : i + 9] for i in range(0, 50, 9)),
    "generator of labelled batches": lambda x: ((x[i : i + 9], [0] * 9) for i in range(0, 50, 9)),
    "list of dictionaries": lambda x: [{"image": x[:20], "label": 0}, {"image": x[20:]}],
    "list of PIL images": lambda x: [Image.fromarray(image) for image in x],
    "lists of PIL images": lambda x: [[Image.fromarray(image) for image in half] for half in (x[:20], x[20:])],
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_scores_as_the_folder(real, colours, tmp_path, way):
    folder = score(real, save_images(tmp_path / "set", colours))
    engine = Engine(batch_size=8, num_workers=3)
    report = score(real, WAYS[way](colours), engine=engine)
    assert report.to_dict() == score(real, colours, engine=engine).to_dict()
    assert report.to_dict() == pytest.approx(folder.to_dict(), rel=1e-9)
    assert report.sides["fake"].n == 50
    assert score(WAYS[way](colours), real, engine=engine)["kid"].value == pytest.approx(folder["kid"].value, rel=1e-9)


def test_n_is_a_seeded_choice_from_a_dataset_and_the_beginning_of_a_stream(real, colours):
    chosen = score(real, Pictures(colours), n=30)
    assert chosen.to_dict() == score(real, colours, n=30).to_dict()
    assert not [w for w in chosen.warnings if "stream" in w]
    first = score(real, iter([colours[:40], colours[40:]]), n=30)
    assert first["fd"].value == pytest.approx(score(real[ganeval_choice()], colours[:30])["fd"].value, rel=1e-9)
    assert "list_iterator: a stream: its first 30 images were taken, in its order" in first.warnings


def ganeval_choice() -> np.ndarray:
    """The 30 reals that seed 0 chooses."""
    return np.sort(np.random.default_rng(0).permutation(50)[:30])


def test_a_buffer_that_is_filled_again_and_again(real, colours):
    def reused():
        buffer = np.empty((10, 6, 6, 3), np.uint8)
        for i in range(0, 50, 10):
            buffer[:] = colours[i : i + 10]
            yield buffer

    engine = Engine(batch_size=4, num_workers=4)
    assert score(real, reused(), engine=engine).to_dict() == score(real, colours, engine=engine).to_dict()


def test_only_as_much_is_read_as_was_asked_for(real, colours):
    read = []

    def batches():
        for i in range(1000):
            read.append(i)
            yield colours[:20]

    score(real, batches(), n=45)
    assert read == [0, 1, 2]


EMPTY = {
    "in the middle": lambda x: [x[:20], x[:0], x[20:]],
    "first": lambda x: [x[:0], x],
    "last": lambda x: [x, x[:0]],
    "labelled": lambda x: [(x[:20], np.zeros(20)), (x[:0], np.zeros(0)), (x[20:], np.zeros(30))],
    "channels first": lambda x: [part.transpose(0, 3, 1, 2) for part in (x[:20], x[:0], x[20:])],
    "tensors": lambda x: ganeval.stream([floats(x[:20]), floats(x[:0]), floats(x[20:])], value_range=(0, 1)),
    "stated": lambda x: ganeval.stream([x[:0], x[:20], x[:0], x[20:]], layout="nhwc"),
    "pictures": lambda x: [[Image.fromarray(image) for image in part] for part in (x[:20], x[:0], x[20:])],
    "labelled pictures": lambda x: [([], []), ([Image.fromarray(image) for image in x], list(range(50)))],
}


@pytest.mark.parametrize("way", EMPTY)
def test_an_empty_batch_is_passed_over(real, colours, way):
    assert score(real, EMPTY[way](colours)).to_dict() == score(real, colours).to_dict()


@pytest.mark.parametrize(
    ("items", "says"),
    [
        (lambda x: [x[:0], x[:0]], "holds no images"),
        (lambda x: [[]], "holds no images"),
        (lambda x: [x, x[:0, ..., :1, 0]], "its items must be alike"),
        (lambda x: [x, x[:, :0]], r"of shape \(50, 0, 6, 3\), holds no images"),
        (lambda x: [x, np.zeros(0, np.uint8)], "its items must be alike"),
        (lambda x: TensorDataset(torch.from_numpy(x[:, :0])), "its items must be|holds no images"),
    ],
)
def test_what_is_no_empty_batch_is_refused(real, colours, items, says):
    with pytest.raises(SourceError, match=says):
        score(real, items(colours))


def broken(colours):
    yield colours
    raise OSError("disk gone")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda x: iter(()), "list_iterator|tuple_iterator: holds no images .an iterator can be read only once"),
        (lambda x: [floats(x)], r"float32 images need a stated range: ganeval.stream\(…, value_range=\(0, 1\)\)"),
        (lambda x: [x.reshape(50, -1)], r"shape \(50, 108\) is ambiguous, one grey image \(hw\) or a table of numbers"),
        (lambda x: ["a.png"], "cannot read images from a str"),
        (lambda x: broken(x), "generator: reading its item 1 failed: OSError: disk gone"),
        (lambda x: b"bytes", "cannot read images from a bytes"),
        (lambda x: Pictures(x[:0]), "none of its 0 images|at least"),
    ],
)
def test_what_holds_no_images_is_refused(real, colours, given, says):
    with pytest.raises(GanevalError, match=says):
        score(real, given(colours))


def test_a_stream_that_ends_too_early(real, colours):
    with pytest.raises(TooFewError, match="list: ended after 20 images, fewer than n = 30"):
        score(real, [colours[:20]], n=30)
    with pytest.raises(TooFewError, match="Pictures: has 20 images, fewer than n = 30"):
        score(real, Pictures(colours[:20]), n=30)


def test_an_iterator_is_read_once(real, colours):
    used = iter([colours])
    score(real, used)
    with pytest.raises(SourceError, match="read only once"):
        score(real, used)


def test_an_image_of_a_dataset_that_fails_is_named_and_can_be_skipped(real, colours):
    class Holes(Pictures):
        def __getitem__(self, i: int):
            if i == 3:
                raise OSError("cannot read")
            return Image.new("F", (6, 6)) if i == 4 else super().__getitem__(i)

    with pytest.raises(SourceError, match=r"Holes\[3\]: OSError: cannot read .on_error='skip'"):
        score(real, Holes(colours))
    report = score(real, Holes(colours), on_error="skip")
    assert [where for where, _ in report.sides["fake"].skipped] == ["Holes[3]", "Holes[4]"]
    assert report.sides["fake"].n == 48


def test_pil_images_follow_the_one_policy(colours):
    alpha = Image.fromarray(np.dstack([colours[0], np.full((6, 6), 9, np.uint8)]))
    deep = Image.fromarray(np.full((6, 6), 65535, np.uint16))
    batch = next(opened([alpha, deep]).batches(None, size=5))()
    np.testing.assert_array_equal(batch.images[0], colours[0])
    assert (batch.images[1] == 255).all()
    assert [note.what for note in batch.notes] == ["transparency dropped: the colours under it count"]


def test_floor_is_recorded(real, colours):
    report = score(real, ganeval.stream([floats(colours)], value_range=(0, 1), rounding="floor"))
    assert "|fake:rounding=floor|" in report.signature
