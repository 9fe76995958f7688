"""Where the time of change of a file is kept, and where it is not."""

import pytest

from ganeval.sources import filesystems


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/data/a.png", True),
        ("/mnt/my disk/a.png", False),
        ("/mnt/my disk", False),
        ("/mnt/my diskette", True),
        ("/home/ü/.sshfs/a.png", False),
        ("/squash/a.png", False),
        ("/squash/in/a.png", True),
        ("/twice/a.png", False),
        ("/new/a.png", False),
    ],
)
def test_file_systems_are_told_by_the_innermost_mount(path, kept, tmp_path, monkeypatch):
    mounts = tmp_path / "mountinfo"
    kinds = {
        "/": "ext4",
        "/mnt/my\\040disk": "vfat",
        "/home/ü/.sshfs": "fuse.sshfs",
        "/squash": "squashfs",
        "/squash/in": "tmpfs",
        "/new": "some-new-one",
    }
    lines = [
        f"{i} 1 0:{i} / {point} rw,relatime shared:{i} - {kind} dev rw" for i, (point, kind) in enumerate(kinds.items())
    ]
    lines += ["30 1 0:30 / /twice rw - xfs dev rw", "31 1 0:31 / /twice rw - exfat dev rw"]
    mounts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(filesystems, "_MOUNTS", mounts)
    assert filesystems.keeps_change_times(path) is kept


def test_elsewhere_the_disk_of_the_system_is_believed_and_windows_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(filesystems, "_MOUNTS", tmp_path / "missing")
    assert filesystems.keeps_change_times("/")
    monkeypatch.setattr(filesystems.sys, "platform", "win32")
    assert not filesystems.keeps_change_times("/")
