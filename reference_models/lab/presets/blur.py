"""A VAE's blur beside a GAN's sharpness, at equal budget: the same decoder, the same number of images seen.

The VAE's decoder is DCGAN's generator and its encoder DCGAN's discriminator; both see `steps` batches of 64 digits.
ganeval's `sharpness` compares the variance of the Laplacian and the power spectrum with those of real digits.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from reference_models.lab.digits import METRICS, Digits, lesson, sheet_drawn
from reference_models.lab.preset import Claim, Numbers, Preset, Said, Score, Seen
from reference_models.models.dcgan import DCGAN
from reference_models.models.vae import VAE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES = ("VAE", "GAN")
_BLURRED = 0.9


@final
@dataclass(frozen=True)
class Blur(Preset):
    """`lr` is the GAN's rate, `vae_rate` the VAE's; `width` that of all networks."""

    lr: float = 1e-3
    vae_rate: float = 2e-3
    steps: int = 700
    width: int = 8
    latent: int = 16

    title: ClassVar = Said("a VAE's blur, a GAN's sharpness", "VAE의 흐릿함과 GAN의 선명함")
    size: ClassVar = (10, 4)
    score: ClassVar = Score(
        "fd: GAN", Said("FD of the GAN (turn lr, width, latent)", "GAN의 FD (lr, width, latent)"), "lower"
    )
    claims: ClassVar = {
        "failure": Claim(
            Said(
                "the VAE's digits are less sharp than real ones, by a tenth or more",
                "VAE의 숫자는 진짜보다 10분의 1 이상 덜 선명하다",
            ),
            lambda n: n["sharpness: VAE"] < _BLURRED,
        ),
        "cure": Claim(
            Said("the GAN's are nearer to the sharpness of real ones", "GAN의 숫자는 진짜의 선명도에 더 가깝다"),
            lambda n: abs(math.log(n["sharpness: GAN"])) < abs(math.log(n["sharpness: VAE"])),
        ),
    }

    def run(self, *, seed: int) -> Seen:
        """Two trainings."""
        digits = Digits((*METRICS, "sharpness"))
        recipes = {
            "VAE": VAE(self.steps, 64, network="conv", width=self.width, latent=self.latent, rate=self.vae_rate),
            "GAN": DCGAN(self.steps, width=self.width, latent=self.latent, d_rate=self.lr, g_rate=self.lr),
        }
        found = {name: lesson(recipe, digits, seed=seed) for name, recipe in recipes.items()}
        keys = "sharpness", "spectrum", "fd", "precision", "recall"
        numbers = {f"{key}: {name}": one.last(key) for key in keys for name, one in found.items()}
        numbers |= {f"CPU seconds: {name}": one.seconds for name, one in found.items()}
        return Seen(
            numbers, {"lessons": found, "real": digits.training.values[:: len(digits.training.values) // 64][:64]}
        )

    def sentences(self, numbers: Numbers) -> tuple[Said, Said, Said]:
        """Sharpness of both; what sharpness hides; who is nearer to the data."""
        soft, crisp = (numbers[f"sharpness: {name}"] for name in _NAMES)
        seen = Said(
            f"Real digits having sharpness 1, the VAE's have {soft:.2f} ({_en(soft)}) and the GAN's {crisp:.2f} ({_en(crisp)}), "
            "after the same number of images.",
            f"진짜 숫자의 선명도를 1이라 할 때, 같은 수의 이미지를 본 뒤 VAE는 {soft:.2f}({_ko(soft)}), GAN은 {crisp:.2f}({_ko(crisp)})이다.",
        )
        precision = [numbers[f"precision: {name}"] for name in _NAMES]
        recall = [numbers[f"recall: {name}"] for name in _NAMES]
        why = Said(
            "A VAE's sample is the mean of all images that its latent may stand for, and a mean is soft; sharpness is not all: "
            f"precision is {precision[0]:.2f} (VAE) and {precision[1]:.2f} (GAN), recall {recall[0]:.2f} and {recall[1]:.2f}.",
            "VAE의 샘플은 한 잠재 벡터가 뜻할 수 있는 이미지들의 평균이고, 평균은 흐릿하다. 그러나 선명함이 전부는 아니다: "
            f"정밀도는 VAE {precision[0]:.2f}, GAN {precision[1]:.2f}이고 재현율은 {recall[0]:.2f}와 {recall[1]:.2f}이다.",
        )
        fd = [numbers[f"fd: {name}"] for name in _NAMES]
        nearer = _NAMES[int(fd[1] < fd[0])]
        sharper = _NAMES[int(abs(math.log(crisp)) < abs(math.log(soft)))]
        cure = Said(
            f"FD is {fd[0]:.1f} for the VAE and {fd[1]:.1f} for the GAN: the {nearer} is nearer to the data"
            + (
                f", and its sharpness too; an adversarial loss {'cures the blur here' if nearer == 'GAN' else 'is not needed here'}."
                if nearer == sharper
                else f", although the {sharper}'s sharpness is nearer to the real one: choose by what you need."
            ),
            f"FD는 VAE {fd[0]:.1f}, GAN {fd[1]:.1f}로 {nearer}가 데이터에 더 가깝"
            + (
                f"고 선명도도 그렇다. {'여기서는 적대적 손실이 흐릿함의 처방이다.' if nearer == 'GAN' else '여기서는 적대적 손실이 필요 없다.'}"
                if nearer == sharper
                else f"지만, 선명도는 {sharper}가 진짜에 더 가깝다. 무엇이 필요한지에 따라 고르면 된다."
            ),
        )
        return seen, why, cure

    def draw(self, seen: Seen, figure: "Figure") -> None:
        """Real digits, the VAE's, the GAN's."""
        panels = figure.subplots(1, 3)
        sheet_drawn(panels[0], seen.trail["real"], title="real: sharpness 1")
        for panel, name in zip(panels[1:], _NAMES, strict=True):
            told = f"{name}: sharpness {seen.numbers[f'sharpness: {name}']:.2f}, FD {seen.numbers[f'fd: {name}']:.1f}"
            sheet_drawn(panel, seen.trail["lessons"][name].images, title=told)


def _en(ratio: float) -> str:
    return "blurred" if ratio < _BLURRED else "as sharp as real" if ratio < 1 / _BLURRED else "noisy or too crisp"


def _ko(ratio: float) -> str:
    return (
        "흐릿하다"
        if ratio < _BLURRED
        else "진짜만큼 선명하다"
        if ratio < 1 / _BLURRED
        else "잡음이 많거나 지나치게 날카롭다"
    )


PRESET = Blur
