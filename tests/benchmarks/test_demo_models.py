"""The demo's second screen: its one sentence follows from the numbers, whatever they are."""

import numpy as np
import pytest

from benchmarks.demo_models import contact_sheet, leaders, on_record, tradeoff
from benchmarks.ledger import append
from ganeval import Result

BETTER = {"precision": "higher", "recall": "higher", "fd": "lower"}


def results(**scores: tuple[float, float]) -> dict[str, Result]:
    """Results with these intervals."""
    return {
        key: Result(
            key,
            key,
            key,
            (low + high) / 2,
            BETTER[key],
            "distance",
            decimals=3,
            exponent=0,
            low=low,
            high=high,
            level=0.95,
        )
        for key, (low, high) in scores.items()
    }


SHARP = results(precision=(0.8, 0.9), recall=(0.2, 0.3), fd=(3, 4))
VARIED = results(precision=(0.3, 0.4), recall=(0.6, 0.7), fd=(5, 6))
MIDDLE = results(precision=(0.7, 0.82), recall=(0.5, 0.59), fd=(2, 2.5))


def test_leaders_are_those_whose_intervals_meet_the_best():
    reports = {"gan": SHARP, "vae": VARIED, "other": MIDDLE}
    assert leaders(reports, "precision") == ["gan", "other"]
    assert leaders(reports, "recall") == ["vae"]
    assert leaders(reports, "fd") == ["other"]


def test_a_trade_off_is_said():
    told = tradeoff({"gan": SHARP, "vae": VARIED})
    assert "most real digits come from gan, the most varied ones from vae;" in told
    assert told.endswith("prefers gan, whose digits are surely less varied.")


def test_no_trade_off_is_said_too():
    better = results(precision=(0.85, 0.95), recall=(0.65, 0.75), fd=(1, 1.5))
    told = tradeoff({"gan": SHARP, "vae": VARIED, "best": better})
    assert told.startswith("No trade-off") and "ahead of best;" in told and told.endswith("prefers best.")
    assert "than another's; FD" in tradeoff({"gan": SHARP, "same": SHARP})


def test_what_the_distance_prefers_is_said_to_be_behind_where_it_is():
    close = results(precision=(0.3, 0.4), recall=(0.1, 0.2), fd=(1, 1.5))
    told = tradeoff({"gan": SHARP, "close": close, "vae": results(precision=(0.8, 0.9), recall=(0.6, 0.7), fd=(5, 6))})
    assert "ahead of vae;" in told
    assert told.endswith("prefers close, whose digits are surely less real and less varied.")


def test_seeds_on_record_are_summed_up(tmp_path):
    path = tmp_path / "demo.jsonl"
    assert on_record(path) == []
    for value in (1.0, 3.0):
        fd = {"key": "fd", "value": 9.0, "corrected": value}
        shown = [fd, {"key": "kid", "value": 7.0, "corrected": None}]
        append({"schema": 1, "cell": {"name": "gan"}, "report": {"results": shown}}, path)
    assert on_record(path)[1].split() == ["gan", "2", "of", "5", "runs:", "fd", "2", "(1.4)"]


@pytest.mark.parametrize("n", [20, 37])
def test_contact_sheet_has_a_strip_for_each_set(n):
    strips = {"black": [np.zeros((28, 28), np.uint8)] * n, "white": [np.full((28, 28), 255, np.uint8)] * n}
    sheet = np.asarray(contact_sheet(strips))
    assert (sheet[22:78, 10:1130] == 0).all() and (sheet[102:158, 10:1130] == 255).all()
