"""Draw the classic tasks, and networks that learned them: `python -m docs_site.task_figures`.

It takes some minutes, since the networks are trained.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from docs_site.notebooks import DOCS
from lstmtool.jobs.learn import as_record
from lstmtool.records.activations import Activity
from lstmtool.report.tasks.activations import activations
from lstmtool.supervised.activations import observe
from lstmtool.supervised.evaluate import LETTERS, TESTED, trained_network
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.tasks.counting import AnBn
from lstmtool.supervised.trials import run_trial

FIGURES = DOCS / "figures" / "tasks"
LOOK: Any = {"svg.hashsalt": "lstmtool"}  # the same figure, the same bytes


class Example(NamedTuple):
    """What a page shows at work: a system, the seed that it learns from, and how many steps."""

    system: str
    seed: int = 0
    steps: int | None = None


EXAMPLES = {
    "reber": Example("reber-3x2-0.5-tolerant"),
    "continual-reber": Example("continual-reber", 1000, 60),
    "anbn": Example("anbn"),
    "anbncn": Example("anbncn-kalman", 3),
    "adding": Example("adding-100-ours"),
    "multiplication": Example("multiplication-13-kalman"),
    "order-2": Example("order-2"),
    "order-3": Example("order-3"),
    "continual-order": Example("continual-order-kalman", 0, 330),
    "msd": Example("msd-kalman", 0, 100),
    "gts": Example("gts-ours", 0, 100),
    "pfg": Example("pfg-ours", 0, 100),
}
"""By task."""


def at_work(example: Example) -> Activity:
    """Train a system and return its activations over an unseen sequence."""
    system = SYSTEMS[example.system]
    trial = run_trial(system, example.seed)
    if not trial.solved:
        raise SystemExit(f"{example.system} did not learn its task from seed {example.seed}.")
    task, rule = trained_network(as_record(system, trial, example.seed))
    rng = np.random.default_rng([example.seed, TESTED])
    strings = task.of(np.array([LETTERS])) if isinstance(task, AnBn) else task.sample(rng, 1)
    return observe(rule, task, strings, steps=example.steps)


def asked(activity: Activity) -> Figure:
    """Draw the sequence alone: its inputs, and its targets where it has any."""
    inputs, *_, outputs = activity.panels
    targets = activity.targets.copy()
    if targets.shape[1] == 1:
        targets[~activity.scored] = np.nan
    shown = outputs._replace(title="Targets", values=targets)
    figure = activations(activity._replace(panels=(inputs, shown), right=activity.scored))
    figure.legends[0].remove()  # there are no outputs that are right
    return figure


def main(names: list[str]) -> None:
    """Draw the figures of some tasks, or of all."""
    FIGURES.mkdir(exist_ok=True)
    with plt.rc_context(LOOK), np.errstate(all="ignore"):
        for name in names or EXAMPLES:
            seen = at_work(EXAMPLES[name])
            for kind, figure in (("task", asked(seen)), ("network", activations(seen))):
                path = FIGURES / f"{name}-{kind}.svg"
                figure.savefig(path, metadata={"Date": None})
                print(path, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
