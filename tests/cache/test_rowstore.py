"""Rows beyond the budget lie in a file, and nothing else changes."""

import numpy as np
import pytest

import ganeval
from ganeval.evaluation.engine import Engine
from ganeval.evaluation.row_store import RowStore


@pytest.mark.parametrize("expected", [None, 50, 1000])
@pytest.mark.parametrize("budget", [0, 700, 1 << 20])
def test_blocks_come_back_as_they_came(rng, budget, expected):
    values = rng.standard_normal((103, 5)).astype(np.float32)
    store = RowStore(budget, expected)
    for start in range(0, 103, 10):
        store.append(values[start : start + 10])
    assert (store.rows() == values).all()
    assert isinstance(store.held, np.memmap) == (4 * len(store.held) * 5 > budget)


def test_no_rows():
    assert RowStore().rows().shape == (0, 1)


def test_scores_do_not_depend_on_the_budget(rng):
    images = rng.integers(0, 256, (2, 120, 6, 6, 3), dtype=np.uint8)
    reports = [
        ganeval.evaluate(*images, extractor="pixels", engine=Engine(rows_budget=budget)) for budget in (0, 1 << 30)
    ]
    assert reports[0].to_dict() == reports[1].to_dict()
