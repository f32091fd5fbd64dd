"""The report of a network trained on phonemes: tables, a page, a document."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from lstmtool import __version__
from lstmtool.records.phoneme_review import PhonemeReview
from lstmtool.records.task_run import TaskRun
from lstmtool.report import markup
from lstmtool.report.run.document import plain
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table
from lstmtool.report.tasks.page import repeat
from lstmtool.report.tasks.phoneme_study import TITLE, history
from lstmtool.report.tasks.phonemes import directions, mistakes, percent, sections
from lstmtool.report.text import shown


def headline(trained: TaskRun) -> str:
    """Return a one-line summary of training."""
    outcome = "converged after" if trained.solved else "not converged after"
    return f"{TITLE}: {outcome} {trained.sequences} epochs"


def network_of(trained: TaskRun) -> str:
    """Return the network in words."""
    shape = trained.topology
    count = shape.get("plain", 0) or len(shape.get("blocks", []))
    kind = "memory blocks" if shape.get("blocks") else f"{shape.get('f', 'tanh')} units"
    kind = kind if shape.get("recurrent", True) else f"{kind}, feed-forward"
    both = shape.get("directions") == "both"
    return f"{'2 x ' if both else ''}{count} {kind}, {trained.n_weights:,} weights"


def result_table(trained: TaskRun, review: PhonemeReview, published: str) -> Table:
    """Tabulate the network and its scores."""
    rule = trained.settings
    rows: list[tuple[str, ...]] = [
        ("Network", network_of(trained)),
        (
            "Learning rule",
            f"{rule.get('optimiser', 'adam')}, rate {rule.get('rate'):g}, "
            f"{rule.get('batch')} pieces or sentences an update",
        ),
        ("Classes", str(len(review.class_names))),
        *((name.capitalize(), percent(value)) for name, value in trained.figures.items()),
        ("Test frames right, before training", percent(review.before)),
        ("Published", published or "nothing of such a network"),
    ]
    return Table(("", "Result"), [(name, shown(value, 200)) for name, value in rows])


def show(trained: TaskRun, review: PhonemeReview, published: str, console: Console) -> None:
    """Print headline and tables."""
    console.print(headline(trained), style="bold")
    console.print()
    facts = rich_table(result_table(trained, review, published))
    facts.show_header = False
    facts.columns[1].justify = "left"
    console.print(facts)
    console.print()
    console.print(rich_table(mistakes(review)))
    if review.directions is not None:
        console.print()
        console.print(rich_table(directions(review)))


def page(trained: TaskRun, review: PhonemeReview, published: str, file: str) -> str:
    """Return a self-contained page.

    Parameters
    ----------
    file : str
        Name of the trained network's file.
    """
    curve = history({"trials": {trained.task: [{"history": trained.history.tolist()}]}})
    facts = result_table(trained, review, published)
    body = [
        markup.element("h1", TITLE),
        markup.element("p", f"{headline(trained)}. File: {shown(file)}.", "soft"),
        markup.section("Result", markup.table(facts, "Result")),
        markup.section("Learning", markup.picture(curve, "Validation frames right over epochs")),
        *sections(review),
        repeat(trained),
    ]
    return frame(f"{TITLE} – {trained.rule}", body, file)


def document(trained: TaskRun, review: PhonemeReview, published: str) -> dict[str, Any]:
    """Return the report as JSON-compatible types."""
    return plain(
        {
            "encoding-type": "lstmtool-trained-report",
            "created-by": f"lstmtool {__version__}",
            "task": trained.task,
            "rule": trained.rule,
            "weights": trained.n_weights,
            "solved": trained.solved,
            trained.counted: trained.sequences,
            "figures": trained.figures,
            "published": published or None,
            "history": dict(zip(("at", "error", "right"), trained.history.T.tolist(), strict=True)),
            **review.as_dict(),
            "options": trained.options,
            "topology": trained.topology,
            "settings": trained.settings,
            "seed": trained.seed,
        }
    )
