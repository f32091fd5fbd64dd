"""Rows of numbers too large for memory, kept in an unnamed file for the duration of a run."""

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
    """Rows of float64 in an open file; safe to read from several threads.

    Parameters
    ----------
    file : binary file
        Open for reading and writing, unbuffered.
    path : Path
        Named in errors.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path, self._lock = file, path, Lock()

    def make_room(self, n_rows: int, n_columns: int) -> None:
        """Start over, with space for `n_rows` rows.

        Raises
        ------
        FileError
            If the disk is full.
        """
        self._n_columns = n_columns
        with as_file_error(self._path):
            take_room(self._file, n_rows * n_columns * 8)

    def write(self, first: int, rows: np.ndarray) -> None:
        """Write rows at index `first` on."""
        left = memoryview(np.ascontiguousarray(rows, np.float64).data).cast("B")
        with as_file_error(self._path):
            self._file.seek(8 * self._n_columns * first)
            while left:
                left = left[self._file.write(left) :]

    def read(self, first: int, after: int) -> np.ndarray:
        """Return rows `first` to `after`, exclusive."""
        rows = np.empty((after - first, self._n_columns))
        left = memoryview(rows.data).cast("B")
        with as_file_error(self._path), self._lock:
            self._file.seek(8 * self._n_columns * first)
            while left:
                n = self._file.readinto(left)  # type: ignore[attr-defined]
                if not n:
                    raise OSError("it is shorter than when written")
                left = left[n:]
        return rows


@contextmanager
def spool(folder: Path) -> Iterator[FileSpool]:
    """Yield a spool in a folder. Its unnamed file disappears with the process at the latest.

    Raises
    ------
    FileError
        If the folder is not writable.
    """
    path = folder / "sequences under way"
    with ExitStack() as stack:
        with as_file_error(path):
            file = stack.enter_context(TemporaryFile(dir=folder, buffering=0))
        yield FileSpool(file, path)  # type: ignore[arg-type]
