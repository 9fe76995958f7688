"""Arrays and tensors: layouts, dtypes and ranges; the same images give the same number however they come."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import save_images
from jaxtyping import config

import ganeval
from ganeval.core.errors import GanevalError, SourceError, SpecError
from ganeval.sources.array import Array, array
from ganeval.sources.opening import opened
from ganeval.sources.rows import GivenRows
from ganeval.sources.source import Source
from ganeval.sources.statistics_file import StatisticsFile


def pixels_of(given, **options) -> np.ndarray:
    source = opened(given, **options) if not isinstance(given, Source) else given
    assert isinstance(source, Source)
    batches = [task() for task in source.batches(np.arange(len(source), dtype=np.int64), size=3)]
    return np.stack([image for batch in batches for image in batch.images])


def fd(real, fake, **options) -> float:
    return ganeval.evaluate(real, fake, extractor="pixels", metrics=["fd"], **options)["fd"].value


@pytest.fixture(scope="module")
def colours() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (12, 6, 8, 3), np.uint8)


def test_every_way_to_give_the_same_images(tmp_path, colours, rng, monkeypatch):
    monkeypatch.chdir(tmp_path)
    real = save_images(Path("real"), rng.integers(0, 256, (12, 6, 8, 3), np.uint8))
    expected = fd(real, save_images(Path("fake"), colours))
    with zipfile.ZipFile("fake.zip", "w") as archive:
        for path in Path("fake").iterdir():
            archive.write(path, path.name)
    np.save("fake.npy", colours)
    np.savez_compressed("fake.npz", images=colours, labels=np.arange(12))
    np.save("first.npy", colours.transpose(0, 3, 1, 2))
    np.save("float.npy", (colours / 127.5 - 1).astype(np.float32))
    np.save("unit.npy", np.asfortranarray(colours / 255))
    np.savez("two.npz", a=colours, b=colours[:5])
    deep = colours.astype(np.uint16) * 257
    torched = torch.from_numpy(colours)
    unit = torched.permute(0, 3, 1, 2).double().div(255).requires_grad_()
    for fake in ("fake.zip", "fake.npy", "fake.npz", "fake.npz,key=images", "first.npy", "first.npy,layout=nchw",
                 "float.npy,range=-1:1", "unit.npy,range=0:1,layout=nhwc", "two.npz,key=a", colours,
                 colours.transpose(0, 3, 1, 2), np.asfortranarray(colours), deep, deep.astype(">u2"), torched,
                 torched.permute(0, 3, 1, 2), ganeval.images(unit, value_range=(0, 1)),
                 ganeval.images((colours / 255).astype(">f4"), value_range=(0, 1))):  # fmt: skip
        assert fd(real, fake) == expected, fake


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "bfloat16"])
@pytest.mark.parametrize(("black", "white"), [(0, 1), (-1, 1), (0, 255)])
def test_floats_become_the_nearest_level(kind, black, white):
    levels = np.arange(256, dtype=np.float64).reshape(1, 16, 16)
    values = torch.from_numpy(black + levels * (white - black) / 255).to(getattr(torch, kind))
    found = pixels_of(ganeval.images(values, value_range=(black, white)))[..., 0]
    tolerance = 1 if kind == "bfloat16" and black == 0 else 2 if kind == "bfloat16" else 0
    assert np.abs(found - levels).max() <= tolerance


def test_bool_and_grey_and_alpha(colours):
    grey = colours[..., 0]
    np.testing.assert_array_equal(pixels_of(grey), np.repeat(grey[..., None], 3, axis=3))
    np.testing.assert_array_equal(pixels_of(grey[..., None]), pixels_of(grey))
    np.testing.assert_array_equal(pixels_of(grey > 99)[..., 1], (grey > 99) * 255)
    np.testing.assert_array_equal(pixels_of(np.concatenate([colours, grey[..., None]], axis=3)), colours)
    report = ganeval.evaluate(colours, np.concatenate([colours, grey[..., None]], axis=3), extractor="pixels",
                              metrics=["fd"])  # fmt: skip
    assert report["fd"].value == pytest.approx(0, abs=1e-9)
    assert any("transparency dropped" in warning and "12 images" in warning for warning in report.warnings)
    opaque = np.concatenate([colours, np.full_like(grey, 255)[..., None]], axis=3)
    assert not ganeval.evaluate(colours, opaque, extractor="pixels", metrics=["kid"], interval="off").warnings


def test_values_outside_the_range_are_clipped_and_told(colours):
    given = colours / 255
    given[3, 0, 0, 0] = 1.2
    fake = ganeval.images(given, value_range=(0, 1), spec="mine")
    report = ganeval.evaluate(colours, fake, extractor="pixels", metrics=["kid"], interval="off")
    (warning,) = report.warnings
    assert warning == "mine: values outside the stated range were clipped in 1 image (first: mine[3])"


@pytest.mark.parametrize(
    ("values", "options", "says"),
    [
        (np.zeros((4, 8, 8, 3)), {}, r"float images need a stated range: ganeval.images\(x, value_range=\(0, 1\)\)"),
        (np.zeros((4, 8, 8, 3), np.uint8), {"value_range": (0, 1)}, "a range is for float images; these are uint8"),
        (np.zeros((4, 8, 8, 3)), {"value_range": (1, 0)}, "with black < white"),
        (np.zeros((4, 8, 8, 3)), {"value_range": (0, float("nan"))}, "with black < white"),
        (np.zeros((4, 8, 8, 3), np.int64), {}, "int64 images are not supported: give uint8, uint16, bool or float"),
        (np.zeros((4, 8, 8, 3), complex), {}, "complex128 images are not supported"),
        (np.zeros((4, 8, 8, 3), object), {}, "object images are not supported"),
        (np.zeros((16, 16, 3), np.uint8), {}, r"is one colour image it seems: give a stack"),
        (
            np.zeros((4, 3, 8, 3), np.uint8),
            {},
            r"ambiguous, .* \(nchw\) or .* \(nhwc\): state layout='nchw' .,layout=nchw. or",
        ),
        (np.zeros((4, 8, 8, 5), np.uint8), {}, "is no stack of images: expected"),
        (np.zeros((4, 8, 8, 5), np.uint8), {"layout": "nhwc"}, "no stack of images in the layout nhwc"),
        (np.zeros((4, 8, 8, 3), np.uint8), {"layout": "nchw"}, "no stack of images in the layout nchw"),
        (np.zeros((8, 8, 3), np.uint8), {"layout": "nhwc"}, "no stack of images in the layout nhwc"),
        (np.zeros((2, 4, 8, 8, 3), np.uint8), {}, "is no stack of images"),
        (np.zeros(4, np.uint8), {}, "is no stack of images"),
        (np.zeros((), np.uint8), {}, "is no stack of images"),
        (np.zeros((0, 8, 8, 3), np.uint8), {}, r"the array, of shape \(0, 8, 8, 3\), holds no images"),
        (np.zeros((4, 0, 8, 3), np.uint8), {}, "holds no images"),
        (np.zeros((40, 192)), {}, r"\(40, 192\) is a table of numbers, not images: .*\(-x features\)"),
    ],
)
def test_what_is_no_stack_of_images_is_refused(values, options, says):
    with pytest.raises(SourceError, match=says):
        array(values, **options)


@pytest.mark.parametrize("channels", [3, 4])
def test_one_image_is_no_set_and_no_layout_makes_it_one(tmp_path, channels):
    values = np.random.default_rng(0).integers(0, 256, (channels, 8, 6), np.uint8)
    np.save(tmp_path / "f.npy", values)
    for given in (values, torch.from_numpy(values), tmp_path / "f.npy"):
        says = r"is one colour image it seems: give a stack \(n, c, h, w\); greys need layout='nhw' \(,layout=nhw\)$"
        with pytest.raises(SourceError, match=says):
            opened(given)
    assert len(pixels_of(f"{tmp_path}/f.npy,layout=nhw")) == channels
    assert len(pixels_of(ganeval.images(values, layout="nhw"))) == channels


LAYOUT_DOORS = {
    "images": lambda x, layout: ganeval.images(x, layout=layout),
    "sampler": lambda x, layout: ganeval.sampler(lambda n, seed: x, layout=layout),
    "stream": lambda x, layout: ganeval.stream([x], layout=layout),
}


@pytest.mark.parametrize("layout", ["chw", "hw", "NHWC", "whatever", 3])
@pytest.mark.parametrize("door", LAYOUT_DOORS)
def test_a_layout_that_a_door_does_not_know_is_refused_at_once(monkeypatch, door, layout):
    monkeypatch.setattr(config, "jaxtyping_disable", True)  # as users call it
    if door == "stream" and layout in ("chw", "hw"):
        return
    with pytest.raises(SpecError, match=rf"layout = {layout!r} is not known \(known: nhwc, nchw, nhw"):
        LAYOUT_DOORS[door](np.zeros((64, 6, 8, 3), np.uint8), layout)


def test_both_layouts_can_be_told_apart_by_saying_so():
    values = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 3), np.uint8)
    np.testing.assert_array_equal(pixels_of(array(values, layout="nhwc")), values)
    np.testing.assert_array_equal(pixels_of(array(values, layout="nchw")), values.transpose(0, 2, 3, 1))


def test_an_image_with_nan_is_named_and_can_be_skipped(colours, tmp_path):
    given = colours / 255
    given[7, 2, 2, 1] = np.nan
    with pytest.raises(SourceError, match=r"mine\[7\]: the image holds NaN"):
        fd(colours, ganeval.images(given, value_range=(0, 1), spec="mine"))
    np.save(tmp_path / "x.npy", given)
    report = ganeval.evaluate(
        colours, f"{tmp_path}/x.npy,range=0:1", extractor="pixels", metrics=["fd"], on_error="skip"
    )
    assert report.sides["fake"].n == 11
    ((where, reason),) = report.sides["fake"].skipped
    assert where.endswith("x.npy,range=0:1[7]")
    assert reason == "the image holds NaN or infinite values"


@pytest.mark.parametrize("given", [7, None, [1, 2], {"a": 1}, np.uint8(3), np.zeros(())])
def test_other_things_are_no_images(given):
    with pytest.raises(GanevalError, match=r"cannot read images from a|no real images given"):
        ganeval.evaluate(given, np.zeros((5, 8, 8), np.uint8), extractor="pixels", metrics=["fd"])


class Marked(torch.Tensor):
    """A subclass of a user's own."""


def tv_image(values: torch.Tensor) -> torch.Tensor:
    return pytest.importorskip("torchvision.tv_tensors").Image(values)


TENSORS = {
    "subclass": lambda t: t.as_subclass(Marked),
    "torchvision's": tv_image,
    "parameter": lambda t: torch.nn.Parameter(t, requires_grad=False),
    "negative view": lambda t: torch._neg_view(-t),
    "conjugate view": lambda t: torch.complex(torch.zeros(t.shape), -t.float()).conj().imag,
}


@pytest.mark.parametrize("way", TENSORS)
def test_tensors_of_every_kind_are_their_values(colours, way):
    tensor = TENSORS[way](torch.from_numpy(colours).permute(0, 3, 1, 2).clone())
    options = {"value_range": (0, 255)} if tensor.dtype.is_floating_point else {}
    np.testing.assert_array_equal(pixels_of(ganeval.images(tensor, **options)), colours)
    np.testing.assert_array_equal(
        np.stack([task().images[0] for task in ganeval.stream([tensor], **options).batches(None, size=1)]), colours
    )


def quantised(t: torch.Tensor) -> torch.Tensor:
    return torch.quantize_per_tensor(t.float(), 1, 0, torch.quint8)


def nested(t: torch.Tensor) -> torch.Tensor:
    return torch.nested.nested_tensor([t[0], t[1, :, :5]])


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's own, about kinds that may go
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.to_sparse(), r"cannot read a tensor of the layout torch.sparse_coo: give x.to_dense\(\)"),
        (lambda t: t.to("meta"), "cannot read a tensor on the device meta, which holds no values: give one on"),
        (quantised, r"cannot read a tensor of torch.quint8: give x.dequantize\(\)"),
        (nested, r"cannot read a nested tensor: give ganeval.stream\(x.unbind\(\)\)"),
        (
            lambda t: t.float().to(torch.float8_e4m3fn),
            r"cannot read a Tensor of torch.float8_e4m3fn \(.*\): give a plain",
        ),
    ],
)
def test_tensors_without_plain_values_are_refused_with_a_remedy(colours, change, says):
    tensor = change(torch.from_numpy(colours))
    doors = [lambda: opened(tensor), lambda: ganeval.images(tensor), lambda: opened(tensor, takes="rows")]
    doors.append(lambda: list(ganeval.stream([tensor]).batches(None, size=1)))
    doors.append(lambda: list(ganeval.sampler(lambda n, seed: tensor, n=64).batches(None, size=1)))
    for door in doors:
        with pytest.raises(SourceError, match=says):
            door()


@pytest.fixture
def numpy_files(tmp_path, colours, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", colours)
    np.save("f.npy", colours / 255)
    np.savez("two.npz", a=colours, b=colours)
    np.savez("none.npz")
    np.save("objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.savez("objects.npz", images=np.array([{"a": 1}, None], dtype=object))
    Path("cut.npy").write_bytes(Path("x.npy").read_bytes()[:700])
    Path("cut.npz").write_bytes(Path("two.npz").read_bytes()[:700])
    Path("empty.npy").write_bytes(b"")
    Path("text.npz").write_text("hello")
    Path("wrong.npz").write_bytes(Path("x.npy").read_bytes())
    Path("wrong.npy").write_bytes(Path("two.npz").read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("f.npy", r"need a stated range: f\.npy,range=0:1 \(or -1:1\)"),
        ("f.npy,range=0-1", r"range=0-1 is not black:white, such as 0:1 or -1:1"),
        ("f.npy,range=0:1,size=3", r"unknown option 'size' \(known: range, layout, key, labels\)"),
        ("x.npy,layout=chw", r"layout=chw is not one of nhwc, nchw, nhw"),
        ("two.npz", r"two\.npz: holds the arrays a, b: name one with ,key=NAME"),
        ("two.npz,key=c", r"two\.npz,key=c: holds the arrays a, b: name one"),
        ("none.npz", r"holds the arrays \(none\)"),
        ("objects.npy", r"objects\.npy: not a readable \.npy file \(objects instead of numbers"),
        ("objects.npz", r"objects\.npz: not a readable \.npz file \(objects instead of numbers"),
        ("cut.npy", r"cut\.npy: not a readable \.npy file"),
        ("cut.npz", r"cut\.npz: not a readable \.npz file"),
        ("empty.npy", r"empty\.npy: not a readable \.npy file"),
        ("text.npz", r"text\.npz: not a readable \.npz file"),
        ("wrong.npz", r"wrong\.npz: its content is that of an \.npy file: rename"),
        ("wrong.npy", r"wrong\.npy: its content is that of an \.npz file: rename"),
    ],
)
def test_numpy_files_that_cannot_be_used_are_named(numpy_files, given, says):
    with pytest.raises((SourceError, SpecError), match=says) as caught:
        opened(given)
    assert "\n" not in str(caught.value)


IMAGES, GREYS, FLAGS = np.zeros((5, 6, 8, 3), np.uint8), np.zeros((5, 6, 8), np.uint8), np.arange(5)


@pytest.mark.parametrize(
    ("arrays", "names"),
    [
        ({f"arr_{i}": IMAGES for i in range(4)}, "arr_0, arr_1, arr_2, arr_3"),
        ({"images": IMAGES, "x": IMAGES[:2]}, "images, x"),
        ({"images": IMAGES, "other": IMAGES[:, :5], "y": FLAGS}, "images, other"),
        ({"x": GREYS, "masks": GREYS}, "x, masks"),
        ({"data": GREYS, "z": IMAGES}, "data, z"),
        ({"arr_0": IMAGES, "arr_1": IMAGES, "mu": np.zeros(3), "sigma": np.eye(3)}, "arr_0, arr_1"),
    ],
)
def test_a_file_of_several_image_arrays_must_be_told_which_counts(tmp_path, arrays, names):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(SourceError, match=rf"x\.npz: holds several arrays of images, {names}: name one with ,key=NAME"):
        opened(tmp_path / "x.npz")
    assert len(pixels_of(f"{tmp_path}/x.npz,key={names.partition(',')[0]}")) == 5


@pytest.mark.parametrize(
    "beside",
    [
        {"arr_1": np.arange(12)},
        {"labels": np.eye(12)},
        {"masks": np.zeros((12, 6, 8)), "latents": np.zeros((12, 512)), "boxes": np.zeros((12, 5, 4))},
        {"prompt": np.array("a dog"), "seed": np.array(3)},
        {"objects": np.array([{"a": 1}] * 12, dtype=object)},
    ],
)
def test_labels_and_masks_beside_the_images_of_a_file_are_no_images(tmp_path, beside, colours):
    np.savez(tmp_path / "x.npz", arr_0=colours, **beside)
    np.testing.assert_array_equal(pixels_of(tmp_path / "x.npz"), colours)


def test_a_file_of_several_arrays_of_rows_must_be_told_which_counts(tmp_path):
    rows = np.random.default_rng(0).normal(size=(9, 4))
    np.savez(tmp_path / "x.npz", rows, rows[::-1])
    with pytest.raises(SourceError, match="holds several arrays of rows, arr_0, arr_1: name one with ,key=NAME"):
        opened(tmp_path / "x.npz", takes="rows")
    np.savez(tmp_path / "y.npz", features=rows, labels=np.eye(9))
    assert isinstance(opened(tmp_path / "y.npz", takes="rows"), GivenRows)


def test_a_file_of_numbers_is_mapped_not_read(numpy_files):
    source = opened("x.npy")
    assert isinstance(source, Array)
    assert isinstance(source.images, np.memmap)
    assert not isinstance(source, StatisticsFile)


def test_one_array_given_twice_is_noticed_and_its_successor_at_the_same_address_is_not(colours):
    same = ganeval.evaluate(colours, colours, extractor="pixels", metrics=["kid"])
    assert [w for w in same.warnings if "the same place" in w]
    first, second = array(colours), array(colours[::-1].copy())
    assert first.identity == array(colours).identity != second.identity
