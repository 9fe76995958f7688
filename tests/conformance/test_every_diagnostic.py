"""The rules every diagnostic keeps. They run on whatever lies in ganeval/diagnostics: a new file needs no new test."""

import dataclasses
import math

import numpy as np
import pytest

from ganeval.cli import exit_code
from ganeval.cli.plain import ascii_text
from ganeval.core.registry import Entry, entries
from ganeval.core.spec import Spec, built, option_notes, spec_of
from ganeval.training.diagnostic import BASES, Diagnostic
from ganeval.training.training_history import SIGNALS, Reading, Scores, Track, TrainingHistory

SHELF = entries("diagnostic")
everywhere = pytest.mark.parametrize("item", SHELF, ids=lambda item: item.name)
STEPS = tuple(range(100, 2100, 100))


def made(item: Entry) -> Diagnostic:
    return item.load()()


def scores(name: str, better, group: str, values, floor: float | None) -> Scores:
    known = [(step, float(value)) for step, value in zip(STEPS, values, strict=True)]
    readings = [Reading(step, value, value - 0.02, value + 0.02, floor) for step, value in known]
    return Scores(name, better, group, tuple(readings))


def training(*, healthy: bool, copies: bool = False) -> TrainingHistory:
    """Twenty steps of a training that learns, or of one in which everything goes wrong at once."""
    up = np.linspace(0.1, 0.7, 20)
    down = np.concatenate([np.linspace(0.1, 0.5, 8), np.linspace(0.3, 0.02, 12)])
    swings = np.tile([2.0, 9.0], 10)
    ends = {
        "loss": 1.0, "D loss": 1.0, "G loss": 1.0, "D(x)": 0.7, "D(G(z))": 0.3, "D(held-out)": 0.65, "D gradient": 2.0,
        "G gradient": 2.0,
    } if healthy else {
        "loss": math.nan, "D loss": 1e-3, "G loss": 9.0, "D(x)": 0.999, "D(G(z))": 1e-3, "D(held-out)": 0.2,
        "D gradient": 900.0, "G gradient": 1e-6,
    }  # fmt: skip
    return TrainingHistory(
        {name: Track(STEPS, (ends[name],) * 20) for name in SIGNALS},
        {
            "kid": scores("KID", "lower", "distance", 8 * (0.71 - up) if healthy else swings, 0.05),
            "precision": scores("precision", "higher", "quality-diversity", up if healthy else 0 * up + 0.7, 0.8),
            "recall": scores("recall", "higher", "quality-diversity", up if healthy else down, 0.8),
        },
        looked=STEPS,
        copying=((500, "these are copies"),) if copies or not healthy else (),
    )


@everywhere
def test_nothing_known_is_no_verdict(item):
    sign = made(item)(TrainingHistory())
    assert sign.verdict == "unknown"
    assert sign.since is None
    assert "need" in sign.message


@everywhere
def test_a_healthy_course_raises_no_alarm(item):
    sign = made(item)(training(healthy=True))
    assert sign.verdict == "clear", sign.message
    assert sign == made(item)(training(healthy=True))


@everywhere
def test_a_course_in_which_all_goes_wrong(item):
    """One that D is too strong in cannot show a weak D: that one is told apart."""
    sign = made(item)(training(healthy=False))
    assert sign.verdict == ("clear" if item.name == "weak-discriminator" else "alarm"), sign.message
    assert sign.since is None or sign.since in STEPS
    assert any(letter.isdigit() for letter in sign.message) or "copies" in sign.message


@everywhere
def test_texts_and_options(item, capsys):
    diagnostic = made(item)
    cls = type(diagnostic)
    assert cls.basis in BASES
    for text in (cls.remedy, cls.caveat, cls.source):
        assert len(text) > 10
        assert ascii_text(text) == text
        assert text[0].islower() or text[0].isdigit() or text.split()[0][0].isupper()
    assert set(option_notes(cls)) == {field.name for field in dataclasses.fields(cls)}
    assert built(cls, Spec.parse(spec_of(diagnostic, name=item.name))) == diagnostic
    assert exit_code(["explain", item.name]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(" ".join(text.split()) in shown for text in (cls.remedy, cls.caveat, cls.source))


@everywhere
def test_few_entries_and_holes_do_no_harm(item):
    """One step, entries that are not numbers, scores without intervals or floors."""
    for values in ((0.5,), (math.nan, 0.5, math.inf)):
        signals = {name: Track(tuple(range(len(values))), values) for name in SIGNALS}
        readings = tuple(Reading(step, 0.5, total=10) for step in range(len(values)))
        found = TrainingHistory(
            signals, {key: Scores(key, "lower", "distance", readings) for key in ("kid", "recall", "modes")}
        )
        assert made(item)(found).verdict in ("alarm", "clear", "unknown")
    nothing = {name: Track((1, 2), (math.nan, math.inf)) for name in SIGNALS}
    assert made(item)(TrainingHistory(nothing)).verdict == ("alarm" if item.name == "divergence" else "unknown")
