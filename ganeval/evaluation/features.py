"""The feature rows of images, without a score: for plots, searches and judgements of one's own."""

import warnings
from collections.abc import Sequence
from typing import Unpack

import numpy as np

from ganeval.core.rows import Rows
from ganeval.evaluation.options import Options, require_options
from ganeval.evaluation.settings import settings_for
from ganeval.evaluation.sides import ImagesLike, extract, open_side
from ganeval.evaluation.warnings import side_warnings


def features(
    images: ImagesLike,
    *,
    views: Sequence[str] | None = None,
    **options: Unpack[Options],
) -> dict[str, np.ndarray]:
    """By view the rows (n, d) of `images`, in their order in the source; all the extractor's views by default.

    They are float32; rows of your own in float64 stay float64. Options are those of `evaluate`:
    `ganeval.features("fake/", extractor="classifier:mnist")["probs"]`. What a report would warn of, such as
    files left out or a doubtful range, is a Python warning. Raises GanevalError.
    """
    require_options(options)
    settings = settings_for(images, metrics=[], **{**options, "interval": "off"})
    wants = dict.fromkeys(views or settings.extractor.views, Rows)
    side = extract(open_side(images, settings), settings, wants=wants)
    for sentence in side_warnings(side, settings):
        warnings.warn(sentence, UserWarning, stacklevel=2)
    return {view: rows.values for view, rows in side.statistics.items() if isinstance(rows, Rows)}
