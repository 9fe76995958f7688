"""How sure a score is, alone and beside others."""

from ganeval.intervals.multiplicity import RankSet, rank_sets

__all__ = ["RankSet", "rank_sets"]
