"""Binary information gain optimisation (BINGO): Python access to the kernels, and bits gained."""

from __future__ import annotations

import numpy as np

from lstmtool.kernels import bingo as kernels


def _columns(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.atleast_2d(np.asarray(x, dtype=np.float64)).T)


def slopes(net_inputs: np.ndarray) -> np.ndarray:
    """f'(u) (u - u_hat) / N with u_hat = u + (Q - 2 I)(u - mean u): equations 1 and 2.

    Parameters
    ----------
    net_inputs : ndarray of shape (N, K)
        Of logistic nodes, u.

    Returns
    -------
    ndarray of shape (N, K)
        Gradient with Q and the mean held constant.
    """
    u = _columns(net_inputs)
    out = np.empty_like(u)
    n_nodes = len(u)
    kernels.bingo_slopes(u, np.empty((n_nodes, n_nodes)), np.empty_like(u), np.empty(n_nodes), out)
    return out.T.copy()


def correlation(net_inputs: np.ndarray) -> np.ndarray:
    """Return Q of equation 2: correlation coefficients (K, K) of net inputs (N, K)."""
    u = _columns(net_inputs)
    q = np.empty((len(u), len(u)))
    kernels.correlation(u, np.empty_like(u), np.empty(len(u)), q)
    return q


def _entropy(p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    return np.where((p <= 0) | (p >= 1), 0.0, parts)


def bits_per_node(probabilities: np.ndarray) -> np.ndarray:
    """Return H(mean p) - mean H(p) of every node in bits, at most 1; (N, K) to (K,)."""
    p = np.asarray(probabilities, dtype=np.float64)
    return _entropy(p.mean(axis=0)) - _entropy(p).mean(axis=0)


def joint_bits(probabilities: np.ndarray) -> float:
    """Return the joint information of all nodes, H(mean P(code)) - mean sum_k H(p_k), in bits.

    Parameters
    ----------
    probabilities : ndarray of shape (N, K)
        Outputs of logistic nodes, independent Bernoulli probabilities given the sequence.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    codes = np.ones((len(p), 1))
    for column in p.T:
        codes = np.hstack([codes * (1 - column[:, None]), codes * column[:, None]])
    mean = codes.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(mean > 0, mean * np.log2(mean), 0.0 * mean).sum()
    return float(entropy - _entropy(p).sum(axis=1).mean())
