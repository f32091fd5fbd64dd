"""Cheap identification of untrusted files."""

from __future__ import annotations

from pathlib import Path

from lstmtool.errors import DataError, FileError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def encoding_type(path: Path | str) -> str | None:
    """Return a file's encoding type, such as ``lstmtool-run``; None if it is not ours.

    Files of other formats, damaged and unreadable ones count as not ours.
    """
    try:
        if not Path(path).is_file():
            return None
        with open(path, "rb") as file:
            if file.read(len(_SIGNATURE)) != _SIGNATURE:
                return None
        # Loading the HDF5 library takes half a second; folders without HDF5 files do not need it.
        from lstmtool.io.reading import open_reading

        with open_reading(path) as root:
            return root.text("encoding-type")
    except (DataError, FileError, OSError, ValueError):
        return None
