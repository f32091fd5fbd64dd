"""Real-time recurrent learning: derivatives with respect to all weights, carried forward.

Williams and Zipser 1989, equation 2.14: with z = (x, y(t - 1), 1),
dy_u(t) / dw_ij = f'(net_u(t)) (sum_v w_uv dy_v(t - 1) / dw_ij + [u = i] z_j(t)).
O(U^4) operations per step, no memory of the past.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.squash import slope_plain
from lstmtool.kernels.supervised.simple import n_sources


@kernel_without_nrt
def partials_step(net, weights, x, before, after, partials):
    """Compute partials[1] (U, U * Q) of this step from partials[0] of the previous one.

    before and after are the units' activations (U,) before and after the step.
    """
    old, new = partials
    n, n_units, n_inputs = n_sources(net), net.n_units, net.n_inputs
    for u in range(n_units):
        new[u, :] = 0.0
        for v in range(n_units):
            w = weights[u * n + n_inputs + v]
            for p in range(n_units * n):
                new[u, p] += w * old[v, p]
        for i in range(n_inputs):
            new[u, u * n + i] += x[i]
        for v in range(n_units):
            new[u, u * n + n_inputs + v] += before[v]
        new[u, u * n + n - 1] += 1.0
        own = slope_plain(net.f, after[u])
        for p in range(n_units * n):
            new[u, p] *= own


@kernel_without_nrt
def collect(net, d_units, partial, negative_gradient):
    """Add the effect of errors at the units' activations (U,) on the units' weights."""
    for u in range(net.n_units):
        for p in range(partial.shape[1]):
            negative_gradient[p] += d_units[u] * partial[u, p]
