"""Garments: GANs of several widths and a VAE on 30,000 of Fashion-MNIST; quality for diversity by scaled latents."""

from benchmarks.suite import Entry, Judge, Suite

DATA = "fashion-mnist"
JUDGE = Judge(
    extractor="classifier:fashion-mnist",
    metrics=("precision-recall", "clipped-density-coverage", "modes", "kid", "fd", "sharpness", "copying"),
    n=5_000,
    reference=DATA,
)
SUITE = Suite(
    name="fashion",
    told="Vanilla GAN, DCGAN at three widths and four scales of its latents, and VAE on Fashion-MNIST.",
    cost=(
        "Measured: 74 minutes of one core to train, 36 to judge beside other work. Cut: 4,000 steps are 8.5 passes "
        "over the data; 5,000 fakes, not 10,000, are judged."
    ),
    entries=(
        Entry("vanilla", "vanilla", DATA, (JUDGE,), {"steps": "4000"}),
        Entry("dcgan-16", "dcgan", DATA, (JUDGE,), {"steps": "4000", "width": "16"}),
        Entry("dcgan-32", "dcgan", DATA, (JUDGE,), {"steps": "4000"}, scales=(None, 0.5, 0.75, 1.25)),
        Entry("dcgan-64", "dcgan", DATA, (JUDGE,), {"steps": "4000", "width": "64"}),
        Entry("vae", "vae", DATA, (JUDGE,), {"steps": "4000"}),
    ),
    seeds=5,
    rank="kid",
)
