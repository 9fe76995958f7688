"""Image files that Pillow cannot write, byte by byte."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(values: np.ndarray, *, colour: int, interlaced: bool = False, extra: bytes = b"") -> bytes:
    """A PNG of (h, w, channels) uint8 or uint16 values."""
    depth = values.dtype.itemsize * 8
    height, width = values.shape[:2]
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    passes = [values[y::dy, x::dx] for x, y, dx, dy in _ADAM7] if interlaced else [values]
    lines = [b"\0" + row.astype(values.dtype.newbyteorder(">")).tobytes() for p in passes if p.size for row in p]
    body = chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(b"".join(lines))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, RGB, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def netpbm(values: np.ndarray, white: int) -> bytes:
    """A binary PGM (h, w) or PPM (h, w, 3) with the given maximum."""
    magic = b"P5" if values.ndim == 2 else b"P6"
    kind = ">u2" if white > 255 else "u1"
    return magic + b"\n%d %d\n%d\n" % (values.shape[1], values.shape[0], white) + values.astype(kind).tobytes()


def tiff12(values: np.ndarray) -> bytes:
    """A TIFF of (h, w) greys of 12 bits, w even, two pixels in three bytes."""
    pairs = values.astype(np.uint32).reshape(-1, 2)
    packed = np.stack([pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], axis=1)
    data = packed.astype(np.uint8).tobytes()
    height, width = values.shape
    start = 8 + 2 + 12 * 9 + 4
    fields = {256: width, 257: height, 258: 12, 259: 1, 262: 1, 273: start, 277: 1, 278: height, 279: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + struct.pack("<I", 0) + data


def jpeg2000(values: np.ndarray, bits: int) -> bytes:
    """A code stream of greys (h, w) of 9 to 16 bits without loss, which Pillow only writes in 16.

    The coder holds values less half of the range, so another depth in the header only moves that half: what is
    written is moved against it.
    """
    moved = values.astype(int) - (1 << bits - 1) + (1 << 15)
    data = bytearray(saved(Image.fromarray(moved.astype(np.uint16)), "JPEG2000", no_jp2=True))
    data[42] = bits - 1
    return bytes(data)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """The bytes of a file that Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """The image as Pillow opens it."""
    return Image.open(io.BytesIO(data))
