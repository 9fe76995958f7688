"""`python -m tests.recorder` compares with the records and exits 1 where one differs; `--update` writes them anew.

`--wheel` builds the wheel and compares what that prints, outside the checkout.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
if __package__ == "tests.recorder":  # else it is the recorder of a wheel, which must not see the checkout
    sys.path[:1] = [str(TESTS.parent), str(TESTS)]

from recorder.commands import GROUPS  # noqa: E402
from recorder.record_files import difference, now, write  # noqa: E402
from recorder.wheel import recorded_by, unpacked_wheel  # noqa: E402


def main() -> int:
    """The exit code: 1 where a record differs from what came now."""
    parser = argparse.ArgumentParser(prog="python -m tests.recorder", description=__doc__)
    parser.add_argument("groups", nargs="*", help=f"these alone: {', '.join(GROUPS)}")
    parser.add_argument("--update", action="store_true", help="write the records anew")
    parser.add_argument("--wheel", action="store_true", help="by the wheel, built and unpacked outside the checkout")
    asked = parser.parse_args()
    if asked.wheel:
        return _by_wheel(asked.groups)
    unlike = 0
    for group in asked.groups or GROUPS:
        began = time.process_time()
        with tempfile.TemporaryDirectory(prefix="recorder-") as folder:
            text = now(group, Path(folder))
        told = difference(group, text)
        if told and asked.update:
            write(group, text)
        elif told:
            print(told)
        unlike += bool(told)
        state = "as recorded" if not told else "written" if asked.update else "DIFFERS"
        print(f"{group}: {state} ({time.process_time() - began:.1f} s of a core)", file=sys.stderr)
    return 1 if unlike and not asked.update else 0


def _by_wheel(groups: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="recorder-wheel-") as folder:
        done = recorded_by(unpacked_wheel(Path(folder)), folder=Path(folder) / "run", groups=groups)
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


sys.exit(main())
