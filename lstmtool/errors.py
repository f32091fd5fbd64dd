"""What can go wrong for a user: three lines each (what, where, what to do) and an exit code."""

from __future__ import annotations

from typing import Any


class LstmtoolError(Exception):
    """An error that the user can mend.

    Parameters
    ----------
    what : str
        One sentence: what is wrong.
    where : str
        File, sequence, time step, value: as much as is known.
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
    """An option, argument or configuration value makes no sense (exit code 2)."""

    exit_code = 2


class DataError(LstmtoolError, ValueError):
    """A file was read, but what is in it cannot be used (exit code 3)."""

    exit_code = 3


class DataWarning(UserWarning):
    """Something about the data was assumed: the message says what, and what to write if not."""


class FileError(LstmtoolError, OSError):
    """A file cannot be found, read or written (exit code 4)."""

    exit_code = 4


class ClusterError(LstmtoolError):
    """A cluster cannot be reached, or was lost while it computed (exit code 4)."""

    exit_code = 4


class DivergedError(LstmtoolError):
    """Every restart ended with non-finite numbers (exit code 5).

    Its `run` holds the best moment before, if there was any.
    """

    exit_code = 5
    run: Any = None


class LockedError(LstmtoolError):
    """Another process is writing the same file (exit code 6)."""

    exit_code = 6
