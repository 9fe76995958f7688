"""One file, one metric. `ganeval list` shows the folder; CONTRIBUTING.md tells how to add to it."""

from ganeval.metrics._mode_counts import covered_modes
from ganeval.metrics.base import Metric, Score
from ganeval.metrics.clipped_density_coverage import clipped_density_coverage
from ganeval.metrics.copying import copied_shares
from ganeval.metrics.density_coverage import density_coverage
from ganeval.metrics.energy_distance import energy_distance
from ganeval.metrics.inception_score import inception_score
from ganeval.metrics.kid import kid
from ganeval.metrics.nearest_neighbour_accuracy import nearest_neighbour_accuracy
from ganeval.metrics.precision_recall import precision_recall
from ganeval.metrics.support_size import colliding_pairs, smallest_distance, support_size
from ganeval.metrics.vendi import vendi_score, vendi_score_of_kernel

__all__ = [
    "Metric",
    "Score",
    "clipped_density_coverage",
    "colliding_pairs",
    "copied_shares",
    "covered_modes",
    "density_coverage",
    "energy_distance",
    "inception_score",
    "kid",
    "nearest_neighbour_accuracy",
    "precision_recall",
    "smallest_distance",
    "support_size",
    "vendi_score",
    "vendi_score_of_kernel",
]
