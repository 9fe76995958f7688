"""The lab's record: the verdicts that ship are those of the record, and the tables say what it holds."""

import json
import math

from benchmarks import lab
from reference_models.lab.presets.dirac import Dirac
from reference_models.lab.shelf import kind, names, preset
from reference_models.lab.verdicts import SEEDS, verdicts
from reference_models.options import pairs


def record():
    return json.loads(lab.RECORD.read_text(encoding="utf-8")) if lab.RECORD.exists() else {}


def test_the_verdicts_that_ship_are_those_of_the_record():
    assert verdicts() == lab.verdicts(record()), "run `python -m benchmarks lab`"


def test_claims_of_the_record_follow_from_its_numbers():
    for key, cell in record().items():
        name, settings, _ = key.split(" ")
        made = preset(name, pairs("" if settings == "own" else settings))
        assert made.held(lab.read(cell["numbers"])) == cell["held"], key


def test_every_setting_that_is_tried_exists():
    assert set(lab.SETTINGS) == set(names())
    for name, settings in lab.SETTINGS.items():
        assert all(isinstance(preset(name, pairs(one)), kind(name)) for one in settings)


def test_numbers_keep_what_json_cannot():
    given = {"a": 0.25, "b": math.inf, "c": math.nan}
    back = lab.read(json.loads(json.dumps(lab.written(given))))
    assert (back["a"], back["b"], math.isnan(back["c"])) == (0.25, math.inf, True)


def test_verdicts_count_seeds():
    cells = {lab.cell("dirac", "", seed=seed): lab.measured(Dirac(steps=600), seed=seed) for seed in range(SEEDS)}
    verdict = lab.verdicts(cells)["dirac"]
    assert verdict.held == {"failure": 5, "orbit": 5, "cure": 5}
    assert "| `dirac` |" in lab.claims_table(cells)
    del cells[lab.cell("dirac", "", seed=4)]
    assert not lab.verdicts(cells)
    assert lab.claims_table(cells) == lab.NOTHING
