"""The report of one trained agent: tables, a page, a document."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from lstmtool import __version__
from lstmtool.records.acting import ActingReview, Episode
from lstmtool.records.task_run import TaskRun
from lstmtool.report import markup
from lstmtool.report.run.document import plain
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table
from lstmtool.report.tasks.acting import figures
from lstmtool.report.tasks.page import figure, history, history_table, repeat
from lstmtool.report.text import shown

CHOICES = (
    "Episodes without learning: in a maze by the agent's own, stochastic choices, with a pole "
    "always with the best action."
)


def headline(trained: TaskRun, review: ActingReview) -> str:
    """Return a one-line summary of training."""
    outcome = "mastered after" if trained.solved else "not mastered after"
    return f"{review.title}: {outcome} {trained.sequences:,} iterations"


def result_table(trained: TaskRun, review: ActingReview) -> Table:
    """Tabulate the agent, its tests, and what is published."""
    sizes = ", ".join(map(str, trained.topology["sizes"]))
    rows: list[tuple[str, ...]] = [
        ("Agent", f"{trained.rule}, sizes {sizes}, {trained.n_weights} weights"),
        ("Sees", ", ".join(review.seen)),
        ("Actions", ", ".join(review.actions)),
        *((name[:1].upper() + name[1:], figure(v)) for name, v in trained.figures.items()),
        ("Published", review.published or "nothing of such an agent"),
    ]
    return Table(("", "Result"), [(name, shown(value, 200)) for name, value in rows])


def show(trained: TaskRun, review: ActingReview, console: Console) -> None:
    """Print headline and tables."""
    console.print(Text(headline(trained, review)), style="bold")
    console.print()
    facts = rich_table(result_table(trained, review))
    facts.show_header = False
    facts.columns[1].justify = "left"
    console.print(facts)
    console.print()
    console.print(rich_table(history_table(trained)))


def shown_episodes(review: ActingReview, episodes: tuple[Episode, ...], when: str) -> str:
    """Return pictures of two episodes."""
    return "".join(
        markup.picture(drawn, f"{review.title} {when}", caption)
        for drawn, caption in figures(review, episodes)
    )


def page(trained: TaskRun, review: ActingReview, file: str) -> str:
    """Return a self-contained page. Equal files give equal pages."""
    body = [
        markup.element("h1", review.title),
        markup.element("p", f"{headline(trained, review)}. File: {shown(file)}.", "soft"),
        markup.element("p", f"Task: {review.source}.", "soft"),
        markup.section("Result", markup.table(result_table(trained, review), "Result")),
        markup.section(
            "What it does",
            markup.element("p", CHOICES),
            shown_episodes(review, review.after, "after training"),
            markup.details(
                "The same before training", shown_episodes(review, review.before, "before training")
            ),
        ),
        markup.section(
            "Learning",
            markup.picture(history(trained), "Error and share right over training"),
            markup.details("As a table", markup.table(history_table(trained), "Learning")),
        ),
        repeat(trained),
    ]
    return frame(f"{review.title} – {trained.rule}", body, file)


def document(trained: TaskRun, review: ActingReview) -> dict[str, Any]:
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
            "published": review.published or None,
            "history": dict(zip(("at", "error", "right"), trained.history.T.tolist(), strict=True)),
            "episodes": [episode.as_json() for episode in review.after],
            "options": trained.options,
            "topology": trained.topology,
            "settings": trained.settings,
            "seed": trained.seed,
        }
    )
