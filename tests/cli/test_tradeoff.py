"""`ganeval tradeoff` and the Python call behind: a sweep whose answer is known from how it was made."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import save_images
from PIL import Image

import ganeval
from ganeval.comparison.tradeoff import Setting, Tradeoff
from ganeval.core.errors import SpecError


def normal(seed: int, *, scale: float = 1.0, n: int = 300) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal((n, 4))).astype(np.float32)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Reals, and a truncation: narrow (all good, few kinds), middle, wide; twin as middle; off, worse in both."""
    monkeypatch.chdir(tmp_path)
    np.save("real.npy", normal(0))
    for i, (name, scale) in enumerate({"narrow": 0.3, "middle": 0.8, "twin": 0.8, "wide": 1.4}.items(), 1):
        np.save(f"{name}.npy", normal(i, scale=scale, n=300 + 10 * i))
    np.save("off.npy", normal(9, scale=0.4) + 3)
    return tmp_path


SWEEP = "1.0=wide.npy 0.5=middle.npy 0.10=narrow.npy 7=off.npy"


def test_a_truncation_and_a_setting_that_is_worse_in_both(run):
    out, err = run(f"tradeoff real.npy {SWEEP} -x features")
    assert not err
    rows = re.findall(r"^(\S+) +([\d.]+) \[[\d., ]+\] +([\d.]+) \[[\d., ]+\] +(.*)$", out, re.M)
    assert [row[0] for row in rows] == ["0.10", "0.5", "1.0", "7"], "numbers in their order"
    quality, diversity = (np.array([float(row[i]) for row in rows[:3]]) for i in (1, 2))
    assert (np.diff(quality) < 0).all() and (np.diff(diversity) > 0).all()
    assert [row[3] for row in rows[:3]] == ["front"] * 3
    assert rows[3][3].startswith("behind ")
    assert "front, by values: 0.10, 0.5, 1.0\n" in out
    assert "real.npy: 300 reals, 300 images each" in out
    assert "other reals at n = 150 a side: precision 0." in out
    assert "not told apart in either score: no two" in out
    assert "|metric:precision-recall+copying|" in out
    assert max(map(len, out.splitlines()[:-1])) <= 80
    assert out.isascii()


def test_values_differ_always_and_are_not_called_better_for_it(run):
    found = ganeval.tradeoff("real.npy", {"a": "middle.npy", "b": "twin.npy", "off": "off.npy"}, extractor="features")
    assert found.not_told_apart == (("a", "b"),)
    a, b, off = found.settings
    assert a.not_told_from == ("b",) and b.not_told_from == ("a",) and not off.not_told_from
    assert not a.surely_beaten_by and not b.surely_beaten_by
    assert set(off.surely_beaten_by) == {"a", "b"} == set(off.beaten_by)
    assert off.words == "behind a, b"
    assert "not told apart in either score: a and b\n" in run(
        "tradeoff real.npy a=middle.npy b=twin.npy off=off.npy -x features"
    )[0]  # fmt: skip


def test_one_set_under_two_labels_is_on_the_front_twice(run):
    """Equal in both is beaten in none."""
    out, err = run("tradeoff real.npy a=middle.npy b=middle.npy -x features")
    assert "front, by values: a, b\n" in out
    assert "are the same place: they cannot differ" in err


def test_json_and_markdown(run, here):
    out, _ = run(f"tradeoff real.npy {SWEEP} -x features --json -")
    found = json.loads(out)
    assert found["front"] == ["0.10", "0.5", "1.0"]
    assert [setting["words"] for setting in found["settings"]][:3] == ["front"] * 3
    assert len(found["rows"]) == 6 * 2
    assert {row["key"] for row in found["rows"]} == {"precision", "recall"}
    quality = found["settings"][0]["quality"]
    assert quality["low"] <= quality["value"] <= quality["high"]
    report = ganeval.evaluate("real.npy", np.load("off.npy"), metrics=["pr"], extractor="features")
    assert found["settings"][3]["quality"]["value"] == report["precision"].value
    out, _ = run(f"tradeoff real.npy {SWEEP} -x features --markdown --json {here / 'all.json'}")
    assert json.loads((here / "all.json").read_text())["front"] == found["front"]
    lines = out.splitlines()
    assert lines[0] == "| setting | precision (higher) | recall (higher) | place |"
    assert lines[1] == "| --- | --- | --- | --- |"
    assert [line.split(" | ")[0] for line in lines[2:6]] == ["| 0.10", "| 0.5", "| 1.0", "| 7"]


@pytest.mark.parametrize("scores", ["--quality density --diversity coverage", "--quality fd --diversity recall:k=5"])
def test_any_two_scores(run, scores):
    out, _ = run(f"tradeoff real.npy {SWEEP} -x features {scores} --json -")
    found = json.loads(out)
    assert found["settings"][0]["quality"]["key"] == scores.split()[1]
    assert found["settings"][0]["diversity"]["key"] == scores.split()[3]
    assert {row["key"] for row in found["rows"]} == set(scores.split()[1::2])
    assert found["settings"][3]["beaten_by"]


def test_lower_is_better_where_it_is(run):
    found = ganeval.tradeoff("real.npy", {"near": "middle.npy", "far": "off.npy"}, extractor="features",
                             quality="fd", diversity="kid")  # fmt: skip
    assert [setting.words for setting in found.settings] == ["front", "behind near"]


def test_without_intervals_the_front_alone(run):
    out, _ = run(f"tradeoff real.npy {SWEEP} -x features --no-interval")
    assert "front, by values: 0.10, 0.5, 1.0\n" in out
    assert re.search(r"^7 .*perhaps behind", out, re.M)
    assert "[" not in out.partition("ganeval:")[0]
    assert "told apart" not in out


def test_a_setting_that_copies_is_not_on_the_front(run):
    real = np.load("real.npy")
    np.save("copies.npy", real[:200] + 1e-4)
    out, _ = run("tradeoff real.npy a=middle.npy b=copies.npy c=off.npy -x features")
    assert re.search(r"^b .*copies its reals$", out, re.M)
    assert "front, by values: a\n" in out
    assert re.search(r"^c .*behind a$", out, re.M)


def test_the_real_side_is_extracted_once(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (70, 6, 6, 3), dtype=np.uint8) for _ in range(4)]
    folders = [save_images(tmp_path / str(i), part) for i, part in enumerate(images)]
    from ganeval.extractors.pixels import Pixels

    seen = []
    prepare = Pixels.prepare
    monkeypatch.setattr(Pixels, "prepare", lambda self, image: seen.append(1) or prepare(self, image))
    real, *fakes = folders
    ganeval.tradeoff(real, {str(i): fake for i, fake in enumerate(fakes)}, extractor="pixels", cache="off")
    assert len(seen) == 4 * 70


def test_a_picture(run, here):
    out, _ = run(f"tradeoff real.npy {SWEEP} '$x_{{1$=off.npy' -x features --plot front.png")
    with Image.open("front.png") as picture:
        assert picture.width > 500
    assert "front, by values" in out
    run(f"tradeoff real.npy {SWEEP} -x features --plot front.svg")
    svg = Path("front.svg").read_text()
    assert "<svg" in svg


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("real.npy middle.npy wide.npy", "'middle.npy': give a label and a set of fakes, such as 1.5=fake/"),
        ("real.npy =middle.npy 1=wide.npy", "give a label and a set of fakes"),
        ("real.npy 1= 2=wide.npy", "'1=': give a label"),
        ("real.npy 1=wide.npy 1=off.npy", "the label '1' stands for wide.npy and for off.npy"),
        ("real.npy 1=wide.npy", "give two settings or more"),
        ("real.npy 1=wide.npy 2=off.npy --quality precison", "no score 'precison'; did you mean 'precision'?"),
        ("real.npy 1=wide.npy 2=off.npy --quality recall", "quality and diversity are both recall"),
        ("real.npy 1=wide.npy 2=off.npy --plot front.jpeg", "a picture is a file ending in .png, .svg, .pdf"),
    ],
)
def test_mistakes_are_said(run, line, told):
    _, err = run(f"tradeoff {line} -x features", code=2)
    assert told in err
    assert not Path("front.jpeg").exists()


def test_a_missing_set_is_told_before_anything_is_read(run):
    _, err = run("tradeoff real.npy 1=wide.npy 2=nowhere -x features --plot front.png", code=1)
    assert "nowhere" in err and "no such file or folder" in err
    assert not Path("front.png").exists()
    _, err = run("tradeoff real.npy 1=wide.npy 2=off.npy -x features --plot no/front.png", code=1)
    assert "the folder no does not exist" in err


def test_a_dry_run_reads_no_image(run):
    out, _ = run(f"tradeoff real.npy {SWEEP} -x features --dry-run")
    assert "1.0        wide.npy: 340 of 340" in out
    assert "precision-recall" in out


def test_in_python():
    with pytest.raises(SpecError, match="two settings or more"):
        ganeval.tradeoff("real.npy", {"1": "wide.npy"}, extractor="features")
    found = ganeval.tradeoff("real.npy", {"late": "wide.npy", "early": "narrow.npy"}, extractor="features", n=100)
    assert isinstance(found, Tradeoff) and found.n == 100
    assert [setting.label for setting in found.settings] == ["late", "early"], "words stay as given"
    assert all(isinstance(setting, Setting) for setting in found.front)
