"""How many restarts a set of sequences is worth: fewer where each takes long."""

from __future__ import annotations

from lstmtool.config import Stage, TrainSettings
from lstmtool.data.preprocessing import averaged_lengths, steps_averaged
from lstmtool.data.sequences import SequenceSource
from lstmtool.network.layout import Network
from lstmtool.training.readout import MOST_COPIED

EFFORTS = {"low": 0.25, "normal": 1.0, "high": 4.0}
"""Factors of the recipe's restarts, and of the products that they may take."""
PRODUCTS = 6e11  # of weights and activations, of a normal effort: some 45 s of one core
FEWEST = 4  # restarts, unless the recipe has fewer
BACKWARD = 3  # a forward and a backward pass, in forward passes
GATE = 16  # products that take as long as a gate's activation function


def worthwhile_restarts(
    settings: TrainSettings, sequences: SequenceSource, effort: str = "normal"
) -> int:
    """Return the recipe's restarts times the effort, or as many as the effort allows if fewer.

    It depends on the sizes of the data and the network alone, not on the machine.
    """
    factor = EFFORTS[effort]
    wanted = max(round(factor * settings.restarts), 1)
    allowed = int(factor * PRODUCTS / products_of_restart(settings, sequences))
    return max(min(wanted, allowed), min(wanted, FEWEST))


def products_of_restart(settings: TrainSettings, sequences: SequenceSource) -> float:
    """Return the approximate number of products that one restart takes."""
    inputs, lengths = settings.inputs, sequences.lengths
    if inputs.window is not None:
        steps = float(inputs.window * len(lengths))
    else:
        average = steps_averaged(sequences) if inputs.average == "auto" else inputs.average
        steps = float(averaged_lengths(lengths, average).sum())
    network = Network(settings.network, sequences.n_inputs * inputs.of_each)
    of_step = sum(layer.n_units * (layer.n_sources + GATE) for layer in network.layers)
    trials = settings.initial.trials * settings.initial.trial_epochs
    passes = 2.0 * settings.selection_pairs * len(settings.selection)
    passes += sum(_passes(stage, stage.epochs, len(lengths)) for stage in settings.stages)
    if settings.initial.trials > 1:
        passes += _passes(settings.stages[0], trials, len(lengths))
    return passes * steps * of_step


def _passes(stage: Stage, epochs: int, n_sequences: int) -> float:
    """Return the forward passes over all sequences that take as long as a stage."""
    if stage.trains == "output":
        return 1.0 + stage.draws * min(n_sequences, MOST_COPIED) / n_sequences
    drawn = stage.record.copies * epochs if stage.augmentation != "none" else 0
    return BACKWARD * stage.record.copies * epochs + drawn  # the control draws copies, too
