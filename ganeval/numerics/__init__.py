"""Mathematics on arrays: no images, no metrics, no files."""

from ganeval.numerics.frechet import frechet_distance

__all__ = ["frechet_distance"]
