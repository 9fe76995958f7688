"""Every command as a user types it, in this process: results, options, refusals."""

import json
import os
import re
import socket
from pathlib import Path

import click
import numpy as np
import pytest
from conftest import save_images
from PIL import Image

import ganeval
from ganeval.cli import cli
from ganeval.core.registry import entries

METRICS = [item.name for item in entries("metric")]
COMMANDS = ["eval", "stats", "weights", "doctor", "list", "explain", *METRICS]


@pytest.fixture(autouse=True)
def here(folders, digits, tmp_path, monkeypatch) -> Path:
    """A folder with real/, fake/, gan/, vae/, rows_real.npy, rows_fake.npy and no way to the network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("GANEVAL_WEIGHTS", raising=False)
    save_images(tmp_path / "gan", digits[80:110])
    save_images(tmp_path / "vae", 255 - digits[110:150])
    np.save("rows_real.npy", digits[:40].reshape(40, 64) / 16)
    np.save("rows_fake.npy", digits[40:80].reshape(40, 64) / 16)

    def refuse(*_, **__):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path


def test_a_single_metric_prints_its_number_and_the_signature(run):
    out, err = run("fd real fake -x pixels")
    leading, number, floor, *_, signature = out.splitlines()
    assert leading.startswith("KID[pixels] x1e3 ")
    assert re.fullmatch(
        r"other reals \| fakes, n = 20 a side: KID x1e3 -?\d+\.\d\d \| -?\d+\.\d\d, FD \d+\.\d\d \| \d+\.\d\d", floor
    )
    assert re.fullmatch(r"FD\[pixels\] \d+\.\d{4} \(no interval: 40 real images, \d+ needed.*\)", number)
    assert re.fullmatch(r"ganeval:[\d.]+\|protocol:default\.1#[0-9a-f]{8}\|metric:kid\+fd\|n\(real/fake\):40/40\|"
                        r"extractor:pixels\|resize:none\|exif:ignore\|"
                        r"normalise:own\|dtype:float32\|seed:0", signature)  # fmt: skip
    assert all(line.startswith("warning: ") for line in err.splitlines())
    out, _ = run("fd real fake -x pixels --no-interval")
    assert re.fullmatch(r"FD\[pixels\] \d+\.\d{4}", out.splitlines()[0])
    assert "other reals" not in out
    assert "other reals" not in run("fd real fake -x pixels --no-floor")[0]
    assert "n = 30 a side" in run("fd real fake -x pixels --held-out gan")[0]
    out, _ = run("pr real fake -x pixels --k 4 --no-interval")
    assert re.match(r"precision\(k=4\) 0\.\d{4}\nrecall\(k=4\) 0\.\d{4}\nganeval:", out)
    assert run("kid real fake -x pixels --no-interval")[0].startswith("KID[pixels] x1e3 0.")
    out, _ = run("pr real fake -x pixels --k 4")
    assert re.match(r"precision\(k=4\) 0\.\d+ \[0\.\d+, [01]\.\d+\]\nrecall\(k=4\) 0\.\d+ \[0\.\d+, [01]\.\d+\]\n", out)
    assert "Images are treated as independent" in out


def test_value_is_the_python_number_to_the_last_digit(run):
    report = ganeval.evaluate("real", "fake", metrics=["fd"], extractor="pixels")
    assert run("fd real fake -x pixels --value")[0] == f"{report['fd'].value!r}\n"
    out, err = run("fd real fake -x pixels --json - -q")
    assert ganeval.Report.from_json(out)["fd"].value == report["fd"].value
    assert err == ""
    both = ganeval.evaluate("real", "fake", metrics=["pr"], extractor="pixels").to_dict()
    assert run("pr real fake -x pixels --value")[0].split() == [repr(value) for value in both.values()]


def test_eval_prints_one_row_for_each_fake(run):
    out, err = run("eval real fake gan/ vae -x pixels --no-interval")
    printed = [line for line in out.splitlines() if not line.startswith("ganeval:")]
    assert all(line.isascii() and len(line) <= 80 for line in printed)
    quality, distances = (printed[i : i + n] for i, n in ((0, 6), (6, 7)))
    for table in (quality, distances):
        assert [line.split()[0] for line in table[-3:]] == ["fake", "gan/", "vae"]
    assert quality[0].split() == ["precision", "recall", "density", "coverage", "recognisable", "modes", "NN", "ratio"]
    assert quality[1].split() == ["fake", *["(higher)"] * 7]
    assert distances[0].split() == ["KID", "x1e3", "FD"]
    assert distances[1].split() == ["[pixels]", "[pixels]"]
    assert distances[2].split() == ["fake", "(lower)", "(lower)"]
    assert "modes are not counted: clusters need at least 100" in out
    assert "FID" not in out
    assert out.count("ganeval:") == 2, "one signature for each number of images"
    assert "unequal numbers of images (40 real, 30 fake)" in err
    assert "\x1b" not in out + err


def test_eval_all_is_every_metric_that_the_extractor_serves(run):
    out, _ = run("eval real fake -x pixels -m all --json -")
    assert [result["key"] for result in json.loads(out)["results"]] == [
        "precision", "recall", "density", "coverage", "clipped_density", "clipped_coverage", "recognisable", "modes",
        "ndb", "js", "reverse_kl", "vendi_ratio", "vendi", "support_size", "effective_images", "nna_real", "nna_fake",
        "copying", "near_copies", "sharpness", "spectrum", "kid", "energy", "fd"
    ]  # fmt: skip
    assert "alone" in run("eval real fake -x pixels -m all -m fd", code=2)[1]


def test_eval_with_chosen_metrics_several_fakes_and_citations(run):
    out, err = run("eval real fake fake gan -x pixels -m pr:k=5 -m kid:degree=2 --cite --n 30")
    assert "gan: other reals | fakes, n = 15 a side: precision(k=5) " in out
    assert out.partition("other reals")[0].count("(k=5)") == 2  # headings; sentences repeat them
    assert "(degree=2)" in out
    assert "arXiv:1904.06991" in out
    assert "arXiv:1801.01401" in out
    assert "warning: fake: given twice, shown once" in err
    reports = json.loads(run("eval real fake gan -x pixels --json -")[0])
    assert [report["sides"]["fake"]["spec"] for report in reports] == ["fake", "gan"]


@pytest.mark.parametrize("line", ["fd real fake -x pixels", "eval real fake -x pixels"])
def test_the_full_report_in_a_file(run, line):
    out, _ = run(f"{line} --json report.json")
    assert "FD" in out
    report = ganeval.Report.from_json(Path("report.json").read_text())
    assert report.signature in out
    assert [path.name for path in Path().iterdir() if "report" in path.name] == ["report.json"]


@pytest.mark.parametrize("option", ["--json gone/r.json", "--json real", "-o gone/r.npz", "-o folder.npz"])
def test_a_file_that_cannot_be_written_stops_the_run_before_it_begins(run, option):
    Path("folder.npz").mkdir()
    Path("real/0000.png").write_text("reading this would be another error")
    _, err = run(f"stats real -x pixels {option}" if "-o" in option else f"fd real fake -x pixels {option}", code=1)
    assert re.fullmatch(r"error: \S+: (the folder gone does not exist|is a folder, give the name of a file.*)\n", err)


def test_no_permission_to_write(run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    _, err = run("fd real fake -x pixels --json r.json", code=1)
    assert err == "error: r.json: no permission to write into the folder .\n"


def test_a_full_disk_does_not_cost_the_number(run, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ganeval.cli.metric.write_json", full)
    monkeypatch.setattr("ganeval.cli.eval.write_json", full)
    for line in ("fd real fake -x pixels --json r.json", "eval real fake -x pixels --json r.json"):
        out, err = run(line, code=1)
        assert "[pixels]" in out
        assert "No space left on device" in err


@pytest.mark.parametrize("name", COMMANDS)
def test_help_answers_to_h_and_fits(run, name):
    out, _ = run(f"{name} -h")
    assert out == run(f"{name} --help")[0]
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    if name in METRICS:
        assert "--cite" in out
        assert re.search(r"arXiv|\b(19|20)\d\d\b", run(f"{name} --cite")[0])


def test_every_option_of_a_metric_says_what_it_is():
    for name in METRICS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for option in (p for p in command.params if isinstance(p, click.Option)):
            assert re.match(r"\w.{7,}", option.help or ""), f"{name} {option.opts[0]}: {option.help!r}"


@pytest.mark.parametrize("name", ["default", "torch-fidelity", "clean-fid", "adm"])
def test_a_protocol_is_explained_in_lines_that_fit(run, name):
    out, _ = run(f"explain protocol:{name}")
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80


def test_signs_of_the_texts_have_a_plain_form():
    """NFKD alone would make 10³ of 103 and lose a minus."""
    from ganeval.cli.plain import ascii_text

    texts = [item.docstring() for kind in ("metric", "extractor") for item in entries(kind)]
    signs = {sign for text in texts for sign in text if not sign.isascii()}
    assert {sign for sign in signs if not ascii_text(sign)} == set()
    assert ascii_text("10³ ½ − ‖a‖² ≠ é") == "10^3 1/2 - ||a||^2 != e"


def examples() -> list[tuple[str, str]]:
    """(command, example line) of every help text."""
    found = []
    for name in ["", *COMMANDS]:
        command = cli if not name else cli.get_command(click.Context(cli), name)
        assert command is not None
        text = command.get_help(click.Context(command))
        found += [(name, re.split(r"\s{3,}", line)[0]) for line in re.findall(r"^ +(ganeval .*)", text, re.MULTILINE)]
    return found


def test_every_help_holds_examples():
    assert {name for name, _ in examples()} >= {"", "eval", "stats", *METRICS}


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_the_examples_run(run, name, digits):
    for line in dict.fromkeys(line for whose, line in examples() if whose == name):
        if line == "ganeval weights fetch":  # tests/cli/test_weights_command.py has a server for it
            continue
        words = line.removeprefix("ganeval ").replace("--n 1000", "--n 30").replace("efficientnet-lite0", "pixels")
        needs_inception = words.split()[0] in ("fid", "is", "inception-score")
        if words.startswith("sfid "):  # its view is inception's alone
            words += " --dry-run"
        elif needs_inception:
            words = words.replace("-x pixels", "-x efficientnet-lite0") + " --dry-run"
        elif words.split()[0] not in ("explain", "list", "weights", "doctor") and "-x" not in words:
            words += " -x pixels"
        out, _ = run(words)
        assert out


def test_the_plan_reads_no_image(run):
    for path in [*Path("real").iterdir(), *Path("fake").iterdir()]:
        path.write_text("unreadable")
    Path("fake/notes.txt").write_text("x")
    out, err = run("eval real fake gan --dry-run --n 20")
    assert err == ""
    assert "20 of 40 images, 1 other file ignored" in out
    assert "would be downloaded" in out
    assert "precision-recall, density-coverage, modes, copying, kid, fd, inception-score" in out
    assert out.endswith("dry run: no image was read\n")
    assert run("fid real fake --dry-run")[0]


def test_names_tell_the_truth(run):
    _, err = run("fid real fake -x pixels", code=1)
    assert err.startswith("error: fid is only defined on the genuine FID Inception")
    assert "`ganeval fd -x pixels …`" in err
    assert "FID" not in run("eval real fake -x pixels -m fd -m kid")[0]
    assert "FD[features]" in run("fd rows_real.npy rows_fake.npy -x features")[0]


def test_copies_are_told_with_their_names_and_drawn(run, digits):
    save_images(Path("copies"), digits[10:40])
    out, _ = run("copying real copies -x pixels --pairs pairs.png")
    assert "ALARM" in out
    assert "  0.000  copies/0000.png  real/0010.png\n" in out
    with Image.open("pairs.png") as drawn:
        assert drawn.size == (4 * 204 + 8, 3 * 118 + 4)
    assert "closest pairs" in run("eval real copies -x pixels")[0]
    assert "closest pairs" not in run("eval real fake -x pixels")[0]
    report = json.loads(run("copying vae copies -x pixels --train real --json -")[0])
    assert report["findings"][0]["pairs"][0]["other_name"] == "real/0010.png"
    assert ganeval.Report.from_json(json.dumps(report)).copying_alarm
    _, err = run("copying rows_real.npy rows_fake.npy -x features --pairs p.png", code=1)
    assert "holds no images to draw" in err


def test_training_images_given_as_reals_leave_nothing_to_draw(run):
    out, err = run("copying real fake -x pixels --train real --pairs p.png")
    assert "most of the reals are training images" in " ".join(out.split())
    assert "warning: p.png: not drawn, there are no closest pairs" in err
    assert not Path("p.png").exists()


def test_list_and_explain_know_everything(run):
    out, _ = run("list")
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    for kind in ("metric", "extractor"):
        for item in entries(kind):
            assert item.name in out
            told, _ = run(f"explain {item.name}")
            assert item.name in told
            assert told.isascii()
            assert max(map(len, told.splitlines())) <= 80
            assert item.initials is None or run(f"explain {item.initials}")[0]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("kdi real fake", "no command 'kdi'; did you mean 'kid'?"),
        ("precision-recal real fake", "did you mean 'precision-recall'?"),
        ("prr real fake", "no command 'prr'; did you mean 'pr'?"),
        ("fd real fake --extracto pixels", "--extractor"),
        ("fd real fake -x pixel", "unknown extractor 'pixel'; did you mean 'pixels'?"),
        ("eval real fake -x pixels -m kdi", "unknown metric 'kdi'; did you mean 'kid'?"),
        ("eval real fake -x pixels -m kid:degre=2", "kid has no option 'degre'; did you mean 'degree'?"),
        ("eval real fake -x pixels:sise=2", "pixels has no option 'sise'; did you mean 'size'?"),
        ("explain efficientnet", "did you mean 'efficientnet-lite0'?"),
        ("eval real fake -x pixels -m prr", "unknown metric 'prr'; did you mean 'pr'?"),
        ("explain prr", "did you mean 'pr'?"),
        ("eval real fake -x pixels -m pr:k=three", "pr: k=three is not a whole number"),
        ("eval real fake -x pixels -m pr:ball=half", "ball=half is not one of closed, open"),
        ("eval real fake -x pixels -m is", "reads the view 'probs', which pixels does not have"),
        ("eval real fake -x pixels:size=0", "at least 1"),
        ("fd real fake -x pixels --weights x.pth", "loads no weight file: drop --weights"),
        ("fd real fake -x random-conv --device gpu", "the device 'gpu' cannot be used"),
        ("pr real fake -x pixels --k 0", "k = 0 is not possible: give at least 1"),
        ("dc real fake -x pixels --k -1", "k = -1 is not possible"),
        ("kid real fake -x pixels --gamma nan", "gamma = nan is not possible"),
        ("kid real fake -x pixels --subsets 2 --subset-size 1", "subset_size = 1 is not possible: give at least 2"),
        ("eval real fake -x pixels -m kid:degree=0", "degree = 0 is not possible"),
        ("is fake -x efficientnet-lite0 --splits 0", "splits = 0 is not possible"),
        ("fd real", "expected REAL and FAKE with these options, got 1: real"),
        ("modes real fake -x pixels --mixture ring", "expected FAKE with these options, got 2: real fake"),
        ("eval real", "Missing argument 'FAKE...'"),
        ("stats real", "Missing option"),
        ("stats real -o ref.txt", "must end in .npz"),
        ("fd real fake -x pixels --n 0", "--n"),
        ("fd real fake -x pixels --exif turn", "'ignore', 'apply'"),
        ("fd real fake -x pixels,,", "pixels"),
        ("fd real fake -x :", "':' is not a spec"),
    ],
)
def test_wrong_usage_is_code_2_with_a_remedy(run, line, says):
    out, err = run(line, code=2)
    assert says in err
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "line",
    ["fd missing fake", "fid real missing", "eval real fake missing", "stats missing -o r.npz", "fd '' fake",
     "fd real fake --n 41 -x pixels", "fd real/0000.png fake", "fd rows_real.npy fake", "fd real fake -x features",
     "fd real fake --weights missing.pth"],
)  # fmt: skip
def test_other_failures_are_code_1_in_one_line(run, line):
    out, err = run(line, code=1)
    assert out == ""
    assert re.fullmatch(r"error: [^\n]+\n", err)


def test_debug_shows_where(run):
    with pytest.raises(ganeval.SourceError):
        run("fd missing fake -x pixels --debug")
    with pytest.raises(ganeval.SpecError):
        run("--debug explain nothing")


def test_no_command_is_a_question(run):
    assert run("") == run("--help")


def test_quiet_is_quiet(run):
    Path("fake/0000.png").write_text("broken")
    assert "skipped" in run("fd real fake -x pixels --on-error skip")[1]
    out, err = run("fd real fake -x pixels --on-error skip --quiet")
    assert "\nFD[pixels]" in out
    assert err == ""


def test_a_broken_image_and_the_way_around_it(run):
    Path("fake/0007.png").write_text("broken")
    _, err = run("fd real fake -x pixels", code=1)
    assert err == ("error: fake/0007.png: not an image that can be read (damaged, or another format) "
                   "(--on-error skip goes on without it)\n")  # fmt: skip
    report = json.loads(run("fd real fake -x pixels --on-error skip --json -")[0])
    assert report["sides"]["fake"]["skipped"][0][0] == "fake/0007.png"
    assert report["sides"]["fake"]["n"] == 39


def test_stats_says_what_it_wrote(run):
    out, _ = run("stats real -o ref.npz -x pixels --rows")
    assert re.fullmatch(r"ref\.npz: 40 images, pixels, protocol [0-9a-f]{8}\n", out)
