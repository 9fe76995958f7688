"""Words for a terminal or for a file: piped text is ASCII and 80 columns wide."""

import re
import shutil
import sys
import textwrap
import unicodedata

WIDTH = 80
_WIDEST = 100  # longer lines of prose are hard to read on any terminal
_SIGNS = str.maketrans(
    {
        **{"×": "x", "·": "*", "÷": "/", "−": "-", "–": "-", "±": "+-", "≠": "!=", "≤": "<=", "≥": ">="},
        **{"½": "1/2", "²": "^2", "³": "^3", "ᵀ": "^T", "‖": "||", "√": "sqrt", "∞": "infinity", "→": "->"},
        **{"γ": "gamma", "ε": "epsilon", "λ": "lambda", "μ": "mu", "σ": "sigma", "τ": "tau", "Σ": "Sigma", "Π": "Pi"},
    }
)


def is_plain() -> bool:
    """Whether stdout is not a terminal."""
    return not sys.stdout.isatty()


def ascii_text(text: str) -> str:
    """Our own words without accents and signs.

    >>> ascii_text("Fréchet, n × d ≠ 10³")
    'Frechet, n x d != 10^3'
    """
    return unicodedata.normalize("NFKD", text.translate(_SIGNS)).encode("ascii", "ignore").decode()


def told(text: str) -> str:
    """`text` in the signs that stdout should get."""
    return ascii_text(text) if is_plain() else text


def prose(text: str) -> str:
    """`told`, and lines that are too long wrapped, further lines further in than the first."""
    width = WIDTH if is_plain() else min(shutil.get_terminal_size().columns, _WIDEST)
    lines = [line for long in told(text).split("\n") for line in _wrapped(long, width) or [""]]
    return "\n".join(lines)


def flowing(docstring: str) -> str:
    """A docstring with each paragraph in one line; formulas, tables and lists keep theirs.

    >>> flowing("Two\\nlines.\\n\\n    a =\\n    b")
    'Two lines.\\n\\n    a =\\n    b'
    """
    paragraphs = docstring.strip().split("\n\n")
    return "\n\n".join(p if re.search(r"^[ |*-]", p, re.MULTILINE) else p.replace("\n", " ") for p in paragraphs)


def _wrapped(line: str, width: int) -> list[str]:
    indent = re.match(r" *(\* |\S+ {2,})?", line)
    further = " " * len(indent[0]) if indent and indent[0] else ""
    return textwrap.wrap(line, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)
