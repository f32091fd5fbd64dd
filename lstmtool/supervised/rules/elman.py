"""Elman's simple recurrent network: a hidden layer that sees its own last activations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lstmtool.supervised.rules.simple import SimpleNetwork, SimpleSettings


class Elman(SimpleNetwork):
    """Hidden units with context under a layer of outputs (Elman 1990).

    The error is not passed back in time, whatever method and horizon the settings name; for errors
    through time on the same network see `Layered`.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    settings : SimpleSettings
    rng : numpy.random.Generator
    """

    def __init__(
        self, sizes: tuple[int, int, int], settings: SimpleSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(sizes, True, replace(settings, method="bptt", horizon=1), rng)


class Layered(SimpleNetwork):
    """Elman's network with the method of the settings: RTRL, or errors through time."""

    def __init__(
        self, sizes: tuple[int, int, int], settings: SimpleSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(sizes, True, settings, rng)
