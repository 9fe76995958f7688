"""Where weights are looked for, what is refused, and that a download is placed whole or not at all."""

import hashlib
from pathlib import Path

import pytest

from ganeval.core.errors import WeightsError
from ganeval.extractors import weights

CONTENT = b"stands for a weight file" * 1000


@pytest.fixture
def hub(tmp_path: Path, monkeypatch) -> Path:
    """An empty torch hub cache; no variable set."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    folder = tmp_path / "home" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def genuine(tmp_path: Path, monkeypatch) -> Path:
    """A file on a local 'server' that counts as the genuine one."""
    served = tmp_path / "server" / weights.FILE
    served.parent.mkdir()
    served.write_bytes(CONTENT)
    monkeypatch.setattr(weights, "URL", served.as_uri())
    monkeypatch.setattr(weights, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(weights, "SIZE", len(CONTENT))
    return served


def test_nothing_is_there(hub):
    assert weights.inception_weights(None) is None


def test_a_download_arrives_whole_and_is_then_found(hub, genuine):
    path = weights.downloaded()
    assert path.read_bytes() == CONTENT
    assert [p.name for p in hub.iterdir()] == [weights.FILE], "no temporary file stays"
    found = weights.inception_weights(None)
    assert found is not None
    assert (found.digest, found.origin) == (weights.SHA256, "torch hub cache")


def test_a_download_with_another_digest_is_refused_and_leaves_nothing(hub, genuine):
    genuine.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(WeightsError, match="could not be downloaded"):
        weights.downloaded()
    assert list(hub.iterdir()) == []


def test_no_network_names_three_ways_out(hub, monkeypatch):
    monkeypatch.setattr(weights, "URL", "file:///nowhere/at/all.pth")
    with pytest.raises(WeightsError) as caught:
        weights.downloaded()
    message = str(caught.value)
    assert "\n" not in message
    for way in (str(hub), "--weights PATH", "$GANEVAL_WEIGHTS", "ganeval fd -x efficientnet-lite0"):
        assert way in message


@pytest.mark.parametrize("content", [CONTENT[:100], CONTENT[:-1] + b"!"], ids=["truncated", "altered"])
def test_a_cached_file_that_is_not_genuine_is_refused(hub, genuine, content):
    (hub / weights.FILE).write_bytes(content)
    with pytest.raises(WeightsError, match="is not the genuine FID Inception") as caught:
        weights.inception_weights(None)
    assert str(hub / weights.FILE) in str(caught.value)


def test_the_order_is_option_variable_cache(hub, genuine, tmp_path, monkeypatch):
    (hub / weights.FILE).write_bytes(CONTENT)
    variable, option = tmp_path / "variable.pth", tmp_path / "option.pth"
    variable.write_bytes(b"variable")
    option.write_bytes(b"option")
    monkeypatch.setenv(weights.VARIABLE, str(variable))
    by_variable, by_option = weights.inception_weights(None), weights.inception_weights(option)
    assert by_variable is not None
    assert by_option is not None
    assert (by_variable.path, by_variable.origin) == (variable, "$GANEVAL_WEIGHTS")
    assert (by_option.path, by_option.origin) == (option, "--weights")
    assert by_option.digest == hashlib.sha256(b"option").hexdigest()


def test_a_folder_is_searched_for_the_usual_name(hub, genuine, monkeypatch):
    monkeypatch.setenv(weights.VARIABLE, str(genuine.parent))
    found = weights.inception_weights(None)
    assert found is not None
    assert found.path == genuine


def test_a_named_file_that_is_missing_or_no_weight_file(hub, tmp_path):
    with pytest.raises(WeightsError, match="no such weight file"):
        weights.inception_weights(tmp_path / "missing.pth")
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(CONTENT)
    with pytest.raises(WeightsError, match="cannot be read as a torch state dict"):
        weights.state_dict(damaged, digest=weights.sha256_of(damaged))


def test_pickled_code_is_never_run(tmp_path):
    import torch

    path = tmp_path / "code.pth"
    torch.save({"weights": Path("x")}, path)
    with pytest.raises(WeightsError, match="cannot be read"):
        weights.state_dict(path, digest=weights.sha256_of(path))
