"""Whether a file system keeps the time of change (ctime) of a file, which no program can set.

There a file cannot change without its time of change moving on. Elsewhere that field is the time of creation, a copy
of the modification time, or made up by a server: Windows, FAT, archives mounted as a disk, most network drives.
"""

import os
import sys
from functools import cache
from pathlib import Path

# of Linux, by their names in /proc/self/mountinfo; a name that is not here is not believed
_KEEPING = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "reiserfs", "bcachefs", "zfs", "tmpfs", "ramfs"),
        *("overlay", "nfs", "nfs4", "ceph", "lustre", "gpfs", "beegfs"),
    }
)
_MOUNTS = Path("/proc/self/mountinfo")


def keeps_change_times(path: str) -> bool:
    """Whether the file system of `path` moves a file's ctime at every change, as far as can be told.

    On Linux its name tells. Elsewhere only the disk of the system and of the home folder is believed, and on Windows
    none.
    """
    if sys.platform == "win32":
        return False
    if _MOUNTS.exists():
        return _name(os.path.realpath(path), _mounts(_MOUNTS.read_text(encoding="utf-8", errors="replace"))) in _KEEPING
    return Path(path).stat().st_dev in {own.stat().st_dev for own in (Path("/"), Path.home())}


def _name(path: str, mounts: tuple[tuple[str, str], ...]) -> str:
    """The file system of the innermost folder that holds `path`; of two mounted on one folder the later."""
    around = [(len(point), place, name) for place, (point, name) in enumerate(mounts) if _lies_in(path, point)]
    return max(around)[2] if around else ""


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


@cache
def _mounts(text: str) -> tuple[tuple[str, str], ...]:
    """Folder and file system of every line of mountinfo, where a space in a name is written \\040.

    >>> _mounts("27 1 254:0 / / rw - ext4 /dev/vda rw\\n28 27 0:5 / /my\\\\040disk rw shared:1 - vfat /dev/sdb rw")
    (('/', 'ext4'), ('/my disk', 'vfat'))
    """
    mounts = []
    for line in text.splitlines():
        fields, _, rest = line.partition(" - ")
        mounts.append((_unescaped(fields.split(" ")[4]), rest.split(" ")[0]))
    return tuple(mounts)


def _unescaped(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
