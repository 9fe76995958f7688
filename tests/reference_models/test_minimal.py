"""The DCGAN in one file: it runs, its networks keep the rules, and it is as short as it says."""

from pathlib import Path

from PIL import Image

from reference_models import minimal_dcgan
from reference_models.rules.check import report as rules


def test_two_steps_are_judged(tmp_path):
    report = minimal_dcgan.main(steps=2, out=tmp_path)
    assert report["fd"].value > 0
    with Image.open(tmp_path / "samples.png") as shown:
        assert shown.size == (8 * 28 * 2, 8 * 28 * 2)


def test_the_four_rules_are_kept():
    for make in ("generator", "discriminator"):
        assert not rules(f"reference_models.minimal_dcgan:{make}", reading="both")[1]


def test_it_is_read_in_one_sitting():
    assert len(Path(minimal_dcgan.__file__).read_text(encoding="utf-8").splitlines()) <= 150
