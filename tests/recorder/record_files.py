"""The files in `records/`: one a group."""

from pathlib import Path

from recorder.commands import GROUPS, LOOSE
from recorder.comparing import differences
from recorder.recording import recorded

FOLDER = Path(__file__).with_name("records")


def now(group: str, folder: Path) -> str:
    """What a group's commands print and write now, run in an empty folder."""
    return recorded(GROUPS[group], folder)


def difference(group: str, text: str) -> str:
    """A unified diff between a group's record and `text`, empty where they agree."""
    path = FOLDER / f"{group}.txt"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    return differences(before, text, name=f"{group}.txt", loose=group in LOOSE)


def write(group: str, text: str) -> None:
    """Keep `text` as the group's record."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{group}.txt").write_text(text, encoding="utf-8")
