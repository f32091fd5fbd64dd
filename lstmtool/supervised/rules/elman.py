"""Elman's simple recurrent network: a hidden layer that reads its own last activations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lstmtool.supervised.rules.simple import SimpleNetwork, SimpleSettings


class Elman(SimpleNetwork):
    """Hidden units with context, and an output layer (Elman 1990).

    Errors are not passed back in time, whatever method and horizon the settings have; `Layered` is
    the same network with errors through time.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    """

    def __init__(
        self, sizes: tuple[int, int, int], settings: SimpleSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(sizes, True, replace(settings, method="bptt", horizon=1), rng)


class Layered(SimpleNetwork):
    """Elman's network with the method of the settings: RTRL or BPTT."""

    def __init__(
        self, sizes: tuple[int, int, int], settings: SimpleSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(sizes, True, settings, rng)
