"""From images to a report."""

from ganeval.evaluation.engine import Engine, Features
from ganeval.evaluation.evaluate import evaluate, reference
from ganeval.evaluation.features import features
from ganeval.evaluation.options import Options

__all__ = ["Engine", "Features", "Options", "evaluate", "features", "reference"]
