"""`ganeval doctor`: what it shows, and that `--check` notices a network that computes something else."""

import re

import numpy as np
import pytest

import ganeval.extractors.self_check as doctor
from ganeval.cli import exit_code
from ganeval.extractors import _graphs


def test_it_shows_device_versions_and_weights(capsys):
    assert exit_code(["doctor", "--device", "cpu"]) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert shown["device"] == "cpu"
    assert {"ganeval", "engine", "threads", "torch", "numpy", "inception", "efficientnet-lite0"} <= set(shown)
    assert shown["efficientnet-lite0"].startswith("genuine (installed with ganeval")


def test_the_check_passes_here(capsys):
    assert exit_code(["doctor", "--check", "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    found = re.search(r"largest deviation (\S+) of the largest feature \(tolerance 1e-04\): as stored", out)
    assert found
    assert float(found[1]) < 1e-5
    assert re.search(r"speed +\d+\.\d images/s", out)


@pytest.mark.parametrize("fault", [1.001, np.nan])
def test_the_check_fails_where_features_are_others(capsys, monkeypatch, fault):
    stored = doctor.stored_features()
    monkeypatch.setattr(doctor, "stored_features", lambda: stored * np.float32(fault))
    assert exit_code(["doctor", "--check", "--device", "cpu"]) == 1
    assert "NOT as stored" in capsys.readouterr().out


def test_the_check_tells_that_torch_ran_the_network(capsys, monkeypatch):
    monkeypatch.setattr(_graphs, "TOLERANCE", -1.0)
    assert exit_code(["doctor", "--check", "--device", "cpu"]) == 0
    assert re.search(r"network +efficientnet-lite0: its exported graph .*torch ran", capsys.readouterr().out)


def test_the_bundle_is_small_and_whole():
    images = doctor.photographs()
    assert [image.shape for image in images] == [(96, 96, 3)] * 8
    assert doctor.stored_features().shape == (8, 1280)
    assert doctor.stored_features().dtype == np.float32
    assert sum(path.stat().st_size for path in doctor.IMAGES.iterdir()) < 150_000


def test_an_impossible_device_is_usage(capsys):
    assert exit_code(["doctor", "--device", "toaster"]) == 2
    assert "the device 'toaster' cannot be used here" in capsys.readouterr().err


def test_help(capsys):
    assert exit_code(["doctor", "-h"]) == 0
    out = capsys.readouterr().out
    assert "ganeval doctor --check" in out
    assert max(map(len, out.splitlines())) <= 88
