"""A folder of images, read recursively, in any letter case, in sorted order."""

import os
from pathlib import Path

from ganeval.core.errors import SourceError
from ganeval.core.files import open_regular
from ganeval.core.types import Note
from ganeval.sources.decode import SUFFIXES, Exif
from ganeval.sources.ignored import START, ignored_images
from ganeval.sources.labels import folder_labels
from ganeval.sources.source import Files, OnError


def folder(path: Path, *, spec: str, exif: Exif = "ignore", on_error: OnError = "stop") -> Files:
    """All images under `path`; SourceError when there are none.

    Symbolic links are followed, each folder once. Files that are hidden or in a hidden folder, and
    other file types, are counted as ignored; images among them are told. Sub-folders are class labels.
    """
    names, others, seen = [], [], set()
    for root, folders, files in os.walk(path, followlinks=True, onerror=_refuse_unreadable):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()  # of two links to one folder the same one is read everywhere
        below = "" if root == str(path) else f"{Path(root).relative_to(path).as_posix()}/"
        for file in files:
            name = f"{below}{file}"
            (names if is_image_name(name) else others).append(name)
    left_out = ignored_images(others, start=lambda name: _start(path / name))
    if not names:
        raise SourceError(no_images(spec, len(others), left_out=left_out))
    names.sort()
    return Files(
        spec=spec,
        identity=str(path.resolve()),
        names=tuple(names),
        ignored=len(others),
        read=lambda name: _content(f"{path}/{name}"),
        exif=exif,
        on_error=on_error,
        labels=folder_labels(names),
        notes=ignored_notes(left_out, spec),
    )


def is_image_name(name: str) -> bool:
    """Whether the suffix is an image's and no part of the path is hidden.

    Hidden are names that begin with a dot (macOS' `._a.png`, Jupyter's `.ipynb_checkpoints`) and
    macOS' folder `__MACOSX` in archives.

    >>> is_image_name("7/a.JPG"), is_image_name("7/._a.jpg"), is_image_name(".cache/a.jpg")
    (True, False, False)
    """
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
    return not hidden and os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 - a Path each is slow


def no_images(spec: str, ignored: int, *, left_out: str | None) -> str:
    """What to say when a place holds no image that is read."""
    detail = f" ({ignored} other file{'s' if ignored > 1 else ''})" if ignored else " (it is empty)"
    detail += "" if left_out is None else f"; {left_out}"
    return f"{spec}: no images found{detail}; looked for {' '.join(sorted(s[1:] for s in SUFFIXES))} in it and below"


def ignored_notes(left_out: str | None, spec: str) -> tuple[Note, ...]:
    """What a source says about images that it left out."""
    return () if left_out is None else (Note("warning", left_out, spec),)


def _start(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device
            return b""
        with path.open("rb") as file:
            return file.read(START)
    except OSError:
        return b""


def _content(path: str) -> bytes:
    with open_regular(path) as file:
        return file.readall()


def _refuse_unreadable(error: OSError) -> None:
    raise SourceError(f"{error.filename}: this folder cannot be listed ({error.strerror})") from error
