"""A folder of images, read recursively, in any letter case, in sorted order."""

import os
from pathlib import Path

from ganeval.errors import SourceError
from ganeval.sources.decode import SUFFIXES, Exif
from ganeval.sources.source import Files, OnError


def folder(path: Path, *, spec: str, exif: Exif = "ignore", on_error: OnError = "stop") -> Files:
    """All images under `path`; SourceError when there are none.

    Symbolic links are followed, each folder once. Hidden files and other file types are counted
    as ignored.
    """
    names, ignored, seen = [], 0, set()
    for root, folders, files in os.walk(path, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        for name in files:
            if is_image_name(name):
                names.append((Path(root) / name).relative_to(path).as_posix())
            else:
                ignored += 1
    if not names:
        raise SourceError(no_images(spec, ignored))
    return Files(
        spec,
        str(path.resolve()),
        tuple(sorted(names)),
        ignored,
        lambda name: (path / name).read_bytes(),
        exif,
        on_error,
    )


def is_image_name(name: str) -> bool:
    """Whether the suffix is an image's and the file is not hidden (such as macOS' `._a.png`)."""
    base = name.rsplit("/", 1)[-1]
    return not base.startswith(".") and Path(base).suffix.lower() in SUFFIXES


def no_images(spec: str, ignored: int) -> str:
    """What to say when a place holds no image."""
    found = f" ({ignored} other files)" if ignored else " (it is empty)"
    return f"{spec}: no images found{found}; looked for {' '.join(sorted(s[1:] for s in SUFFIXES))} in it and below"
