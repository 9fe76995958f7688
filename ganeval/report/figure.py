"""matplotlib and adjustText, which only pictures need: asked for by name, and without global state."""

import math
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ganeval.core.errors import SpecError
from ganeval.core.files import replacing, require_writable

_WIDE_RANGE = 30
_SUFFIXES = (".png", ".svg", ".pdf")


def require_figure(path: Path) -> None:
    """SpecError when no picture can be drawn there: cheap enough to ask before a long run."""
    if path.suffix.lower() not in _SUFFIXES:
        raise SpecError(f"{path}: a picture is a file ending in {', '.join(_SUFFIXES)}")
    for name in ("matplotlib", "adjustText"):
        if find_spec(name) is None:
            raise SpecError(f"pictures need the package {name}: pip install 'ganeval[plots]'")


def empty_figure(*, width: float, height: float) -> Any:
    """A figure of so many inches that no window and no other drawing knows of."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def named(panel: Any, names: Sequence[str], *, x: Sequence[float], y: Sequence[float]) -> list[Any]:
    """Write the names of points beside them, not over one another, into a panel that holds all else."""
    from adjustText import adjust_text  # brings pyplot, which nothing else here needs

    texts = [panel.text(*at, parse_math=False, fontsize=8) for at in zip(x, y, names, strict=True)]
    panel.figure.draw_without_rendering()  # the layout, which says how much room there is
    line = {"arrowstyle": "-", "color": "grey", "linewidth": 0.5}
    adjust_text(texts, x, y, ax=panel, expand=(1.2, 1.7), arrowprops=line, iter_lim=300)
    return texts


def fit_scale(panel: Any, values: Iterable[float]) -> None:
    """A logarithmic axis for positive values of a wide range; linear around 0, where floors and bounds may lie."""
    known = [value for value in values if math.isfinite(value)]
    if known and min(known) > 0 and max(known) > _WIDE_RANGE * min(known):
        least = 10.0 ** math.floor(math.log10(min(known)))
        panel.set_yscale("symlog", linthresh=least * (1 + 1e-9))  # at 1000 itself its ticks begin at 100, by rounding


def saved(figure: Any, path: Path) -> Path:
    """The figure in a file, whole or not at all."""
    require_figure(path)
    require_writable(path)
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:].lower(), dpi=130)
    return path
