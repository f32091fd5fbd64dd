"""Mackey-Glass series, which a feed-forward network with a time window learns better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.kernels.supervised.delay_equation import integrate, integrate_by_euler
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least

TAU = 17
PER_UNIT = 10  # integration steps per unit of time
LARGEST = 1.0 - 1e-9  # absolute value of an output that can be unsquashed
SETTLING = 1000  # units of time until the series has reached its attractor


@dataclass(frozen=True)
class MackeyGlass(Task):
    """Predict a chaotic series some steps ahead, from its present value or from a window.

    The series solves the Mackey-Glass equation with delay 17, integrated with a step of 0.1 and
    sampled once per unit of time. Every sequence has its own constant past, uniform in [0.5, 1.5];
    its first 1000 steps are dropped. The tutorial gives the LSTM network one input at a time and
    the feed-forward network six; the windows of the literature have a spacing of 6.

    The publications give the error relative to the standard deviation of the series. The criterion,
    an error below 0.1, is ours.

    Parameters
    ----------
    ahead : int
        Prediction horizon in steps; 1, 6 and 84 are published.
    window : int
        Number of inputs: the present value and window - 1 earlier ones.
    spacing : int
        Steps between the inputs of a window.
    length : int
        Length of a sequence in steps.
    tau : int
        Delay of the equation; 17 and 30 are published.
    euler : bool
        Euler's integration with the same step, as in Jaeger's report, in place of Runge-Kutta's.
    squashed : bool
        Inputs and targets are tanh(x - 1), as in that report.
    """

    name: ClassVar[str] = "mackey-glass"
    title: ClassVar[str] = "Mackey-Glass series"
    source: ClassVar[str] = "Gers, Eck and Schmidhuber 2001; 2003 tutorial"

    ahead: int = 6
    window: int = 1
    spacing: int = 6
    length: int = 500
    tau: int = TAU
    euler: bool = False
    squashed: bool = False

    def __post_init__(self) -> None:
        at_least(1, ahead=self.ahead, window=self.window, spacing=self.spacing, length=self.length)
        at_least(1, tau=self.tau)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: values at and before t; output: the value `ahead` steps later."""
        lags = (self.spacing * k for k in range(self.window))
        return tuple(f"x(t - {lag})" if lag else "x(t)" for lag in lags), (f"x(t + {self.ahead})",)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.1 at every step."""
        return Criterion(WITHIN, 0.1)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Integrate `count` series of `length` steps, all scored."""
        at_least(1, count=count)
        strings = self.blank(np.arange(count + 1) * self.length)
        for i, past in enumerate(rng.uniform(0.5, 1.5, size=count)):
            x, rows = self.series(past), slice(strings.starts[i], strings.starts[i + 1])
            now = len(x) - self.ahead - self.length
            strings.targets[rows, 0] = x[now + self.ahead : now + self.ahead + self.length]
            for k in range(self.window):
                lag = k * self.spacing
                strings.inputs[rows, k] = x[now - lag : now - lag + self.length]
        strings.scored[:] = True
        return strings

    def series(self, past: float) -> np.ndarray:
        """Return all values needed for a sequence, once per unit of time, after settling."""
        n = (self.window - 1) * self.spacing + self.length + self.ahead
        x = solve(past, SETTLING + n, self.tau, euler=self.euler)[-n:]
        return np.tanh(x - 1.0) if self.squashed else x

    def unsquashed(self, values: np.ndarray) -> np.ndarray:
        """Return inputs or targets in the units of the equation."""
        if not self.squashed:
            return values
        return np.arctanh(np.clip(values, -LARGEST, LARGEST)) + 1.0


def solve(
    past: float, n: int, tau: int = TAU, per_unit: int = PER_UNIT, *, euler: bool = False
) -> np.ndarray:
    """Return the solution at times 1, 2, ..., n with a constant past up to time 0.

    Parameters
    ----------
    tau : int
        Delay of the equation.
    per_unit : int
        Integration steps per unit of time.
    euler : bool
        Whether by Euler's method instead of Runge and Kutta's.
    """
    x = np.empty(n * per_unit + 1)
    if euler:
        integrate_by_euler(float(past), tau * per_unit, 1.0 / per_unit, x)
        return x[per_unit::per_unit]
    integrate(float(past), tau * per_unit, 1.0 / per_unit, x, np.empty_like(x))
    return x[per_unit::per_unit]
