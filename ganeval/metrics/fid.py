"""Fréchet Inception Distance: `fd` that insists on the genuine FID Inception.

The same computation as `fd`, refused on any other features than the 2048 pooled ones of the
Inception of 2015-12-05 that the literature uses: a number called FID is then always one that can
stand beside papers'. The error names `ganeval fd -x …` for everything else.

Papers differ in the number of images (10,000 or 50,000), the split of the reference, the resizer
and the file format (JPEG artefacts count): a FID is comparable only when these agree.

Source: Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
Equilibrium, NeurIPS 2017. Reference implementation: pytorch-fid.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from ganeval.metric import Metric, Score
from ganeval.numerics import frechet_distance
from ganeval.statistics import Moments, Statistic, as_moments


@final
@dataclass(frozen=True)
class FrechetInceptionDistance(Metric):
    """Fréchet distance on the genuine FID Inception's pooled features; no parameters.

    >>> FrechetInceptionDistance.insists_on_fid_inception
    True
    """

    statistic: ClassVar = Moments
    scores: ClassVar = {
        "fid": Score(
            "FID",
            "lower",
            frozenset({"shift", "noise", "dropped-modes", "outliers"}),
            decimals=2,
            identical=0.0,
        )
    }
    group: ClassVar = "distance"
    depends_on_n: ClassVar = True
    symmetric: ClassVar = True
    insists_on_fid_inception: ClassVar = True
    citation: ClassVar = (
        "Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter. GANs Trained by a Two Time-Scale Update Rule "
        "Converge to a Local Nash Equilibrium. NeurIPS 2017. arXiv:1706.08500"
    )

    @property
    def minimum(self) -> int:
        """Two: a covariance needs that many."""
        return 2

    def __call__(self, *, real: Statistic, fake: Statistic) -> dict[str, float]:
        """The FID."""
        moments = as_moments(real), as_moments(fake)
        self.require(real=moments[0].n, fake=moments[1].n)
        return {"fid": frechet_distance(*moments)}


METRIC = FrechetInceptionDistance
