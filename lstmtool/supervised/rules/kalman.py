"""LSTM trained by an extended Kalman filter, decoupled (Perez-Ortiz et al. 2003) or full."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.supervised.kalman import Filter, Noise, kalman_pass
from lstmtool.kernels.supervised.lstm_records import NEVER, Way
from lstmtool.supervised.rules.base import Rule, Update, check_update
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings

if TYPE_CHECKING:
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class KalmanSettings:
    """Noise that the filter assumes, and how the network starts.

    The defaults serve a^n b^n c^n, with forget gates that start at 5; they were found by trial, on
    this task, and are not published.

    Parameters
    ----------
    variance : float
        Of every weight at first: P_i(0) is this times the unit matrix.
    measured : tuple of float
        Variance of the targets, the diagonal of R, at first and at last.
    process : tuple of float
        Variance that every weight gains per update, the diagonal of Q, at first and at last.
    updates : int
        Updates in which both fall, geometrically, from the first value to the last.
    decoupled : bool
        One group of weights per unit; otherwise one group of all: the full filter.
    weights, input_bias, forget_bias, output_bias
        As in `LstmSettings`.
    """

    variance: float = 1.0
    measured: tuple[float, float] = (10.0, 0.01)
    process: tuple[float, float] = (1e-2, 1e-2)
    updates: int = 20_000
    decoupled: bool = True
    weights: float = 0.1
    input_bias: tuple[float, ...] = ()
    forget_bias: tuple[float, ...] = ()
    output_bias: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        positive = (self.variance, *self.measured, *self.process)
        if len(positive) != 5 or not all(0.0 < v < np.inf for v in positive):
            raise UsageError(
                "Variances of a Kalman filter must be above 0, R and Q at first and at last.",
                f"They are {self.variance}, {self.measured}, {self.process}.",
            )
        if self.updates < 0:
            raise UsageError(f"updates cannot be {self.updates}.")


def started_as(settings: KalmanSettings, other: LstmSettings) -> KalmanSettings:
    """Return the settings of a filter with the initial weights of a network that descends."""
    return replace(
        settings,
        weights=other.weights,
        input_bias=other.input_bias,
        forget_bias=other.forget_bias,
        output_bias=other.output_bias,
    )


class Kalman(Lstm):
    """The classic LSTM whose weights a Kalman filter estimates, at every scored step.

    It takes the truncated derivatives of the outputs in all weights, and O(sum n_i^2) operations
    and memory for groups of n_i weights.

    Parameters
    ----------
    topology : Topology
    settings : KalmanSettings
    rng : numpy.random.Generator
        Draws the initial weights.
    """

    learn_openings = Rule.learn_openings

    def __init__(
        self, topology: Topology, settings: KalmanSettings, rng: np.random.Generator
    ) -> None:
        start = LstmSettings(
            1.0,
            weights=settings.weights,
            input_bias=settings.input_bias,
            forget_bias=settings.forget_bias,
            output_bias=settings.output_bias,
        )
        super().__init__(topology, start, rng)
        groups = unit_groups(topology) if settings.decoupled else [np.flatnonzero(topology.exists)]
        self.filter = new_filter(groups, topology.n_outputs, topology.size, settings)
        self._views = topology.views(np.zeros(topology.size))

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        return [*super().state, self.filter.covariance, self.filter.clock]

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """See `Rule.learn`; a filter knows no update but that per step.

        Raises
        ------
        UsageError
            If the update is another one.
        """
        if check_update(update) != 0:
            raise UsageError(f"A Kalman filter updates at every step, not per {update}.")
        super().learn(strings, outputs, update=update)

    def _pass(self, strings: Strings, outputs: np.ndarray, way: Way) -> int:
        if way.update == NEVER:
            return super()._pass(strings, outputs, way)
        self.check(strings, outputs)
        with flushed():
            net, views = self.net, self._views
            return int(kalman_pass(net, self.filter, views, strings, outputs, way))


def unit_groups(topology: Topology) -> list[np.ndarray]:
    """Places of the weights into each unit, hidden units first: a gate's peepholes are its own."""
    places = topology.views(np.arange(topology.size))
    groups = [list(row) for row in places.hidden]
    cells = np.cumsum([0, *topology.blocks])
    for kind, row in enumerate(places.peephole):
        first, after = topology.first_row[kind], topology.first_row[kind + 1]
        for j, unit in enumerate(range(first, after)):
            groups[unit] += list(row[cells[j] : cells[j + 1]])
    groups += [list(row) for row in places.output]
    return [np.array([p for p in group if topology.exists[p]], dtype=np.int64) for group in groups]


def new_filter(
    groups: list[np.ndarray], n_outputs: int, size: int, settings: KalmanSettings
) -> Filter:
    """Filter before the first update, for a flat vector of that size.

    Parameters
    ----------
    groups : list of ndarray
        Places of the weights of every group.
    n_outputs, size : int
        K and P.
    settings : KalmanSettings
    """
    sizes = np.array([len(group) for group in groups])
    first, block = (np.concatenate([[0], np.cumsum(n)]) for n in (sizes, sizes**2))
    return Filter(
        np.concatenate(groups),
        first.astype(np.int64),
        block.astype(np.int64),
        np.concatenate([settings.variance * np.eye(n).ravel() for n in sizes]),
        np.zeros((n_outputs, size)),
        np.zeros((n_outputs, int(first[-1]))),
        np.zeros((n_outputs, n_outputs)),
        np.zeros(n_outputs),
        Noise(*settings.measured, settings.updates),
        Noise(*settings.process, settings.updates),
        np.zeros(1, dtype=np.int64),
    )
