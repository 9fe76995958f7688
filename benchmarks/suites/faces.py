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
    cost="10 runs of about 10 minutes on two cores, estimated.",
    entries=(
        Entry("dcgan", "dcgan", DATA, (JUDGE,), {"steps": "4000"}),
        Entry("vae", "vae", DATA, (JUDGE,), {"steps": "4000", "network": "conv", "width": "32", "latent": "64"}),
    ),
    seeds=5,
    rank="kid",
)
