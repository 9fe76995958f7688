"""Weight files: where they are looked for, and the proof that they are the right ones.

The FID Inception is looked for in this order: a path given by the user (`--weights`, then
`$GANEVAL_WEIGHTS`), torch's hub cache (where pytorch-fid puts it), a download. A file the user
names is used whatever it is, and numbers are named after its digest. A cached or downloaded file
must be the genuine one or is refused.
"""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganeval.core.errors import WeightsError

FILE = "pt_inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{FILE}"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
SIZE = 95_628_359
VARIABLE = "GANEVAL_WEIGHTS"


@dataclass(frozen=True)
class Weights:
    """A weight file with its sha256 and how it was found."""

    path: Path
    digest: str
    origin: str


def inception_weights(named: Path | None) -> Weights | None:
    """The Inception weights on this machine, or None when they would have to be downloaded.

    WeightsError says what is wrong with a file that is there.
    """
    user = _named_by_user(named)
    if user is not None:
        path, origin = user
        return Weights(path, sha256_of(path), origin)
    path = hub_path()
    if path.is_file():
        return Weights(path, _genuine_digest(path), "torch hub cache")
    return None


@dataclass(frozen=True)
class Place:
    """A place where a weight file is looked for; `size` and `digest` are None where none lies there.

    `known` is the digest that the file must have for its numbers to carry the network's plain name.
    """

    network: str
    origin: str
    path: Path
    size: int | None
    digest: str | None
    known: str

    @property
    def verdict(self) -> Literal["genuine", "other weights", "missing"]:
        """What lies there."""
        if self.digest is None:
            return "missing"
        return "genuine" if self.digest == self.known else "other weights"


def inception_places(named: Path | None = None) -> tuple[Place, ...]:
    """Every place where the Inception file is looked for, in that order; the first that has a file serves."""
    variable = os.environ.get(VARIABLE)
    named_by = {"--weights": named, f"${VARIABLE}": Path(variable) if variable else None}
    paths = {origin: _file_at(path) for origin, path in named_by.items() if path is not None}
    paths["torch hub cache"] = hub_path()
    return tuple(place("inception", path, origin=origin, known=SHA256) for origin, path in paths.items())


def place(network: str, path: Path, *, origin: str, known: str) -> Place:
    """What lies at a path, with the digest of the whole file."""
    there = path.is_file()
    size = path.stat().st_size if there else None
    return Place(
        network=network, origin=origin, path=path, size=size, digest=sha256_of(path) if there else None, known=known
    )


def hub_path() -> Path:
    """Where the torch hub cache keeps the Inception file."""
    return _hub_folder() / FILE


def downloaded() -> Path:
    """The genuine weights, fetched into torch's hub cache; WeightsError names the ways out when that fails."""
    from torch.hub import download_url_to_file

    path = hub_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # writes to a temporary name, checks the whole digest, then renames
        download_url_to_file(URL, str(path), hash_prefix=SHA256, progress=True)
    except Exception as error:
        raise WeightsError(
            f"the FID Inception weights are not on this machine and could not be downloaded ({error}). Three ways out: "
            f"put {FILE} into {path.parent} (from {URL}); name a copy with --weights PATH or ${VARIABLE}; "
            "or use features that need no download: ganeval fd -x efficientnet-lite0 REAL FAKE"
        ) from error
    return path


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unchanged(path: Path, *, digest: str) -> bytes:
    """The file's bytes, for a digest that numbers are named after already; WeightsError when they are others by now."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror or error})") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise WeightsError(f"{path}: was changed since its digest was taken ({digest[:8]}…): run again")
    return data


def state_dict(path: Path, *, digest: str) -> dict:
    """The tensors in a .pth file of this sha256, loaded without running any code of it."""
    import torch

    data = io.BytesIO(unchanged(path, digest=digest))
    try:
        return torch.load(data, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds on damaged files
        reason = str(error).partition("\n")[0]
        raise WeightsError(
            f"{path}: cannot be read as a torch state dict ({reason}): delete it and fetch it again"
        ) from error


def tensors(path: Path, *, digest: str) -> dict:
    """The tensors in a .safetensors file of this sha256, a format that holds no code."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(unchanged(path, digest=digest))
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: cannot be read as safetensors ({error}): install ganeval again") from error


def _named_by_user(named: Path | None) -> tuple[Path, str] | None:
    variable = os.environ.get(VARIABLE)
    if named is None and not variable:
        return None
    origin = "--weights" if named is not None else f"${VARIABLE}"
    path = _file_at(Path(named or str(variable)))
    if not path.is_file():
        raise WeightsError(f"{path}: no such weight file (given by {origin})")
    return path, origin


def _file_at(path: Path) -> Path:
    """The file itself, or the usual name in a folder."""
    path = path.expanduser()
    return path / FILE if path.is_dir() else path


def _hub_folder() -> Path:
    from torch.hub import get_dir

    return Path(get_dir()) / "checkpoints"


def _genuine_digest(path: Path) -> str:
    size = path.stat().st_size
    digest = sha256_of(path) if size == SIZE else f"of a file of {size:,} bytes"
    if digest != SHA256:
        raise WeightsError(
            f"{path}: is not the genuine FID Inception (sha256 {digest[:12]}…, {size:,} bytes; expected "
            f"{SHA256[:12]}…, {SIZE:,} bytes), perhaps an interrupted download: delete it, or name a file of your "
            "own with --weights PATH (numbers are then named after its digest)"
        )
    return digest
