"""The Mackey-Glass equation, integrated at the full order of the Runge-Kutta method.

x'(t) = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t)         (Mackey and Glass 1977)

If the step divides the delay, the kinks due to the constant past lie on the grid. Between grid
points the past is a cubic Hermite polynomial, with an error of fourth order like the integrator's.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel

GAIN, DECAY, POWER = 0.2, 0.1, 10


@kernel
def slope_at(x, delayed):
    """Return the right-hand side of the Mackey-Glass equation."""
    return GAIN * delayed / (1.0 + delayed**POWER) - DECAY * x


@kernel
def integrate(past, delay, step, x, dx):
    """Fill x (n,) with the solution at 0, step, 2 step, ..., and dx with its slopes.

    x equals `past` until time 0; `delay` is counted in steps, at least 1.
    """
    x[0] = past
    dx[0] = slope_at(past, past)
    for k in range(x.shape[0] - 1):
        before = past if k < delay else x[k - delay]
        after = past if k + 1 < delay else x[k + 1 - delay]
        middle = 0.5 * (before + after)
        if k >= delay:  # before that, the past is constant
            middle += 0.125 * step * (dx[k - delay] - dx[k + 1 - delay])
        k1 = slope_at(x[k], before)
        k2 = slope_at(x[k] + 0.5 * step * k1, middle)
        k3 = slope_at(x[k] + 0.5 * step * k2, middle)
        k4 = slope_at(x[k] + step * k3, after)
        x[k + 1] = x[k] + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        dx[k + 1] = slope_at(x[k + 1], after)


@kernel
def integrate_by_euler(past, delay, step, x):
    """Fill x (n,) with Euler's solution at 0, step, 2 step, ..., as the echo state reports have it.

    x equals `past` until time 0; `delay` is counted in steps, at least 1.
    """
    x[0] = past
    for k in range(x.shape[0] - 1):
        x[k + 1] = x[k] + step * slope_at(x[k], past if k < delay else x[k - delay])
