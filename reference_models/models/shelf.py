"""The models that have a name, listed by their folder: a file that ends in `RECIPE = …` is one.

Listing reads the files and imports none of them, so that help loads no heavy library.
"""

from pathlib import Path

_FIRST = ("vanilla", "dcgan", "vae", "pacgan-2d", "lucic-infogan")


def names() -> list[str]:
    """All models, those of the first list in its order."""
    files = Path(__file__).parent.glob("[!_]*.py")
    found = {path.stem.replace("_", "-") for path in files if "\nRECIPE = " in path.read_text(encoding="utf-8")}
    return [name for name in _FIRST if name in found] + sorted(found - set(_FIRST))
