"""The one policy that turns a file into uint8 RGB pixels.

| input | becomes | note |
|---|---|---|
| grey, palette, 1-bit | three equal channels, palette colours, 0/255 | |
| alpha or a transparent colour | dropped, the colours under it stay | unless fully opaque |
| CMYK, YCbCr, LAB, HSV | converted to RGB | |
| 9 to 16 bits a channel | round(v·255/65535) | colour TIFF: Pillow only gives the high byte |
| animation, several pages | the first frame | always |
| EXIF orientation | ignored, or applied with `exif="apply"` (TIFF: always, by Pillow) | when ignored |
| float, signed or 32-bit pixels | refused: the file does not say their range | |
| JPEG 2000, other than 8 bits a channel or greys of 9 to 16 | refused: Pillow turns deep white into black | |

Other tools saturate 16-bit greys (everything above 255 is white) and never mention the rest.
"""

import io
from typing import Literal

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, features

from ganeval.core.errors import DecodeError
from ganeval.core.types import Image, Note

_ALWAYS = ".png .jpg .jpeg .jpe .jfif .webp .bmp .tif .tiff .gif .ppm .pgm .pbm .pnm .tga"
_WHERE_BUILT = {"jpg_2000": ".jp2 .j2k .jpx", "avif": ".avif"}  # by Pillow's name of what decodes them


def _suffixes() -> frozenset[str]:
    known = {**features.modules, **features.codecs}  # older versions warn of names that they do not know
    built = [endings for name, endings in _WHERE_BUILT.items() if name in known and features.check(name)]
    return frozenset(" ".join((_ALWAYS, *built)).split())


SUFFIXES = _suffixes()
Exif = Literal["ignore", "apply"]

ALPHA = "transparency dropped: the colours under it count"
FRAMES = "only the first frame of several was read"
ORIENTED = "EXIF orientation ignored, as other tools do (--exif apply turns the image)"
HIGH_BYTE = "16-bit colour reduced to its high byte"
_ORIENTATION_TAG = 0x0112


def decoded(data: bytes, *, where: str, exif: Exif = "ignore") -> tuple[Image, tuple[Note, ...]]:
    """The image in `data` as uint8 (h, w, 3), with notes about what was lost on the way.

    `where` names the file in notes and errors. DecodeError when it cannot be read whole.
    """
    try:
        with Pillow.open(io.BytesIO(data)) as image:
            pixels, remarks = _pixels(image, data, exif)
    except DecodeError as error:
        raise DecodeError(f"{where}: {error}") from None
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged files
        raise DecodeError(f"{where}: {_reason(error, data)}") from error
    return pixels, tuple(Note("warning", remark, where) for remark in remarks)


def pictured(image: Pillow.Image, *, where: str, exif: Exif = "ignore") -> tuple[Image, tuple[Note, ...]]:
    """The same policy on an image that Pillow holds already (of 16-bit colours it keeps the high byte)."""
    try:
        image.load()
        pixels, remarks = _pixels(image, b"", exif)
    except DecodeError as error:
        raise DecodeError(f"{where}: {error}") from None
    except Exception as error:  # as above
        raise DecodeError(f"{where}: {_reason(error, b'?')}") from error
    return pixels, tuple(Note("warning", remark, where) for remark in remarks)


def eight_bits(values: np.ndarray, *, white: int = 65535) -> np.ndarray:
    """uint16 to uint8 as round(v·255/white).

    >>> eight_bits(np.array([0, 128, 129, 65535], np.uint16)).tolist()
    [0, 0, 1, 255]
    """
    return ((values.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)


def three_channels(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """(h, w), (h, w, 1), (h, w, 2), (h, w, 3) or (h, w, 4) as (h, w, 3); and whether visible alpha was dropped.

    Two channels are grey and alpha, four are RGB and alpha; full alpha is the dtype's maximum.
    """
    if values.ndim == 2:
        values = values[:, :, None]
    channels = values.shape[2]
    colour = values[:, :, : 1 if channels < 3 else 3]
    dropped = channels in (2, 4) and bool((values[:, :, -1] < np.iinfo(values.dtype).max).any())
    return np.array(np.broadcast_to(colour, (*values.shape[:2], 3)), order="C"), dropped  # torch wants it writable


def _pixels(image: Pillow.Image, data: bytes, exif: Exif) -> tuple[np.ndarray, list[str]]:
    remarks = []
    if getattr(image, "is_animated", False) and image.format != "MPO":  # an MPO's other pictures are previews
        remarks.append(FRAMES)
        image.seek(0)
    raw = " ".join(str(tile[3]) for tile in getattr(image, "tile", ()))  # gone once the pixels are loaded
    if image.mode in ("F", "I") and not _is_16_bit_grey(image):
        raise DecodeError(
            f"{'float' if image.mode == 'F' else 'signed or 32-bit'} pixels have no stated range: "
            "save 8 or 16 bits, or load an array and state its range"
        )
    _require_whole_levels(image, data)
    image.load()
    orientation = _orientation(image)
    if orientation != 1 and exif == "ignore":
        remarks.append(ORIENTED)
    if ";16" in raw and image.format == "PNG" and not image.mode.startswith("I"):
        pixels, alpha = _sixteen_bit_colour(data, raw, image.info.get("transparency"))
    elif image.mode.startswith("I"):
        pixels, alpha = _sixteen_bit_grey(image, white=_white(image, data, raw))
    else:
        if ";16" in raw:
            remarks.append(HIGH_BYTE)
        pixels, alpha = _eight_bit_pixels(image)
    if alpha:
        remarks.append(ALPHA)
    if orientation != 1 and exif == "apply":
        pixels = _turned(pixels, orientation)
    return pixels, remarks


def _orientation(image: Pillow.Image) -> int:
    """The EXIF orientation that is left to do: 1 for none, and for TIFF, which Pillow turns as it loads."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # damaged metadata does not damage the pixels
        return 1
    return value if value in range(2, 9) and image.format != "TIFF" else 1


def _sixteen_bit_grey(image: Pillow.Image, *, white: int) -> tuple[np.ndarray, bool]:
    values = np.asarray(image).astype(np.uint16)
    alpha = "transparency" in image.info and bool((values == image.info["transparency"]).any())
    return three_channels(eight_bits(values, white=white))[0], alpha


def _white(image: Pillow.Image, data: bytes, raw: str) -> int:
    """White among deep greys; Pillow gives those of JPEG 2000 as the highest of 16 bits."""
    if image.format == "JPEG2000":
        bits = max(_jpeg2000_bits(data))
        return ((1 << bits) - 1) << 16 - bits if bits > 8 else 65535
    return 4095 if "I;12" in raw else 65535


def _jpeg2000_bits(data: bytes) -> set[int]:
    """Bits of the channels, as the code stream's header (SIZ) says; 8 where there is none."""
    start = data.find(b"\xff\x4f\xff\x51")
    if start < 0:
        return {8}
    channels = int.from_bytes(data[start + 40 : start + 42], "big")
    return {1 + (byte & 127) for byte in data[start + 42 : start + 42 + 3 * channels : 3]} or {8}


def _require_whole_levels(image: Pillow.Image, data: bytes) -> None:
    """DecodeError for depths of JPEG 2000 that Pillow gives wrongly: of deep colours the white becomes black."""
    bits = _jpeg2000_bits(data) if image.format == "JPEG2000" else {8}
    deep_grey = image.mode.startswith("I") and max(bits) <= 16
    if bits != {8} and not deep_grey:
        raise DecodeError(
            f"JPEG 2000 of {' and '.join(map(str, sorted(bits)))} bits a channel cannot be read right here: save it as "
            "PNG, or with 8 bits"
        )


def _eight_bit_pixels(image: Pillow.Image) -> tuple[np.ndarray, bool]:
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return three_channels(np.asarray(image.convert("RGBA")))
    return np.array(image if image.mode == "RGB" else image.convert("RGB")), False


def _is_16_bit_grey(image: Pillow.Image) -> bool:
    """Whether mode I merely holds 16-bit values, as Pillow reads PNG and PGM."""
    return image.mode == "I" and image.format in ("PNG", "PPM")


def _sixteen_bit_colour(data: bytes, raw: str, clear: tuple[int, int, int] | None) -> tuple[np.ndarray, bool]:
    """A PNG's colours, of which Pillow gives one byte each: read as big-endian the high, as little-endian the low."""
    if raw == "LA;16B":
        high_low = _read_as(data, "RGBA").astype(np.uint16)  # grey and alpha, two bytes each
        values = high_low[:, :, 0::2] * 256 + high_low[:, :, 1::2]
    else:
        high, low = (_read_as(data, mode).astype(np.uint16) for mode in (raw, raw.replace("16B", "16L")))
        values = high * 256 + low
    pixels, alpha = three_channels(eight_bits(values))
    return pixels, alpha or (clear is not None and bool((values == np.array(clear)).all(axis=2).any()))


def _read_as(data: bytes, raw: str) -> np.ndarray:
    with Pillow.open(io.BytesIO(data)) as image:
        image.tile = [(*image.tile[0][:3], raw)]  # pyright: ignore[reportAttributeAccessIssue]
        return np.array(image)


def _turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    upright = Pillow.fromarray(pixels)
    upright.getexif()[_ORIENTATION_TAG] = orientation
    return np.array(ImageOps.exif_transpose(upright))


def _reason(error: Exception, data: bytes) -> str:
    if not data:
        return "the file is empty"
    if isinstance(error, Pillow.UnidentifiedImageError):
        return "not an image that can be read (damaged, or another format)"
    return str(error).strip().partition("\n")[0] or type(error).__name__
