"""Records of networks that go on predicting a series by themselves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class FreeRunning(NamedTuple):
    """How one network goes on after reading.

    Attributes
    ----------
    errors : ndarray of shape (H,)
        Root mean squared error over the blocks at each step, over the series' standard deviation.
    truth, predicted : ndarray of shape (S,)
        One series from the first step that was not read, in its own units.
    eigenvalues : ndarray of complex of shape (N,)
        Effective ones of a reservoir of leaky units; empty for other networks.
    words : str
        What is known of its stability; empty for other networks.
    """

    errors: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    eigenvalues: np.ndarray
    words: str
