"""Floors: what other reals score at the same n; an alarm below them that copies raise and chance does not."""

import numpy as np
import pytest

import ganeval
from ganeval.core.randomness import hashed_order, purpose_seed
from ganeval.core.rows import Rows
from ganeval.evaluation import floors as module
from ganeval.report.text import floor_lines


def report(real, fake, *metrics, **options):
    return ganeval.evaluate(real, fake, extractor="features", metrics=list(metrics or ["fd"]), **options)


def test_the_floor_is_one_hashed_half_against_the_other(rng):
    real, fake = rng.standard_normal((101, 4)), rng.standard_normal((80, 4)) + 1
    found = report(real, fake, "fd", "pr")
    order = hashed_order(np.arange(101), seed=purpose_seed(0, "floors"))
    halves = np.sort(order[:50]), np.sort(order[50:100])
    some = np.sort(hashed_order(np.arange(80), seed=purpose_seed(0, "floors"))[:50])
    floor = found["fd"].floor
    as_rows = [real[halves[0]], real[halves[1]], fake[some]]
    assert (floor.n, floor.other, floor.alarm) == (50, "half", False)
    assert floor.value == pytest.approx(ganeval.frechet_distance(as_rows[0], as_rows[1]), rel=1e-9)
    assert floor.fake == pytest.approx(ganeval.frechet_distance(as_rows[0], as_rows[2]), rel=1e-9)
    assert found["precision"].floor.value == ganeval.precision_recall(as_rows[0], as_rows[1])[0]
    assert ganeval.Report.from_json(found.to_json()) == found


def test_held_out_reals_take_the_place_of_a_half(rng):
    real, fake, other = rng.standard_normal((3, 60, 4))
    floor = report(real, fake, held_out=other)["fd"].floor
    assert (floor.n, floor.other) == (60, "held-out")
    expected = ganeval.frechet_distance(real, other)
    assert floor.value == pytest.approx(expected, rel=1e-9)
    assert floor.fake == pytest.approx(report(real, fake)["fd"].value, rel=1e-9)


def test_few_fakes_set_n(rng):
    found = report(rng.standard_normal((90, 3)), rng.standard_normal((20, 3)))
    assert found["fd"].floor.n == 20


def test_it_can_be_left_out(rng):
    real, fake = rng.standard_normal((2, 60, 4))
    assert report(real, fake, floor="off")["fd"].floor is None
    assert report(real, fake, interval="off")["fd"].floor is None, "the numbers alone"
    assert report(real, fake, interval="off", floor="on")["fd"].floor is not None
    assert report(real[:3], fake[:3], "kid")["kid"].floor is None, "halves of one image have no KID"


def test_a_score_of_fakes_alone_is_given_the_reals(digits):
    images = digits[:300]
    found = ganeval.evaluate(images[:100], images[100:], metrics=["is", "fd"], extractor="classifier:mnist")
    alone = ganeval.evaluate(fake=images[:100], metrics=["is"], extractor="classifier:mnist")
    assert found["is"].floor.other == "itself"
    assert found["is"].floor.value == alone["is"].value
    assert alone["is"].floor is None


def test_lines_say_both_and_n(rng):
    real, fake = rng.standard_normal((2, 80, 4))
    (line,) = floor_lines({"fake": report(real, fake, "fd")}, width=200)
    floor = report(real, fake)["fd"].floor
    assert line == f"other reals | fakes, n = 40 a side: FD {floor.value:.2f} | {floor.fake:.2f}"


def test_copies_raise_the_alarm(rng):
    for d in (96, 128):  # in fewer dimensions the alarm misses some: it is one test of chance beside others
        real = rng.standard_normal((600, d))
        found = report(real, real[rng.permutation(600)])
        assert found["fd"].floor.alarm
        assert found.copying_alarm
        assert "below its floor" in " ".join(floor_lines({"fake": found}))


def test_chance_raises_no_alarm(rng):
    for _ in range(15):
        assert not report(rng.standard_normal((200, 8)), rng.standard_normal((100, 8)), "fd", "kid").copying_alarm


def test_as_many_of_each_class_are_no_copies(rng):
    """Balanced sets are nearer to each other than random parts of one: no alarm for that."""
    centres = np.repeat(8 * np.eye(10, 16), 60, axis=0)
    for _ in range(6):
        real, fake = (centres + rng.standard_normal(centres.shape) for _ in range(2))
        found = report(real, fake, "fd", "kid")
        assert found["fd"].floor.fake < found["fd"].floor.value, "the trap"
        assert not found.copying_alarm


def test_the_test_takes_as_many_of_every_cluster(rng):
    values = rng.standard_normal((3, 200, 3)).astype(np.float32)
    values[:2, :100] += 20
    values[2, :150] += 20
    sides = [Rows.of(np.arange(200), side) for side in values]
    real, other, fake = module._alike(module._Sides(*sides, "half"), 0)
    assert len(real) == len(other) == len(fake) > 50
    far = [int((side[:, 0] > 10).sum()) for side in (real, other, fake)]
    assert far[0] == far[1] == far[2] > 50
