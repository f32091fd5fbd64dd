"""Derivatives by definition: central differences, and the complex step where a twin allows it."""

from collections.abc import Callable

import numpy as np


def central_difference(
    function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5
) -> np.ndarray:
    """Slopes of a scalar function of an array, entry by entry; error of order step**2."""
    out = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[index] += step
        down[index] -= step
        out[index] = (function(up) - function(down)) / (2 * step)
    return out


def complex_step(function: Callable[[np.ndarray], complex], at: np.ndarray) -> np.ndarray:
    """Slopes to the last digit of a function that also takes complex numbers: no subtraction."""
    out = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        aside = at.astype(complex)
        aside[index] += 1e-30j
        out[index] = np.imag(function(aside)) / 1e-30
    return out


def largest_error(got: np.ndarray, wanted: np.ndarray) -> float:
    """Largest |difference| / max(1, |wanted|); NaN where either has one."""
    return float(np.max(np.abs(got - wanted) / np.maximum(1.0, np.abs(wanted))))
