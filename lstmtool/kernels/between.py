"""Between layers: outputs go up, errors go down, reversed in time where needed.

A layer that runs backward counts its steps from a sequence's last. Its inputs and outputs are
stored in that order, and reversed on the way to and from a layer that runs forward.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.vector import load, store


@kernel_without_nrt
def hand_up(source, target, column, lengths, reverse, groups):
    """target[g, t, column + i] = source[g, t, i], or reversed in time, for some groups.

    Parameters
    ----------
    source : ndarray of shape (G, T, n, L)
        Outputs of the layer below, or inputs.
    target : ndarray of shape (G, T, >= column + n, L)
        Inputs of a layer; beyond a sequence's end they are left unchanged.
    lengths : ndarray of shape (G, L)
        Steps of the sequence in each lane.
    reverse : bool
        Whether exactly one of the two layers runs backward.
    groups : tuple of int
        First group, end of the groups, and n.
    """
    for g in range(groups[0], groups[1]):
        for t in range(lengths[g, 0]):
            for i in range(groups[2]):
                if not reverse:
                    store(target, (g, t, column + i), load(source, (g, t, i)))
                    continue
                for l in range(lengths.shape[1]):
                    if t < lengths[g, l]:
                        target[g, t, column + i, l] = source[g, lengths[g, l] - 1 - t, i, l]


@kernel_without_nrt
def hand_down(source, column, target, lengths, reverse, groups, adds):
    """target[g, t, i] = source[g, t, column + i], or reversed in time; or added to the target.

    Parameters as for `hand_up`, but the source holds errors at a layer's inputs and the target
    those at the outputs below.
    """
    for g in range(groups[0], groups[1]):
        for t in range(lengths[g, 0]):
            for i in range(target.shape[2]):
                for l in range(lengths.shape[1]):
                    if t >= lengths[g, l]:
                        continue
                    step = lengths[g, l] - 1 - t if reverse else t
                    error = source[g, step, column + i, l]
                    target[g, t, i, l] = target[g, t, i, l] + error if adds else error
