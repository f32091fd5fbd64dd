"""Fully recurrent network of Williams and Zipser: every unit reads all inputs, units and a bias."""

from __future__ import annotations

import numpy as np

from lstmtool.supervised.rules.simple import SimpleNetwork, SimpleSettings


class FullyRecurrent(SimpleNetwork):
    """A network whose first units are the outputs, trained by RTRL or BPTT.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    connections : ndarray of bool of shape (U, X + U + 1), optional
        Mask of existing connections: from inputs, units (outputs first) and the bias.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        settings: SimpleSettings,
        rng: np.random.Generator,
        connections: np.ndarray | None = None,
    ) -> None:
        n_inputs, n_hidden, n_outputs = sizes
        exists = None if connections is None else np.ravel(connections)
        super().__init__((n_inputs, n_hidden + n_outputs, n_outputs), False, settings, rng, exists)
