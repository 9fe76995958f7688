"""The command line in processes of its own: what it loads, its streams, signals, terminals and encodings."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import save_images

import ganeval

HEAVY = ("torch", "torchvision", "sklearn", "scipy", "onnxruntime", "pytorch_fid")


@pytest.fixture(autouse=True)
def here(folders, tmp_path, monkeypatch) -> Path:
    """A folder with real/ and fake/."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "code",
    [
        "import ganeval",
        "from ganeval.cli import exit_code; exit_code(['--help'])",
        "from ganeval.cli import exit_code; exit_code(['list'])",
        "from ganeval.cli import exit_code; exit_code(['fd', '-h'])",
        "from ganeval.cli import exit_code; assert exit_code('fd real fake -x pixels --no-interval'.split()) == 0",
    ],
)
def test_light_to_load(code):
    seen = f"import sys\n{code}\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_json_alone_on_stdout_equals_the_api(call):
    done = call("eval", "real", "fake", "-x", "pixels", "--json", "-")
    assert done.returncode == 0
    assert done.stdout.isascii()
    expected = ganeval.evaluate("real", "fake", extractor="pixels")
    results = json.loads(done.stdout)["results"]
    found = {result["key"]: result["value"] for result in results if result["value"] is not None}
    assert all(result["withheld"] for result in results if result["value"] is None)
    assert found == expected.to_dict()
    assert ganeval.Report.from_json(done.stdout).signature == expected.signature


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        (["fd", "real", "fake", "-x", "pixels", "-q"], 0, 0),
        (["fd", "real", "missing", "-x", "pixels"], 1, 1),
        (["fd", "real", "fake", "-x", "pixel"], 2, 1),
    ],
)
def test_exit_codes_and_lines_on_stderr(call, arguments, code, lines):
    done = call(*arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (code, lines)


def test_debug_prints_a_traceback(call):
    done = call("fd", "real", "missing", "-x", "pixels", "--debug")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert done.stderr.splitlines()[-1].startswith("ganeval.core.errors.SourceError: missing: no such file or folder")


def test_an_interrupt_is_130_and_leaves_nothing_behind():
    slow = (
        "import ganeval.sources.source as source, time\n"
        "decoded = source.decoded\n"
        "def slowly(*given, **options):\n"
        "    print('started', flush=True)\n"
        "    time.sleep(0.05)\n"
        "    return decoded(*given, **options)\n"
        "source.decoded = slowly\n"
        "from ganeval.cli import main\n"
        "main(['stats', 'real', '-x', 'pixels', '-o', 'ref.npz', '--batch-size', '2', '--num-workers', '1'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.split() == ["interrupted"]
    assert not [path for path in Path().iterdir() if "ref" in path.name]


def test_ctrl_c_while_the_command_line_is_being_loaded():
    interrupted = (
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'ganeval.cli':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from ganeval.__main__ import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (130, "interrupted\n", "")


def test_a_reader_that_leaves_early_is_no_error(command):
    done = subprocess.run(
        f"{command[0]} list | head -1; {command[0]} eval real fake -x pixels -q --json r.json | head -1",
        shell=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.startswith("metric")
    assert ganeval.Report.from_json(Path("r.json").read_text())


@pytest.mark.parametrize(
    "env", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "LC_ALL": "POSIX"}]
)
def test_any_encoding(call, digits, env):
    name = "가짜 [red]\U0001f600"
    (save_images(Path(name), digits[:20]) / "깨진.png").write_text("broken")
    done = call("eval", "real", name, "-x", "pixels", "--on-error", "skip", "-m", "fd", env=env)
    assert done.returncode == 0, done.stderr
    assert "[red]" in done.stdout
    assert "1 image skipped as broken" in done.stderr
    done = call("fd", "real", name, "-x", "pixels", "--on-error", "skip", "--json", "-", env=env)
    assert done.stdout.isascii()
    side = json.loads(done.stdout)["sides"]["fake"]
    assert os.fsencode(side["spec"]) == name.encode()  # bytes that Python could not read stay what they are
    assert os.fsencode(side["skipped"][0][0]) == f"{name}/깨진.png".encode()
    assert call("fd", "real", name, "-x", "pixels", env=env).returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes there")
def test_names_that_are_not_text(call, digits):
    folder = save_images(Path(os.fsdecode(b"set\xff")), digits[:20])
    done = call("eval", "real", str(folder), "-x", "pixels", "--json", "r.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(Path("r.json").read_text())["sides"]["fake"]["spec"] == "set\udcff"
    done = call("fd", "real", "fake\udcff", "-x", "pixels")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def on_a_terminal(arguments: list[str], *, columns: int = 100) -> tuple[int, str]:
    """Exit code and everything that a terminal shows, escape sequences included."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # the other side has hung up
        pass
    os.close(master)
    return process.wait(timeout=30), shown.decode()


@pytest.mark.parametrize("metric", ["fd", "eval"])
def test_on_a_terminal(command, digits, metric):
    save_images(Path("[red]x 한글"), digits[40:80])
    code, shown = on_a_terminal([*command, metric, "real", "[red]x 한글", "-x", "pixels"])
    assert code == 0
    assert "40/40" in shown  # the bar
    assert "img/s" in shown
    assert shown.count("[red]x 한글") >= 2  # in bar and table
    assert "───" in shown or "━━━" in shown
    assert "FD" in shown
    assert "ganeval:" in shown
    code, shown = on_a_terminal([*command, metric, "real", "fake", "-x", "pixels", "--quiet"])
    assert "img/s" not in shown


def test_errors_on_a_terminal_are_plain(command):
    code, shown = on_a_terminal([*command, "fd", "real", "[/bold]missing", "-x", "pixels"])
    assert code == 1
    assert "error: [/bold]missing: no such file or folder" in shown


def test_warnings_of_libraries_do_not_reach_the_user(call):
    code = "import warnings; warnings.warn('noise'); import ganeval.cli as c; c.main(['list'])"
    loud = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=False)
    assert "noise" in loud.stderr
    assert call("list").stderr == ""


def test_python_m(command):
    done = subprocess.run([sys.executable, "-m", "ganeval", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ganeval, version {ganeval.__version__}\n"
