"""A self-contained HTML page of a sweep: which setting is best, by how much, and every run."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstmtool.report import markup, svg
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.sweep.figures import MOST, PANELS
from lstmtool.report.sweep.terminal import runs_text, sentences, spread
from lstmtool.report.text import number, shown
from lstmtool.text import option_text

ROW = 56  # units of height


def page(sweep: dict[str, Any], file: str) -> str:
    """Return the page. Equal sweeps give equal pages.

    Parameters
    ----------
    sweep : dict
        As `lstmtool.report.sweep.terminal.show` takes it.
    file : str
        Name of the sweep's file.
    """
    labelled = any(setting["summary"]["ari"] for setting in sweep["settings"])
    tried = ", ".join(shown(name, 30) for name in sweep["tried"])
    title = f"Sweep of {tried}" if tried else "Sweep"
    drawn = [sweep["settings"][k] for k in sweep["ranked"][:MOST]]
    panels = [name for name in PANELS if any(s["summary"][name] for s in drawn)]
    plots = "".join(_panel(name, sweep["tried"], drawn) for name in panels)
    of = (
        f"The {MOST} best of {len(sweep['ranked'])} settings. "
        if len(drawn) < len(sweep["ranked"])
        else ""
    )
    key = f"{of}Every point is one run; the bar reaches from quartile to quartile, the line is the "
    commands = [shown(sweep["settings"][k]["command"], 2000) for k in sweep["ranked"]]
    body = [
        markup.element("h1", title),
        markup.element("p", answer(sweep)),
        markup.element("p", f"Sweep file: {shown(file)}.", "soft"),
        markup.section(
            "Settings, best first",
            f'<div class="clusters two">{plots}</div>',
            markup.element("p", key + "median.", "soft"),
            markup.table(sweep_table(sweep, labelled), "Settings, best first", "best"),
            markup.items(sentences(sweep, labelled)),
        ),
        markup.section(
            "Train again",
            markup.element("p", "The best run of the best setting:"),
            markup.element("pre", commands[0]),
            markup.details("Of every setting", markup.element("pre", "\n".join(commands))),
        ),
    ]
    return frame(title, body, file)


def answer(sweep: dict[str, Any]) -> str:
    """Say which setting is best, and whether it stands out."""
    ranked = [sweep["settings"][k] for k in sweep["ranked"]]
    first, score = ranked[0], ranked[0]["summary"]["score"]
    name = _name(sweep["tried"], first["options"], 200)
    if score is None:
        return "No run has a score."
    median = number(score["median"], 2)
    of = f"Of {len(ranked)} settings, " if len(ranked) > 1 else ""
    said = f"{of}{name} has the highest median score: {median} bits."
    rivals = [s for s in ranked[1:] if s["summary"]["score"]]
    if rivals and rivals[0]["summary"]["score"]["q3"] >= score["q1"]:
        second = _name(sweep["tried"], rivals[0]["options"], 200)
        said += f" The next, {second}, may be as good: their quartiles overlap."
    return said


def _name(tried: list[str], options: dict[str, Any], limit: int) -> str:
    named = ", ".join(f"{name} {option_text(options[name])}" for name in tried)
    return shown(named or "the only setting", limit)


def sweep_table(sweep: dict[str, Any], labelled: bool) -> Table:
    """Tabulate the settings, the best first and marked."""
    scores = ("score", *(("ari", "nmi") if labelled else ()))
    headings = {"score": "Score, bits", "ari": "ARI", "nmi": "NMI"}
    rows = []
    for k in sweep["ranked"]:
        setting = sweep["settings"][k]
        cells = (runs_text(setting["summary"]), *(spread(setting["summary"][s]) for s in scores))
        rows.append((_name(sweep["tried"], setting["options"], 60), *cells))
    return Table(("Setting", "Runs", *(headings[s] for s in scores)), rows, 0)


def _panel(name: str, tried: list[str], drawn: list[dict[str, Any]]) -> str:
    values = [v for s in drawn for v in _values(s, name)]
    axes = svg.Axes(
        svg.padded(min(values), max(values)),
        (len(drawn) - 0.6, -0.6),  # the best on top
        height=ROW * len(drawn) + 94,
        left=20,
    )
    parts = [svg.frame(axes, PANELS[name], y_ticks=[])]
    for row, setting in enumerate(drawn):
        height = float(axes.down(np.array(row)))
        label = _name(tried, setting["options"], 44)
        parts.append(svg.text(label, 26, height - 14, css="strong" if row == 0 else ""))
        quartiles = setting["summary"][name]
        if quartiles:
            low, middle, high = axes.across(np.array([quartiles[q] for q in QUARTILES]))
            colour = svg.colour(1 if row == 0 else 0)
            parts.append(f'<path class="curve {colour}" d="M{low:.0f},{height:.0f}H{high:.0f}"/>')
            tick = f"M{middle:.0f},{height - 12:.0f}v24"
            parts.append(f'<path class="curve {colour}" d="{tick}"/>')
        for record in setting["records"]:
            if record[name] is None:
                continue
            x = float(axes.across(np.array(record[name])))
            title = f"{label}, seed {record.get('seed', '?')}: {number(record[name], 3)}"
            parts.append(svg.mark(0, x, height, title, 0.6))
    best = drawn[0]["summary"][name]
    median = number(best["median"], 2) if best else "none"
    label = f"{PANELS[name]} of {len(drawn)} settings; median of the first: {median}"
    return f"<figure>{svg.picture(axes, parts, label)}</figure>"


QUARTILES = ("q1", "median", "q3")


def _values(setting: dict[str, Any], name: str) -> list[float]:
    quartiles = setting["summary"][name] or {}
    return [*quartiles.values(), *(r[name] for r in setting["records"] if r[name] is not None)]
