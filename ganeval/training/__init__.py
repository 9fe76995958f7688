"""In the loop, and what went wrong in it."""

from ganeval.training.diagnose import Diagnosis, diagnose
from ganeval.training.diagnostic import Diagnostic
from ganeval.training.evaluator import Evaluator
from ganeval.training.history import History

__all__ = ["Diagnosis", "Diagnostic", "Evaluator", "History", "diagnose"]
