"""Rows that are given in float64 stay float64, from every door to every score; lost digits are told."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ganeval
from ganeval.cli import exit_code
from ganeval.core.registry import entries
from ganeval.core.rows import Rows, gathered
from ganeval.sources.rows import lost_digits

N, D = 120, 4
OFFSET = 2.0**20  # and steps of 2^-32: every sum below is exact in float64
SHELF = [
    item for item in entries("metric") if item.load().view == "features" and not item.load().insists_on_fid_inception
]


def pair(n: int = N) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    real = 0.02 * np.eye(3, D)[np.arange(n) % 3] + 1e-2 * rng.standard_normal((n, D))
    fake = 0.02 * np.eye(3, D)[np.arange(n) % 3] + 1.1e-2 * rng.standard_normal((n, D)) + 2e-3
    return np.round(real * 2**32) / 2**32, np.round(fake * 2**32) / 2**32


def features(real, fake, *metrics: str, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, metrics=list(metrics), extractor="features", cache="off", **options)


@pytest.mark.slow
@pytest.mark.parametrize("item", SHELF, ids=lambda item: item.name)
def test_an_offset_takes_no_digit_of_a_score(item):
    """What an offset of one does not change, a million does not; what knows the origin equals its direct call."""
    real, fake = pair()
    metric = item.load()()
    direct = lambda a, b: metric(real=Rows.of(np.arange(N), a), fake=Rows.of(np.arange(N), b))  # noqa: E731
    here, near = direct(real, fake), direct(real + 1, fake + 1)
    report = features(real + OFFSET, fake + OFFSET, item.name, floor="off", interval="off")
    assert not any("repeat" in warning or "digits" in warning for warning in report.warnings)
    for key, value in here.items():
        found = report[key].value
        if value is None:
            assert found is None
        elif near[key] == pytest.approx(value, rel=1e-6):
            assert found == pytest.approx(value, rel=1e-5), key
        else:
            assert found == direct(real + OFFSET, fake + OFFSET)[key]


@pytest.mark.parametrize("offset", [1e5, 1e6])
def test_every_door_keeps_float64(tmp_path, monkeypatch, offset):
    monkeypatch.chdir(tmp_path)
    real, fake = (offset + values for values in pair())
    expected = pytest.approx(ganeval.frechet_distance(real, fake), rel=1e-9)
    np.save("fake.npy", fake)
    np.save("big.npy", fake.astype(">f8"))
    np.savez("fake.npz", features=fake)
    options = {"interval": "off", "floor": "off"}
    half = N // 2
    assert exit_code(["stats", "fake.npy", "-o", "stats.npz", "-x", "features", "--rows", "-q"]) == 0
    with np.load("stats.npz") as held:
        arrays = dict(held)
    assert arrays["rows"].dtype == np.float64
    for number, part in ((1, slice(0, half)), (2, slice(half, N))):
        kept = {"rows": fake[part], "index": np.arange(N)[part], "n": half, "shard": f"{number}/2"}
        kept |= {"mu": fake[part].mean(axis=0), "sigma": np.cov(fake[part], rowvar=False)}
        np.savez(f"part{number}.npz", **{**arrays, **kept})
    assert exit_code(["merge", "part1.npz", "part2.npz", "-o", "whole.npz", "-q"]) == 0
    doors = ["fake.npy", "big.npy", "fake.npz", "stats.npz", "whole.npz", fake, torch.tensor(fake)]
    for door in doors:
        assert features(real, door, "fd", **options)["fd"].value == expected, door
    held = ganeval.reference(real, metrics=["fd"], extractor="features")
    assert ganeval.evaluate(held, fake, metrics=["fd"], extractor="features", **options)["fd"].value == expected
    assert (ganeval.rows(fake, extractor="features")["features"] == fake).all()
    np.save("real.npy", real)
    assert exit_code(["fd", "real.npy", "fake.npy", "-x", "features", "--json", "out.json", "--no-interval"]) == 0
    assert ganeval.Report.from_json(Path("out.json").read_text(encoding="utf-8"))["fd"].value == expected
    found = ganeval.compare(real, {"A": real + 0.01, "B": fake}, metrics=["fd"], extractor="features", floor="off")
    assert found.sides[1].scores["fd"] == (expected,)


def test_which_numbers_need_float64():
    index = np.arange(2)
    for values, kind in (
        (np.array([[1.5], [2]], np.float16), np.float32),
        (np.array([[1], [1 << 24]]), np.float32),
        (np.array([[1], [(1 << 24) + 1]]), np.float64),
        (np.array([[-(1 << 31)], [1]]), np.float64),
        (np.array([[1.5], [2]], np.longdouble), np.float32),
        (np.array([[True], [False]]), np.float32),
        (np.array([[0.1], [2]]), np.float64),
    ):
        assert Rows.of(index, values).values.dtype == kind, values
    narrow = Rows.of(index, np.array([[0.5], [3]], np.float32))
    wide = Rows.of(np.arange(2, 4), np.array([[0.1], [3]]))
    assert gathered([narrow, wide]).values.dtype == np.float64
    assert narrow.digest == Rows.of(index, np.array([[0.5], [3]])).digest, "the same numbers have the same digest"
    assert narrow.digest != Rows.of(index, np.array([[0.5], [3 + 1e-12]])).digest


@pytest.mark.parametrize(
    ("kind", "offset", "lost"),
    [
        ("float32", 1e5, True),
        ("float32", 1e3, True),
        ("float32", 10, False),
        ("float32", 0, False),
        ("float64", 1e6, False),
        ("float16", 10, True),
        ("float16", 0.1, False),
        ("bfloat16", 10, True),
        ("bfloat16", 0, False),
    ],
)
def test_lost_digits_are_told_at_every_door(tmp_path, kind, offset, lost):
    given = torch.tensor(offset + pair()[0]).to(getattr(torch, kind))
    doors = [given]
    if kind != "bfloat16":
        np.save(tmp_path / "x.npy", given.numpy())
        np.savez(tmp_path / "x.npz", given.numpy())
        doors += [given.numpy(), tmp_path / "x.npy", tmp_path / "x.npz"]
    for door in doors:
        warnings = features(pair()[1], door, "fd", interval="off", floor="off").warnings
        assert any(f"its {kind} rows lie" in warning and "digits" in warning for warning in warnings) == lost


def test_whole_numbers_and_constants_have_lost_nothing():
    assert lost_digits(np.full((9, 2), 1e6, np.float32), kind="float32") is None
    report = features(1_000_000 + np.arange(60).reshape(30, 2), np.arange(60).reshape(30, 2), "fd", floor="off")
    assert not any("digits" in warning for warning in report.warnings)


def test_comparisons_and_statistics_tell_it_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    real, fake = ((1e6 + values).astype(np.float32) for values in pair())
    np.save("fake.npy", fake)
    found = ganeval.compare(real, [real, fake], metrics=["fd"], extractor="features", floor="off")
    assert sum("digits" in warning for warning in found.warnings) == 3
    assert exit_code(["stats", "fake.npy", "-o", "ref.npz", "-x", "features", "--rows"]) == 0
    assert "digits" in capsys.readouterr().err
    assert any("ref.npz: its float32 rows" in w for w in features("ref.npz", pair()[0], "fd", floor="off").warnings)
