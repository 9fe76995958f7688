"""`ganeval compare` and `ganeval power` as a user types them, and the Python calls behind."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.comparison.compare import compared, letters
from ganeval.comparison.verdicts import quantile
from ganeval.core.errors import ProtocolError, SpecError
from ganeval.evaluation.settings import settings_for as settled


def read(name: str) -> Any:
    return json.loads(Path(name).read_text())


def normal(seed: int, *, shift: float = 0.0, scale: float = 1.0, n: int = 200) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal((n, 6)) + shift).astype(np.float32)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """real.npy, a.npy (far), b.npy (nearer, too narrow), same.npy (as b), A/ and B/ with five runs each."""
    monkeypatch.chdir(tmp_path)
    np.save("real.npy", normal(0))
    np.save("a.npy", normal(1, shift=0.6, n=240))
    np.save("b.npy", normal(2, shift=0.2, scale=0.6))
    np.save("same.npy", normal(3, shift=0.2, scale=0.6))
    for side, shift in (("A", 0.9), ("B", 0.3)):
        (tmp_path / side).mkdir()
        for i in range(5):
            np.save(f"{side}/run{i}.npy", normal(10 * i + ord(side), shift=shift + 0.05 * i, n=120))
    return tmp_path


def test_four_rows_and_a_sentence(run):
    out, err = run("compare real.npy a.npy b.npy -x features")
    assert not err
    head, rows = re.search(r"(B against A.*)\n((?:  \w.*\n)+)=> ", out).groups()
    assert head == "B against A, same 200 reals, 200 images each, one training run each"
    assert [line.split()[0] for line in rows.splitlines()] == ["overall", "quality", "diversity", "copying"]
    assert re.search(r"overall +B closer +KID\[features\] x1e3 +-\d+ \[-\d+, -\d+\]", rows)
    assert re.search(r"quality +B better +precision +\+0\.\d+ \[\+0\.\d+, \+0\.\d+\]", rows)
    assert re.search(r"diversity +A better +recall +-0\.\d+ \[-0\.\d+, -0\.\d+\]", rows)
    assert re.search(r"copying +neither", rows)
    assert re.search(r"copying +not measured", run("compare real.npy a.npy b.npy -x features -m kid")[0])
    told = " ".join(out.split())
    assert "=> a trade-off: B closer overall and of better quality, A more diverse. This is about these images." in told


def test_one_run_a_side_says_nothing_about_more_than_images(run):
    for line in ("real.npy a.npy b.npy", "real.npy b.npy same.npy", "real.npy a.npy b.npy same.npy -m fd -m dc"):
        out, _ = run(f"compare {line} -x features")
        assert not re.search(r"\bmodels?\b|\bmethods?\b", out, re.I), out
        assert "--a 'A/*' --b 'B/*'" in out or "--side A='A/*' --side B='B/*' --side C='C/*'" in out


def test_piped_output_is_plain(run):
    for line in ("real.npy a.npy b.npy same.npy -m kid -m fd -m dc", "real.npy --a 'A/*' --b 'B/*' -m kid"):
        out, _ = run(f"compare {line} -x features")
        assert out.isascii()
        lines = [text for text in out.splitlines() if not text.startswith("ganeval:")]
        assert max(map(len, lines)) <= 80, max(lines, key=len)
        assert sum(text.startswith("ganeval:") for text in out.splitlines()) == 1


def test_no_difference_tells_what_would_have_been_seen(run):
    out, _ = run("compare real.npy b.npy same.npy -x features")
    told = " ".join(out.split())
    assert "=> no difference was seen. This is about these images." in told
    assert re.search(
        r"quality: no difference in precision was seen: one of 0\.\d+ or more would have been seen 4", told
    )


def test_every_pair_is_compared_and_all_are_judged_together(run):
    run("compare real.npy a.npy b.npy same.npy -x features --json three.json")
    run("compare real.npy a.npy b.npy -x features --json two.json")
    three, two = (read(name) for name in ("three.json", "two.json"))
    assert [(row["first"], row["second"]) for row in three["rows"][::3]] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert two["rows"][0]["difference"] == three["rows"][0]["difference"]
    assert two["rows"][0]["level"] < three["rows"][0]["level"]


def test_several_runs_speak_of_the_method(run):
    out, _ = run("compare real.npy --a 'A/*' --b 'B/*' -x features -m kid --json found.json")
    told = " ".join(out.split())
    assert "5 and 5 training runs" in told
    assert "This is about the methods, as 5 runs of A and 5 of B show them." in told
    assert re.search(r"overall +B closer", out)
    found = read("found.json")
    assert found["sides"][0]["runs"] == [f"A/run{i}.npy" for i in range(5)]
    assert len(found["sides"][1]["scores"]["kid"]) == 5
    assert found["rows"][0]["degrees"] > 1
    out, _ = run("compare real.npy --a 'A/run[01].npy' --b 'B/run[012].npy' -x features -m kid")
    assert "Only 2 runs of A and 3 of B: fewer than five a side are few" in " ".join(out.split())


def test_the_noise_of_training_widens_the_interval(run):
    """A run more or less of the same images must not shrink what differs between runs to nothing."""
    run("compare real.npy --a 'A/*' --b 'B/*' -x features -m kid --json runs.json")
    run("compare real.npy A/run0.npy B/run0.npy -x features -m kid --json one.json")
    runs, one = (read(name)["rows"][0] for name in ("runs.json", "one.json"))
    spread = [np.var(s["scores"]["kid"], ddof=1) / 5 for s in read("runs.json")["sides"]]
    assert runs["error"] ** 2 >= sum(spread)
    assert one["degrees"] == 119


def test_json_alone_on_stdout(run):
    out, _ = run("compare real.npy a.npy b.npy -x features -m kid --json -")
    found = json.loads(out)
    assert found["schema"] == 1
    assert found["conclusions"] == [
        {"first": "A", "second": "B", "sentence": "B closer overall. This is about these images."}
    ]
    assert found["rows"][0]["words"] == "B closer"


def test_equal_numbers_by_the_seed(run):
    run("compare real.npy a.npy b.npy -x features -m kid --json first.json")
    run("compare real.npy a.npy b.npy -x features -m kid --json again.json")
    run("compare real.npy a.npy b.npy -x features -m kid --seed 5 --json other.json")
    first, again, other = (read(f"{name}.json") for name in ("first", "again", "other"))
    assert first["n"] == 200
    assert first["rows"] == again["rows"]
    assert first["rows"][0]["difference"] != other["rows"][0]["difference"], "another choice of a's 240"


def test_the_smallest_difference_that_matters(run):
    out, _ = run("compare real.npy a.npy b.npy -x features -m fd --at-least fd=1000%")
    assert re.search(r"B closer, by less than the 1000% asked for", " ".join(out.split()))
    _, err = run("compare real.npy a.npy b.npy -x features --at-least fd=2%", code=2)
    assert "no score 'fd' here" in err
    _, err = run("compare real.npy a.npy b.npy -x features --at-least 2%", code=2)
    assert "give a score and a size" in err


def test_folders_and_samplers(run, digits, monkeypatch, tmp_path):
    save_images(tmp_path / "real", digits[:60])
    save_images(tmp_path / "gan", digits[60:130])
    save_images(tmp_path / "vae", 255 - digits[130:190])
    out, _ = run("compare real gan vae -x pixels")
    assert re.search(r"overall +A closer +KID\[pixels\]", out)
    assert "60 images each" in out
    found = ganeval.compare(
        digits[:60], {"gan": lambda n, seed: digits[60 : 60 + n], "vae": 255 - digits[130:190]},
        metrics=["kid"], extractor="pixels", n=60,
    )  # fmt: skip
    assert found.rows[0].words == "gan closer"


def test_every_source_is_read_once_for_all_metrics_and_pairs(digits):
    calls = {name: [] for name in "abc"}

    def maker(name: str, start: int):
        def make(n: int, seed: int) -> np.ndarray:
            calls[name].append(seed)
            return digits[start : start + n]

        return make

    sides = {name: maker(name, 200 * i) for i, name in enumerate(calls)}
    ganeval.compare(digits[-64:], sides, metrics=["kid", "fd", "pr", "dc"], extractor="pixels", n=64, cache="off")
    assert [len(seeds) for seeds in calls.values()] == [1, 1, 1], "64 images are one block"


def test_more_sides_than_letters():
    names = letters()
    assert [next(names) for _ in range(28)][24:] == ["Y", "Z", "AA", "AB"]


def test_a_dry_run_reads_nothing(run):
    out, _ = run("compare real.npy --a 'A/*' --b 'B/*' -x features --dry-run")
    assert "A 1        A/run0.npy: 120 of 120 images" in out
    assert out.endswith("dry run: no image was read\n")
    out, _ = run("power real.npy --difference kid=0.1 -x features --dry-run")
    assert out.endswith("dry run: no image was read\n")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("real.npy a.npy", "give two sets of fakes or more"),
        ("real.npy a.npy b.npy --a 'A/*'", "give either A B... (one training run each) or --a, --b and --side"),
        ("real.npy --a 'A/*'", "--a and --b belong together"),
        ("real.npy --a 'C/*' --b 'B/*'", "--a C/*: nothing matches"),
        ("real.npy --a A/run0.npy --b 'B/*'", "A has 1, B has 5 runs: give one run of every side, or two or more"),
        ("real.npy a.npy b.npy --no-interval", "a comparison is made of intervals: drop --no-interval"),
        ("real.npy a.npy missing.npy", "missing.npy: no such file or folder"),
    ],
)
def test_refusals_say_what_to_do(run, line, told):
    _, err = run(f"compare {line} -x features", code=1 if "missing" in line else 2)
    assert told in err


def test_unlike_protocols_are_refused_and_there_is_no_way_around(run, digits, tmp_path):
    for name in ("real", "a", "b"):
        save_images(tmp_path / name, digits[ord(name[0]) : ord(name[0]) + 40])
        other = "--exif apply" if name == "b" else ""
        run(f"stats {name} -o {name}.npz --rows -x pixels {other}")
    _, err = run("compare real.npz a.npz b.npz -x pixels", code=1)
    assert "unlike protocols: exif is 'ignore' here and 'apply' there" in err
    _, err = run("compare real.npz a.npz b.npz -x pixels --force", code=2)
    assert "--force" in err
    images = [np.random.default_rng(i).random((30, 8, 8, 3)) for i in range(2)]
    floats = [
        ganeval.images(x, value_range=(0, 1), rounding=r) for x, r in zip(images, ("nearest", "floor"), strict=True)
    ]
    with pytest.raises(ProtocolError, match=r"rounding is 'nearest.*' here and 'floor.*' there"):
        ganeval.compare("real", floats, metrics=["kid"], extractor="pixels")


def test_the_same_place_twice_is_told(run):
    out, err = run("compare real.npy a.npy a.npy -x features")
    assert "A (a.npy) and B (a.npy) are the same place: they cannot differ" in err
    assert "no difference" in out and "closer" not in out.split("=>")[0]
    _, err = run("compare real.npy a.npy real.npy -x features")
    assert "B (real.npy) and the reals are the same place" in err


def test_nothing_is_called_better_while_the_copying_alarm_is_on():
    from ganeval.comparison.text import comparison_lines

    settings = settled(metrics=["kid", "precision-recall", "copying"], extractor="features", cache="off")
    real = normal(0)
    found = compared(real, {"A": [normal(1, shift=0.6)], "B": [real.copy()]}, settings=settings)
    assert [bool(side.copying) for side in found.sides] == [False, True]
    assert all(row.ahead != "B" for row in found.rows)
    text = "\n".join(comparison_lines(found, plain=True))
    assert re.search(r"copying +ALARM for B\n", text)
    told = " ".join(text.split())
    assert "B: the fakes look made from the reals one by one, and an interval takes the sides for independent" in told
    assert any(warning.startswith("B (array(200, 6)) look made from the reals") for warning in found.warnings)
    assert all(row.verdict in ("alarm", "unknown") for row in found.rows)
    assert "ALARM for B: near copies: 100.0% of the fakes" in told
    assert "B looks copied, so nothing of it is called better." in told


def test_sides_in_python():
    a, b = normal(1, shift=0.6), normal(2, shift=0.2)
    found = ganeval.compare(normal(0), [a, b], metrics=["kid"], extractor="features")
    swapped = ganeval.compare(normal(0), [b, a], metrics=["kid"], extractor="features")
    assert [side.name for side in found.sides] == ["A", "B"]
    assert found.rows[0].difference == pytest.approx(-swapped.rows[0].difference)
    assert (found.rows[0].words, swapped.rows[0].words) == ("B closer", "A closer")
    with pytest.raises(SpecError, match="two sides or more, got 1"):
        ganeval.compare(normal(0), [a], metrics=["kid"], extractor="features")
    reference = ganeval.reference(normal(0), metrics=["kid"], extractor="features")
    assert ganeval.compare(reference, [a, b], metrics=["kid"], extractor="features").rows == found.rows


def test_ranks_need_five_runs():
    runs = {name: [normal(1 + 100 * i + j, shift=0.4 * i, n=60) for j in range(5)] for i, name in enumerate("xyz")}
    found = ganeval.compare(normal(0), runs, metrics=["kid"], extractor="features")
    assert found.ranks["kid"][0].name == "x"
    assert all(1 <= one.best <= one.worst <= 3 for one in found.ranks["kid"])
    fewer = ganeval.compare(normal(0), {**runs, "x": runs["x"][:3]}, metrics=["kid"], extractor="features")
    places = {one.name: (one.runs, one.best, one.worst) for one in fewer.ranks["kid"]}
    assert places == {"x": (3, None, None), "y": (5, 1, 1), "z": (5, 2, 2)}
    few = {name: sets[:3] for name, sets in runs.items()}
    assert not ganeval.compare(normal(0), few, metrics=["kid"], extractor="features").ranks


def test_power_is_the_formula(run):
    out, _ = run("power real.npy --difference kid=0.05 -x features --json needs.json")
    needs = read("needs.json")
    (need,) = needs
    assert need["level"] == pytest.approx(1 - 0.05 / 3)
    z = quantile((1 + need["level"]) / 2, need["n"] - 1) + quantile(0.8, need["n"] - 1)
    assert need["needed"] == int(np.ceil(need["n"] * (z * need["error"] / 0.05) ** 2))
    assert need["smallest"] == pytest.approx(z * need["error"] * np.sqrt(need["n"] / 200))
    assert "REAL is too small: real.npy has 200" in out
    out, _ = run("power real.npy a.npy b.npy --difference precision=0.9 -x features")
    assert "REAL is too small" not in out
    assert "pilot: 200 images of A and of B" in out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("real.npy --difference kid", "give a score and a size"),
        ("real.npy --difference kid=much", "'much' is no number"),
        ("real.npy --difference kid=0", "cannot be planned for"),
        ("real.npy --difference kit=1", "no score 'kit'"),
        ("real.npy a.npy --difference kid=1", "give two sets of fakes as a pilot, or none"),
    ],
)
def test_power_refusals(run, line, told):
    _, err = run(f"power {line} -x features", code=2)
    assert told in err
