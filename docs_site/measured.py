"""Write the tables of published and measured figures: `python -m docs_site.measured`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from lstmtool.records.measured import Measured, documents, measured, of_documents
from lstmtool.report.tasks.measured import LEGEND, published

DOCS = Path(__file__).resolve().parents[1] / "docs"
PUBLISHED, CLASSIC = DOCS / "PUBLISHED.md", DOCS / "CLASSIC.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def of_all() -> str:
    """Return the table of the documents' systems."""
    lines = ["| system | published | here | measured by | shown in |", "|---|---|---|---|---|"]
    for title, systems in groupby(of_documents(), key=lambda system: system.group):
        lines.append(f"| **{title}** | | | | |")
        lines += [_row(system) for system in systems]
    return "\n".join([*lines, "", f"\\{LEGEND}."])


def _row(system: Measured) -> str:
    here = f"[{system.here}]({system.page})" if system.short or system.solved else system.here
    by, figure = f"`{system.by}`" if system.by else "", published(system).replace("*", "\\*")
    return f"| {system.name} | {figure} | {here} | {by} | {', '.join(system.of)} |"


def of_classic_tasks() -> str:
    """Return the table of the classic tasks, with systems that are ours."""
    lines = ["| system | weights | solved here | needed, median | published |"]
    lines.append("|---|---|---|---|---|")
    for s in measured():
        if s.weights:
            name = f"`{s.name}`" + (f", {s.about}" if s.about else "")
            cells = (name, s.weights, s.solved, s.needed, s.quoted or s.published)
            lines.append(" ".join(f"| {cell}" if cell else "|" for cell in cells) + " |")
    return "\n".join(lines)


def sources() -> str:
    """Return the documents as a list."""
    return "\n".join(f"* **{name}**: {title}." for name, title in documents().items())


def renewed(page: str, *parts: str) -> str:
    """Return a page with new text between its marks, in their order."""
    pieces = page.split(BEGIN)
    if len(pieces) != len(parts) + 1:
        raise ValueError(f"The page has {len(pieces) - 1} marks for {len(parts)} parts.")
    made = pieces[0]
    for piece, part in zip(pieces[1:], parts, strict=True):
        made += f"{BEGIN}\n{part}\n{END}{piece.split(END, 1)[1]}"
    return made


def pages() -> dict[Path, str]:
    """Return the pages as they should be."""
    return {
        PUBLISHED: renewed(PUBLISHED.read_text(), sources(), of_all()),
        CLASSIC: renewed(CLASSIC.read_text(), of_classic_tasks()),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
        print(path)
