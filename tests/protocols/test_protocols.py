"""Named protocols: what they set, what wins over what, and that unlike ones are never mixed."""

import numpy as np
import pytest

import ganeval
from ganeval.cli import exit_code
from ganeval.cli.plain import ascii_text
from ganeval.core.errors import ProtocolError, SpecError
from ganeval.core.protocol import PROTOCOLS
from ganeval.evaluation.settings import built_extractor, settings_for


def test_a_protocol_sets_resizer_and_normalisation():
    assert built_extractor("inception").resize == "torch-bilinear-299"
    for name, resize, normalise in (
        ("default", "torch-bilinear-299", "symmetric"),
        ("torch-fidelity", "tf1-bilinear-299", "tf1"),
        ("clean-fid", "pil-bicubic-299", "tf1"),
        ("adm", "tf1-bilinear-299", "tf1"),
    ):
        extractor = built_extractor("inception", protocol=name)
        assert (extractor.resize, extractor.normalisation) == (resize, normalise)
    assert built_extractor("random-conv", protocol="clean-fid").resize == "pil-bicubic-64"


def specs(protocol: str, metrics: list[str], *, seed: int | None = None) -> list[str]:
    settings = settings_for(metrics=metrics, extractor="efficientnet-lite0", protocol=protocol, seed=seed)
    return [chosen.spec for chosen in settings.metrics]


def test_a_protocol_sets_the_metrics_its_project_has():
    assert specs("default", ["kid", "is", "pr", "dc"]) == [
        "kid", "inception-score", "precision-recall", "density-coverage",
    ]  # fmt: skip
    assert specs("torch-fidelity", ["kid", "is"]) == ["kid:subsets=100,seed=2020", "inception-score:seed=2020"]
    assert specs("clean-fid", ["kid"]) == ["kid:subsets=100"]
    assert specs("adm", ["is"]) == ["inception-score:split_size=5000,order=given"]


def test_an_explicit_option_wins_over_the_protocol():
    assert specs("torch-fidelity", ["kid:subsets=7"]) == ["kid:subsets=7,seed=2020"]
    assert specs("torch-fidelity", ["kid:seed=3"]) == ["kid:subsets=100,seed=3"]
    assert specs("torch-fidelity", ["kid"], seed=5) == ["kid:subsets=100"]
    assert built_extractor("inception:resizer=pil-bicubic", protocol="adm").resize == "pil-bicubic-299"
    assert built_extractor("inception:normalise=symmetric", protocol="adm").normalisation == "symmetric"


def test_reports_say_which_settings_are_the_project_s(rng):
    real, fake = rng.standard_normal((60, 4)), rng.standard_normal((60, 4))
    options = {"extractor": "features", "metrics": ["pr", "dc", "fd"]}
    report = ganeval.evaluate(real, fake, protocol="torch-fidelity", **options)
    assert {key: result.settings for key, result in report.items()} == {
        "precision": "protocol", "recall": "protocol", "density": "ganeval", "coverage": "ganeval", "fd": "protocol",
    }  # fmt: skip
    assert "density-coverage(ganeval's settings)" in report.signature
    assert "protocol:torch-fidelity.1#" in report.signature
    assert report.protocol.name == "torch-fidelity"
    assert ganeval.Report.from_json(report.to_json()) == report
    assert "ganeval's settings" not in ganeval.evaluate(real, fake, **options).signature


def test_keys_stay_short_whatever_the_protocol_sets(rng):
    probs = rng.dirichlet(np.ones(5), 60)
    report = ganeval.evaluate(
        rng.standard_normal((1200, 3)), rng.standard_normal((1200, 3)), extractor="features", protocol="torch-fidelity",
        metrics=["kid", "kid:subsets=3"],
    )  # fmt: skip
    assert list(report) == ["kid", "kid:subsets=3"]
    assert report["kid"].metric == "kid:subsets=100,seed=2020"
    del probs


def test_unlike_protocols_refuse_each_other(folders, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    held = ganeval.reference("real", extractor="random-conv", metrics=["fd"], protocol="clean-fid")
    same = ganeval.evaluate(held, "fake", metrics=["fd"])
    assert same.protocol.name == "clean-fid", "a reference brings its protocol along"
    with pytest.raises(ProtocolError, match="resize is 'torch-bilinear-64' here and 'pil-bicubic-64' there"):
        ganeval.evaluate(held, "fake", metrics=["fd"], extractor="random-conv", protocol="default")
    assert exit_code(["stats", "real", "-o", "ref.npz", "-x", "random-conv", "--protocol", "adm", "-q"]) == 0
    assert exit_code(["fd", "ref.npz", "fake", "-x", "random-conv", "-q"]) == 1
    assert "unlike protocols: resize is" in capsys.readouterr().err
    assert exit_code(["fd", "ref.npz", "fake", "-x", "random-conv", "--protocol", "adm", "-q"]) == 0


@pytest.mark.parametrize("name", PROTOCOLS)
def test_explained_in_words(name, capsys):
    assert exit_code(["explain", f"protocol:{name}"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert PROTOCOLS[name].project in shown
    assert PROTOCOLS[name].resizer in shown
    assert all(" ".join(ascii_text(note).split()) in shown for note in PROTOCOLS[name].notes)


def test_unknown_names(capsys):
    with pytest.raises(SpecError, match="did you mean 'torch-fidelity'"):
        settings_for(extractor="pixels", protocol="torchfidelity")
    assert exit_code(["explain", "protocol:cleanfid"]) == 2
    assert "did you mean 'clean-fid'" in capsys.readouterr().err


def test_adm_s_inception_score_is_the_mean_over_parts_in_order(rng):
    probs = rng.dirichlet(np.full(6, 0.3), 23).astype(np.float32)
    rows = ganeval.Rows.of(np.arange(23), probs)
    from ganeval.metrics.inception_score import InceptionScore

    parts = [ganeval.inception_score(probs[a : a + 10]) for a in (0, 10, 20)]
    found = InceptionScore(split_size=10, order="given")(fake=rows)["is"]
    assert found == pytest.approx(np.mean(parts), rel=1e-12)
