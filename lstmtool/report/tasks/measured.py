"""The systems of the documents, the figure published and the figure here: a line for each."""

from __future__ import annotations

from lstmtool.records.measured import Measured, of_documents

NAME, PUBLISHED, HERE, BY = 25, 26, 25, 16
"""Widths of the columns; the first three fit 80 characters, all with the documents 120."""
WIDE = 120
"""Characters from which on a line also says what measures the figure, and who shows the system."""
LEGEND = "* from memory or from later texts, not read again"
MORE = (
    "`lstmtool learn TASK --list` shows all systems of a task, also ours.",
    "docs/PUBLISHED.md has this table with links to how it was measured.",
)


def lines(width: int) -> list[str]:
    """Return the lines of `lstmtool learn --list` for a terminal of some width."""
    wide = width >= WIDE
    head = _line("", "published", "here", *(("reproduce", "shown in") if wide else ("", "")))
    found, group = [head], ""
    for system in of_documents():
        if system.group != group:
            group = system.group
            found += ["", group]
        more = (system.by, ", ".join(system.of)) if wide else ("", "")
        found.append(_line(system.name, published(system), system.here, *more))
    return [*found, "", LEGEND]


def _line(name: str, published: str, here: str, by: str, of: str) -> str:
    line = f"{name:<{NAME}} {published:<{PUBLISHED}} {here:<{HERE}}"
    return f"{line} {by:<{BY}} {of}".rstrip()


def published(system: Measured) -> str:
    """Return the published figure, with a mark if it was not read again."""
    return f"{system.published or 'no figure'}{' *' if system.memory else ''}"


def rows() -> list[dict[str, object]]:
    """Return the same as JSON values."""
    return [
        {
            "name": system.name,
            "group": system.group,
            "shown in": list(system.of),
            "published": system.published,
            "from memory": system.memory,
            "here": system.here,
            "measured by": system.command,
        }
        for system in of_documents()
    ]
