"""Every option at every door: the calls that read images take the same keywords, and mean the same by them."""

import inspect
from collections.abc import Callable
from typing import Any

import click
import numpy as np
import pytest

import ganeval
from ganeval.cli import cli
from ganeval.core.errors import GanevalError
from ganeval.evaluation.engine import Engine
from ganeval.evaluation.options import Options
from ganeval.evaluation.settings import settings_for

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 40, 8, 8, 3), np.uint8)
REAL, FAKE, OTHER = IMAGES
DOORS: dict[str, Callable[..., Any]] = {
    "evaluate": lambda real, **given: ganeval.evaluate(real, FAKE, metrics=["kid"], **given),
    "reference": lambda real, **given: ganeval.reference(real, metrics=["kid"], **given),
    "compare": lambda real, **given: ganeval.compare(real, [FAKE, OTHER], metrics=["kid"], **given),
    "tradeoff": lambda real, **given: ganeval.tradeoff(real, {"1": FAKE, "2": OTHER}, **given),
    "power": lambda real, **given: ganeval.power(real, differences={"kid": 1.0}, metrics=["kid"], **given),
    "rows": lambda real, **given: ganeval.rows(real, **given),
    "Evaluator": lambda real, **given: ganeval.Evaluator(real, metrics=["kid"], **given)(FAKE),
}
VALUES: dict[str, Any] = {
    "extractor": "random-conv", "protocol": "adm", "weights": None, "device": "cpu", "precision": "float32",
    "n": 36, "seed": 3, "exif": "apply", "on_error": "skip", "engine": Engine(batch_size=7), "cache": "verify",
    "interval": "on", "level": 0.9, "population": "real", "floor": "off",
}  # fmt: skip
FUNCTIONS = (
    ganeval.evaluate, ganeval.reference, ganeval.compare, ganeval.tradeoff, ganeval.power, ganeval.rows,
    ganeval.Evaluator.__init__, settings_for,
)  # fmt: skip


def test_every_option_has_a_value_here():
    assert VALUES.keys() == Options.__annotations__.keys()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
def test_no_door_lists_options_of_its_own(function):
    own = inspect.signature(function).parameters
    assert not own.keys() & Options.__annotations__.keys()
    assert [name for name, one in own.items() if one.kind is one.VAR_KEYWORD] == ["options"]


@pytest.mark.parametrize("option", VALUES)
@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_every_option(door, option):
    DOORS[door](REAL, **{"extractor": "pixels", option: VALUES[option]})


@pytest.mark.parametrize("door", DOORS)
def test_a_slip_of_the_keys_is_told(door):
    with pytest.raises(TypeError, match="there is no option 'extracter'; did you mean 'extractor'"):
        DOORS[door](REAL, extracter="pixels", seed="a")
    with pytest.raises(TypeError, match="there is no option 'spare'"):
        DOORS[door](REAL, spare=["fd"])


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[(name, value) for name in ("exif", "on_error", "cache", "interval", "population", "floor")
          for value in ("On", False, "", 1)],
        ("engine", 3), ("seed", -1), ("level", 95), ("n", 0),
    ],
)  # fmt: skip
def test_a_word_that_an_option_does_not_take_is_refused(door, option, value):
    """Silently it would be as if it were another one: `cache=False` used the cache."""
    with pytest.raises(GanevalError, match=rf"{option} = .*(is not possible|needed)"):
        DOORS[door](REAL, **{"extractor": "pixels", option: value})


@pytest.mark.parametrize(("door", "metrics"), [("tradeoff", ["kid"]), ("rows", ["kid"])])
def test_doors_without_metrics_say_so(door, metrics):
    with pytest.raises(TypeError, match="there is no option 'metrics'"):
        DOORS[door](REAL, metrics=metrics)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("given", [{"n": 0}, {"level": 2.0}, {"extractor": "pixles"}, {"protocol": "clean"}], ids=str)
def test_what_is_impossible_is_refused_at_every_door(door, given):
    with pytest.raises(GanevalError):
        DOORS[door](REAL, **{"extractor": "pixels", **given})


@pytest.mark.parametrize("door", [door for door in DOORS if door not in ("reference", "rows")])
def test_a_reference_brings_its_extractor_and_protocol(door):
    """What `evaluate` adopts, the others adopt."""
    metrics = ["kid", "precision-recall", "density-coverage", "copying"]
    made = ganeval.reference(REAL, metrics=metrics, extractor="random-conv", protocol="adm")
    found = DOORS[door](made)
    protocol = getattr(found, "protocol", None)
    assert protocol is None or (protocol.name, protocol.extractor) == ("adm", "random-conv")
    with pytest.raises(GanevalError, match="unlike protocols"):
        DOORS[door](made, protocol="default")


@pytest.mark.parametrize("metric", ["sharpness", "kid"])
def test_the_extractor_is_what_the_metrics_read_unless_it_is_stated(metric):
    """The same for a reference as for an evaluation."""
    own = settings_for(metrics=[metric]).extractor.name
    assert own.startswith("spectrum" if metric == "sharpness" else "inception")


def test_a_comparison_without_intervals_is_refused():
    with pytest.raises(GanevalError, match="a comparison is made of intervals"):
        ganeval.compare(REAL, [FAKE, OTHER], metrics=["kid"], extractor="pixels", interval="off")


def test_a_tradeoff_reads_training_images():
    """A set that was copied from them is never in front."""
    sides = {"1": FAKE, "2": OTHER}
    plain, beside = (
        ganeval.tradeoff(REAL, sides, extractor="pixels", **more) for more in ({}, {"train": OTHER, "held_out": FAKE})
    )
    assert [one.copies for one in plain.settings] == [False, False]
    assert [one.copies for one in beside.settings] == [False, True]


@pytest.mark.parametrize("command", ["fd", "eval", "compare", "tradeoff", "power", "stats"])
def test_the_command_line_has_them_too(command):
    """Flags are named for what they leave out; the engine is two numbers there."""
    params = {param.name for param in cli.get_command(click.Context(cli), command).params}
    assert Options.__annotations__.keys() - {"engine"} <= params
    assert {"batch_size", "num_workers"} <= params
