"""Nonparametric entropy optimisation (NEO): Python access to the Parzen kernels."""

from __future__ import annotations

import numpy as np

from lstmtool.kernels import parzen
from lstmtool.kernels.records import GO_ON

TOLERANCE = 1e-10  # for log sigma
MAX_STEPS = 500


def _columns(y: np.ndarray) -> np.ndarray:
    y = np.asarray(y, dtype=np.float64)
    y = y[:, None] if y.ndim == 1 else y
    if len(y) < 2:
        raise ValueError(f"A leave-one-out Parzen estimate needs two points, got {len(y)}.")
    return np.ascontiguousarray(y.T)


def _check_width(sigma: float) -> float:
    if not sigma > 0:
        raise ValueError(f"The kernel width sigma must be positive, got {sigma!r}.")
    return float(sigma)


def fit_width(outputs: np.ndarray, floor: float = 1e-3, stop: np.ndarray = GO_ON) -> float:
    """Return the maximum-likelihood kernel width sigma (equations 4 and 5), by EM from above.

    Parameters
    ----------
    outputs : ndarray of shape (N, K)
        Of linear units.
    floor : float
        Minimum width relative to the outputs' standard deviation, since ties would make it zero.
    stop : ndarray of shape (1,), int64
        Flag set by another thread to abort; the width is then NaN.

    Raises
    ------
    ValueError
        If there are fewer than two points.
    """
    y = _columns(outputs)
    spread = float(np.sqrt(y.var(axis=1).mean()))
    smallest = max(floor * spread, 1e-150)
    fast = parzen.fast_of(y)
    start = max(spread, smallest)
    return parzen.fit_width(y, start, smallest, TOLERANCE, MAX_STEPS, stop, 0, fast)


def entropy(outputs: np.ndarray, sigma: float) -> float:
    """Return the leave-one-out Parzen entropy in nats: equation 6 for T = S without y_i.

    Parameters
    ----------
    outputs : ndarray of shape (N, K)
        Of linear units.
    sigma : float
        Kernel width in units of the outputs, positive.
    """
    y = _columns(outputs)
    value, _ = parzen.log_likelihood(y, _check_width(sigma), GO_ON, 0, parzen.fast_of(y))
    return -value


def invariant_entropy(outputs: np.ndarray, sigma: float) -> float:
    """Return entropy minus half the log determinant of the covariance, invariant to affine maps.

    In one dimension, H(y) - log std(y). `outputs` are (N, K), the value is in nats.
    """
    y = _columns(outputs)
    covariance = np.atleast_2d(np.cov(y, bias=True))
    return entropy(outputs, sigma) - 0.5 * float(np.linalg.slogdet(covariance)[1])


def slopes(outputs: np.ndarray, sigma: float, form: str = "literal") -> np.ndarray:
    """Return the entropy's gradient (N, K) in the outputs at fixed sigma: equation 7.

    At the maximum-likelihood width this is the total gradient. The form "invariant" subtracts
    C^-1 (y - mean) / N, the gradient of half the log determinant of the covariance C.
    """
    y = _columns(outputs)
    out = np.empty_like(y)
    parzen.entropy_slopes(y, _check_width(sigma), out, GO_ON, 0, parzen.fast_of(y))
    if form == "invariant":
        mean, covariance = np.empty(len(y)), np.empty((len(y), len(y)))
        parzen.covariance(y, mean, covariance)
        out -= np.linalg.solve(covariance, y - mean[:, None]) / y.shape[1]
    return out.T.copy()


def density(points: np.ndarray, outputs: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Parzen density (M,) at points (M, K), per unit of output: equation 3."""
    points = np.asarray(points, dtype=np.float64).reshape(len(points), -1)
    y, n_dims = _columns(outputs).T, points.shape[1]
    squares = ((points[:, None, :] - y[None]) ** 2).sum(axis=2)
    kernels = np.exp(-0.5 * squares / _check_width(sigma) ** 2)
    return kernels.mean(axis=1) / (2 * np.pi * sigma**2) ** (n_dims / 2)
