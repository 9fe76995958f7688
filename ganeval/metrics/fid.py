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

from ganeval.metrics._frechet import SEES, FrechetMetric
from ganeval.metrics.base import Score


@final
@dataclass(frozen=True)
class FrechetInceptionDistance(FrechetMetric):
    """Fréchet distance on the genuine FID Inception's pooled features; no parameters.

    >>> FrechetInceptionDistance.insists_on_fid_inception
    True
    """

    scores: ClassVar = {
        "fid": Score(
            "FID",
            "lower",
            SEES,
            decimals=2,
            identical=0.0,
        )
    }
    insists_on_fid_inception: ClassVar = True
    citation: ClassVar = (
        "Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter. GANs Trained by a Two Time-Scale Update Rule "
        "Converge to a Local Nash Equilibrium. NeurIPS 2017. arXiv:1706.08500"
    )


METRIC = FrechetInceptionDistance
