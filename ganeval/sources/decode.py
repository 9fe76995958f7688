"""The one policy that turns a file into uint8 RGB pixels.

| input | becomes | note |
|---|---|---|
| grey, palette, 1-bit | three equal channels, palette colours, 0/255 | |
| alpha or a transparent colour | dropped, the colours under it stay | unless fully opaque |
| CMYK, YCbCr, LAB, HSV | converted to RGB | |
| 16 bits a channel | round(v·255/65535) | colour TIFF: Pillow only gives the high byte |
| animation, several pages | the first frame | always |
| EXIF orientation | ignored, or applied with `exif="apply"` | when ignored |
| float or 32-bit pixels | refused: the file does not say their range | |

Other tools saturate 16-bit greys (everything above 255 is white) and never mention the rest.
"""

import io
from typing import Literal

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from ganeval.errors import DecodeError
from ganeval.types import Image, Note

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm"})
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


def eight_bits(values: np.ndarray) -> np.ndarray:
    """uint16 to uint8 as round(v·255/65535).

    >>> eight_bits(np.array([0, 128, 129, 65535], np.uint16)).tolist()
    [0, 0, 1, 255]
    """
    return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def three_channels(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """(h, w), (h, w, 1), (h, w, 2), (h, w, 3) or (h, w, 4) as (h, w, 3); and whether visible alpha was dropped.

    Two channels are grey and alpha, four are RGB and alpha; full alpha is the dtype's maximum.
    """
    if values.ndim == 2:
        values = values[:, :, None]
    channels = values.shape[2]
    colour = values[:, :, : 1 if channels < 3 else 3]
    dropped = channels in (2, 4) and bool((values[:, :, -1] < np.iinfo(values.dtype).max).any())
    return np.ascontiguousarray(np.broadcast_to(colour, (*values.shape[:2], 3))), dropped


def _pixels(image: Pillow.Image, data: bytes, exif: Exif) -> tuple[np.ndarray, list[str]]:
    remarks = []
    if getattr(image, "is_animated", False) and image.format != "MPO":
        remarks.append(FRAMES)
        image.seek(0)
    turned = image.getexif().get(_ORIENTATION_TAG, 1) not in (0, 1)
    if turned and exif == "ignore":
        remarks.append(ORIENTED)
    raw = " ".join(str(tile[3]) for tile in getattr(image, "tile", ()))
    if image.mode in ("F", "I") and not _is_16_bit_grey(image):
        raise DecodeError(
            f"{'float' if image.mode == 'F' else '32-bit'} pixels have no stated range: "
            "save 8 or 16 bits, or load an array and state its range"
        )
    if ";16" in raw and image.format == "PNG" and not image.mode.startswith("I"):
        pixels, alpha = three_channels(eight_bits(_png16(data)))
    elif image.mode.startswith("I"):
        pixels, alpha = three_channels(eight_bits(np.asarray(image)))
    else:
        if ";16" in raw:
            remarks.append(HIGH_BYTE)
        pixels, alpha = _eight_bit_pixels(image)
    if alpha:
        remarks.append(ALPHA)
    if turned and exif == "apply":
        pixels = _turned(pixels, image)
    return pixels, remarks


def _eight_bit_pixels(image: Pillow.Image) -> tuple[np.ndarray, bool]:
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return three_channels(np.asarray(image.convert("RGBA")))
    return np.array(image.convert("RGB")), False


def _is_16_bit_grey(image: Pillow.Image) -> bool:
    """Whether mode I merely holds 16-bit values, as Pillow reads PNG and PGM."""
    return image.mode == "I" and image.format in ("PNG", "PPM")


def _png16(data: bytes) -> np.ndarray:
    """16-bit colour, which Pillow cuts to its high byte."""
    import torch
    from torchvision.io import ImageReadMode, decode_png

    buffer = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    return decode_png(buffer, ImageReadMode.UNCHANGED).permute(1, 2, 0).numpy()


def _turned(pixels: np.ndarray, image: Pillow.Image) -> np.ndarray:
    upright = Pillow.fromarray(pixels)
    upright.getexif()[_ORIENTATION_TAG] = image.getexif()[_ORIENTATION_TAG]
    return np.array(ImageOps.exif_transpose(upright))


def _reason(error: Exception, data: bytes) -> str:
    if not data:
        return "the file is empty"
    if isinstance(error, Pillow.UnidentifiedImageError):
        return "not an image that can be read (damaged, or another format)"
    return f"{error or type(error).__name__}"
