"""User errors, each with three lines (what, where, what to do) and an exit code."""

from __future__ import annotations

from typing import Any


class LstmtoolError(Exception):
    """An error that the user can correct.

    Parameters
    ----------
    what : str
        One sentence: what is wrong.
    where : str
        File, sequence, time step, value, as far as known.
    fix : str
        What to do about it.
    """

    exit_code = 1

    def __init__(self, what: str, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.fix = what, where, fix

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.where, self.fix) if line)


class UsageError(LstmtoolError):
    """An option, argument or configuration value is invalid (exit code 2)."""

    exit_code = 2


class DataError(LstmtoolError, ValueError):
    """Data are unusable (exit code 3)."""

    exit_code = 3


class DataWarning(UserWarning):
    """An assumption about the data; the message says what to write if it is wrong."""


class FileError(LstmtoolError, OSError):
    """A file cannot be found, read or written (exit code 4)."""

    exit_code = 4


class ClusterError(LstmtoolError):
    """A cluster is unreachable, or was lost during a computation (exit code 4)."""

    exit_code = 4


class DivergedError(LstmtoolError):
    """Every restart ended with non-finite numbers (exit code 5).

    Its `run` holds the best state before that, if any.
    """

    exit_code = 5
    run: Any = None


class LockedError(LstmtoolError):
    """Another process is writing the same file (exit code 6)."""

    exit_code = 6
