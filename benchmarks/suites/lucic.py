"""The plain GAN of "Are GANs Created Equal?" on Fashion-MNIST, for those who have the Inception weights.

15,625 steps, then the FID of 10,000 samples against the 10,000 test images. Lucic et al. (NeurIPS 2018) report about
32 with authors' settings and 26.5 ± 1.6 as the best of 100 settings. Their networks learnt from 50,000 of the training
images, these from 30,000: nearness is a sanity check, not a replication.
"""

from benchmarks.suite import Entry, Judge, Suite

DATA = "fashion-mnist"
SUITE = Suite(
    name="lucic",
    told="Lucic et al.'s GAN on Fashion-MNIST, 15,625 steps; their FID: about 32 (authors' settings) and 26.5 ± 1.6 "
    "(best of 100 settings); needs the FID Inception (`ganeval weights fetch`).",
    cost="Estimated: 3 to 7 hours on two cores. Cut: 5 training seeds.",
    entries=(
        Entry(
            "lucic-infogan",
            "lucic-infogan",
            DATA,
            (Judge(extractor="inception", metrics=("fid", "kid"), n=10_000, reference=DATA),),
        ),
    ),
    seeds=5,
    rank="fid",
)
