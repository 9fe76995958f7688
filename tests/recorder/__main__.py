"""`python -m tests.recorder` compares with the records and exits 1 where one differs; `--update` writes them anew."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(TESTS.parent), str(TESTS)]

from recorder.commands import GROUPS  # noqa: E402
from recorder.record_files import difference, now, write  # noqa: E402


def main() -> int:
    """The exit code: 1 where a record differs from what came now."""
    parser = argparse.ArgumentParser(prog="python -m tests.recorder", description=__doc__)
    parser.add_argument("groups", nargs="*", help=f"these alone: {', '.join(GROUPS)}")
    parser.add_argument("--update", action="store_true", help="write the records anew")
    asked = parser.parse_args()
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


sys.exit(main())
