"""What every unit of a run's network does at every step of given sequences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lstmtool.clustering.assign import NUMBERS, Assigner
from lstmtool.clustering.matching import input_names
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.kernels.records import CELL, EIGHTHS, FORGET, INPUT, OUTPUT, PLAIN, Buffers
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layer import LayerShape
from lstmtool.network.layout import KINDS_READ, Network
from lstmtool.network.stack import numbers_of_step
from lstmtool.records.activation_arrays import Activations
from lstmtool.records.activations import Activity, Panel, layer_panels, panel
from lstmtool.records.run import Outputs, Run
from lstmtool.training.batch import SequenceBatch, batch_data

ROWS = {
    "input_gate": INPUT,
    "forget_gate": FORGET,
    "output_gate": OUTPUT,
    "cell_input": CELL,
    "plain_unit": PLAIN,
}


def activations(assigner: Assigner, sequences: Sequences) -> Activations:
    """Return the activations over all sequences; parameters and errors as for `activities`."""
    average = assigner.run.preprocessing.settings.average
    return Activations(
        sequences.names,
        tuple(activities(assigner, sequences)),
        tuple(layer.blocks for layer in assigner.network.layers),
        1 if average == "auto" else average,
    )


def activities(assigner: Assigner, sequences: Sequences) -> Iterator[Activity]:
    """Run a run's network over sequences and yield the activations over each, in their order.

    The network is that of the chosen restart, also where the clusters are those of a consensus.
    Its first panel has the inputs as the network sees them: after averaging over steps, squares or
    differences, and scaling, and cut to the window, if any. The last has the output units as they
    would be if the sequence ended at that step; they are read once, at the end, so that the last
    row is what `Assigner.outputs` gives. There are no targets, and no step is scored.

    Parameters
    ----------
    assigner : Assigner
        The run; sequences are matched with its inputs as for an assignment.
    sequences : Sequences
        Memory is needed for a batch of them at a time.

    Raises
    ------
    DataError
        If the sequences do not fit the run; see `Assigner.check`.
    """
    network, run = assigner.network, assigner.run
    sequences = assigner.check(sequences).of(sequences)
    inputs = network_input_names(run, sequences)
    most = max(1, NUMBERS // numbers_of_step(network.levels))
    for first, after in _batches(sequences.lengths, most):
        arrays = [sequences[n] for n in range(first, after)]
        part = run.preprocessing.apply(from_arrays(arrays))
        lanes = SequenceBatch(network, batch_data(part), compute=_compute(run, whole=True))
        lanes.evaluate(run.parameters)
        place = np.argsort(lanes.data.order)
        for n, seen in enumerate(part):
            of_layers = [
                _values(layer, buffers, int(place[n]), len(seen))
                for layer, buffers in zip(network.layers, lanes.stack.flat, strict=True)
            ]
            net = _net_inputs_over_time(run, network, seen, of_layers)
            outputs = Outputs.of(net, network.settings.output_unit).activations
            k = outputs.shape[1]
            panels = (
                panel("input", inputs, seen.copy()),
                *_panels(network, of_layers),
                panel("output", [f"output {j + 1}" for j in range(k)], outputs),
            )
            title = sequences.name(first + n)
            never = np.zeros(len(seen), dtype=bool)
            yield Activity(title, panels, np.zeros_like(outputs), never, never)


def network_input_names(run: Run, sequences: Sequences) -> tuple[str, ...]:
    """Name what the network reads at every step: the inputs, their squares or differences."""
    settings = run.preprocessing.settings
    n = len(run.preprocessing.mean) // settings.of_each
    names = input_names(run.source, n) or input_names(sequences.attributes, n)
    names = names or tuple(f"input {d + 1}" for d in range(n))
    squares = tuple(f"square of {name}" for name in names) if settings.square else ()
    changes = tuple(f"change of {name}" for name in names) if settings.differences else ()
    return names + squares + changes


def _compute(run: Run, whole: bool) -> ComputeOptions:
    """Return how the run was computed, with the traces kept whole or not."""
    usual = ComputeOptions(run.settings.precision)
    return replace(usual, checkpoint_states=0) if whole else usual


def _batches(lengths: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of neighbouring sequences: at most so many padded steps, or one alone."""
    first, longest = 0, 0
    for n, length in enumerate(lengths):
        longest = max(longest, int(length))
        if n > first and (n + 1 - first) * longest > most:
            yield first, n
            first, longest = n, int(length)
    yield first, len(lengths)


def _values(layer: LayerShape, buffers: Buffers, place: int, n_steps: int) -> dict[str, np.ndarray]:
    """Copy what a layer did (T, units) from the trace of its passes, in the order of time."""
    trace, at = buffers.trace, buffers.layer.first_output
    group, lane = divmod(place, trace.state.shape[3])
    order = slice(None, None, -1) if layer.backward else slice(None)
    units = trace.activation[group, :n_steps, :, lane][order].astype(np.float64)
    values = {kind: units[:, layer.rows(row)] for kind, row in ROWS.items()}
    state = trace.state[group, 1 : n_steps + 1, :, lane][order]
    output = trace.sources[group, 1 : n_steps + 1, at : at + layer.n_cells, lane][order]
    return values | {
        "cell_state": state.astype(np.float64),
        "cell_output": output.astype(np.float64),
    }


def _panels(network: Network, of_layers: list[dict[str, np.ndarray]]) -> Iterator[Panel]:
    """Yield the panels of all layers, from the bottom up."""
    names = [prefix.replace("_", " ").strip() for prefix in network.hidden.prefixes]
    if network.settings.directions == "forward":
        names = [name.removesuffix(" forward") for name in names]
    for layer, values, name in zip(network.layers, of_layers, names, strict=True):
        yield from layer_panels(layer.blocks, values, name)


def _net_inputs_over_time(
    run: Run, network: Network, seen: np.ndarray, of_layers: list[dict[str, np.ndarray]]
) -> np.ndarray:
    """Return the output units' net inputs (T, K) if the sequence ended at each step."""
    if network.settings.directions == "both":
        return _net_inputs_of_beginnings(run, network, seen)
    values = of_layers[-1]
    outputs = np.hstack([values["cell_output"], values["plain_unit"]])
    read = np.hstack([
        READ_OVER_TIME[kind](outputs) for kind in KINDS_READ if kind in network.settings.readout
    ])  # fmt: skip
    units = network.views(run.parameters).output
    return read @ units[:, :-1].T + units[:, -1]


def _net_inputs_of_beginnings(run: Run, network: Network, seen: np.ndarray) -> np.ndarray:
    """Return the same where layers run backward, from each step on: one pass for every step."""
    lengths = np.arange(1, len(seen) + 1)
    most = max(1, NUMBERS // numbers_of_step(network.levels))
    nets = []
    for first, after in _batches(lengths, most):
        beginnings = from_arrays([seen[:length] for length in lengths[first:after]])
        lanes = SequenceBatch(network, batch_data(beginnings), compute=_compute(run, whole=False))
        nets.append(lanes.evaluate(run.parameters)[0])
    return np.concatenate(nets)


def _mean_so_far(y: np.ndarray) -> np.ndarray:
    return np.cumsum(y, axis=0) / np.arange(1, len(y) + 1)[:, None]


def _eighths_so_far(y: np.ndarray) -> np.ndarray:
    """Return the means over eighths of the first 1, 2, ..., T steps of y (T, O), (T, 8 O)."""
    total = np.concatenate([np.zeros((1, y.shape[1])), np.cumsum(y, axis=0)])
    lengths, means = np.arange(1, len(y) + 1), []
    for k in range(EIGHTHS):
        start = k * lengths // EIGHTHS
        end = np.maximum((k + 1) * lengths // EIGHTHS, start + 1)
        means.append((total[end] - total[start]) / (end - start)[:, None])
    return np.hstack(means)


READ_OVER_TIME = {
    "last": lambda y: y,
    "mean": _mean_so_far,
    "max": lambda y: np.maximum.accumulate(y, axis=0),
    "eighths": _eighths_so_far,
}
