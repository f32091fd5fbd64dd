"""The report in the terminal: a short table, a text plot, the warnings."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from lstmtool.records.results import Assessment, Comparison
from lstmtool.records.run import Run
from lstmtool.report.picture import picture
from lstmtool.report.run import tables
from lstmtool.report.run.contents import Contents
from lstmtool.report.run.differences import differences
from lstmtool.report.text import number, shown

MAX_SENTENCES = 6
MAX_OUTPUTS = 2  # whose ranges fit into 80 columns; the page has all


def show(run: Run, assessment: Assessment, console: Console, found: Contents | None = None) -> None:
    """Print the report. Names are printed verbatim, never interpreted as markup.

    Parameters
    ----------
    console : rich.console.Console
        Determines colour and width.
    found : Contents, optional
        The sequences themselves, to say how the clusters differ.
    """
    console.print(Text(tables.answer(run, assessment)), style="bold")
    console.print()
    console.print(Text(headline(run)))
    console.print()
    console.print(rich_table(tables.score_table(run, assessment)))
    console.print()
    console.print(rich_table(tables.range_table(run, assessment, MAX_OUTPUTS)))
    console.print()
    for line in picture(run, assessment):
        console.print(Text(line, no_wrap=True), overflow="crop", crop=True)
    console.print()
    _differences(found, console)
    if (alternatives := tables.alternatives_table(assessment)) is not None:
        console.print(Text(tables.consensus_sentences(run, assessment)))
        console.print()
        console.print(rich_table(alternatives))
        console.print()
    console.print(Text(restarts_line(run)))
    console.print(Text(tables.confidence_sentence(assessment)))
    for note in run.notes:
        console.print(Text(shown(note, limit=400)))
    for warning in assessment.warnings:
        console.print()
        console.print(Text(f"Warning: {warning}", style="yellow"))


def _differences(found: Contents | None, console: Console) -> None:
    told = None if found is None else differences(found.members, found.features)
    if told is None:
        return
    console.print(Text("How the clusters differ"))
    for sentence in told.sentences[:MAX_SENTENCES]:
        console.print(Padding(Text(sentence), (0, 0, 0, 2)))
    if len(told.sentences) > MAX_SENTENCES:
        console.print(Text(f"  … {len(told.sentences) - MAX_SENTENCES} more on the page"))
    console.print()


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print the run beside simple methods, and which does better."""
    console.print()
    console.print(Text("Beside simple methods, on the same sequences"), style="bold")
    console.print()
    console.print(rich_table(tables.rival_table(comparison)))
    console.print()
    console.print(Text(comparison.verdict, style="yellow" if comparison.better else ""))
    for note in comparison.notes:
        console.print(Text(note))


def headline(run: Run) -> str:
    """Return objective, number of sequences and epochs in one line."""
    count, epochs = len(run.after.activations), tables.epochs(run)
    return f"{tables.objective_name(run)}: {count} sequences, {epochs} epochs"


def restarts_line(run: Run) -> str:
    """Return the number of restarts, and which was chosen by what score."""
    count = len(run.restarts.get("seed", ()))
    if count <= 1:
        return "One restart: nothing to choose from."
    score = float(run.restarts["score"][run.chosen]) if "score" in run.restarts else None
    by = f"the highest label-free score ({number(score, 2)} bits)"
    return f"{count} restarts; number {run.chosen + 1} was chosen by {by}."


def rich_table(table: tables.Table) -> RichTable:
    """Return a console table: first column left-aligned, the others right-aligned."""
    made = RichTable(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column, heading in enumerate(table.headings):
        made.add_column(Text(heading), justify="left" if column == 0 else "right")
    for row in table.rows:
        made.add_row(*map(Text, row))
    return made
