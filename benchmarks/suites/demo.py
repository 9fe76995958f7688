"""Digits: the plain GAN, DCGAN and a VAE on 2,000 of MNIST-5k, judged against 2,000 others in the bundled features."""

from benchmarks.suite import Entry, Judge, Suite

DATA = "mnist-5k"
JUDGE = Judge(
    extractor="classifier:mnist",
    metrics=("precision-recall", "clipped-density-coverage", "modes", "kid", "fd", "sharpness", "copying"),
    n=2_000,
    reference=DATA,
)
SUITE = Suite(
    name="demo",
    told="Vanilla GAN, DCGAN and VAE on MNIST-5k.",
    cost="Measured: 18 minutes on one core.",
    entries=(
        Entry("vanilla", "vanilla", DATA, (JUDGE,)),
        Entry("dcgan", "dcgan", DATA, (JUDGE,), {"steps": "1500"}),
        Entry("vae", "vae", DATA, (JUDGE,), {"steps": "2000"}),
    ),
    seeds=5,
    rank="kid",
)
