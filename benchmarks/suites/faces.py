"""Drawn faces with known factors, in colour at 32 pixels: DCGAN and a convolutional VAE."""

from benchmarks.suite import Entry, Judge, Suite

DATA = "faces"
JUDGE = Judge(
    extractor="efficientnet-lite0",
    metrics=("precision-recall", "clipped-density-coverage", "kid", "fd", "sharpness"),
    n=2_000,
    reference="faces,n=2000",
)
SUITE = Suite(
    name="faces",
    told="DCGAN and VAE on drawn faces.",
    cost="Estimated: an hour on two cores. Cut: 4,000 steps are 12.8 passes over 20,000 faces; 2,000 fakes are judged.",
    entries=(
        Entry("dcgan", "dcgan", DATA, (JUDGE,), {"steps": "4000"}),
        Entry("vae", "vae", DATA, (JUDGE,), {"steps": "4000", "network": "conv", "width": "32", "latent": "64"}),
    ),
    seeds=5,
    rank="kid",
)
