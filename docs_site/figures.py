"""Draw the figures of the pages: `python -m docs_site.figures` runs the tutorials for them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib
from cycler import cycler

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from docs_site import notebooks
from lstmtool import plot
from lstmtool.records.activations import TITLES

FIGURES = notebooks.DOCS / "figures"
COLOURS = plot.COLOURS
LOOK: Any = {
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "legend.frameon": False,
    "svg.hashsalt": "lstmtool",  # the same figure, the same bytes
}


def before_and_after(paper: dict[str, Any]) -> Any:
    """Draw sequences, outputs before and after training, and states over time, in four panels."""
    X, run, seen, labels = paper["X"], paper["run"], paper["seen"], paper["labels"]
    figure = plt.figure(figsize=(7.2, 5.0))
    columns = figure.add_gridspec(1, 2)
    left = columns[0].subgridspec(3, 1, height_ratios=(2, 1, 1))
    right = columns[1].subgridspec(2, 1)
    sequences, *states = (figure.add_subplot(left[row, 0]) for row in range(3))
    before, after = (figure.add_subplot(right[row, 0]) for row in range(2))
    for group in range(len(paper["names"])):
        one = X[list(labels).index(group)][:, 0]
        sequences.plot(one - 4 * group, color=COLOURS[group], lw=0.8)
        for cell, ax in enumerate(states):
            own = seen["cell_states"][labels == group, :, 0, cell]
            ax.plot(own.mean(axis=0), color=COLOURS[group])
        for ax, outputs in ((before, run.before.activations), (after, run.outputs)):
            shown = outputs[labels == group]
            ax.plot(*shown.T, plot.SYMBOLS[group], color=COLOURS[group], mfc="none", clip_on=False)
    sequences.set(title="One of five sequences of each group", yticks=[])
    states[0].set(title="What two memory cells gather", ylabel="Cell 1")
    states[1].set(xlabel="Step (mean over each group)", ylabel="Cell 2")
    for ax in (sequences, states[0]):
        ax.tick_params(labelbottom=False)
    figure.align_ylabels(states)
    before.set_title("The two outputs before training")
    after.set_title("… and after, without labels")
    for ax in (before, after):
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    for code in ("00", "01", "10", "11"):
        x, y = int(code[0]), int(code[1])
        place: dict[str, Any] = {"ha": "right" if x else "left", "va": "top" if y else "bottom"}
        after.text(0.93 if x else 0.07, 0.93 if y else 0.07, f"code {code}\n5 sequences", **place)
    return figure


def one_block(memory: dict[str, Any]) -> Any:
    """Draw the inputs, gates, state and output of one memory block over two sequences."""
    seen = memory["seen"]
    kinds = ("input", "input_gate", "forget_gate", "output_gate", "cell_state", "cell_output")
    figure, axes = plt.subplots(len(kinds), 2, figsize=(7.2, 6.2), sharex=True, sharey="row")
    for column, (sequence, title) in enumerate(((0, "A pulse upwards"), (8, "… and downwards"))):
        activity = seen.of(sequence)
        panels = {panel.kind: panel.values for panel in activity.panels}
        for ax, kind in zip(axes[:, column], kinds, strict=True):
            ax.plot(panels[kind][:, 0], color=COLOURS[column])
            if kind == "input":
                ax.set_title(title)
            if not column:
                ax.set_ylabel("Input" if kind == "input" else TITLES[kind].removesuffix("s"))
            if kind.endswith("gate"):
                ax.set_ylim(-0.05, 1.05)
            if kind == "cell_state":
                ax.axhline(0, color="0.7", lw=0.8, zorder=0)
        axes[-1, column].set_xlabel("Step")
    return figure


def draw() -> dict[str, Any]:
    """Run all tutorials, and return the figures by name."""
    known, drawn = {}, {}
    for name in notebooks.TUTORIALS:
        with TemporaryDirectory() as folder:
            known[name] = notebooks.run(name, Path(folder))
        drawn[name] = [plt.figure(number) for number in plt.get_fignums()]
        plt.close("all")
    data, states = drawn["paper"]
    (bands,) = drawn["recordings"]
    return {
        "before-and-after": before_and_after(known["paper"]),
        "paper-data": data,
        "paper-outputs": plot.outputs(known["paper"]["run"]),
        "paper-states": states,
        "recordings": bands,
        "memory-block": one_block(known["memory-block"]),
    }


if __name__ == "__main__":
    FIGURES.mkdir(exist_ok=True)
    with plt.rc_context(LOOK):
        for name, figure in draw().items():
            figure.savefig(FIGURES / f"{name}.svg", metadata={"Date": None})
