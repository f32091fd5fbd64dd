"""Tables of a study as rows of plain strings, for the terminal and the page."""

from __future__ import annotations

from typing import Any

from lstmtool.clustering.confidence import EDGES, Counts
from lstmtool.records.results import Assessment
from lstmtool.records.run import Run
from lstmtool.report.run.tables import Table, range_table
from lstmtool.report.text import NOTHING, number, shown

DATA = {
    "artificial": "artificial data",
    "synthetic": "synthetic clarinet sounds",
    "shipped": "real clarinet sounds",
    "own": "your own recordings",
}
# Display names of the methods, in display order.
WORDS = {
    "label-free choice": "Label-free choice",
    "label-free choice, splittable data": "– on data sets without a stray",
    "label-free choice, fresh sequences": "– on fresh sequences",
    "default recipe, single runs": "Default recipe, single runs",
    "literal, one run": "Literal form, one run",
    "untrained, label-free choice": "Untrained control, label-free choice",
    "best by labels": "Best by labels (no user can have it)",
    "k-means, true features": "k-means, true features",
}
CHOICE = "label-free choice"
# NEO's output ranges in the paper, tables 1 and 2: one run each, groups in the paper's order.
PAPER_RANGES = {
    "neo-artificial": ("12.93 – 13.68", "11.43 – 12.49", "7.50 – 7.69", "29.16 – 30.18"),
    "neo-clarinet": tuple(
        f"−{low}e6 – −{high}e6"
        for low, high in (("3.57", "3.54"), ("3.40", "3.35"), ("3.47", "3.43"), ("3.66", "3.62"))
    ),
}


def title(part: dict[str, Any]) -> str:
    """Return the display name of an experiment."""
    return f"{part['name'].split('-')[0].upper()}, {DATA[part['sounds'] or 'artificial']}"


def percent(rate: float | None) -> str:
    """Return a rate as a whole percentage, with a no-break space."""
    return NOTHING if rate is None else f"{100 * rate:.0f}\N{NO-BREAK SPACE}%"


def interval(method: dict[str, Any]) -> str:
    """Return the 95 % interval of a rate."""
    if method["rate"] is None:
        return NOTHING
    return f"{100 * method['low']:.0f}–{100 * method['high']:.0f}\N{NO-BREAK SPACE}%"


def methods_table(part: dict[str, Any]) -> Table:
    """Tabulate an experiment, one method per row; the label-free choice is marked."""
    methods = part["summary"]["ways"]
    names = [name for name in (*WORDS, *(n for n in methods if n not in WORDS)) if name in methods]
    if part["summary"]["splittable"] == part["summary"]["data_sets"]:
        names.remove("label-free choice, splittable data")
    rows = [_method_row(name, methods[name]) for name in names]
    return Table(("", "Perfect", "Rate", "95 % interval", "Mean ARI"), rows, 0)


def _method_row(name: str, method: dict[str, Any]) -> tuple[str, ...]:
    return (
        WORDS.get(name, shown(name)),
        f"{method['perfect']} of {method['trials']}",
        percent(method["rate"]),
        interval(method),
        number(method["mean_ari"], 2),
    )


def overview_table(study: dict[str, Any]) -> Table:
    """Tabulate all experiments, one per row."""
    headings = (
        *("", "Literal, one run", "Single runs", "Label-free choice", "Untrained control"),
        *("Best by labels", "Fresh ARI", "Epochs", "Seconds"),
    )
    return Table(headings, [_overview_row(part) for part in study["experiments"]])


def _overview_row(part: dict[str, Any]) -> tuple[str, ...]:
    summary = part["summary"]
    methods = summary["ways"]
    return (
        title(part),
        percent(methods["literal, one run"]["rate"]),
        percent(methods["default recipe, single runs"]["rate"]),
        f"{percent(methods[CHOICE]['rate'])} ({interval(methods[CHOICE])})",
        percent(methods["untrained, label-free choice"]["rate"]),
        percent(methods["best by labels"]["rate"]),
        number(methods["label-free choice, fresh sequences"]["mean_ari"], 2),
        f"{summary['epochs']:.0f}",
        number(summary.get("seconds"), 1),
    )


def calibration_table(study: dict[str, Any]) -> Table:
    """Tabulate how often the chosen run was perfect, by its score, one experiment per row.

    Experiments that share an objective are also counted together.
    """
    edges = [f"{100 * edge:g}\N{NO-BREAK SPACE}%" for edge in EDGES[:-1]]
    bands = (f"{edges[0]} and more", *(f"from {edge}" for edge in edges[1:]), "less")
    rows = []
    for objective, pooled in study["calibration"].items():
        own = [p for p in study["experiments"] if p["name"].startswith(objective)]
        for part in own:
            counts, of = part["summary"]["calibration"], part["summary"]["data_sets"]
            rows.append((title(part), *_counted(counts, of)))
        if len(own) > 1:
            of = sum(part["summary"]["data_sets"] for part in own)
            rows.append((f"{objective.upper()}, all of these", *_counted(pooled, of)))
    return Table(("", *bands, "not four clusters"), rows)


def _counted(counts: Counts, data_sets: int) -> list[str]:
    cells = [f"{perfect} of {trials}" if trials else NOTHING for perfect, trials in counts]
    return [*cells, str(data_sets - sum(trials for _, trials in counts))]


def typical_table(part: dict[str, Any], run: Run, assessment: Assessment) -> Table:
    """Tabulate the outputs of every group; for NEO beside those of the paper."""
    table = range_table(run, assessment)
    paper = PAPER_RANGES.get(part["name"], ())
    if len(paper) != len(table.rows):
        return table
    rows = [(*row, published) for row, published in zip(table.rows, paper, strict=True)]
    return Table((*table.headings, "The paper's run"), rows)


def sentences(part: dict[str, Any]) -> list[str]:
    """Return remarks on an experiment that its table cannot show."""
    s = part["summary"]
    possible, n_sets = s["some_restart_perfect"], s["data_sets"]
    chosen = f"; on {s['of_these_chosen']} of these the label-free score chose a perfect one"
    said = [
        f"On {possible} of {n_sets} data sets at least one of {s['restarts']} restarts was perfect"
        f"{chosen if possible else ''}."
    ]
    recipes = ", ".join(f"{name} on {n}" for name, n in s["recipes"].items())
    said.append(f"Recipe that lstmtool chose from the data, without labels: {recipes}.")
    if s["k_means_splits"] is not None:
        said.append(_draws(s["data_sets"], s["splittable"], s["k_means_splits"]))
    if "seconds" in s:
        said.append(f"Everything on one data set took {s['seconds']:.1f} seconds on average.")
    return said


def _draws(data_sets: int, splittable: int, k_means_splits: int) -> str:
    strays = (
        "No data set has a stray sequence"
        if splittable == data_sets
        else f"{data_sets - splittable} of {data_sets} data sets have a stray sequence"
    )
    return (
        f"{strays}: in the two true features, mean and variance (standardised), a stray happens "
        "to lie nearer to the centre of another group than to that of its own. "
        "k-means on these two features, given the number of groups, fails on "
        f"{data_sets - k_means_splits} of {data_sets}."
    )
