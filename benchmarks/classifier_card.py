"""What the bundled classifiers can do, as tables of docs/classifiers.md."""

from dataclasses import dataclass

from benchmarks.readme import filled
from ganeval.extractors.face_attributes import FACES
from reference_models.latent_space.analogies import Share


@dataclass(frozen=True)
class Head:
    """What one head can do."""

    correct: int
    temperature: float
    error_before: float
    error_after: float


@dataclass(frozen=True)
class Figures:
    """What a trained classifier can do: by head, and `correct` where all heads are right."""

    training: int
    calibration: int
    held_out: int
    correct: int
    heads: tuple[Head, ...]
    size: int
    digest: str


def with_figures(text: str, name: str, figures: Figures) -> str:
    """The card with a classifier's figures written anew."""
    made = [*_heads(figures), *_whole(figures)] if len(figures.heads) > 1 else [*_one_head(figures), *_whole(figures)]
    return filled(text, name, "\n".join(made) + "\n")


def _one_head(figures: Figures) -> list[str]:
    (head,) = figures.heads
    return [
        "| | |\n|---|---|",
        f"| held-out accuracy | {figures.correct / figures.held_out:.2%} |",
        "| its Wilson interval (95 %) | {:.2%} to {:.2%} |".format(*Share(figures.correct, figures.held_out).interval),
        f"| temperature | {head.temperature:.2f} |",
        f"| calibration error, before | {head.error_before:.4f} |",
        f"| calibration error, after | {head.error_after:.4f} |",
    ]


def _heads(figures: Figures) -> list[str]:
    def row(label: str, correct: int, rest: str) -> str:
        ends = "{:.2%} to {:.2%}".format(*Share(correct, figures.held_out).interval)
        return f"| {label} | {correct / figures.held_out:.2%} | {ends} | {rest} |"

    return [
        "| attribute | accuracy | its Wilson interval (95 %) | temperature | calibration error, before | after |",
        "|---|---|---|---|---|---|",
        *(
            row(label, head.correct, f"{head.temperature:.2f} | {head.error_before:.4f} | {head.error_after:.4f}")
            for label, head in zip(FACES, figures.heads, strict=True)
        ),
        row("all six", figures.correct, "| |"),
        "\n| | |\n|---|---|",
    ]


def _whole(figures: Figures) -> list[str]:
    return [
        f"| trained on | {figures.training:,} images |",
        f"| temperature fitted on | {figures.calibration:,} images |",
        f"| n (held-out images) | {figures.held_out:,} |",
        f"| file | {figures.size:,} bytes |",
        f"| sha256 | `{figures.digest}` |",
    ]
