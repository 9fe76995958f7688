"""Small runs."""

from pathlib import Path

import pytest
import torch

from reference_models.runs import Task, planned
from reference_models.sets import Examples, examples

TINY = {"width": "4", "batch": "16", "latent": "8"}


@pytest.fixture(scope="session")
def digits28() -> Examples:
    return examples("mnist-5k,n=200", "training")


@pytest.fixture(autouse=True)
def one_thread():
    """Sums in the same order in every process of a test."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny(model: str, data: Examples, *, steps: int = 6, seed: int = 0, name: str = "mnist-5k", **options: str) -> Task:
    return planned(model, name, shape=data.shape, options={**TINY, **options}, seed=seed, steps=steps)


def trained(folder: Path, task: Task, data: Examples, **more) -> Path:
    from reference_models.training import train

    for _ in train(folder, task, data=data, **more):
        pass
    return folder
