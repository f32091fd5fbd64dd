"""Linear conjugate gradients for A x = b, watched from step to step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

SMALLEST = 1e-10  # norm of the residual from which on steps mean nothing
PROGRESS = 0.0005  # of the model's value, per step


def solutions(
    multiply: Callable[[np.ndarray], np.ndarray], b: np.ndarray, start: np.ndarray
) -> Iterator[tuple[np.ndarray, float, float]]:
    """Yield x after every step, x A x / 2 - b x there, and the norm of the residual b - A x.

    Parameters
    ----------
    multiply : callable
        Returns A v; A is symmetric and positive definite.
    start : ndarray of shape (P,)
        The first x.
    """
    x = start.copy()
    residual = b - multiply(x)
    direction, squared = residual.copy(), float(residual @ residual)
    while squared > 0.0:
        product = multiply(direction)
        curvature = float(direction @ product)
        if not curvature > 0.0:
            return
        length = squared / curvature
        x = x + length * direction
        residual -= length * product
        before, squared = squared, float(residual @ residual)
        direction *= squared / before
        direction += residual
        yield x, -0.5 * float((b + residual) @ x), squared**0.5


def has_settled(values: list[float]) -> bool:
    """Return whether the last steps have hardly lowered the model's value: Martens 2010.

    The values are those after each step so far. Progress over k steps, k the greater of 10 and a
    tenth of the steps, must be less than 0.0005 k of the value.
    """
    n = len(values)
    k = int(max(10, 0.1 * n))
    return n > k and values[-1] < 0.0 and values[-1] - values[-1 - k] > k * PROGRESS * values[-1]
