"""`ganeval weights`: what is where, a download from a local 'server', digests, exit codes."""

import hashlib
from pathlib import Path

import pytest

from ganeval.cli import exit_code
from ganeval.extractors import weights

CONTENT = b"stands for a weight file" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch) -> Path:
    """An empty torch hub cache, no variable, and a local file that counts as the genuine one."""
    served = tmp_path / "server" / weights.FILE
    served.parent.mkdir()
    served.write_bytes(CONTENT)
    monkeypatch.setattr(weights, "URL", served.as_uri())
    monkeypatch.setattr(weights, "SHA256", DIGEST)
    monkeypatch.setattr(weights, "SIZE", len(CONTENT))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    return tmp_path / "home" / "hub" / "checkpoints" / weights.FILE


@pytest.fixture
def run(capsys):
    def call(*arguments: str, code: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        found = exit_code(["weights", *arguments])
        captured = capsys.readouterr()
        assert found == code, captured.err
        return captured.out, captured.err

    return call


def test_status_before_and_after_a_download(run, hub):
    out, _ = run("status")
    assert run()[0] == out
    assert f"inception: missing (torch hub cache)\n  {hub}\n" in out
    assert "inception: not on this machine" in out
    assert "efficientnet-lite0: genuine, " in out
    assert f"{hub}: downloaded, genuine (sha256 {DIGEST[:8]})\n" in run("fetch")[0]
    assert hub.read_bytes() == CONTENT
    out, _ = run("status")
    assert f"inception: genuine, 24,000 bytes, sha256 {DIGEST[:8]} (torch hub cache)\n  {hub}\n" in out
    assert "not on this machine" not in out


def test_fetch_leaves_a_genuine_file_and_replaces_a_damaged_one(run, hub, monkeypatch):
    hub.parent.mkdir(parents=True)
    hub.write_bytes(CONTENT[:-1])
    assert "downloaded" in run("fetch")[0]
    monkeypatch.setattr(weights, "URL", "file:///nowhere/at/all.pth")
    assert run("fetch")[0] == f"{hub}: already there and genuine\n"


def test_fetch_without_a_network_is_one_line(run, hub, monkeypatch):
    monkeypatch.setattr(weights, "URL", "file:///nowhere/at/all.pth")
    out, err = run("fetch", code=1)
    assert out == ""
    assert err.startswith("error: the FID Inception weights are not on this machine and could not be downloaded")
    assert err.count("\n") == 1
    assert not hub.exists()


def test_verify(run, hub):
    assert run("verify")[1] == "", "what is not there is not wrong"
    run("fetch")
    assert "inception: genuine" in run("verify")[0]
    hub.write_bytes(CONTENT[:-1] + b"!")
    out, err = run("verify", code=1)
    assert "inception: other weights" in out
    assert err.startswith(f"error: {hub}: sha256 ")
    assert DIGEST in err


def test_verify_a_file_by_name(run, tmp_path):
    copy = tmp_path / "copy.pth"
    assert run("verify", str(copy), code=1)[1] == f"error: {copy}: no such file\n"
    copy.write_bytes(CONTENT)
    assert "genuine" in run("verify", str(copy))[0]


def test_the_variable_is_shown_first(run, hub, tmp_path, monkeypatch):
    other = tmp_path / "other.pth"
    monkeypatch.setenv(weights.VARIABLE, str(other))
    assert run("status")[0].startswith(f"inception: missing ($GANEVAL_WEIGHTS)\n  {other}\n")
    assert "no such file" in run("verify", code=1)[1]
    other.write_bytes(b"of my own")
    assert run("status")[0].startswith("inception: other weights, 9 bytes")
    monkeypatch.setenv(weights.VARIABLE, str(tmp_path / "server"))
    assert run("status")[0].startswith("inception: genuine")


@pytest.mark.parametrize("name", [[], ["status"], ["fetch"], ["verify"]])
def test_help(run, name):
    out, _ = run(*name, "-h")
    assert out == run(*name, "--help")[0]
    assert "ganeval weights" in out
    assert max(map(len, out.splitlines())) <= 88
