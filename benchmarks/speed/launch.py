"""Runs one command, and tells its time and memory as JSON in a file.

    python launch.py FILE SECONDS COMMAND …

Loads nothing heavy: on Linux a process counts the memory of the one that started it as its own peak, so a
large process cannot measure its children itself. A command that takes longer than SECONDS is killed.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_PAUSE = 0.01


def main() -> None:
    """Wait for the command, looking at its anonymous memory on the way (Linux; else null)."""
    limit, command = float(sys.argv[2]), sys.argv[3:]
    start = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    anonymous, late = 0, False
    while True:
        anonymous = max(anonymous, _anonymous(child.pid))
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        if not late and time.perf_counter() - start > limit:
            late = True
            os.killpg(child.pid, 9)
        time.sleep(_PAUSE)
    found = {
        "seconds": time.perf_counter() - start,
        "code": os.waitstatus_to_exitcode(status),
        "late": late,
        "peak_mb": usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        "anonymous_mb": anonymous / (1 << 10) if anonymous else None,
    }
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


def _anonymous(pid: int) -> int:
    """kB of memory that no file holds; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)


if __name__ == "__main__":
    main()
