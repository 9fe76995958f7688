"""`python -m benchmarks latent` on a tiny run: everything that is measured reaches the document."""

import dataclasses
import json
from dataclasses import asdict

import numpy as np
import pytest
import torch

from benchmarks import latent
from reference_models.latent_space.analogies import CONTROLS, Share, Trials

TINY = latent.Subject(
    "faces",
    "faces,n=100",
    2,
    {"width": "4", "batch": "8"},
    (("man+glasses", "man", "woman"), ("man", "woman", "woman")),
)


@pytest.fixture
def apart(tmp_path, monkeypatch):
    """Nothing of the repository is written."""
    torch.set_num_threads(1)
    document = tmp_path / "docs" / "latent.md"
    document.parent.mkdir()
    document.write_text(latent.DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    settings = {"RUNS": tmp_path, "RECORD": tmp_path / "latent.json", "DOCUMENT": document, "SUBJECTS": (TINY,)}
    for name, value in {**settings, "PAIRS": 4, "TRIALS": 5, "POOL": 64, "SAMPLES": 40}.items():
        monkeypatch.setattr(latent, name, value)
    return document


def test_from_training_to_the_document(apart):
    assert latent.main([]) == 0
    record = json.loads(latent.RECORD.read_text(encoding="utf-8"))["faces"]
    assert [way["how"] for way in record["paths"]] == ["lerp", "renormalised", "slerp"]
    assert all("untestable" in found for found in record["sums"])
    text = apart.read_text(encoding="utf-8")
    assert "A DCGAN (width 4, batch 8) after 2 steps of 8" in text
    assert "Untestable: of 64 samples" in text
    assert "| renormalised" in text
    assert (apart.parent / "latent-faces-paths.png").exists()
    assert (apart.parent / "latent-faces-directions.png").exists()
    assert latent.refreshed(text) == text


def test_trials_are_told_as_they_were_made():
    made = Trials(3, "raw", Share(90, 100), dict.fromkeys(CONTROLS, Share(40, 100)), 1.0, 0.5, 0.9)
    other = dataclasses.replace(made, k=1, scale="rescaled", success=Share(50, 100))
    found = {
        "cells": dict.fromkeys("ABCD", "x"),
        "counts": dict.fromkeys("ABCD", 200),
        "pool": 4096,
        "trials": json.loads(json.dumps([asdict(made), asdict(other)])),
    }
    told = latent._sum_told(found, "picture.png")
    assert "| 3 | raw      | 1.00      | 0.900 [0.826, 0.945]" in told
    assert "Best: k = 3, raw, lift +0.500: beyond every control" in told
    assert "three exemplars less one rescaled: +0.400 [+0.278, +0.506]: averaging does more than fix the norm" in told
    assert np.isclose(made.lift, 0.5)
