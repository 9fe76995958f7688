"""A report keeps everything, as JSON, as a flat dictionary and as HTML."""

import json

import numpy as np
import pytest

import ganeval
from ganeval.core.errors import ProtocolError
from ganeval.core.protocol import Protocol
from ganeval.training.history import Point


@pytest.fixture
def report(rng) -> ganeval.Report:
    real, fake = rng.standard_normal((60, 4)), rng.standard_normal((50, 4)) + 0.1
    return ganeval.evaluate(real, fake, extractor="features", metrics=["pr", "fd", "kid", "kid:degree=2"])


def test_json_round_trips(report):
    assert ganeval.Report.from_json(report.to_json()) == report
    fields = json.loads(report.to_json())
    assert fields["schema"] == 1
    assert fields["sides"]["fake"]["n"] == 50
    assert fields["protocol"]["fingerprint"] == report.protocol.fingerprint
    assert set(fields["versions"]) >= {"ganeval", "numpy", "torch"}
    with pytest.raises(ProtocolError, match="not a ganeval report of schema 1"):
        ganeval.Report.from_json(json.dumps({**fields, "schema": 99}))


def test_it_is_a_mapping_in_table_order(report):
    assert list(report) == ["precision", "recall", "fd", "kid", "kid:degree=2"]
    assert report.to_dict() == {key: report[key].value for key in report}
    assert all(type(value) is float for value in report.to_dict().values())
    with pytest.raises(KeyError, match="'fid' is not in this report; it has precision"):
        report["fid"]


def test_printed_it_is_short(report):
    lines = str(report).splitlines()
    assert lines[0] == f"precision {report['precision'].printed()}"
    assert len(lines) == len(report) + 1
    assert lines[-1] == report.signature


def test_names_and_printing(report):
    assert report["fd"].name == "FD[features]"
    assert report["kid:degree=2"].heading == "KID[features](degree=2) x1e3"
    assert report["precision"].printed().count("") == 6  # 0.123
    assert report["kid"].printed(more=2) == f"{report['kid'].value * 1000:.4f}"


def test_the_warning_about_unequal_numbers(report):
    assert any("50 fake" in warning and "depend on n" in warning for warning in report.warnings)


def test_html_escapes_what_users_call_their_files(rng, tmp_path):
    path, other = tmp_path / "<script>.npy", tmp_path / "other.npy"
    for each in (path, other):
        np.save(each, rng.standard_normal((60, 4)))
    shown = ganeval.evaluate(path, other, extractor="features", metrics=["fd"])._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "FD[features]" in shown
    assert "without bias" in shown


def test_unlike_protocols_name_the_field():
    one = Protocol("inception", "abc", "torch-bilinear-299", "ignore")
    two = Protocol("inception", "abc", "torch-bilinear-299", "apply")
    assert one.fingerprint != two.fingerprint
    assert Protocol.from_json(one.to_json()) == one
    with pytest.raises(ProtocolError, match="exif is 'ignore' here and 'apply' there"):
        one.require_same(two, here="a", there="b")


def test_a_score_is_found_by_its_key_and_by_the_name_of_its_metric(rng):
    """Of metrics whose one score has another key: the JSON keeps the key."""
    real, fake = rng.standard_normal((2, 60, 3))
    report = ganeval.evaluate(real, fake, metrics=["energy-distance", "pr"], extractor="features", cache="off")
    assert list(report) == ["energy", "precision", "recall"]
    assert report["energy_distance"] is report["energy-distance"] is report["energy"]
    assert "energy_distance" in report and "precision_recall" not in report and "fd" not in report
    with pytest.raises(KeyError, match="precision_recall"):
        report["precision_recall"]
    differences = {"energy_distance": 0.5}
    (need,) = ganeval.power(real, differences=differences, extractor="features", cache="off").needs
    assert need.key == "energy"
    compared = ganeval.compare(
        real, {"A": fake, "B": fake + 1}, metrics=["energy-distance"], at_least={"energy_distance": 0.1},
        extractor="features", cache="off",
    )  # fmt: skip
    assert [row.key for row in compared.rows] == ["energy"]


def test_a_key_with_options_is_another_score(rng):
    """KID of another degree is no KID: not in a report, not in a history of both."""
    real, fake = rng.standard_normal((2, 60, 3))
    how = {"extractor": "features", "cache": "off", "interval": "off"}
    other = ganeval.evaluate(real, fake, metrics=["kid:degree=2"], **how)
    assert "kid" not in other and list(other) == ["kid:degree=2"]
    with pytest.raises(KeyError, match="kid"):
        other["kid"]
    reports = [ganeval.evaluate(real, fake, metrics=[metric], **how) for metric in ("kid:degree=2", "kid")]
    history = ganeval.History(tuple(Point(step, report) for step, report in enumerate(reports)))
    assert history.best("kid").step == 1
