"""ganeval judges generative models: quality and diversity of generated images, under a named protocol.

report = ganeval.evaluate(real="real/", fake="fake/", metrics=["fd", "pr"], extractor="efficientnet-lite0")
report["fd"].value
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganeval.comparison.compare import Comparison, compare
    from ganeval.comparison.power import power
    from ganeval.comparison.tradeoff import Tradeoff, tradeoff
    from ganeval.core.errors import (
        DecodeError,
        FeatureError,
        GanevalError,
        ProtocolError,
        SourceError,
        SpecError,
        TooFewError,
        WeightsError,
    )
    from ganeval.core.rows import Moments, Rows, Statistic, as_moments
    from ganeval.evaluation.engine import Engine, Features
    from ganeval.evaluation.engine import Features as Collection
    from ganeval.evaluation.evaluate import evaluate, reference
    from ganeval.evaluation.features import features
    from ganeval.evaluation.features import features as rows
    from ganeval.evaluation.options import Options
    from ganeval.extractors._live import module_extractor
    from ganeval.extractors.base import Extractor
    from ganeval.extractors.face_attributes import face_attributes
    from ganeval.intervals.multiplicity import RankSet, rank_sets
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
    from ganeval.numerics.frechet import frechet_distance
    from ganeval.report.report import Report, Result
    from ganeval.sources.array import array as images
    from ganeval.sources.module import from_module
    from ganeval.sources.sampler import sampler
    from ganeval.sources.stream import stream
    from ganeval.training.diagnose import Diagnosis, diagnose
    from ganeval.training.diagnostic import Diagnostic
    from ganeval.training.evaluator import Evaluator
    from ganeval.training.history import History

__version__ = "0.1.0"

__all__ = [
    "Collection",
    "Comparison",
    "DecodeError",
    "Diagnosis",
    "Diagnostic",
    "Engine",
    "Evaluator",
    "Extractor",
    "FeatureError",
    "Features",
    "GanevalError",
    "History",
    "Metric",
    "Moments",
    "Options",
    "ProtocolError",
    "RankSet",
    "Report",
    "Result",
    "Rows",
    "Score",
    "SourceError",
    "SpecError",
    "Statistic",
    "TooFewError",
    "Tradeoff",
    "WeightsError",
    "as_moments",
    "clipped_density_coverage",
    "colliding_pairs",
    "compare",
    "copied_shares",
    "covered_modes",
    "density_coverage",
    "diagnose",
    "energy_distance",
    "evaluate",
    "face_attributes",
    "features",
    "frechet_distance",
    "from_module",
    "images",
    "inception_score",
    "kid",
    "module_extractor",
    "nearest_neighbour_accuracy",
    "power",
    "precision_recall",
    "rank_sets",
    "reference",
    "rows",
    "sampler",
    "smallest_distance",
    "stream",
    "support_size",
    "tradeoff",
    "vendi_score",
    "vendi_score_of_kernel",
]

_HOMES = {
    "Comparison": "comparison.compare",
    "compare": "comparison.compare",
    "power": "comparison.power",
    "Tradeoff": "comparison.tradeoff",
    "tradeoff": "comparison.tradeoff",
    "DecodeError": "core.errors",
    "FeatureError": "core.errors",
    "GanevalError": "core.errors",
    "ProtocolError": "core.errors",
    "SourceError": "core.errors",
    "SpecError": "core.errors",
    "TooFewError": "core.errors",
    "WeightsError": "core.errors",
    "Moments": "core.rows",
    "Rows": "core.rows",
    "Statistic": "core.rows",
    "as_moments": "core.rows",
    "Extractor": "extractors.base",
    "Diagnostic": "training.diagnostic",
    "Features": "evaluation.engine",
    "Collection": "evaluation.engine:Features",
    "Engine": "evaluation.engine",
    "evaluate": "evaluation.evaluate",
    "reference": "evaluation.evaluate",
    "features": "evaluation.features",
    "rows": "evaluation.features:features",
    "Options": "evaluation.options",
    "module_extractor": "extractors._live",
    "face_attributes": "extractors.face_attributes",
    "RankSet": "intervals.multiplicity",
    "rank_sets": "intervals.multiplicity",
    "covered_modes": "metrics._mode_counts",
    "Metric": "metrics.base",
    "Score": "metrics.base",
    "clipped_density_coverage": "metrics.clipped_density_coverage",
    "copied_shares": "metrics.copying",
    "density_coverage": "metrics.density_coverage",
    "energy_distance": "metrics.energy_distance",
    "inception_score": "metrics.inception_score",
    "kid": "metrics.kid",
    "nearest_neighbour_accuracy": "metrics.nearest_neighbour_accuracy",
    "precision_recall": "metrics.precision_recall",
    "colliding_pairs": "metrics.support_size",
    "smallest_distance": "metrics.support_size",
    "support_size": "metrics.support_size",
    "vendi_score": "metrics.vendi",
    "vendi_score_of_kernel": "metrics.vendi",
    "frechet_distance": "numerics.frechet",
    "Report": "report.report",
    "Result": "report.report",
    "images": "sources.array:array",
    "from_module": "sources.module",
    "sampler": "sources.sampler",
    "stream": "sources.stream",
    "Diagnosis": "training.diagnose",
    "diagnose": "training.diagnose",
    "Evaluator": "training.evaluator",
    "History": "training.history",
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for (PEP 562): `import ganeval` loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ganeval' has no attribute {name!r}")
    home, _, own = _HOMES[name].partition(":")
    found = getattr(import_module(f"ganeval.{home}"), own or name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
