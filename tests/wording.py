"""Sentences of a program in a text file beside the tests: a heading for each case, then lines."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path


class Wording:
    """What was said in each case when somebody last read and approved it.

    Parameters
    ----------
    path : Path
        Of the text file.
    others : str
        Regular expression of what depends on other packages and their versions.
    """

    def __init__(self, path: Path, others: str) -> None:
        self._path, self._others = path, others

    def cleaned(self, lines: Iterable[str], folder: Path) -> list[str]:
        """Return lines without the folder and what depends on others."""
        there = (line.replace(str(folder), "~") for line in lines)
        return [re.sub(self._others, "…", line).rstrip() for line in there]

    def recorded(self) -> dict[str, list[str]]:
        """Return the lines of every case."""
        parts = self._path.read_text(encoding="utf-8").strip().split("\n\n")
        return {lines[0][3:]: lines[1:] for lines in (part.split("\n") for part in parts)}

    def write(self, names: Iterable[str], told: Callable[[Path, str], list[str]]) -> None:
        """Write what is said now; to be read before it is kept."""
        parts = []
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                parts.append("\n".join([f"== {name}", *told(Path(folder), name)]))
        self._path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
