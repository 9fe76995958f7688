"""One file, one extractor: what turns an image into feature rows."""

from ganeval.extractors._live import module_extractor
from ganeval.extractors.base import Extractor
from ganeval.extractors.face_attributes import face_attributes

__all__ = ["Extractor", "face_attributes", "module_extractor"]
