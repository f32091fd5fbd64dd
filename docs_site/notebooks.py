"""The tutorials as notebooks, and run: `python -m docs_site.notebooks` writes `docs/notebooks/`.

Blocks of Python are cells; commands of lstmtool are lines that begin with an exclamation mark.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).parents[1] / "docs"
TUTORIALS = ("paper", "recordings", "memory-block")
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
OWN_LINK = re.compile(r";? ?[Tt]his page is also a\s\[notebook\]\([^)]*\)\.")


class Cell(NamedTuple):
    """A piece of a tutorial: text, Python, or commands."""

    kind: str  # "markdown", "python" or "console"
    text: str


def cells(name: str) -> list[Cell]:
    """Return a tutorial cell by cell."""
    page = OWN_LINK.sub(".", (DOCS / "tutorials" / f"{name}.md").read_text(encoding="utf-8"))
    made, at = [], 0
    for block in BLOCK.finditer(page):
        made += [Cell("markdown", page[at : block.start()]), Cell(block[1], block[2])]
        at = block.end()
    made.append(Cell("markdown", page[at:]))
    return [Cell(cell.kind, cell.text.strip("\n")) for cell in made if cell.text.strip()]


def notebook(name: str) -> str:
    """Return a tutorial as a Jupyter notebook, without outputs."""
    made = []
    for number, cell in enumerate(cells(name)):
        text = cell.text
        if cell.kind == "console":
            text = "\n".join(f"!{line}" for line in text.splitlines())
        one: dict[str, Any] = {"id": f"{name}-{number}", "metadata": {}}
        if cell.kind == "markdown":
            one |= {"cell_type": "markdown"}
        else:
            one |= {"cell_type": "code", "execution_count": None, "outputs": []}
        made.append(one | {"source": text.splitlines(keepends=True)})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def run(name: str, folder: Path) -> dict[str, Any]:
    """Run a tutorial in a folder, and return its variables.

    Raises
    ------
    RuntimeError
        If a command fails.
    """
    known: dict[str, Any] = {}
    with _inside(folder):
        for cell in cells(name):
            if cell.kind == "python":
                exec(compile(cell.text, f"{name}.md", "exec"), known)
            for line in cell.text.splitlines() if cell.kind == "console" else ():
                _command(line)
    return known


def _command(line: str) -> None:
    from lstmtool.cli.main import main

    program, *words = shlex.split(line)
    assert program == "lstmtool", line
    try:
        main(words)
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"{line} ended with {end.code}") from end


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    for name in TUTORIALS:
        (DOCS / "notebooks" / f"{name}.ipynb").write_text(notebook(name), encoding="utf-8")
