"""What comes of each case of a test in one line, and of a few cases every sentence, in a file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

# Of a sentence: paths, options, quotations and numbers, which another wording leaves as they are.
_MARKS = re.compile(r"~[\w./:-]*\w|--[a-z-]+|(?<!\w)'[^']*'|(?<!\w)\"[^\"]*\"|\d+(?:\.\d+)?")


class Wording:
    """What came of every case when somebody last read and approved it.

    Parameters
    ----------
    path : Path
        Text file: a line for each case, then the sentences of some.
    others : str
        Regular expression of what depends on other packages and their versions.
    whole : collection of str
        The cases of which every sentence is kept.
    """

    def __init__(self, path: Path, others: str, whole: Iterable[str]) -> None:
        self._path, self._others, self.whole = path, others, tuple(whole)

    def cleaned(self, lines: Iterable[str], folder: Path) -> list[str]:
        """Return lines without the folder and what depends on others."""
        there = (line.replace(str(folder), "~") for line in lines)
        return [re.sub(self._others, "…", line).rstrip() for line in there]

    def recorded(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Return the outcome of every case, and the sentences of those that have them."""
        first, *blocks = self._path.read_text(encoding="utf-8").strip().split("\n\n")
        outcomes = dict(line.split(" | ", 1) for line in first.split("\n"))
        words = (block.split("\n") for block in blocks)
        return outcomes, {lines[0][3:]: lines[1:] for lines in words}

    def write(self, names: Iterable[str], told: Callable[[Path, str], list[str]]) -> None:
        """Write what comes of all cases now; to be read before it is kept."""
        outcomes, blocks = [], []
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                lines = told(Path(folder), name)
            outcomes.append(f"{name} | {outcome(lines)}")
            if name in self.whole:
                blocks.append("\n".join([f"== {name}", *lines]))
        text = "\n\n".join(["\n".join(outcomes), *blocks])
        self._path.write_text(text + "\n", encoding="utf-8")


def outcome(lines: list[str]) -> str:
    """Return what was read; or the error's type, exit code and place, and all that messages name.

    Lines that begin with ``refused`` or ``at`` and those of data are taken whole.
    """
    refused = lines[0].startswith("refused")
    parts = []
    for k, line in enumerate(lines):
        if line.startswith("said: ") or (refused and k and not line.startswith("at ")):
            marks = _MARKS.findall(line)
            # A path that another package quotes may be cut off, where it is long.
            named = [m for m in marks if m.strip("'\"") == m or not m[1:].startswith("~")]
            parts.append(" ".join(named) or "-")
        else:
            parts.append(line)
    return " | ".join(parts)
