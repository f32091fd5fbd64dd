"""The table and the page of `lstmtool reproduce acting`."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from rich.console import Console

from lstmtool.records.acting import ActingReview, Episode
from lstmtool.report import marks, markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table
from lstmtool.report.tasks.acting_agent import CHOICES, shown_episodes

TITLE = "Reinforcement learning with LSTM"
AGENTS = {
    "acting-lstm": "LSTM",
    "acting-elman": "Elman, errors through time",
    "memory-bits": "memory bits",
}
SET_UP = (
    "An agent learns the advantages of its actions from rewards alone, and what it sees depends on "
    "what it does. In the T-maze it sees at the start which turn is right at the far end of a "
    "corridor of N moves. With the pole, either action may push either way: for 50 steps it sees "
    "which, and it never sees speeds."
)
SOLVED = (
    "A maze is mastered when more than 80 % of the last 500 turns are right, under the agent's "
    "own, stochastic choices; without memory half of them are. The pole has to stand for 10,000 "
    "steps in five episodes in either mode. Iterations are steps; intervals are 95 % Wilson "
    "intervals."
)
QUOTED = (
    "Published (Bakker 2001): the pole perfect in 2 of 10 runs after 6,250,000 iterations, and for "
    "hundreds or thousands of steps in 8 after 8,095,000; through time never satisfactory (2003 "
    "tutorial). From memory, not read again: 10 runs of every maze; LSTM solves most to N = 50 and "
    "some at 70, Elman's network and memory bits fail beyond 15 to 25."
)
COLUMNS = (
    *("System", "Agent", "Weights", "Mastered", "Share (interval)"),
    *("Iterations needed, median (range)", "Test", "Exchanged"),
)


def table(document: dict[str, Any]) -> Table:
    """Tabulate all systems; tests are medians over the agents."""
    rows: list[tuple[str, ...]] = []
    for row in document["systems"]:
        low, high = row["interval"]
        needed, share = row["needed"], row["solved"] / row["agents"]
        rows.append(
            (
                row["name"],
                AGENTS[row["rule"]],
                f"{row['weights']:,}",
                f"{row['solved']} of {row['agents']} within {row['limit']:,}",
                f"{share:.0%} ({low:.0%} to {high:.0%})",
                "{1:,.0f} ({0:,} to {2:,})".format(*needed) if needed else "",
                *_tests(row["figures"]),
            )
        )
    return Table(COLUMNS, rows)


def _tests(figures: dict[str, float]) -> tuple[str, str]:
    stood = [f"{v:,.0f}" for name, v in figures.items() if name.startswith("steps that it stood")]
    if stood:
        return f"{' and '.join(stood)} steps", ""
    turns = [f"{v:.0f}" for name, v in figures.items() if name.startswith("right turns")]
    return f"{turns[0]}, greedy {turns[1]}", turns[2]


MEANT = (
    "Test: right turns of 500 without learning, drawn and with the best action, or steps that the "
    "pole stood in mode A and in mode B. Exchanged: right turns when north and south are "
    "exchanged, which must be few."
)


def sentences(document: dict[str, Any]) -> list[str]:
    """Say what was reached of what is published, and what is ours."""
    told = []
    mazes = [row for row in document["systems"] if row["task"] == "t-maze"]
    for rule, name in AGENTS.items():
        for noisy in (False, True):
            own = [row for row in mazes if (row["rule"], row["noisy"]) == (rule, noisy)]
            most = [str(row["length"]) for row in own if 2 * row["solved"] > row["agents"]]
            if own:
                where = "noisy mazes" if noisy else "mazes"
                which = f"{where} of N = {', '.join(most)}" if most else f"none of the {where}"
                told.append(f"{name}: most agents master {which}.")
    for row in document["systems"]:
        if row["task"] == "pole" and row["rule"] == "acting-lstm":
            reached = "in some, as published" if row["solved"] else "not reached"
            told.append(f"Pole in two modes: {row['solved']} of {row['agents']} agents; {reached}.")
    ours = {row["ours"]: row["task"] for row in document["systems"] if row["ours"]}
    told += [f"Ours in {task}: {text}." for text, task in ours.items()]
    return told + [text for text in dict.fromkeys(row["note"] for row in document["systems"])]


def show(document: dict[str, Any], screen: Console) -> None:
    """Print the table and the sentences."""
    if not screen.is_terminal:
        screen.width = 200
    screen.print(rich_table(table(document)))
    for text in (SOLVED, MEANT, *sentences(document), QUOTED):
        screen.print(text, soft_wrap=True, markup=False, highlight=False)


def page(document: dict[str, Any], file: str) -> str:
    """Return a self-contained page; equal documents give equal pages."""
    filmed = [record for record in document["records"] if "episodes" in record]
    body = [
        markup.element("h1", TITLE),
        markup.element("p", SET_UP, "soft"),
        markup.section(
            "Mastered",
            markup.picture(shares(document["systems"]), "Share of agents by length of the maze"),
            markup.table(table(document), "Mastered"),
            markup.element("p", f"{SOLVED} {MEANT}", "soft"),
            markup.items(sentences(document)),
            markup.element("p", QUOTED, "soft"),
        ),
        markup.section(
            "What the first agents do",
            markup.element("p", CHOICES) if filmed else "",
            *(_filmed(document, record) for record in filmed),
        ),
    ]
    return frame(TITLE, body, file)


def _filmed(document: dict[str, Any], record: dict[str, Any]) -> str:
    """Return the episodes of one agent."""
    row = next(row for row in document["systems"] if row["name"] == record["experiment"])
    episodes = tuple(Episode.of(values) for values in record["episodes"])
    review = ActingReview(
        task=row["task"],
        title=record["experiment"],
        source=row["source"],
        published=row["published"],
        seen=(),
        actions=tuple(record["actions"]),
        length=row["length"],
        before=(),
        after=episodes,
    )
    outcome = "mastered" if record["solved"] else "not mastered"
    return markup.details(
        f"{record['experiment']}: {outcome} after {record['iterations']:,} iterations",
        shown_episodes(review, episodes, "after training"),
        is_open=True,
    )


def shares(rows: list[dict[str, Any]]) -> Figure | None:
    """Draw the share of agents that master a maze over its length, with intervals."""
    mazes = [row for row in rows if row["length"]]
    corridors = [noisy for noisy in (False, True) if any(row["noisy"] == noisy for row in mazes)]
    if not corridors:
        return None
    figure = Figure(figsize=(8.0, 3.2), layout="constrained")
    axes = figure.subplots(1, len(corridors), sharey=True, squeeze=False)[0]
    for ax, noisy in zip(axes, corridors, strict=True):
        marks.thin_axes(ax)
        ax.set_title("Noisy corridor" if noisy else "Plain corridor", fontsize=10)
        ax.set_xlabel("Moves to the junction, N")
        for k, (rule, name) in enumerate(AGENTS.items()):
            own = [row for row in mazes if (row["rule"], row["noisy"]) == (rule, noisy)]
            share = [row["solved"] / row["agents"] for row in own]
            low = [max(0.0, s - row["interval"][0]) for s, row in zip(share, own, strict=True)]
            high = [max(0.0, row["interval"][1] - s) for s, row in zip(share, own, strict=True)]
            at = [row["length"] + 0.6 * (k - 1) for row in own]
            ax.errorbar(at, share, yerr=(low, high), color=marks.COLOURS[k], marker="o",
                        markersize=4, linewidth=1.3, elinewidth=0.8, capsize=2,
                        label=name)  # fmt: skip
    axes[0].set_ylim(-0.04, 1.04)
    axes[0].set_ylabel("Share of agents")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
                  frameon=False, fontsize=8)  # fmt: skip
    return figure
