"""Pillow's global switches change what is decoded: rows made under one are not those of another process."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import save_images
from PIL import Image, ImageFile

import ganeval
from ganeval.core.errors import DecodeError
from ganeval.evaluation import cache as cache
from ganeval.evaluation.settings import settings_for
from ganeval.sources.switches import _DEFAULTS, changed_switches

HOW = {"metrics": ["fd"], "extractor": "random-conv", "device": "cpu", "interval": "off"}


@pytest.fixture
def sides(tmp_path, rng) -> tuple[Path, Path]:
    """Two folders; the last fake is cut in half, the one before it is larger than the others."""
    for name in ("real", "fake"):
        save_images(tmp_path / name, rng.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8))
    cut = tmp_path / "fake" / "0011.png"
    cut.write_bytes(cut.read_bytes()[:500])
    Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(tmp_path / "fake" / "0010.png")
    return tmp_path / "real", tmp_path / "fake"


def test_a_truncated_file_that_a_switch_lets_in_is_refused_without_it(sides, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        first = ganeval.evaluate(*sides, **HOW)
        again = ganeval.evaluate(*sides, **HOW)
    assert again.sides["fake"].cached
    assert again.to_dict() == first.to_dict()
    with pytest.raises(DecodeError, match=r"0011\.png"):
        ganeval.evaluate(*sides, **HOW)


def test_another_process_refuses_it_too(sides):
    script = "import sys, ganeval; from PIL import ImageFile; ImageFile.LOAD_TRUNCATED_IMAGES = sys.argv[3] == 'on'\n"
    script += f"ganeval.evaluate(sys.argv[1], sys.argv[2], **{HOW!r})"
    codes = [
        subprocess.run([sys.executable, "-c", script, *map(str, sides), switch], capture_output=True).returncode
        for switch in ("on", "off")
    ]
    assert codes == [0, 1]


def test_files_skipped_under_a_small_limit_come_back_without_it(sides, monkeypatch):
    expected = ganeval.evaluate(*sides, **HOW, on_error="skip", cache="off")
    with monkeypatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
        small = ganeval.evaluate(*sides, **HOW, on_error="skip")
    assert small.sides["fake"].n == 10
    assert ganeval.evaluate(*sides, **HOW, on_error="skip").to_dict() == expected.to_dict()


@pytest.mark.parametrize("switch", _DEFAULTS, ids=".".join)
def test_each_switch_is_pillows_own_and_makes_another_key(switch, monkeypatch):
    module = pytest.importorskip(f"PIL.{switch[0]}")
    value = getattr(module, switch[1])
    assert getattr(value, "name", value) == _DEFAULTS[switch]
    assert changed_switches() == []
    monkeypatch.setattr(importlib.import_module(f"PIL.{switch[0]}"), switch[1], "another")
    assert changed_switches() == [(".".join(switch), "another")]


def test_the_default_switches_keep_the_key_of_before(monkeypatch):
    """What was kept before is found again: the list has one entry more only where a switch is changed."""
    source = ganeval.images(np.zeros((2, 8, 8, 3), np.uint8))
    protocol = settings_for(metrics=["fd"], extractor="random-conv", device="cpu").protocol
    hashed: list[bytes] = []
    monkeypatch.setattr(cache, "_digest", lambda data: hashed.append(data) or "0" * 64)
    cache._key("content", source, None, protocol)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    cache._key("content", source, None, protocol)
    plain, changed = hashed
    assert len(json.loads(plain)) == 6
    assert changed.startswith(plain[:-1])
    assert b"LOAD_TRUNCATED_IMAGES" in changed
