"""Two or more sets of fakes over the same reals."""

from ganeval.comparison.compare import Comparison, compare
from ganeval.comparison.power import power
from ganeval.comparison.tradeoff import Tradeoff, tradeoff

__all__ = ["Comparison", "Tradeoff", "compare", "power", "tradeoff"]
