"""`python -m ganeval`, and the script `ganeval`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it with 130 and one word, while it is being loaded too."""
    try:
        from ganeval.cli import main as command_line
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(130) from None
    command_line()


if __name__ == "__main__":
    main()
