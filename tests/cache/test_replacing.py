"""A file is written whole or not at all: beside its place first, under a name that nobody else has."""

import os
from contextlib import ExitStack

import pytest

from ganeval.core.files import replacing


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "report.json"
    with replacing(path) as file:
        file.write(b"first")
        assert not path.exists()
    with pytest.raises(ValueError, match="no"), replacing(path) as file:
        file.write(b"half")
        raise ValueError("no")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path], "no temporary file stays"


def test_writers_of_one_file_do_not_meet(tmp_path):
    """Two threads of one process may write the same entry: the last one that ends wins, whole."""
    path = tmp_path / "entry.npz"
    with ExitStack() as first:
        mine = first.enter_context(replacing(path))
        mine.write(b"mine")
        with replacing(path) as other:
            other.write(b"the other's")
        assert path.read_bytes() == b"the other's"
        mine.write(b", too")
    assert path.read_bytes() == b"mine, too"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077], ids=oct)
def test_a_file_has_the_rights_of_any_new_file(tmp_path, umask):
    before = os.umask(umask)
    try:
        with replacing(tmp_path / "report.json"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o666 & ~umask
