"""The smallest difference that matters: stated, or as large as what another training run makes by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from ganeval.core.errors import SpecError
from ganeval.core.spec import nearest_name, score_key
from ganeval.evaluation.settings import Settings

AtLeast = Mapping[str, str | float]


@dataclass(frozen=True)
class Margin:
    """A size, in the score's unit or as a share of it, and what it is the size of."""

    size: float
    relative: bool
    noise: str

    def of(self, value: float) -> float:
        """The margin for scores around `value`, in their unit.

        >>> Margin(0.02, True, "retraining noise").of(50.0)
        1.0
        """
        return self.size * value if self.relative else self.size


Margins = Mapping[str, Margin]


def margins(settings: Settings, stated: AtLeast, *, several: bool) -> Margins:
    """By key; SpecError for keys that the metrics do not have.

    With several runs a side the noise of training is measured, and only stated margins count.
    """
    keys = {key: selection.metric for selection in settings.metrics for key in selection.keys.values()}
    by_key: dict[str, Margin] = {}
    for key, metric in keys.items():
        if metric.retraining_noise is not None and not several:
            by_key[key] = Margin(metric.retraining_noise, True, "retraining noise")
    owners = {key: selection.entry.name for selection in settings.metrics for key in selection.keys.values()}
    for name, text in stated.items():
        key = score_key(name, owners)
        if key not in keys:
            raise SpecError(f"at least: no score {key!r} here{nearest_name(key, keys)} (there are {', '.join(keys)})")
        by_key[key] = _parsed(key, str(text))
    return by_key


def _parsed(key: str, text: str) -> Margin:
    """
    >>> _parsed("fd", "2%")
    Margin(size=0.02, relative=True, noise='the 2% asked for')
    """
    number, percent, rest = text.strip().partition("%")
    try:
        size = float(number)
    except ValueError:
        size = -1.0
    if size < 0 or rest or size != size:
        raise SpecError(f"at least: {key}={text} is no size: give a number such as 0.5, or a share such as 2%")
    return Margin(size / 100 if percent else size, bool(percent), f"the {text.strip()} asked for")
