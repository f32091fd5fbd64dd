"""What kind of file is this? Cheaply, and without trusting it."""

from __future__ import annotations

from pathlib import Path

from lstmtool.errors import DataError, FileError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def encoding_type(path: Path | str) -> str | None:
    """Return what kind of ours a file is, such as ``lstmtool-run``; None if it is none.

    Files of other formats, damaged ones and those that may not be read are none of ours.
    """
    try:
        if not Path(path).is_file():
            return None
        with open(path, "rb") as file:
            if file.read(len(_SIGNATURE)) != _SIGNATURE:
                return None
        # The HDF5 library takes half a second to load: not for folders without HDF5 files.
        from lstmtool.io.reading import open_reading

        with open_reading(path) as root:
            return root.text("encoding-type")
    except (DataError, FileError, OSError, ValueError):
        return None
