"""Pillow's global switches: what a program sets there changes which files are read, and into which pixels."""

import sys
from typing import Any

# by module and name the value that Pillow starts with; modules are imported by Pillow, not here
_DEFAULTS: dict[tuple[str, str], Any] = {
    ("ImageFile", "LOAD_TRUNCATED_IMAGES"): False,
    ("Image", "MAX_IMAGE_PIXELS"): 1024 * 1024 * 1024 // 4 // 3,
    ("PngImagePlugin", "MAX_TEXT_CHUNK"): 1024 * 1024,
    ("PngImagePlugin", "MAX_TEXT_MEMORY"): 64 * 1024 * 1024,
    ("GifImagePlugin", "LOADING_STRATEGY"): "RGB_AFTER_FIRST",
    ("TiffImagePlugin", "READ_LIBTIFF"): False,
    ("BmpImagePlugin", "USE_RAW_ALPHA"): False,
    ("AvifImagePlugin", "DECODE_CODEC_CHOICE"): "auto",
}


def changed_switches() -> list[tuple[str, str]]:
    """The switches that are set to another value than Pillow's own, each with its value as text.

    >>> changed_switches()
    []
    """
    values = {switch: _value(*switch, default=default) for switch, default in _DEFAULTS.items()}
    return [(".".join(switch), str(value)) for switch, value in values.items() if value != _DEFAULTS[switch]]


def _value(module: str, name: str, *, default: Any) -> Any:
    """A module that is not loaded, or a switch that this version does not have, is at its default."""
    value = getattr(sys.modules.get(f"PIL.{module}"), name, default)
    return getattr(value, "name", value)  # of an enumeration
