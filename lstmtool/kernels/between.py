"""Between layers: outputs go up, errors go down, reversed or delayed in time where needed.

A layer that runs backward counts its steps from a sequence's last. Its inputs and outputs are
stored in that order, and reversed on the way to and from a layer that runs forward. A layer that
reads several steps of the one below (Lang, Waibel and Hinton 1990) gets its outputs once for each
delay. Output units may read means over time instead.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.vector import load, store


@kernel_without_nrt
def hand_up(source, target, column, lengths, reverse, groups, delay):
    """target[g, t, column + i] = source[g, t - delay, i], or reversed in time, for some groups.

    Parameters
    ----------
    source : ndarray of shape (G, T, n, L)
        Outputs of the layer below, or inputs.
    target : ndarray of shape (G, T, >= column + n, L)
        Inputs of a layer; beyond a sequence's end, and before step `delay`, they are left
        unchanged.
    lengths : ndarray of shape (G, L)
        Steps of the sequence in each lane.
    reverse : bool
        Whether exactly one of the two layers runs backward.
    groups : tuple of int
        First group, end of the groups, and n.
    delay : int
        Steps by which what is read is older; 0 if reversed.
    """
    for g in range(groups[0], groups[1]):
        for t in range(delay, lengths[g, 0]):
            for i in range(groups[2]):
                if not reverse:
                    store(target, (g, t, column + i), load(source, (g, t - delay, i)))
                    continue
                for l in range(lengths.shape[1]):
                    if t < lengths[g, l]:
                        target[g, t, column + i, l] = source[g, lengths[g, l] - 1 - t, i, l]


@kernel_without_nrt
def hand_down(source, column, target, lengths, reverse, groups, adds, delay):
    """target[g, t, i] = source[g, t + delay, column + i], or reversed; or added to the target.

    Parameters as for `hand_up`, but the source holds errors at a layer's inputs and the target
    those at the outputs below.
    """
    for g in range(groups[0], groups[1]):
        for t in range(lengths[g, 0]):
            for i in range(target.shape[2]):
                for l in range(lengths.shape[1]):
                    if t + delay >= lengths[g, l]:
                        continue
                    step = lengths[g, l] - 1 - t if reverse else t + delay
                    error = source[g, step, column + i, l]
                    target[g, t, i, l] = target[g, t, i, l] + error if adds else error


@kernel_without_nrt
def integrate_up(source, target, lengths, groups):
    """target[g, t, i] = mean over s <= t of source[g, s, i]^2; parameters as for `hand_up`."""
    for g in range(groups[0], groups[1]):
        for i in range(groups[2]):
            for t in range(lengths[g, 0]):
                y = load(source, (g, t, i))
                if t == 0:
                    store(target, (g, 0, i), y * y)
                    continue
                before = load(target, (g, t - 1, i))
                store(target, (g, t, i), before + (y * y - before) * (1.0 / (t + 1.0)))


@kernel_without_nrt
def integrate_down(source, outputs, target, lengths, groups):
    """target[g, t, i] = 2 outputs[g, t, i] sum over s >= t of source[g, s, i] / (s + 1).

    Parameters as for `hand_down`; the outputs are those that `integrate_up` read.
    """
    for g in range(groups[0], groups[1]):
        for i in range(groups[2]):
            for l in range(lengths.shape[1]):
                total = source[g, 0, i, l] * 0.0
                for t in range(lengths[g, l] - 1, -1, -1):
                    total += source[g, t, i, l] / (t + 1)
                    target[g, t, i, l] = 2.0 * outputs[g, t, i, l] * total
