"""The documents say what is true: generated tables are fresh, commands exist, nothing foreign is named."""

import re
import subprocess
from pathlib import Path

import pytest

from benchmarks import audit, curves, dependence, diagnoses, lab, latent
from benchmarks.cost import DOCUMENT
from benchmarks.cost import refreshed as costs
from benchmarks.coverage import table as coverage
from benchmarks.readme import README, refreshed
from ganeval.cli import exit_code

ROOT = README.parent


def test_generated_tables_are_fresh():
    text = README.read_text(encoding="utf-8")
    assert text.count("<!-- generated:") == 3
    assert refreshed(text) == text, "run `python -m benchmarks readme`"
    cost = DOCUMENT.read_text(encoding="utf-8")
    assert costs(cost) == cost, "run `python -m benchmarks cost`"
    simulated = coverage.DOCUMENT.read_text(encoding="utf-8")
    assert coverage.refreshed(simulated) == simulated, "run `python -m benchmarks coverage`"
    assert dependence.refreshed(simulated) == simulated, "run `python -m benchmarks dependence --redraw`"
    told = audit.DOCUMENT.read_text(encoding="utf-8")
    assert audit.refreshed(told) == told, "run `python -m benchmarks audit --redraw`"
    shown = lab.DOCUMENT.read_text(encoding="utf-8")
    assert lab.refreshed(shown) == shown, "run `python -m benchmarks lab`"
    trained = curves.DOCUMENT.read_text(encoding="utf-8")
    assert curves.refreshed(trained) == trained, "run `python -m benchmarks curves --redraw`"
    seen = diagnoses.DOCUMENT.read_text(encoding="utf-8")
    assert diagnoses.refreshed(seen) == seen, "run `python -m benchmarks diagnoses --redraw`"
    between = latent.DOCUMENT.read_text(encoding="utf-8")
    assert latent.refreshed(between) == between, "run `python -m benchmarks latent --redraw`"


def test_the_korean_readme_keeps_in_step():
    """The same headings, level by level, and the same code blocks."""
    fence = re.compile(r"^```.*?^```$", re.S | re.M)
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")]
    assert fence.findall(texts[0]) == fence.findall(texts[1])
    levels = [[line.split()[0] for line in fence.sub("", text).splitlines() if line.startswith("#")] for text in texts]
    assert levels[0] == levels[1]


def commands() -> list[str]:
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    return [
        line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.startswith("ganeval ")
    ]


@pytest.mark.parametrize("line", commands())
def test_commands_of_the_readme_are_known(line, capsys):
    """Every command and option that the README shows is one that `--help` knows."""
    name, *rest = line.split()[1:]
    assert exit_code([name, "--help"]) == 0
    shown = capsys.readouterr().out
    for option in (word for word in rest if word.startswith("-") and word != "-"):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", shown), f"{option} in {line!r}"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [ROOT / name for name in listed.split()]


def test_only_the_two_packages_ship():
    text = (ROOT / "pyproject.toml").read_text()
    assert 'include = ["ganeval*", "reference_models*"]' in text


def test_no_pickles():
    assert not [path for path in tracked() if path.suffix in (".pkl", ".pickle", ".pt", ".pth")]
