"""Rows of numbers that are too many for the memory: in a file without a name, while a run lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO

import numpy as np

from lstmtool.io.atomic import take_room
from lstmtool.io.locks import as_file_error


class FileSpool:
    """Rows (rows, columns) of float64 in an open file; reading takes turns.

    Parameters
    ----------
    file : binary file
        Open for reading and writing, without a buffer.
    path : Path
        What errors name.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path, self._lock = file, path, Lock()

    def make_room(self, n_rows: int, n_columns: int) -> None:
        """Begin anew, with room for so many rows.

        Raises
        ------
        FileError
            If the disk has none.
        """
        self._n_columns = n_columns
        with as_file_error(self._path):
            take_room(self._file, n_rows * n_columns * 8)

    def write(self, first: int, rows: np.ndarray) -> None:
        """Write rows from number `first` on.

        Raises
        ------
        FileError
        """
        left = memoryview(np.ascontiguousarray(rows, np.float64).data).cast("B")
        with as_file_error(self._path):
            self._file.seek(8 * self._n_columns * first)
            while left:
                left = left[self._file.write(left) :]

    def read(self, first: int, after: int) -> np.ndarray:
        """Return rows first to after.

        Raises
        ------
        FileError
        """
        rows = np.empty((after - first, self._n_columns))
        left = memoryview(rows.data).cast("B")
        with as_file_error(self._path), self._lock:
            self._file.seek(8 * self._n_columns * first)
            while left:
                n = self._file.readinto(left)  # type: ignore[attr-defined]
                if not n:
                    raise OSError("it is shorter than what was written")
                left = left[n:]
        return rows


@contextmanager
def spool(folder: Path) -> Iterator[FileSpool]:
    """Give a spool in a folder. Its file has no name, and is gone with the process at the latest.

    Raises
    ------
    FileError
        If the folder may not be written to.
    """
    path = folder / "sequences under way"
    with ExitStack() as stack:
        with as_file_error(path):
            file = stack.enter_context(TemporaryFile(dir=folder, buffering=0))
        yield FileSpool(file, path)  # type: ignore[arg-type]
