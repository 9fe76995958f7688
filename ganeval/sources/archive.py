"""A .zip of images, read in place, in sorted order."""

import zipfile
from pathlib import Path

from ganeval.errors import SourceError
from ganeval.sources.decode import Exif
from ganeval.sources.folder import is_image_name, no_images
from ganeval.sources.source import Files, OnError


def archive(path: Path, *, spec: str, exif: Exif = "ignore", on_error: OnError = "stop") -> Files:
    """All images in the zip file; SourceError when it is damaged or holds none."""
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(f"{spec}: not a readable zip file ({error})") from error
    members = {m for m in opened.namelist() if not m.endswith("/")}
    names = tuple(sorted(m for m in members if is_image_name(m)))
    ignored = len(members) - len(names)
    if not names:
        raise SourceError(no_images(spec, ignored))
    return Files(spec, str(path.resolve()), names, ignored, opened.read, exif, on_error)
