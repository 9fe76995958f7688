"""One policy for every kind of file: 8-bit modes exactly as `Image.open(p).convert("RGB")`, which peers call."""

import warnings

import numpy as np
import pytest
from handmade import GREY, GREY_ALPHA, RGB, RGBA, chunk, jpeg2000, netpbm, opened, png, png_header, saved, tiff12
from PIL import Image, ImageOps

from ganeval.core.errors import DecodeError
from ganeval.sources.decode import ALPHA, FRAMES, ORIENTED, SUFFIXES, decoded

ORIENTATION = 0x0112
DEEP = np.array([0, 100, 255, 256, 1000, 30000, 65535], np.uint16)
EIGHT = [0, 0, 1, 1, 4, 117, 255]  # round(v·255/65535), where peers get 0, 100, 255, 255, 255, 255, 255


def whats(data: bytes, **options) -> set[str]:
    return {note.what for note in decoded(data, where="x", **options)[1]}


def as_peers_read(data: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own, about palettes
        return np.array(opened(data).convert("RGB"))


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (6, 9, 3), np.uint8))


def written(photo: Image.Image, what: str) -> bytes:
    """The photo as one of many kinds of file."""
    grey, palette = photo.convert("L"), photo.quantize(16)
    first = tuple(np.asarray(photo)[0, 0].tolist())
    seen = photo.convert("RGBA")
    seen.putalpha(grey)
    return {
        "L": lambda: saved(grey, "PNG"),
        "L transparent": lambda: saved(grey, "PNG", transparency=int(np.asarray(grey)[0, 0])),
        "1": lambda: saved(grey.convert("1"), "PNG"),
        "1 transparent": lambda: saved(grey.convert("1"), "PNG", transparency=0),
        "P": lambda: saved(palette, "PNG"),
        "P of 256": lambda: saved(photo.resize((64, 64), Image.Resampling.BICUBIC).quantize(256), "PNG"),
        "P transparent": lambda: saved(palette, "PNG", transparency=int(np.asarray(palette)[0, 0])),
        "P transparent bytes": lambda: saved(palette, "PNG", transparency=bytes([255, 0, 128] + [9] * 13)),
        "P opaque bytes": lambda: saved(palette, "PNG", transparency=bytes([255] * 16)),
        "GIF": lambda: saved(photo, "GIF"),
        "GIF transparent": lambda: saved(palette, "GIF", transparency=int(np.asarray(palette)[0, 0])),
        "RGB": lambda: saved(photo, "PNG"),
        "RGB transparent": lambda: saved(photo, "PNG", transparency=first),
        "RGBA opaque": lambda: saved(photo.convert("RGBA"), "PNG"),
        "RGBA": lambda: saved(seen, "PNG"),
        "RGBA WebP": lambda: saved(seen, "WEBP", lossless=True, exact=True),
        "RGBA TIFF": lambda: saved(seen, "TIFF"),
        "LA": lambda: saved(seen.convert("LA"), "PNG"),
        "LA opaque": lambda: saved(photo.convert("LA"), "PNG"),
        "PA": lambda: saved(Image.new("PA", (4, 4), (3, 9)), "TIFF"),
        "CMYK JPEG": lambda: saved(photo.convert("CMYK"), "JPEG"),
        "CMYK TIFF": lambda: saved(photo.convert("CMYK"), "TIFF"),
        "LAB TIFF": lambda: saved(Image.new("LAB", (4, 4), (100, 20, 200)), "TIFF"),
        "YCbCr JPEG": lambda: saved(photo, "JPEG"),
        "grey JPEG": lambda: saved(grey, "JPEG"),
        "progressive JPEG": lambda: saved(photo, "JPEG", progressive=True),
        "BMP": lambda: saved(photo, "BMP"),
        "LZW TIFF": lambda: saved(photo, "TIFF", compression="tiff_lzw"),
        "WebP": lambda: saved(photo, "WEBP"),
        "PPM": lambda: saved(photo, "PPM"),
        "PGM": lambda: saved(grey, "PPM"),
        "PBM": lambda: saved(grey.convert("1"), "PPM"),
        "TGA": lambda: saved(photo, "TGA"),
        "TGA packed": lambda: saved(palette.convert("RGB"), "TGA", compression="tga_rle"),
        "TGA grey": lambda: saved(grey, "TGA"),
        "RGBA TGA": lambda: saved(seen, "TGA"),
        "JPEG 2000": lambda: saved(photo, "JPEG2000"),
        "grey JPEG 2000": lambda: saved(grey, "JPEG2000", no_jp2=True),
        "RGBA JPEG 2000": lambda: saved(seen, "JPEG2000"),
        "AVIF": lambda: saved(photo, "AVIF"),
        "RGBA AVIF": lambda: saved(seen, "AVIF"),
        "interlaced": lambda: png(np.asarray(photo), colour=RGB, interlaced=True),
        "1×1": lambda: saved(photo.crop((0, 0, 1, 1)), "PNG"),
    }[what]()


OPAQUE = ("L", "1", "P", "P of 256", "P opaque bytes", "GIF", "RGB", "RGBA opaque", "LA opaque", "CMYK JPEG",
          "CMYK TIFF", "LAB TIFF", "YCbCr JPEG", "grey JPEG", "progressive JPEG", "BMP", "LZW TIFF", "WebP", "PPM",
          "PGM", "PBM", "TGA", "TGA packed", "TGA grey", "JPEG 2000", "grey JPEG 2000", "AVIF",
          "interlaced", "1×1")  # fmt: skip
SEEN_THROUGH = ("L transparent", "1 transparent", "P transparent", "P transparent bytes", "GIF transparent",
                "RGB transparent", "RGBA", "RGBA WebP", "RGBA TIFF", "RGBA TGA", "RGBA JPEG 2000", "RGBA AVIF",
                "LA", "PA")  # fmt: skip


@pytest.mark.parametrize("what", [*OPAQUE, *SEEN_THROUGH])
def test_eight_bit_images_are_read_as_peers_read_them(photo, what):
    needs(what)
    data = written(photo, what)
    pixels, _ = decoded(data, where="x")
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, as_peers_read(data))
    assert whats(data) == ({ALPHA} if what in SEEN_THROUGH else set())


@pytest.mark.parametrize("kind", ["JPEG2000", "TGA", "AVIF"])
def test_what_was_written_is_read(photo, kind):
    """JPEG 2000 and TGA keep every level; AVIF keeps greys at its best quality, and colours within a few levels."""
    needs(kind)
    grey = photo.convert("L")
    options = {"quality": 100, "subsampling": "4:4:4"} if kind == "AVIF" else {}
    colours = decoded(saved(photo, kind, **options), where="x")[0].astype(int)
    assert np.abs(colours - np.asarray(photo)).max() <= (4 if kind == "AVIF" else 0)
    greys = decoded(saved(grey, kind, **options), where="x")[0]
    np.testing.assert_array_equal(greys, np.repeat(np.asarray(grey)[:, :, None], 3, axis=2))


def needs(what: str) -> None:
    """Skip where this Pillow was built without what decodes it."""
    suffix = {"JPEG2000": ".jp2", "AVIF": ".avif"}.get(what.split()[-1].replace("2000", "JPEG2000"), ".png")
    if suffix not in SUFFIXES:
        pytest.skip(f"this Pillow reads no {suffix}")


@pytest.mark.parametrize(("colour", "channels"), [(GREY, 1), (RGB, 3), (GREY_ALPHA, 2), (RGBA, 4)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_sixteen_bits_are_rounded(colour, channels, interlaced):
    values = np.repeat(DEEP[None, :, None], channels, axis=2)
    if channels in (2, 4):
        values[:, :, -1] = 65535
    data = png(values, colour=colour, interlaced=interlaced)
    assert decoded(data, where="x")[0][0].tolist() == [[v] * 3 for v in EIGHT]
    assert not whats(data)


def test_sixteen_bit_colours_keep_their_place(rng):
    values = rng.integers(0, 65536, (5, 7, 4)).astype(np.uint16)
    pixels, notes = decoded(png(values, colour=RGBA), where="x")
    np.testing.assert_array_equal(pixels, np.rint(values[:, :, :3] / 257).astype(np.uint8))
    assert [note.what for note in notes] == [ALPHA]
    pixels, _ = decoded(png(values[:, :, :2], colour=GREY_ALPHA), where="x")
    np.testing.assert_array_equal(pixels, np.rint(values[:, :, [0, 0, 0]] / 257).astype(np.uint8))


@pytest.mark.parametrize(("colour", "channels"), [(GREY, 1), (RGB, 3)])
def test_transparent_colour_of_sixteen_bits(colour, channels):
    values = np.repeat(DEEP[None, :, None], channels, axis=2)
    for level, expected in ((1000, {ALPHA}), (1001, set())):
        clear = chunk(b"tRNS", level.to_bytes(2, "big") * channels)
        assert whats(png(values, colour=colour, extra=clear)) == expected


@pytest.mark.parametrize("white", [15, 100, 255, 300, 1023, 65535])
@pytest.mark.parametrize("channels", [1, 3])
def test_netpbm_of_any_depth(white, channels):
    values = np.linspace(0, white, 7).astype(np.uint16)
    stack = values[None] if channels == 1 else np.repeat(values[None, :, None], 3, axis=2)
    pixels, _ = decoded(netpbm(stack, white), where="x")
    assert np.abs(pixels[0, :, 0] - values * (255 / white)).max() <= (0.5 if white > 255 else 1)


def test_grey_tiff_of_16_and_12_bits():
    assert decoded(saved(Image.fromarray(DEEP[None]), "TIFF"), where="x")[0][0, :, 1].tolist() == EIGHT
    twelve = np.array([[0, 16, 2048, 4095]])
    assert decoded(tiff12(twelve), where="x")[0][0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize("bits", [9, 12, 16])
def test_deep_greys_of_jpeg_2000(bits):
    needs("JPEG2000")
    white = 2**bits - 1
    values = np.linspace(0, white, 64).astype(np.uint16).reshape(8, 8)
    data = jpeg2000(values, bits)
    expected = np.floor(values.astype(float) * 255 / white + 0.5).astype(np.uint8)
    pixels, notes = decoded(data, where="x")
    np.testing.assert_array_equal(pixels[:, :, 0], expected)
    assert not notes


@pytest.mark.parametrize("bits", [4, 10, 12])
def test_depths_of_jpeg_2000_that_come_out_wrong_are_refused(photo, bits):
    """Pillow 13 rounds deep colours to 8 bits and lets white overflow to black."""
    needs("JPEG2000")
    data = bytearray(saved(photo, "JPEG2000"))
    start = data.index(b"\xff\x4f\xff\x51")
    data[start + 42] = bits - 1
    with pytest.raises(DecodeError, match=rf"^x: JPEG 2000 of {min(bits, 8)} and {max(bits, 8)} bits a channel cannot"):
        decoded(bytes(data), where="x")


@pytest.mark.parametrize(("mode", "kind"), [("F", "float"), ("I", "32-bit")])
def test_pixels_without_a_range_are_refused(mode, kind):
    with pytest.raises(DecodeError, match=rf"^a/x\.tif: .*{kind}.* no stated range: save 8 or 16 bits"):
        decoded(saved(Image.new(mode, (4, 4)), "TIFF"), where="a/x.tif")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_first_frame(photo, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(photo, kind, save_all=True, append_images=[ImageOps.invert(photo)], **options)
    np.testing.assert_array_equal(decoded(data, where="x")[0], as_peers_read(data))
    assert whats(data) == {FRAMES}


def test_previews_in_an_mpo_are_no_animation(photo):
    assert not whats(saved(photo, "MPO", save_all=True, append_images=[photo]))


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation(photo, kind, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = saved(photo, kind, exif=exif)
    np.testing.assert_array_equal(decoded(data, where="x")[0], as_peers_read(data))
    upright = np.array(ImageOps.exif_transpose(opened(data)).convert("RGB"))
    np.testing.assert_array_equal(decoded(data, where="x", exif="apply")[0], upright)
    ignored = orientation in range(2, 9) and kind != "TIFF"  # Pillow turns a TIFF as it loads
    assert whats(data) == ({ORIENTED} if ignored else set())
    assert not whats(data, exif="apply")


def test_orientation_of_sixteen_bit_colour(rng):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    values = rng.integers(0, 65536, (4, 6, 3)).astype(np.uint16)
    data = png(values, colour=RGB, extra=chunk(b"eXIf", exif.tobytes()[6:]))
    assert whats(data) == {ORIENTED}
    expected = np.rot90(np.rint(values / 257).astype(np.uint8), -1)
    np.testing.assert_array_equal(decoded(data, where="x", exif="apply")[0], expected)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's
@pytest.mark.parametrize("damage", [b"Exif\0\0garbage of no meaning", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_damaged_exif_does_not_cost_the_image(photo, damage):
    data = saved(photo, "JPEG", exif=damage)
    np.testing.assert_array_equal(decoded(data, where="x")[0], as_peers_read(data))


def broken(photo: Image.Image, what: str) -> bytes:
    large = photo.resize((64, 64))
    deep = np.random.default_rng(0).integers(0, 65536, (40, 40, 3)).astype(np.uint16)
    return {
        "empty": lambda: b"",
        "text": lambda: b"this is not an image\n",
        "truncated JPEG": lambda: saved(large, "JPEG")[:-300],
        "truncated PNG": lambda: saved(large, "PNG")[:-200],
        "truncated GIF": lambda: saved(large, "GIF")[:900],
        "truncated WebP": lambda: saved(large, "WEBP")[:-200],
        "truncated TIFF": lambda: saved(large, "TIFF")[:600],
        "truncated 16-bit PNG": lambda: png(deep, colour=RGB)[:-2000],
        "header alone": lambda: saved(large, "PNG")[:20],
        "bomb": lambda: png_header(50_000, 50_000),
        "no pixels": lambda: png_header(0, 0),
    }[what]()


@pytest.mark.parametrize(
    ("what", "reason"),
    [("empty", "the file is empty"), ("text", "not an image that can be read"), ("truncated JPEG", "truncated"),
     ("truncated PNG", "truncated"), ("truncated GIF", ""), ("truncated WebP", ""), ("truncated TIFF", ""),
     ("truncated 16-bit PNG", "truncated"), ("header alone", ""), ("bomb", "exceeds limit"), ("no pixels", "")],
)  # fmt: skip
def test_broken_files_are_refused_in_one_line(photo, what, reason):
    with pytest.raises(DecodeError, match=r"^dir/x\.png: .+") as caught:
        decoded(broken(photo, what), where="dir/x.png")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
