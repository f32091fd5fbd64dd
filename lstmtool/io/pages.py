"""Writing HTML pages, and recognising our own."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from lstmtool.io.atomic import replace_file

HEAD = 4096  # bytes of a page that are searched
_OURS = re.compile(r'<meta name="generator" content="lstmtool [^"<>]{1,40} report">')
_RUN = re.compile(r'<meta name="lstmtool-run" content="([^"]*)">')


def write_text_atomically(path: Path | str, text: str) -> None:
    """Write text as UTF-8, atomically.

    Raises
    ------
    FileError
        If it cannot be written; an old file is unchanged.
    """
    replace_file(path, text.encode("utf-8", errors="replace"))


def is_report_page(path: Path | str, run: str) -> bool:
    """Return whether a file is the page that `lstmtool report` wrote for a run file named `run`."""
    try:
        if not Path(path).is_file():
            return False
        with open(path, "rb") as file:
            head = file.read(HEAD).decode("utf-8", errors="replace")
    except OSError:
        return False
    named = _RUN.search(head)
    return bool(_OURS.search(head) and named and unescape(named[1]) == run)
