"""Rows of numbers in a file without a name."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lstmtool.errors import FileError
from lstmtool.io.spool import spool


def test_what_was_written_is_read_in_any_order(tmp_path):
    rows = np.random.default_rng(0).standard_normal((50, 3))
    with spool(tmp_path) as file:
        for columns in (3, 1):  # it may begin anew
            file.make_room(50, columns)
            for first in (30, 0, 10):
                file.write(first, rows[first : first + (20 if first else 10), :columns])
            with ThreadPoolExecutor(4) as pool:
                parts = list(pool.map(lambda n: file.read(n, n + 7), range(43)))
            for n, part in enumerate(parts):
                np.testing.assert_array_equal(part, rows[n : n + 7, :columns])


def test_it_has_no_name_and_leaves_nothing(tmp_path):
    with spool(tmp_path) as file:
        file.make_room(1000, 2)
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_seen_before_anything_is_written(tmp_path, monkeypatch):
    def full(descriptor, start, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with spool(tmp_path) as file, pytest.raises(FileError, match="sequences under way") as error:
        file.make_room(10**6, 2)
    assert "No space left" in str(error.value)


def test_as_much_is_taken_as_the_rows_need(tmp_path, monkeypatch):
    taken = []
    monkeypatch.setattr(os, "posix_fallocate", lambda descriptor, *room: taken.append(room))
    with spool(tmp_path) as file:
        file.make_room(1000, 3)
    assert taken == [(0, 1000 * 3 * np.dtype(np.float64).itemsize)]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="missing"), spool(tmp_path / "missing"):
        pass


def test_rows_that_are_not_there(tmp_path):
    with spool(tmp_path) as file:
        file.make_room(4, 2)
        with pytest.raises(FileError, match="shorter than when written") as error:
            file.read(2, 6)
    assert error.value.fix.startswith("Check the disk")


def test_short_writes_and_reads_go_on(tmp_path):
    class Slow:
        """A file that takes and gives a few bytes at a time."""

        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, left):
            return self.file.write(left[:5])

        def readinto(self, left):
            return self.file.readinto(left[:3])

    rows = np.arange(12.0).reshape(6, 2)
    with spool(tmp_path) as file:
        file._file = Slow(file._file)
        file.make_room(6, 2)
        file.write(0, rows)
        np.testing.assert_array_equal(file.read(1, 6), rows[1:])
