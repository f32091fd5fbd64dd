"""Write the tables of published and measured figures: `python -m docs_site.measured`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from lstmtool.network.topology import Topology
from lstmtool.records.measured import Measured, documents, measured, of_documents
from lstmtool.report.tasks.measured import LEGEND, published
from lstmtool.supervised.system import System
from lstmtool.supervised.systems import SYSTEMS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PUBLISHED, CLASSIC, TASKS = DOCS / "PUBLISHED.md", DOCS / "CLASSIC.md", DOCS / "tasks"
AS_PUBLISHED, CHOICE = "As published", "As published but for one choice of ours"
OURS, RIVALS = "Ours", "For comparison"
KINDS = (AS_PUBLISHED, CHOICE, OURS, RIVALS)
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
    lines += [_row_of_task(row) for row in measured() if row.weights]
    return "\n".join(lines)


def of_task(task: str) -> str:
    """Return the table of a task: systems as published, nearly so, rivals, and ours."""
    rows = {s.name: s for s in measured() if s.weights and SYSTEMS[s.name].task == task}
    lines = ["| system | weights | solved here | needed, median | published |"]
    lines.append("|---|---|---|---|---|")
    for kind in KINDS:
        own = [row for row in rows.values() if _kind(row) == kind]
        lines += [f"| **{kind}** | | | | |"] * bool(own)
        said = ""
        for row in own:
            differs = SYSTEMS[row.name].ours
            lines.append(_row_of_task(row, f": {differs}" if differs not in ("", said) else ""))
            said = differs
    return "\n".join(lines)


def page_of(path: Path) -> str:
    """Return the page of a task, whose name is the file's."""
    task = path.stem
    first = next(system for system in SYSTEMS.values() if system.task == task)
    return renewed(path.read_text(), network_of(first), of_task(task))


def network_of(system: System) -> str:
    """Return the table of a system's network and how it learns."""
    net, learning = system.topology, system.settings
    rows = {"system": f"`{system.name}`", "weights": str(system.n_weights)}
    if isinstance(net, Topology):
        gates = ["input", *["forget"] * net.forget_gate, "output"]
        biases = (_numbers(getattr(learning, f"{gate}_bias")) for gate in gates)
        rows |= {
            "memory blocks and cells": f"{len(net.blocks)} x {net.blocks[0]}",
            "gates": ", ".join(gates) + ("; with peepholes" if net.peepholes else ""),
            "their initial biases": ", ".join(
                f"{gate} {bias or 'random'}" for gate, bias in zip(gates, biases, strict=True)
            ),
            "connections": _connections(net),
            "g, h, output": f"{net.g}, {net.h}, {net.output}",
            "initial weights": f"within {learning.weights:g} of 0",
        }
    else:
        rows["units"] = ", ".join(map(str, net))
        rows["initial weights"] = f"within {learning.spread:g} of 0, drawn anew until right"
    if getattr(learning, "rate", None):
        more = f", momentum {learning.momentum:g}" if learning.momentum else ""
        rows["rate"] = f"{learning.rate:g}{more}; weights change after every {system.update}"
    rows["rule"] = f"`{system.rule}`"
    rows["from"] = system.source
    if system.note:
        rows["left open"] = system.note.removeprefix("Left open: ")
    head, *rest = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join([head, "|---|---|", *rest])


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)


def _connections(net: Topology) -> str:
    said = ["gates and cells read inputs, cells" + (" and gates" if net.gates_are_read else "")]
    said.append("outputs read cells" + (" and inputs" if net.outputs_read_inputs else ""))
    without = [n for n, b in (("cells", net.cell_bias), ("outputs", net.output_bias)) if not b]
    said += [f"{' and '.join(without)} have no bias"] * bool(without)
    return "; ".join(said)


def _kind(row: Measured) -> str:
    system = SYSTEMS[row.name]
    if row.choice:
        return CHOICE
    if system.rival:
        return RIVALS
    return OURS if system.ours else AS_PUBLISHED


def _row_of_task(s: Measured, differs: str = "") -> str:
    about = f", {s.about}" if s.about else ""
    name = f"`{s.name}`{about}{differs}"
    cells = (name, s.weights, s.solved, s.needed, s.quoted or s.published)
    return " ".join(f"| {cell}" if cell else "|" for cell in cells) + " |"


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
        **{page: page_of(page) for page in sorted(TASKS.glob("*.md"))},
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
        print(path)
