"""Compare a record with what came now: words to the letter, numbers with a tolerance."""

import difflib
import re

_NUMBER = re.compile(r"(?<![\w.:])[-+]?\d+(?:\.\d+(?:[eE][-+]?\d+)?|[eE][-+]?\d+)(?![\w.])")
RELATIVE, ABSOLUTE = 1e-6, 1e-9


def differences(record: str, now: str, *, name: str, loose: bool = False) -> str:
    """A unified diff, empty where nothing differs; lines whose numbers agree count as equal.

    `loose` is for networks, whose float32 sums differ between processors: 1e-3, or one unit of the last digit.
    """
    before, after = record.splitlines(), now.splitlines()
    settled = _settled(before, after, loose=loose)
    return "\n".join(difflib.unified_diff(before, settled, f"{name} (record)", f"{name} (now)", lineterm="", n=2))


def _settled(before: list[str], after: list[str], *, loose: bool) -> list[str]:
    """`after`, with each line that agrees with its partner replaced by it."""
    settled = list(after)
    shapes = [[_NUMBER.sub("#", line) for line in lines] for lines in (before, after)]
    for tag, i, end, j, _ in difflib.SequenceMatcher(None, *shapes, autojunk=False).get_opcodes():
        for k in range(end - i if tag == "equal" else 0):
            if same(before[i + k], after[j + k], loose=loose):
                settled[j + k] = before[i + k]
    return settled


def same(before: str, after: str, *, loose: bool = False) -> bool:
    """Whether two lines have the same words and, within the tolerance, the same numbers.

    >>> same("FD 1.23456789", "FD 1.23456788"), same("FD 1.23", "FD 1.24"), same("n 80", "n 81")
    (True, False, False)
    """
    if before == after:
        return True
    if _NUMBER.sub("#", before) != _NUMBER.sub("#", after):
        return False
    return all(_close(a, b, loose=loose) for a, b in zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True))


def _close(before: str, after: str, *, loose: bool) -> bool:
    x, y = float(before), float(after)
    size = max(abs(x), abs(y))
    allowed = max((1e-3 if loose else RELATIVE) * size, ABSOLUTE)
    if loose:
        allowed = max(allowed, 1.01 * _last_digit(before))
    return abs(x - y) <= allowed


def _last_digit(text: str) -> float:
    mantissa, _, exponent = text.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
