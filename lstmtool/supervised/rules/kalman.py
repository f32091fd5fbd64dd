"""LSTM trained by an extended Kalman filter, decoupled (Perez-Ortiz et al. 2003) or full."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Noise assumed by the filter, and initial weights.

    The defaults suit a^n b^n c^n with forget biases of 5; they were found by trial on this task and
    are not published.

    Parameters
    ----------
    variance : float
        Initial variance of every weight: P_i(0) is this times the unit matrix.
    measured : tuple of float
        Variance of the targets, the diagonal of R: initial and final value.
    process : tuple of float
        Variance added to every weight per update, the diagonal of Q: initial and final value.
    updates : int
        Number of updates over which both decay geometrically from the initial to the final value.
    decoupled : bool
        One group of weights per unit; otherwise a single group, the full filter.
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
                "All variances of a Kalman filter must be above 0.",
                f"They are {self.variance}, {self.measured}, {self.process}.",
            )
        if self.updates < 0:
            raise UsageError(f"updates cannot be {self.updates}.")


class Kalman(Lstm):
    """The classic LSTM, with weights estimated by a Kalman filter at every scored step.

    It uses the truncated derivatives of the outputs in all weights, and O(sum n_i^2) operations and
    memory for groups of n_i weights.

    Parameters
    ----------
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
        """Learn as in `Rule.learn`, with an update per step.

        Raises
        ------
        UsageError
            If `update` is not "step".
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
    """Return the indices of the weights into each unit, peepholes included, hidden units first."""
    places = topology.views(np.arange(topology.size))
    groups = [list(row) for row in places.hidden]
    cells = np.cumsum([0, *topology.blocks])
    for kind, row in enumerate(places.peephole):
        rows = topology.lowest.rows(kind)
        for j, unit in enumerate(range(rows.start, rows.stop)):
            groups[unit] += list(row[cells[j] : cells[j + 1]])
    groups += [list(row) for row in places.output]
    return [np.array([p for p in group if topology.exists[p]], dtype=np.int64) for group in groups]


def new_filter(
    groups: list[np.ndarray], n_outputs: int, size: int, settings: KalmanSettings
) -> Filter:
    """Return a filter before its first update.

    Parameters
    ----------
    groups : list of ndarray
        Indices of the weights in every group.
    n_outputs, size : int
        K, and P of the flat vector.
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
