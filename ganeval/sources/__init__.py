"""Where images come from; `opening.opened` finds the right reader, `decode.py` holds the one decode policy."""

from ganeval.sources.array import array as images
from ganeval.sources.module import from_module
from ganeval.sources.sampler import sampler
from ganeval.sources.stream import stream

__all__ = ["from_module", "images", "sampler", "stream"]
