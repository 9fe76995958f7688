"""Class labels of a source: from class sub-folders, from a file, or from what holds the images.

Labels are texts. They never change a pixel or a feature; mode counting (`ganeval modes`) reads them.
"""

import csv
import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ganeval.core.errors import SourceError
from ganeval.core.types import Labels

KEYS = ("labels", "y", "targets")  # of an .npz that holds images


def as_labels(labels: Any) -> Labels:
    """One text an image.

    >>> as_labels([3, 7]).tolist()
    ['3', '7']
    """
    values = labels.detach().cpu().numpy() if hasattr(labels, "detach") else np.asarray(labels)
    return np.array([str(value) for value in values.ravel().tolist()], dtype=np.str_)


def aligned_labels(labels: Any, *, n: int | None, spec: str) -> Labels:
    """One label for each of `n` images (None: nobody knows how many); SourceError for another number."""
    texts = as_labels(labels)
    if n is not None and len(texts) != n:
        raise SourceError(f"{spec}: {len(texts):,} labels for {n:,} images: give one an image")
    return texts


def own_targets(items: Any) -> Any:
    """The labels that a dataset of torchvision's kind holds, one whole number or text an image; else None."""
    for name in ("targets", "labels", "_labels"):
        targets = getattr(items, name, None)
        if targets is None or not hasattr(targets, "__len__"):
            continue
        values = targets.detach().cpu().numpy() if hasattr(targets, "detach") else np.asarray(targets)
        if values.ndim == 1 and len(values) == len(items) and values.dtype.kind in "iuU":
            return values
    return None


def folder_labels(names: Sequence[str]) -> Labels | None:
    """The class of each file by the folders it lies in; None where the files do not all lie in two folders or more.

    Folders that all files share are passed over: `train/dog/1.png` and `train/cat/1.png` are a dog and a cat.

    >>> folder_labels(["train/dog/1.png", "train/cat/a/1.png"]).tolist()
    ['dog', 'cat']
    >>> folder_labels(["1.png", "cat/1.png"]) is None
    True
    """
    folders = [posixpath.dirname(name).split("/") for name in names]
    first, last = min(folders), max(folders)
    shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    if any(len(parts) <= shared or not parts[shared] for parts in folders):
        return None
    return np.array([parts[shared] for parts in folders], dtype=np.str_)


def prefix_labels(names: Sequence[str]) -> Labels | None:
    """The class of each file by what its name begins with before a number; None where that makes no classes.

    Two classes or more, of four images each on average, are taken for classes.

    >>> prefix_labels([f"{kind}_{i}.png" for kind in ("cat", "n02") for i in range(4)])[[0, 7]].tolist()
    ['cat', 'n02']
    >>> prefix_labels(["0001.png", "0002.png"]) is None
    True
    """
    stems = [posixpath.splitext(posixpath.basename(name))[0] for name in names]
    labels = np.array([re.sub(r"[\W_]*\d*$", "", stem) for stem in stems], dtype=np.str_)
    return labels if 2 <= len(set(labels.tolist())) <= len(names) / 4 else None


def in_class_order(labels: Labels) -> bool:
    """Whether images stand beside others of their class more often than chance would have it.

    The class then changes less than half as often, from one image to the next, as in a random order.

    >>> in_class_order(np.repeat(["a", "b"], 10)), in_class_order(np.tile(["a", "b"], 10))
    (True, False)
    """
    _, counts = np.unique(labels, return_counts=True)
    n = len(labels)
    expected = n * (1 - float(np.square(counts / n).sum()))
    return 2 * int((labels[1:] != labels[:-1]).sum()) < expected


def labels_from_file(path: Path, *, names: Sequence[str] | None, n: int, spec: str) -> Labels:
    """The labels in a file: .npy (one an image); .csv, .tsv or .txt (`file,label` or one label a line); .json.

    `names` are the images' file names, in order, where they have any. JSON is `{"file": label}` or
    StyleGAN's `{"labels": [["file", label], …]}`. SourceError names the first image without a label.
    """
    try:
        labels = _read(path, by_name=names is not None)
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise SourceError(f"{spec}: the labels file {path} cannot be read ({reason})") from error
    if isinstance(labels, Mapping):
        if names is None:
            raise SourceError(f"{spec}: {path} labels files by name, and these images have none: give one label a line")
        return _by_name(labels, names, spec=spec, path=path)
    return aligned_labels(labels, n=n, spec=f"{spec} with {path}")


def _read(path: Path, *, by_name: bool) -> Mapping[str, str] | Sequence[str]:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return as_labels(np.load(path, allow_pickle=False)).tolist()
    if suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        pairs = content.get("labels", content) if isinstance(content, dict) else content
        if isinstance(pairs, dict):
            return {str(key): str(value) for key, value in pairs.items()}
        if not isinstance(pairs, list):
            raise ValueError("expected file names with labels")
        return dict((str(pair[0]), str(pair[1])) for pair in pairs) if by_name else [str(value) for value in pairs]
    if suffix not in (".csv", ".tsv", ".txt"):
        raise ValueError("expected .csv, .tsv, .txt, .json or .npy")
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file, delimiter="\t" if suffix == ".tsv" else ",") if row]
    if rows and all(len(row) == 1 for row in rows):
        return [row[0].strip() for row in rows]
    if not all(len(row) == 2 for row in rows):
        raise ValueError("expected two columns, file,label, or one")
    return {row[0].strip(): row[1].strip() for row in rows}


def _by_name(entries: Mapping[str, str], names: Sequence[str], *, spec: str, path: Path) -> Labels:
    """Labels for names as they stand, else for bare file names."""
    bare = {posixpath.basename(name): label for name, label in entries.items()}
    labels = [entries.get(name, bare.get(posixpath.basename(name))) for name in names]
    missing = [name for name, label in zip(names, labels, strict=True) if label is None]
    if missing:
        raise SourceError(f"{spec}: {path} has no label for {len(missing):,} images (first: {missing[0]})")
    return np.array(labels, dtype=np.str_)
