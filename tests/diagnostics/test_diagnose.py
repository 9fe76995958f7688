"""Logs in anybody's names, each diagnostic where its answer is known, and the command."""

import csv
import json
import math

import numpy as np
import pytest

import ganeval
from ganeval.core.errors import ProtocolError, SourceError, SpecError
from ganeval.training.diagnose import chosen
from ganeval.training.diagnostic import Finding
from ganeval.training.diagnostics.collapse import Collapse
from ganeval.training.diagnostics.oscillation import Oscillation
from ganeval.training.diagnostics.overfitted_discriminator import OverfittedDiscriminator
from ganeval.training.diagnostics.past_best import PastBest
from ganeval.training.diagnostics.recall_drop import RecallDrop
from ganeval.training.diagnostics.strong_discriminator import StrongDiscriminator
from ganeval.training.diagnostics.weak_discriminator import WeakDiscriminator
from ganeval.training.history import History
from ganeval.training.log import signal_of, training_log
from ganeval.training.training_history import Reading, Scores, Track, TrainingHistory


def scored(values, *, half: float | None = 0.01, floor: float | None = None, better="lower", **further) -> Scores:
    readings = [
        Reading(step, v, None if half is None else v - half, None if half is None else v + half, floor, **further)
        for step, v in enumerate(values, 1)
    ]
    return Scores("it", better, "distance", tuple(readings))


@pytest.mark.parametrize(
    ("columns", "signal"),
    [
        ("D loss|loss_D|Loss/D|errD|d_loss|train/d_loss|discriminator_loss|DLoss|lossD|critic_loss", "D loss"),
        ("G loss|loss_G|g_loss|errG|generator_loss|adv_g_loss|trainer/G_loss_avg", "G loss"),
        ("D(x)|D_x|d_real|D(real)|real_score_d", "D(x)"),
        ("D(G(z))|D_G_z1|D(fake)|d_fake_prob", "D(G(z))"),
        ("D(held-out)|D_val", "D(held-out)"),
        ("G gradient|g_grad_norm|grad_norm_G", "G gradient"),
        ("loss|train/loss|total_loss", "loss"),
        ("lr|time|fid|D_G_z2|g|d|loss_perceptual", None),
    ],
)
def test_names_of_columns(columns, signal):
    odd = {"trainer/G_loss_avg"}
    assert {name: signal_of(name) for name in columns.split("|") if name not in odd} == {
        name: signal for name in columns.split("|") if name not in odd
    }


def test_json_lines_and_csv_are_one(tmp_path):
    rows = [{"step": step, "errD": 1 / step, "lr": 0.1, "note": "x", "D_x": 0.5} for step in (10, 20, 30)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with (tmp_path / "log.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    lines, table = training_log(tmp_path / "log.jsonl"), training_log(tmp_path / "log.csv")
    assert lines == table == training_log({key: [row[key] for row in rows] for key in rows[0]})
    assert lines.signals["D loss"] == Track((10, 20, 30), (0.1, 0.05, 1 / 30))
    assert lines.ignored == ("lr", "note")


def test_a_log_that_goes_on_after_a_stop(tmp_path):
    """Steps that are made again take the place of those that were lost; a last line half written is left out."""
    rows = [{"step": s, "d_loss": v} for s, v in ((1, 0.1), (2, 0.2), (3, 0.3), (2, 9.0), (3, 8.0))]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 4, "d_lo')
    assert training_log(path).signals["D loss"] == Track((1, 2, 3), (0.1, 9.0, 8.0))
    path.write_text('{"step": 1, "d_loss": NaN}\n\n{"step": 2, "d_loss": null}\n{"step": 3, "d_loss": "0.5"}\n')
    track = training_log(path).signals["D loss"]
    assert track.steps == (1, 3)
    assert math.isnan(track.values[0])
    assert training_log({"loss_D": [3.0, 4.0]}).signals["D loss"].steps == (1, 2)


def test_batches_that_begin_anew_with_every_epoch():
    """PyTorch loops often log epoch and batch: neither counts steps, so entries are numbered."""
    log = {"epoch": [0, 0, 0, 1, 1, 1, 2, 2, 2], "batch": [0, 50, 100] * 3, "Loss_D": [float(i) for i in range(9)]}
    assert training_log(log).signals["D loss"] == Track(tuple(range(1, 10)), tuple(map(float, range(9))))
    log = {"epoch": [1, 2, 3], "Loss_D": [3.0, 2.0, 1.0]}
    assert training_log(log).signals["D loss"].steps == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"step": 1}\nnonsense\n{"step": 2}\n', r"log\.jsonl, line 2: a log is"),
        ("[1, 2]\n", r"line 1: a log has a JSON object a line, got list"),
        ('{"step": 1, "lr": 3}\n', r"nothing to diagnose: .*columns: lr"),
        ("", "nothing to diagnose"),
    ],
)
def test_files_that_are_no_logs(tmp_path, text, told):
    (tmp_path / "log.jsonl").write_text(text)
    with pytest.raises((SourceError, SpecError), match=told):
        ganeval.diagnose(log=tmp_path / "log.jsonl")


def test_mistakes_are_said(tmp_path):
    log = {"step": [1, 2], "a": [0.1, 0.2]}
    with pytest.raises(SpecError, match=r"no signal 'D los'; did you mean 'D loss'"):
        ganeval.diagnose(log=log, names={"D los": "a"})
    with pytest.raises(SpecError, match=r"no column 'b'.*\(step, a\)"):
        ganeval.diagnose(log=log, names={"D loss": "b"})
    with pytest.raises(SourceError, match="unequal lengths"):
        ganeval.diagnose(log={"step": [1], "d_loss": [1.0, 2.0]})
    with pytest.raises(SourceError, match="no such file"):
        ganeval.diagnose(log=tmp_path / "none.csv")
    with pytest.raises(SpecError, match="did you mean 'collapse'"):
        chosen(["colapse"])


def test_a_column_that_is_named():
    (found,) = ganeval.diagnose(log={"a": [0.001] * 9}, names={"D loss": "a"}, diagnostics=["strong-discriminator"])
    assert (found.verdict, found.basis) == ("alarm", "calibrated")
    (found,) = ganeval.diagnose(
        log={"a": [0.001] * 9}, names={"D loss": "a"}, diagnostics=["strong-discriminator:loss=1e-4"]
    )
    assert (found.verdict, found.basis) == ("clear", "stated")


def test_a_short_dip_of_the_loss_is_none():
    values = np.full(400, 0.7)
    values[200:206] = 0.0
    assert (
        StrongDiscriminator()(TrainingHistory({"D loss": Track(tuple(range(400)), tuple(values))})).verdict == "clear"
    )
    values[200:240] = 0.0
    finding = StrongDiscriminator()(TrainingHistory({"D loss": Track(tuple(range(400)), tuple(values))}))
    assert (finding.verdict, finding.since) == ("alarm", 200)
    assert "no longer at the end" in finding.message


def test_a_critic_of_wasserstein_is_not_judged():
    finding = StrongDiscriminator()(TrainingHistory({"D loss": Track((1, 2), (-30.0, -0.001))}))
    assert (finding.verdict, "negative" in finding.message) == ("unknown", True)


def test_d_that_is_fooled_and_d_that_is_right():
    even = {"D(x)": Track((1,), (0.5,)), "D(G(z))": Track((1,), (0.49,))}
    far, near = scored([5, 5.0], floor=1.0), scored([1.5, 1.5], floor=1.0)
    same = scored([5, 5.0], distinguishable=False)
    verdicts = [WeakDiscriminator()(TrainingHistory(even, {"kid": one})).verdict for one in (far, near, same)]
    assert verdicts == ["alarm", "clear", "clear"]
    learning = scored([9, 8, 6, 4.0], floor=1.0)
    assert WeakDiscriminator()(TrainingHistory(even, {"kid": learning})).verdict == "clear"
    logits = {"D(x)": Track((1,), (3.0,)), "D(G(z))": Track((1,), (-2.0,))}
    assert WeakDiscriminator()(TrainingHistory(logits, {"kid": far})).verdict == "unknown"


def test_d_that_knows_its_images_by_heart():
    """r of medians at the end, and the first twentieth since which it has been too large."""
    steps = tuple(range(10, 410, 10))
    seen = {"D(x)": [0.9] * 40, "D(held-out)": [0.85] * 26 + [0.2] * 14, "D(G(z))": [0.1] * 40}

    def judged(**other) -> Finding:
        return OverfittedDiscriminator()(
            TrainingHistory({name: Track(steps, tuple(values)) for name, values in (seen | other).items()})
        )

    late = judged()
    assert (late.verdict, late.since) == ("alarm", 270)
    assert "r = 0.87" in late.message  # 0.7 of 0.8
    assert judged(**{"D(held-out)": [0.2] * 26 + [0.85] * 14}).verdict == "clear"
    for fakes in (0.88, 0.95):  # at equilibrium, and a D that takes fakes for real
        assert judged(**{"D(G(z))": [fakes] * 40}).verdict == "unknown"


def test_a_fall_of_recall_that_is_noise():
    falls = [0.5, 0.6, 0.45]
    assert RecallDrop()(TrainingHistory(scores={"recall": scored(falls, half=0.01, better="higher")})).since == 3
    assert RecallDrop()(TrainingHistory(scores={"recall": scored(falls, half=0.2, better="higher")})).verdict == "clear"
    assert RecallDrop()(TrainingHistory(scores={"coverage": scored(falls, half=None, better="higher")})).since == 3
    assert RecallDrop(drop=0.2)(TrainingHistory(scores={"recall": scored(falls, better="higher")})).verdict == "clear"


def test_modes_that_are_missing_for_two_evaluations():
    def modes(*values):
        return TrainingHistory(scores={"modes": scored(values, half=0, better="higher", total=10)})

    assert Collapse()(modes(10, 9, 10, 9)).verdict == "clear"
    finding = Collapse()(modes(10, 9, 10, 4, 3))
    assert (finding.verdict, finding.since) == ("alarm", 4)
    assert finding.message.startswith("3 of 10 modes")
    wide = Scores("modes", "higher", "quality-diversity", tuple(Reading(s, 8, 6, 10, total=10) for s in (1, 2)))
    assert Collapse()(TrainingHistory(scores={"modes": wide})).verdict == "clear"


def test_bad_fakes_have_no_kinds():
    low = {"precision": scored([0.1, 0.1], floor=0.8), "recall": scored([0.0, 0.0], floor=0.8)}
    finding = Collapse()(TrainingHistory(scores=low))
    assert (finding.verdict, "no kinds" in finding.message) == ("unknown", True)


def test_turns_are_counted_beyond_intervals_only():
    def turns(*values, half=0.1):
        return Oscillation()(TrainingHistory(scores={"kid": scored(values, half=half)}))

    assert turns(9, 5, 4, 3, 2, 1).verdict == "clear"
    assert "0 times beyond its intervals (down)" in turns(9, 5, 4, 3, 2, 1).message
    assert "1 time beyond" in turns(9, 1, 1.05, 3, 3.1).message
    assert turns(9, 1, 3, 1, 3).since == 5
    assert turns(9, 1, 3, 1, 3, half=5.0).verdict == "clear"
    slow = [3.0, 2.9, 2.8, 2.7, 2.6, 2.5, 2.6, 2.7, 2.8, 2.9, 3.0]
    assert "1 time beyond" in turns(*slow).message
    assert turns(9, 1, 3).verdict == "unknown"
    assert Oscillation()(TrainingHistory(scores={"kid": scored([1, 2, 3, 4, 5, 6], half=None)})).verdict == "unknown"


def test_the_best_step_lies_behind():
    assert PastBest()(TrainingHistory(scores={"kid": scored([3, 1, 1.005])})).verdict == "clear"
    assert PastBest()(TrainingHistory(scores={"kid": scored([3, 1, 1.1])})).since == 2
    assert PastBest()(TrainingHistory(scores={"kid": scored([3, 1, 1.1], half=None)})).verdict == "clear"
    assert PastBest()(TrainingHistory(scores={"kid": scored([3, 1, 1.6], half=None)})).since == 2


def reports(*, shifts, n: int = 150) -> History:
    """What an evaluator says of normal rows that come nearer, or do not."""
    rng = np.random.default_rng(0)
    real, found = rng.normal(size=(2 * n, 4)), History()
    for step, shift in enumerate(shifts, 1):
        report = ganeval.evaluate(
            real, rng.normal(size=(n, 4)) + shift, metrics=["kid", "precision-recall", "copying"], extractor="features",
            cache="off",
        )  # fmt: skip
        found = found.with_point(100 * step, report)
    return found


def test_reports_are_read_as_they_are(tmp_path):
    history = reports(shifts=(3, 1.5, 0.0, 2.0))
    log = {"step": [100, 200, 300, 400], "D(x)": [0.5] * 4, "D(G(z))": [0.5] * 4}
    found = {one.name: one for one in ganeval.diagnose(history, log=log)}
    assert found["past-best"].verdict == "alarm"
    assert found["past-best"].since == 300
    assert found["recall-drop"].verdict == "alarm"
    assert found["recall-drop"].since == 400
    assert found["weak-discriminator"].verdict == "alarm"
    assert found["memorisation"].verdict == "clear"
    history.save(tmp_path / "metrics.jsonl")
    assert ganeval.diagnose(tmp_path / "metrics.jsonl", log=log) == tuple(found.values())
    assert [one.verdict for one in found.values()] == sorted(one.verdict for one in found.values())
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "report": {}}\n')
    with pytest.raises(ProtocolError, match="line 1"):
        ganeval.diagnose(tmp_path / "metrics.jsonl")


def test_copies_are_told():
    rng = np.random.default_rng(1)
    real, found = rng.normal(size=(200, 4)), History()
    for step, fakes in ((1, rng.normal(size=(100, 4))), (2, real[:100] + 1e-4)):
        report = ganeval.evaluate(real, fakes, metrics=["copying"], extractor="features", cache="off")
        found = found.with_point(step, report)
    (one,) = ganeval.diagnose(found, diagnostics=["memorisation"])
    assert (one.verdict, one.since) == ("alarm", 2)


def test_the_command(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reports(shifts=(3, 1.0, 0.0)).save("metrics.jsonl")
    rows = [{"step": step, "loss_D": 0.001, "lr": 0.1} for step in range(1, 101)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out, err = run("diagnose metrics.jsonl log.jsonl")
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    first = next(line for line in out.splitlines() if "ALARM" in line)
    assert first.split()[:3] == ["strong-discriminator", "ALARM", "1"]
    assert "do: fewer or slower updates of D" in out
    assert "not told: vanishing-gradient (needs D(G(z)) in the log)" in out
    assert err == "warning: log.jsonl: not read: lr (--signal says what a column is)\n"
    assert run("diagnose log.jsonl -q -d divergence")[1] == ""
    alone, _ = run("diagnose log.jsonl -d strong-discriminator --json -")
    assert json.loads(alone)[0]["verdict"] == "alarm"
    run("diagnose log.jsonl --json found.json")
    assert len(json.loads((tmp_path / "found.json").read_text())) == len(chosen(None))
    for name in ("what.png", "what.svg"):
        run(f"diagnose log.jsonl metrics.jsonl --plot {name}")
        assert (tmp_path / name).stat().st_size > 5000
    (tmp_path / "two.csv").write_text("iteration,a,D_x\n1,0.5,0.9\n2,0.4,0.9\n")
    assert "clear" in run("diagnose two.csv --signal 'D loss=a' -d strong-discriminator")[0]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("log.jsonl log.csv", "two files are a log of a loop"),
        ("none.jsonl", "none.jsonl: there is no such file"),
        ("log.jsonl --signal 'D loss'", "write a signal and a column"),
        ("log.jsonl --plot what.jpeg", "a picture is a file ending in .png"),
        ("log.jsonl -d recal-drop", "did you mean 'recall-drop'"),
        ("log.jsonl -d recall-drop:dropp=1", "did you mean 'drop'"),
    ],
)
def test_mistakes_on_the_command_line(run, tmp_path, monkeypatch, line, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.jsonl").write_text('{"step": 1, "d_loss": 0.5}\n')
    (tmp_path / "log.csv").write_text("step,d_loss\n1,0.5\n")
    _, err = run(f"diagnose {line}", code=1 if "none" in line else 2)
    assert told in err
