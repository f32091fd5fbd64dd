"""The table of `lstmtool reproduce phonemes`, in the terminal and as a page."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from rich.console import Console

from lstmtool.records.phoneme_review import PhonemeReview
from lstmtool.report import marks, markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table
from lstmtool.report.tasks.phonemes import sections
from lstmtool.report.text import NOTHING, shown

TITLE = "Framewise phonemes"
LOG_WIDTH = 200
SPEECH = ", without pauses"
BESIDE = (
    "TIMIT is other speech, by many speakers: the order of the networks can be compared, the "
    "percentages cannot."
)


def show(study: dict[str, Any], screen: Console) -> None:
    """Print the table, the published figures beside ours."""
    if not screen.is_terminal:  # a log has no width limit
        screen.width = LOG_WIDTH
    screen.print(headline(study), style="bold", soft_wrap=True)
    screen.print()
    screen.print(rich_table(table(study)))
    screen.print()
    screen.print(f"Published: {study['published']['about']}", soft_wrap=True)
    screen.print(BESIDE, soft_wrap=True)


def headline(study: dict[str, Any]) -> str:
    """Return what was learned, in a line."""
    parts = ", ".join(f"{part['sentences']} for {name}" for name, part in study["parts"].items())
    frames = sum(part["frames"] for part in study["parts"].values())
    return f"{TITLE}: {frames:,} frames, {len(study['classes'])} classes; sentences: {parts}"


def table(study: dict[str, Any]) -> Table:
    """Tabulate the publication's networks and ours, in the publication's order."""
    own = {row["name"]: row for row in study["rows"]}
    rows: list[tuple[str, ...]] = []
    for line in study["published"]["rows"]:
        published = _published(line["training"]), _published(line["test"])
        rows.append((line["network"], *published, *_ours(own.pop(line["system"], None))))
    rows += [(name, NOTHING, NOTHING, *_ours(row)) for name, row in own.items()]
    published = "TIMIT: training, %", "test, %"
    ours = "Here: weights", "epochs", "training, %", "test, %", "without pauses, %"
    return Table(("Network", *published, *ours), rows)


def _published(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f}"


def _ours(row: dict[str, Any] | None) -> tuple[str, ...]:
    if row is None:
        return (NOTHING,) * 5
    least, most = min(row["epochs"]), max(row["epochs"])
    epochs = str(least) if least == most else f"{least} to {most}"
    names = ("training frames right", "test frames right", f"test frames right{SPEECH}")
    shares = (_spread(row["figures"].get(name)) for name in names)
    return f"{row['weights']:,}", epochs, *shares


def _spread(values: dict[str, float] | None) -> str:
    if values is None:
        return NOTHING
    around = ""
    if values["least"] < values["most"]:
        around = f" ({100 * values['least']:.1f}-{100 * values['most']:.1f})"
    return f"{100 * values['mean']:.1f}{around}"


def history(study: dict[str, Any]) -> Figure:
    """Draw the share of validation frames right over the epochs, a line per network."""
    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    ax = figure.subplots()
    marks.thin_axes(ax)
    for n, (name, trials) in enumerate(study["trials"].items()):
        style: dict[str, Any] = {"color": marks.COLOURS[n % len(marks.COLOURS)]}
        style["linestyle"] = "-" if n < len(marks.COLOURS) else "--"
        for number, trial in enumerate(trials):
            epochs, rights = ([row[k] for row in trial["history"]] for k in (0, 2))
            label = name.removeprefix("phonemes-") if number == 0 else None
            ax.plot(epochs, [100 * r for r in rights], linewidth=1.2, label=label, **style)
    ax.set_xlabel("Epochs")
    ax.set_ylabel("Validation frames right, %")
    ax.legend(frameon=False, fontsize=8, ncols=2)
    return figure


def page(study: dict[str, Any], file: str) -> str:
    """Return a self-contained page.

    Parameters
    ----------
    file : str
        Name of the study's file.
    """
    seeds = max(row["seeds"] for row in study["rows"])
    quick = " With --quick: small networks, few epochs." if study["quick"] else ""
    of_several = f"means over {seeds} seeds, in brackets the least and the most"
    over = "one seed" if seeds == 1 else of_several
    body = [
        markup.element("h1", TITLE),
        markup.element("p", f"{headline(study)}. File: {shown(file)}.", "soft"),
        markup.section(
            "Networks",
            markup.table(table(study), "Share of frames right, published and here"),
            markup.element("p", f"Published: {study['published']['about']} {BESIDE}", "soft"),
            markup.element("p", f"Here: {over}.{quick}", "soft"),
        ),
        markup.section(
            "Learning", markup.picture(history(study), "Validation frames right over epochs")
        ),
    ]
    for name, trials in study["trials"].items():
        reviewed = [trial["review"] for trial in trials if "review" in trial]
        if reviewed and name == next(iter(study["trials"])):
            body.append(markup.element("h2", f"What {name} does on the test sentences"))
            body += sections(PhonemeReview.from_dict(reviewed[0]))
    return frame(TITLE, body, file)
