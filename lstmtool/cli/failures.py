"""Error messages of commands, and exit codes."""

from __future__ import annotations

import errno
import os

OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)
OF_THE_MACHINE = {
    errno.EMFILE: "Raise the limit on open files (`ulimit -n`).",
    errno.ENFILE: "Close some programs: too many files are open on this machine.",
    errno.ENOMEM: "Free some memory, or use a larger machine.",
    errno.EAGAIN: "Raise the limit on processes and threads (`ulimit -u`), or use fewer --threads.",
}


def told(error: Exception) -> tuple[tuple[str, str, str], int]:
    """Return the three lines, which may be empty, and the exit code of an error."""
    from lstmtool.errors import LstmtoolError

    if isinstance(error, LstmtoolError):
        return (error.what, error.where, error.fix), error.exit_code
    if isinstance(error, MemoryError):
        fix = "Use fewer or shorter sequences or a smaller network, or free some memory."
        return ("There is not enough memory.", str(error), fix), 4
    if isinstance(error, OSError) and (lines := _of_the_system(error)):
        return lines, 4
    if isinstance(error, ValueError) and "null byte" in str(error):  # only Python can pass one
        return ("A name contains a null byte, which file names cannot.", "", "Remove it."), 2
    what = f"A bug in lstmtool: {type(error).__name__}: {error}"
    fix = "Run the same command as `lstmtool --debug ...` and report what it prints."
    return (what.partition("\n")[0], "", fix), 1


def _of_the_system(error: OSError) -> tuple[str, str, str] | None:
    """Return the lines about an error of the operating system that is not a bug; else None."""
    from lstmtool.io.locks import FIXES, GONE, folder_is_gone

    name, why = error.filename, error.strerror or ""
    if folder_is_gone():
        return (
            "The current folder no longer exists.",
            "" if name is None else f"{_shown(name)}: {why}",
            GONE,
        )
    if error.errno in OF_THE_DISK:
        what = f"Cannot write {'a file' if name is None else _shown(name)}."
        return what, why, "Free some space, or use another disk."
    if error.errno in OF_THE_MACHINE:
        return "This machine has reached a limit.", why, OF_THE_MACHINE[error.errno]
    if name is None:
        return None
    return f"Cannot use {_shown(name)}.", why, FIXES.get(error.errno or 0, "Choose another name.")


def _shown(name: object) -> str:
    """Return a printable name that fits on a line."""
    text = os.fsdecode(name) if isinstance(name, bytes) else str(name)
    return text if len(text) <= 100 else f"{text[:60]}...{text[-30:]}"
