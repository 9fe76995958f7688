"""One rule for shapes at every door: the folder's pictures, or a refusal; never other pictures."""

import tarfile
import zipfile
from typing import Any, cast

import numpy as np
import pytest
import torch
from conftest import save_images
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import ganeval
from ganeval.core.errors import GanevalError, SourceError, SpecError
from ganeval.sources.layout import Shapes
from ganeval.sources.opening import opened
from ganeval.sources.sampler import BLOCK

N = BLOCK
BATCHES = (1, 3, 4, 7, 64)
LAYOUTS = ("hwc", "chw", "hw", "hw1", "1hw")


class MapStyle(Dataset):
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class OneAfterTheOther(IterableDataset):
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


class Drawing(torch.nn.Module):
    """A generator that ignores its latents."""

    def __init__(self, images):
        super().__init__()
        self.images = images

    def forward(self, z):
        return self.images


def laid(images: np.ndarray, layout: str) -> np.ndarray:
    """Images (n, h, w, 3), or (n, h, w) for greys, as (n, …) in the layout of one item."""
    if layout == "chw":
        return images.transpose(0, 3, 1, 2).copy()
    if layout == "hw1":
        return images[..., None]
    return images[:, None] if layout == "1hw" else images


def parts(x, size):
    return [x[i : i + size] for i in range(0, len(x), size)]


# by door: what it makes of the stack x and a batch size b, with the range r of floats (None for uint8)
WHOLE = {
    "array or tensor": lambda x, b, r: x if r is None else ganeval.images(x, value_range=r),
    "images": lambda x, b, r: ganeval.images(x, value_range=r),
    "sampler": lambda x, b, r: ganeval.sampler(lambda n, seed: x, n=N, value_range=r),
    "from_module": lambda x, b, r: ganeval.from_module(Drawing(torch.as_tensor(x)), latent=2, n=N, value_range=r),
}
OF_IMAGES = {
    "list": lambda x, b, r: ganeval.stream(list(x), value_range=r),
    "generator": lambda x, b, r: ganeval.stream((image for image in x), value_range=r),
    "pairs": lambda x, b, r: ganeval.stream([(image, 0) for image in x], value_range=r),
    "dictionaries": lambda x, b, r: ganeval.stream([{"image": image, "label": 7} for image in x], value_range=r),
    "dictionaries without labels": lambda x, b, r: ganeval.stream([{"image": image} for image in x], value_range=r),
    "dataset": lambda x, b, r: ganeval.stream(MapStyle(x), value_range=r),
    "iterable dataset": lambda x, b, r: ganeval.stream(OneAfterTheOther(x), value_range=r),
    "unbatched loader": lambda x, b, r: ganeval.stream(DataLoader(MapStyle(x), batch_size=None), value_range=r),
    "unbatched loader of tuples": lambda x, b, r: ganeval.stream(
        DataLoader(TensorDataset(torch.as_tensor(x)), batch_size=None), value_range=r
    ),
}
OF_BATCHES = {
    "list of batches": lambda x, b, r: ganeval.stream(parts(x, b), value_range=r),
    "generator of batches": lambda x, b, r: ganeval.stream(iter(parts(x, b)), value_range=r),
    "labelled batches": lambda x, b, r: ganeval.stream([(p, np.arange(len(p))) for p in parts(x, b)], value_range=r),
    "dictionaries of batches": lambda x, b, r: ganeval.stream(
        [{"images": part} for part in parts(x, b)], value_range=r
    ),
    "loader": lambda x, b, r: ganeval.stream(DataLoader(MapStyle(x), batch_size=b), value_range=r),
    "loader with a batch sampler": lambda x, b, r: ganeval.stream(
        DataLoader(MapStyle(x), batch_sampler=parts(range(N), b)), value_range=r
    ),
}
# what no reading of the shape alone can tell: a colour image of channels first, or as many greys
MAY_REFUSE = {"list", "generator", "dictionaries without labels", *OF_BATCHES} - {
    "loader",
    "loader with a batch sampler",
}


def pixels(given) -> np.ndarray:
    """Every image that a pass over this side sees, in its order; each must come once, by its number."""
    source = opened(given)
    batches = [task() for task in source.batches(source.chosen(source.available, seed=0), size=50)]
    images = [image for batch in batches for image in batch.images]
    assert np.concatenate([batch.index for batch in batches]).tolist() == list(range(len(images)))
    return np.stack(images)


@pytest.fixture(scope="module")
def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {"colour": rng.integers(0, 256, (N, 6, 7, 3), np.uint8), "grey": rng.integers(0, 256, (N, 6, 7), np.uint8)}


@pytest.fixture(scope="module")
def right(pictures) -> dict[str, np.ndarray]:
    """What a pass must see of each set: three channels, last."""
    return {"colour": pictures["colour"], "grey": np.repeat(pictures["grey"][..., None], 3, axis=3)}


@pytest.mark.parametrize("name", ["colour", "grey"])
def test_files_of_every_kind_hold_the_same_pictures(pictures, right, tmp_path, name):
    save_images(tmp_path / "x", pictures[name])
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed, tarfile.open(tmp_path / "x.tar", "w") as taped:
        for path in sorted((tmp_path / "x").iterdir()):
            packed.write(path, path.name)
            taped.add(path, path.name)
    np.save(tmp_path / "x.npy", pictures[name])
    np.savez(tmp_path / "x.npz", pictures[name])
    for ending in ("", ".zip", ".tar", ".npy", ".npz"):
        np.testing.assert_array_equal(pixels(f"{tmp_path}/x{ending}"), right[name], err_msg=ending)


@pytest.mark.slow
@pytest.mark.parametrize(("made", "kind"), [("array", "uint8"), ("tensor", "float")])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_door_sees_the_pictures_or_refuses(pictures, right, layout, made, kind):
    name = "colour" if layout in ("hwc", "chw") else "grey"
    x = laid(pictures[name], layout)
    x = torch.from_numpy(x) if made == "tensor" else x
    x, r = (x / 255, (0, 1)) if kind == "float" else (x, None)
    wrong, refused = [], set()
    ways = [(door, make, 1) for door, make in {**WHOLE, **OF_IMAGES}.items()]
    ways += [(door, make, b) for door, make in OF_BATCHES.items() for b in BATCHES]
    for door, make, b in ways:
        try:
            found = pixels(make(x, b, r))
        except SourceError as error:
            assert "ambiguous" in str(error), (door, str(error))
            refused.add(door)
            continue
        if not np.array_equal(found, right[name]):
            wrong.append((door, b, found.shape))
    assert not wrong
    assert refused <= MAY_REFUSE, f"refused without need: {refused - MAY_REFUSE}"
    if layout in ("hwc", "hw1"):
        assert not refused


def test_what_may_be_two_things_is_refused_and_both_are_named(pictures, right):
    x = laid(pictures["colour"], "chw")
    with pytest.raises(SourceError, match=r"one image of 6 × 7 pixels and 3 channels \(chw\) or 3 grey .*\(nhw\)"):
        pixels(list(x))
    assert np.array_equal(pixels(ganeval.stream(list(x), layout="chw")), right["colour"])
    greys = parts(pictures["grey"], 4)
    with pytest.raises(SourceError, match=r"state ganeval.stream\(…, layout='chw'\) or .*layout='nhw'"):
        pixels(greys)
    assert np.array_equal(pixels(ganeval.stream(greys, layout="nhw")), right["grey"])
    with pytest.raises(SpecError, match="layout = 'whc' is not known"):
        Shapes("side", "", stated=cast(Any, "whc"))
    with pytest.raises(SourceError, match="is no image in the layout hwc"):
        pixels(ganeval.stream(greys, layout="hwc"))


@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_a_grey_stream_may_end_with_any_batch(pictures, right, last):
    x = pictures["grey"]
    sizes = [x[: N - last - 20], x[N - last - 20 : N - last], x[N - last :]]
    assert np.array_equal(pixels(sizes), right["grey"])


SQUEEZED_DOORS = {
    "tensors": list,
    "arrays": lambda items: [item.numpy() for item in items],
    "floats": lambda items: ganeval.stream((item / 255 for item in items), value_range=(0, 1)),
    "labelled": lambda items: [(item, torch.zeros(7)) for item in items],
    "generator": iter,
    "dictionaries": lambda items: [{"images": item} for item in items],
    "loader": lambda items: DataLoader(MapStyle(torch.cat([x if x.ndim == 4 else x[None] for x in items])),
                                       batch_size=N - 1, collate_fn=lambda images: torch.stack(images).squeeze()),
}  # fmt: skip


@pytest.mark.parametrize("door", SQUEEZED_DOORS)
@pytest.mark.parametrize("way", ["last", "each", "alpha", "two"])
def test_a_batch_of_one_without_its_first_axis_is_never_read_as_greys(pictures, door, way):
    x = torch.from_numpy(laid(pictures["colour"], "chw"))
    x = {"alpha": torch.cat([x, x[:, :1]], dim=1), "two": x[:, :2]}.get(way, x)
    first = 2 if way == "each" else N - 1
    items = [x[:first], *(x[i : i + 1].squeeze() for i in range(first, N))]
    says = r"ambiguous, one image of 6 × 7 pixels .* or \d grey images .*: keep the first axis of a batch of one"
    with pytest.raises(SourceError, match=says) as caught:
        pixels(SQUEEZED_DOORS[door](items))
    assert "layout=" not in str(caught.value), "no layout reads both"


def test_channels_last_lose_their_first_axis_as_well(pictures):
    x = pictures["colour"]
    with pytest.raises(SourceError, match="its items must be alike"):
        pixels([x[:60], x[60]])
    with pytest.raises(SourceError, match=r"ambiguous, one image .* or 6 grey images of 7 × 2"):
        pixels([x[:60, ..., :2], x[60, ..., :2]])


@pytest.mark.parametrize("last", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_greys_with_a_channel_may_be_followed_by_greys_without(pictures, right, last, kind):
    x = pictures["grey"]
    items = [x[: N - last, None], x[N - last :]]
    items = [torch.from_numpy(item) for item in items] if kind == "tensor" else items
    assert np.array_equal(pixels(items), right["grey"])


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        ([(6, 7, 3), (3, 6, 7)], r"the shape \(3, 6, 7\), and the first was read, \(6, 7, 3\) as one image"),
        ([(3, 6, 7, 3), (3, 3, 6, 7)], "its items must be alike"),
        ([(1, 6, 7), (3, 6, 7)], "ambiguous"),
        ([(9, 6, 7), (6, 7, 3)], "its items must be alike"),
        ([(6, 7)], "one grey image .hw. or a table of numbers"),
        ([(2, 6, 7)], "ambiguous"),
        ([(3, 6, 3)], "ambiguous"),
        ([(9, 6, 7, 8)], "its items must be images"),
        ([(5,)], "its items must be images"),
    ],
)
def test_no_later_item_may_be_read_in_another_way(shapes, says):
    known = Shapes("side", "layout='{}'")
    with pytest.raises(SourceError, match=says):
        for shape in shapes:
            known.layout(shape, tensor=False)


def test_a_loader_that_holds_one_image_where_a_batch_was_promised(pictures, right):
    single = DataLoader(MapStyle(laid(pictures["colour"], "chw")), batch_size=1, collate_fn=lambda items: items[0])
    with pytest.raises(SourceError, match="its items must be batches"):
        pixels(single)


def test_several_arrays_in_an_item_are_not_dropped(pictures, right):
    x = pictures["colour"]
    for item in (list, tuple):
        with pytest.raises(SourceError, match="an item holds 8 things, of which several may be images"):
            pixels([item(part) for part in parts(x, 8)])
    masks = [(image, np.zeros((6, 7), np.uint8)) for image in x]
    assert np.array_equal(pixels(masks), right["colour"])


def pil(image):
    return Image.fromarray(image)


SEVERAL = {
    "arrays of unlike shapes": lambda x: [[image if i % 2 else image[:, :5] for i, image in enumerate(x)]],
    "tuples of arrays": lambda x: [(x[0], x[1][:4])],
    "batches": lambda x: [[x[:4], x[4:8, :, :5]], [x[8:12], x[12:16]]],
    "batches of a loader": lambda x: DataLoader(
        MapStyle(x), 8, collate_fn=lambda images: [np.stack(images), np.stack(images)[:, :, :5]]
    ),
    "tensors": lambda x: [(torch.from_numpy(x[:4]), torch.from_numpy(x[4:9]))],
    "an image and a batch": lambda x: [(x[0], x[1:])],
    "two pictures": lambda x: [(pil(x[0]), pil(x[1]))],
    "two pictures of a dataset": lambda x: MapStyle([(pil(image), pil(image[..., 0])) for image in x]),
    "an array and a picture": lambda x: [[x[0], pil(x[1])]],
    "a picture and an array": lambda x: [(pil(x[0]), x[1])],
    "a picture, an array, in a list": lambda x: [[pil(x[0]), x[1]]],
    "lists of pictures": lambda x: [([pil(x[0])], [pil(x[1])])],
    "behind a label": lambda x: [(x[0], 7, x[1])],
    "greys": lambda x: [(x[:4, ..., 0], x[4:7, ..., 0])],
    "two images of one dictionary": lambda x: [{"image": pil(image), "pixel_values": image} for image in x],
}


@pytest.mark.parametrize("way", SEVERAL)
def test_no_image_of_an_item_is_dropped(pictures, way):
    remedies = r"\(x for x, \*_ in data\)|\(x\['image'\] for x in data\)|its items must be arrays"
    with pytest.raises(SourceError, match=remedies):
        pixels(SEVERAL[way](pictures["colour"]))


def test_both_remedies_are_taken(pictures):
    x = pictures["colour"]
    for data in (parts(list(x), 4), [tuple(map(pil, part)) for part in parts(x, 4)], [(x[:9], x[9:])]):
        assert np.array_equal(pixels(one for item in data for one in item), x)
        first = [one for one, *_ in data]
        assert np.array_equal(pixels(one for one, *_ in data), x[:9] if len(first) == 1 else x[::4])


LABELS = {
    "numbers": lambda n: 7,
    "texts": lambda n: "a dog",
    "one-hot": lambda n: np.eye(10)[:n] if n > 1 else np.eye(10)[0],
    "boxes": lambda n: [np.zeros((5, 4))] * n if n > 1 else np.zeros((5, 4)),
    "masks": lambda n: np.zeros((n, 6, 7)) if n > 1 else np.zeros((6, 7)),
    "embeddings": lambda n: torch.zeros(n, 77, 16) if n > 1 else torch.zeros(77, 16),
    "dictionaries": lambda n: [{"mask": np.zeros((6, 7))}] * n if n > 1 else {"mask": np.zeros((6, 7))},
    "sparse": lambda n: torch.ones(n, dtype=torch.int64).to_sparse(),
    "polygons": lambda n: [[[[[0, 1, 2]]]]] * n,
    "empty lists": lambda n: [],
}


@pytest.mark.parametrize("label", LABELS)
def test_labels_of_every_kind_are_dropped(pictures, right, label):
    x = pictures["colour"]
    one, many = LABELS[label](1), LABELS[label](8)
    for items in (
        [(image, one) for image in x],
        [(pil(image), one) for image in x],
        [(part, many) for part in parts(x, 8)],
        [([pil(image) for image in part], many) for part in parts(x, 8)],
        [[part, many, one] for part in parts(x, 8)],
    ):
        assert np.array_equal(pixels(items), right["colour"])


def test_an_item_of_a_dataset_is_one_image(pictures):
    x = pictures["colour"]
    with pytest.raises(SourceError, match="item 0 holds 2 images: the items of a dataset must be one image each"):
        pixels(MapStyle([[pil(image), pil(image)] for image in x]))


def test_a_dictionary_is_no_set(pictures):
    with pytest.raises(GanevalError, match="cannot read images from a dict"):
        pixels({"images": pictures["colour"]})
