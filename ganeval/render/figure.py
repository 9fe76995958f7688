"""matplotlib, which only pictures need: asked for by name, and without its global state."""

from pathlib import Path
from typing import Any

from ganeval.errors import SpecError
from ganeval.sources.statistics_file import written_whole

_SUFFIXES = (".png", ".svg", ".pdf")


def require_figure(path: Path) -> None:
    """SpecError when no picture can be drawn there: cheap enough to ask before a long run."""
    if path.suffix.lower() not in _SUFFIXES:
        raise SpecError(f"{path}: a picture is a file ending in {', '.join(_SUFFIXES)}")
    empty_figure(width=1, height=1)


def empty_figure(*, width: float, height: float) -> Any:
    """A figure of so many inches that no window and no other drawing knows of."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SpecError(f"pictures need the package matplotlib ({error}): pip install 'ganeval[plots]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def saved(figure: Any, path: Path) -> Path:
    """The figure in a file, whole or not at all."""
    require_figure(path)
    with written_whole(path) as file:
        figure.savefig(file, format=path.suffix[1:].lower(), dpi=130)
    return path
