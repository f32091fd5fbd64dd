"""Recording a network's activations over a sequence, from inputs to outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstmtool.kernels.records import CELL, FORGET, INPUT, OUTPUT
from lstmtool.records.activations import Activity, Panel, layer_panels, panel
from lstmtool.supervised.rules.lstm import Lstm
from lstmtool.supervised.scoring import right_steps
from lstmtool.supervised.slicing import cut

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule
    from lstmtool.supervised.target_sequences import Strings
    from lstmtool.supervised.tasks.base import Task

ROWS = {"input_gate": INPUT, "forget_gate": FORGET, "output_gate": OUTPUT, "cell_input": CELL}


def observe(
    rule: Rule, task: Task, strings: Strings, sequence: int = 0, steps: int | None = None
) -> Activity:
    """Run a network, after a reset, over one sequence and record its activations.

    Parameters
    ----------
    rule : Rule
        All activations of LSTM networks are recorded, inputs and outputs of others.
    task : Task
        The task of the strings.
    sequence : int
        Index of the sequence.
    steps : int, optional
        Number of initial steps; all by default.
    """
    first, after = (int(start) for start in strings.starts[sequence : sequence + 2])
    alone = cut(strings, first, after if steps is None else min(after, first + steps))
    outputs = np.empty_like(alone.targets)
    seen = _run(rule, alone, outputs)
    inputs, names = task.symbols
    return Activity(
        task.title,
        (panel("input", inputs, alone.inputs), *seen, panel("output", names, outputs)),
        alone.targets,
        alone.scored,
        right_steps(alone, outputs, task.criterion) & alone.scored,
        _letters(alone.inputs, inputs),
    )


def _run(rule: Rule, strings: Strings, outputs: np.ndarray) -> list[Panel]:
    """Run step by step, to read the network's state after each."""
    if not isinstance(rule, Lstm):
        rule.run(strings, outputs)
        return []
    memory, shape = rule.net.memory, rule.topology
    activation, state, cell_output = [], [], []
    for t in range(len(outputs)):
        rule.run(cut(strings, t, t + 1), outputs[t : t + 1], keep_state=t > 0)
        activation.append(memory.activation.copy())
        state.append(memory.state.copy())
        cell_output.append(memory.cell_output.copy())
    units, rows = np.array(activation), shape.lowest.rows
    values = {kind: units[:, rows(row)] for kind, row in ROWS.items()}
    values |= {"cell_state": np.array(state), "cell_output": np.array(cell_output)}
    return layer_panels(shape.blocks, values)


def _letters(inputs: np.ndarray, names: tuple[str, ...]) -> str:
    """Return one letter per step if inputs are one-hot."""
    on = inputs == 1.0
    symbolic = len(names) > 2 and set(map(len, names)) == {1} and (on.sum(axis=1) == 1).all()
    return "".join(names[k] for k in on.argmax(axis=1)) if symbolic else ""
