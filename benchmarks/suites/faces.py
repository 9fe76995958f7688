"""Drawn faces with known factors, in colour at 32 pixels: DCGAN and a convolutional VAE.

Judged in the bundled classifier's features: in efficientnet-lite0's, which are made for photographs, no sample of the
first DCGAN lay among the real faces (precision 0, recall 0).
"""

from benchmarks.suite import Entry, Judge, Suite

DATA = "faces"
# Five times DCGAN's rates and an average of G's weights: FD[classifier:faces] 5.9, not 11.7, after 2,000 steps.
FASTER = {"d_rate": "1e-3", "g_rate": "1e-3", "ema": "0.995"}
JUDGE = Judge(
    extractor="classifier:faces",
    metrics=("precision-recall", "clipped-density-coverage", "kid", "fd", "sharpness", "copying"),
    n=2_000,
    reference="faces,n=2000",
)
SUITE = Suite(
    name="faces",
    told="DCGAN and VAE on drawn faces.",
    cost="Measured: 40 minutes of one core. Cut: 3,000 steps are 9.6 passes over 20,000 faces; 2,000 fakes are judged.",
    entries=(
        Entry("dcgan", "dcgan", DATA, (JUDGE,), {**FASTER, "steps": "3000", "width": "24"}),
        Entry("vae", "vae", DATA, (JUDGE,), {"steps": "3000", "network": "conv", "width": "24", "latent": "64"}),
    ),
    seeds=5,
    rank="kid",
)
