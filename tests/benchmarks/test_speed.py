"""The benchmarks run, on tiny sizes, and tell what their tables need. Nothing here looks at a time."""

import dataclasses
import doctest
import json
import sys

import pytest
from conftest import required

from benchmarks import cost, readme
from benchmarks.speed import (
    CASES,
    commands,
    decoding,
    distances,
    extraction,
    identity,
    machine,
    main,
    neighbours,
    table,
)
from benchmarks.speed.setting import Setting, record
from benchmarks.speed.sides import ChildError, Job, apart, by_turns, by_turns_apart, launched, plain
from benchmarks.stand_in import StandIn, stand_in
from ganeval.core.registry import entries

SIDE = {"seconds": [2.0, 1.0], "median_s": 1.5, "images_per_s": 8.0, "share_of_product": 0.5, "peak_mb": 700.0}


def quiet(text: str) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> StandIn:
    return stand_in(tmp_path_factory.mktemp("torch_home"))


@pytest.fixture
def setting(tmp_path, weights, monkeypatch) -> Setting:
    monkeypatch.setenv("TORCH_HOME", str(weights.home))
    monkeypatch.setenv("GANEVAL_CACHE", str(tmp_path / "own"))
    product = {"float32": 100.0, "bf16": 200.0}
    return Setting(weights, "stand-in weights", tmp_path, True, True, product, quiet)


def needs(*modules: str) -> None:
    """Skip, or fail, without a peer."""
    from importlib.util import find_spec

    for module in modules:
        required(find_spec(module) is not None, module)


def complete(case: dict, *sides: str) -> None:
    """Assert that a record has what the table reads, and is plain JSON."""
    assert set(case) == {"what", "sides", "ratios", "facts", "notes"}
    assert list(case["sides"]) == list(sides)
    assert all({"seconds", "median_s"} <= set(side) for side in case["sides"].values())
    assert all(ratio["times"] > 0 for ratio in case["ratios"])
    json.dumps(case)


def test_every_case_is_there():
    for place in CASES.values():
        module, _, function = place.partition(":")
        assert callable(getattr(sys.modules[f"benchmarks.speed.{module}"], function))


@pytest.mark.slow
@pytest.mark.peer
def test_inception(setting):
    needs("torch_fidelity")
    case = extraction.inception(setting)
    complete(case, "ganeval", "pytorch-fid", "torch-fidelity")
    assert case["facts"]["largest_difference_from_pytorch_fid"] < 1e-4
    assert all({"images_per_s", "share_of_product", "peak_mb"} <= set(side) for side in case["sides"].values())


@pytest.mark.slow
def test_bf16(setting):
    case = extraction.bf16(setting)
    if case is not None:
        complete(case, "ganeval bf16", "ganeval float32", "pytorch-fid")
        assert set(case["facts"]["scores"]) == {"FD", "KID × 10³", "precision", "recall"}


@pytest.mark.slow
def test_efficientnet(setting):
    case = extraction.efficientnet(setting)
    complete(case, "ganeval", "torch eager, NCHW")
    assert case["facts"]["largest_difference_from_eager"] < 1e-4


@pytest.mark.slow
def test_frechet(setting):
    needs("pytorch_fid")
    for case in (distances.frechet(setting), distances.frechet_few(setting)):
        complete(case, "ganeval", "pytorch-fid")
    assert case["facts"]["ganeval"] > 0


@pytest.mark.slow
@pytest.mark.peer
def test_kid(setting):
    needs("torch_fidelity")
    complete(distances.kid(setting), "ganeval", "torch-fidelity")


@pytest.mark.slow
@pytest.mark.peer
def test_prdc(setting):
    needs("prdc")
    case = neighbours.prdc(setting)
    complete(case, "ganeval", "prdc", "ganeval, with intervals and floors")
    assert case["facts"]["largest_difference"] < 1e-12
    complete(neighbours.prdc_large(setting), "ganeval")
    assert neighbours.prdc_large(dataclasses.replace(setting, large=False)) is None


@pytest.mark.slow
def test_process(setting):
    case = commands.process(setting)
    sides = ("ganeval fd", "pytorch-fid", "ganeval eval", "ganeval fd, features kept", "ganeval fd, the very first run")
    complete(case, *sides)
    assert float(case["facts"]["ganeval"]) > 0


@pytest.mark.slow
def test_again(setting):
    case = commands.again(setting)
    complete(case, "extracted anew", "kept", "another real side, of 3 images")
    assert "saved" in case["facts"]


@pytest.mark.slow
def test_memory(setting):
    case = commands.memory(setting)
    kinds = ("npy, moments", "PNG, moments", "npy, rows in a file")
    complete(case, *(f"{n} a side, {kind}" for kind in kinds for n in (100, 300)))
    assert len(case["ratios"]) == 3


def test_decoding(setting):
    case = decoding.decoding(setting)
    complete(case, "JPEG, 2 threads", "JPEG, 1 thread", "PNG, 2 threads", "PNG, 1 thread")
    assert [(r["side"], r["base"]) for r in case["ratios"]][1] == ("PNG, 1 thread", "PNG, 2 threads")


def test_identity(setting, monkeypatch):
    monkeypatch.setattr(identity, "_SETTLED", 0)
    case = identity.identity(setting)
    assert [ratio["base"].endswith(("not hashed", "size and time")) for ratio in case["ratios"]] == [True] * 3
    assert len(case["notes"]) == 3


def test_products():
    found = machine.products(size=64, times=1, progress=quiet)
    assert found["float32"] == max(found[name] for name in ("numpy", "torch", "onednn") if name in found)


def test_by_turns_goes_back_and_forth_after_a_warm_up():
    seen = []
    sides = by_turns({name: lambda name=name: seen.append(name) for name in "ab"}, times=2, progress=quiet)
    assert "".join(seen) == "ababba"
    assert len(sides["a"]["seconds"]) == 2


def test_children_tell_answer_and_memory():
    job = Job("benchmarks.cost:scoring", {"metric": "inception-score", "n": 300, "d": 4})
    sides = by_turns_apart({"only": job}, times=1, progress=quiet)
    assert all(value >= 0 for value in sides["only"]["answer"].values())
    assert sides["only"]["peak_mb"] > 5


def test_a_child_begins_with_its_own_memory():
    """Not with the peak of this process, which has loaded torch."""
    assert launched([sys.executable, "-S", "-c", "pass"]).peak_mb < 60


def test_late_and_broken_children():
    late = launched([sys.executable, "-c", "import time; time.sleep(60)"], limit=0.3)
    assert late.late
    assert late.code
    with pytest.raises(ChildError, match="unknown metric"):
        apart(Job("benchmarks.cost:scoring", {"metric": "nosuch", "n": 3, "d": 2}))


def handmade(**sides: dict) -> dict:
    case = record("Inception features", sides or {"ganeval": SIDE, "peer": {**SIDE, "median_s": 3.0}}, notes=["told"])
    stamp = {"product_gflops": 100.0, "weights": "stand-in weights", "quick": False}
    about = {"processor": "CPU", "cores": 2, "versions": {"numpy": "2"}, "product_size": 4096, "product_after": 99.0}
    return {
        "machine": {**about, "product_gflops": {"float32": 100.0, "numpy": 80.0, "torch": 100.0, "bf16": 300.0}},
        "cases": {"inception": {**case, **stamp}},
    }


def test_table_of_a_record():
    text = table.markdown(handmade())
    assert "CPU, 2 cores" in text
    assert "| ganeval 8.0 images/s (50%) | peer 8.0 images/s (50%) | 2.00 | 700 MB against 700 MB |" in text
    assert "* inception (stand-in weights): told." in text
    assert "FID" not in text


def test_table_of_a_single_side_without_memory():
    text = table.markdown(handmade(ganeval={"seconds": [200.0], "median_s": 200.0}))
    assert "| ganeval 200 s | – | – | – |" in text


def test_a_kept_case_names_its_own_product():
    found = handmade()
    found["machine"]["product_gflops"]["float32"] = 50.0
    assert "measured when the product was 100 GFLOP/s" in table.markdown(found)


def test_the_readme_reads_the_record(tmp_path):
    path = tmp_path / "speed.json"
    assert table.recorded(path) == table.NOTHING
    path.write_text(json.dumps(handmade()), encoding="utf-8")
    assert table.recorded(path) == table.markdown(handmade())


def test_some_cases_keep_the_others(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.stand_in.stand_in", lambda home: StandIn(home, home, "0" * 64))
    monkeypatch.setenv("TORCH_HOME", "set again afterwards")
    monkeypatch.setenv("GANEVAL_CACHE", "set again afterwards")
    out = tmp_path / "speed.json"
    out.write_text(json.dumps(handmade()), encoding="utf-8")
    assert main(["--quick", "--only", "decoding", "--out", str(out)]) == 0
    assert list(json.loads(out.read_text(encoding="utf-8"))["cases"]) == ["inception", "decoding"]
    assert "**decoding**" in capsys.readouterr().out


def test_unknown_cases_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nosuch"])
    assert "unknown: nosuch" in capsys.readouterr().err


def test_cost_of_every_metric():
    for item in entries("metric"):
        work = cost.scoring(metric=item.name, n=300, d=8)
        assert plain(work())


def test_cost_tables_and_picture(tmp_path):
    cells = [{"metric": "fd", "n": n, "seconds": n / 1e3, "added_mb": n / 100, "peak_mb": 90.0} for n in cost.SIZES]
    cells += [{"metric": "kid", "n": 500, "error": "too long", "late": True}]
    found = {"machine": {"processor": "CPU", "cores": 2}, "d": 256, "limit": 9, "cells": cells}
    lines = cost.tables(found).splitlines()
    assert lines[4] == "| `fd` | 0.5 | 1 | 2 | 5 | 10 | 20 | 50 | 1.00 |"
    assert lines[5] == "| `kid` | too long | – | – | – | – | – | – | – |"
    pytest.importorskip("matplotlib")
    from benchmarks.cost_picture import drawn

    assert drawn(found, tmp_path / "cost.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("module", [cost, machine, readme], ids=lambda m: m.__name__)
def test_examples(module):
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
