"""An echo state network's reservoir: leaky units with fixed sparse connections, in float64.

x(n + 1) = (1 - d C a) x(n) + d C tanh(W_in u + W x(n) + W_fb y(n) + noise)

(Jaeger 2001, GMD report 148), with a constant input u, time step d, time constant C and leak a, and
the fed-back output y(n), the previous one: while learning it is the true value.
"""

from __future__ import annotations

from math import tanh
from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel


class Reservoir(NamedTuple):
    """Fixed connections; those into unit i are rows[i]:rows[i + 1] of sources and values."""

    kept: float  # 1 - d C a
    taken: float  # d C
    constant: np.ndarray  # (N,) W_in u
    feedback: np.ndarray  # (N, K)
    rows: np.ndarray  # (N + 1,) int64
    sources: np.ndarray  # (C,) int64
    values: np.ndarray  # (C,)


@kernel(fastmath=False)
def drive(reservoir, fed, noise, state, states):
    """Fill states (T, N) with those after each step, from the fed-back values (T, K).

    state (N,) holds the state before the first step, then that after the last. noise (T, N), or
    (0, N) for none, is added to the units' net inputs.
    """
    n_units, net = state.shape[0], np.empty_like(state)
    for t in range(fed.shape[0]):
        for i in range(n_units):
            total = reservoir.constant[i]
            for k in range(fed.shape[1]):
                total += reservoir.feedback[i, k] * fed[t, k]
            for c in range(reservoir.rows[i], reservoir.rows[i + 1]):
                total += reservoir.values[c] * state[reservoir.sources[c]]
            net[i] = total
        if noise.shape[0] > 0:
            for i in range(n_units):
                net[i] += noise[t, i]
        for i in range(n_units):
            state[i] = reservoir.kept * state[i] + reservoir.taken * tanh(net[i])
            states[t, i] = state[i]
