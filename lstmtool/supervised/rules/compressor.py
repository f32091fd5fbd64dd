"""The history compressor: a predictor, and networks above it that see only what surprised it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.compressor import Compression, Level, compress
from lstmtool.kernels.supervised.simple import Simple
from lstmtool.kernels.supervised.simple_learning import Trace
from lstmtool.kernels.supervised.updates import Descent, Weights
from lstmtool.supervised.rules.base import Rule, Update
from lstmtool.supervised.rules.simple import FUNCTIONS
from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class CompressorSettings:
    """Settings of a history compressor; all levels learn from the start.

    Parameters
    ----------
    rate, momentum : float
        Of gradient descent on the cross-entropy, after every event of a level.
    threshold : float
        Error of an output above which an event surprises, and rises to the level above.
    horizon : int
        Events that an error is passed back within a level.
    collapse : bool
        Whether each level also learns to tell the state and the prediction of the one above.
    spread : float
        Initial weights are uniform in [-spread, spread].
    """

    rate: float = 0.1
    momentum: float = 0.0
    threshold: float = 0.2
    horizon: int = 3
    collapse: bool = False
    spread: float = 0.2

    def __post_init__(self) -> None:
        for name, good in (
            ("rate", 0.0 < self.rate < np.inf),
            ("momentum", 0.0 <= self.momentum < 1.0),
            ("threshold", 0.0 < self.threshold < 0.5),
            ("horizon", self.horizon >= 1),
            ("spread", 0.0 <= self.spread < np.inf),
        ):
            if not good:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")


class Compressor(Rule):
    """Levels of recurrent networks with tanh units, the lowest first.

    Parameters
    ----------
    sizes : tuple of int
        Symbols S, units of every level, and S + 1 outputs: next symbol and target.
    rng : numpy.random.Generator
        Draws the initial weights.
    """

    no_streams = "A history compressor learns whole streams, not up to their first wrong step."

    def __init__(
        self, sizes: tuple[int, ...], settings: CompressorSettings, rng: np.random.Generator
    ) -> None:
        self.n_inputs, *units, self.n_outputs = sizes
        if min(sizes) < 1 or not units or self.n_outputs != self.n_inputs + 1:
            raise UsageError(
                f"A history compressor of {sizes} is impossible.",
                fix="Give symbols, units of every level, and one output more than symbols.",
            )
        self.sizes, self.settings, self.units = sizes, settings, tuple(units)
        nets = [self._net(k) for k in range(len(units))]
        lengths = [_size(net) for net in nets]
        self.parameters = rng.uniform(-settings.spread, settings.spread, sum(lengths))
        self.n_weights = len(self.parameters)
        self._velocity = np.zeros_like(self.parameters)
        self._clock = np.zeros(len(units), dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        self.table = [
            (f"level {k + 1}", (length,), int(start))
            for k, (length, start) in enumerate(zip(lengths, starts[:-1], strict=True))
        ]
        self._nets, self._starts = nets, starts
        self._levels = self._make_levels(1)
        self.own = np.zeros(0)

    def _net(self, k: int) -> Simple:
        """Return the network of a level; those above the lowest have two more inputs."""
        n_inputs = self.n_inputs + (2 if k else 0)
        n_outputs = self.n_predicted(k)
        if self.settings.collapse and k + 1 < len(self.units):
            n_outputs += self.units[k + 1] + self.n_predicted(k + 1)
        tanh = FUNCTIONS["tanh"]
        identity = FUNCTIONS["identity"]
        return Simple(
            n_inputs, self.units[k], n_outputs, True, tanh, identity, True, self.settings.horizon
        )

    def n_predicted(self, k: int) -> int:
        """Return a level's outputs that predict: symbols, target and, above the lowest, time."""
        return self.n_inputs + (2 if k else 1)

    def _make_levels(self, n_steps: int) -> tuple[Level, ...]:
        """Return levels that share the weights, for streams of some steps."""
        made = []
        for k, net in enumerate(self._nets):
            part, rows = slice(self._starts[k], self._starts[k + 1]), self.settings.horizon + 1
            values, n = self.parameters[part], net.n_units
            weights = Weights(
                values,
                np.ones(values.size, dtype=bool),
                np.zeros(values.size),
                self._velocity[part],
                self._clock[k : k + 1],
            )
            trace = Trace(
                np.zeros((rows, n)),
                np.zeros((rows, net.n_outputs)),
                np.zeros((2, n, 0)),
                np.zeros(n),
                np.zeros(n),
            )
            made.append(
                Level(
                    net,
                    weights,
                    trace,
                    np.zeros((n_steps + 1, self.n_inputs + 2)),
                    np.zeros(n_steps + 1, dtype=np.int64),
                    np.zeros(net.n_outputs),
                    self.n_predicted(k),
                    np.zeros(3, dtype=np.int64),
                )
            )
        return tuple(made)

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        return [self.parameters, self._velocity, self._clock]

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """See `Rule.run`.

        Raises
        ------
        UsageError
            If `keep_state` is set.
        """
        if keep_state:
            raise UsageError("A history compressor is reset for every stream.")
        self._pass(strings, outputs, False)

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """See `Rule.learn`; weights change after every event.

        Raises
        ------
        UsageError
            If `update` is not "step".
        """
        if update != "step":
            raise UsageError(f"A history compressor learns after every event, not per {update}.")
        self._pass(strings, outputs, True)

    def _pass(self, strings: Strings, outputs: np.ndarray, learns: bool) -> None:
        self.check(strings, outputs)
        longest = int(np.diff(strings.starts).max(initial=1))
        if len(self._levels[0].times) < longest + 1:
            self._levels = self._make_levels(longest)
        s = self.settings
        descent = Descent(s.rate, s.momentum, False)
        how = Compression(self.n_inputs, s.threshold, descent, learns)
        self.own = np.zeros(len(outputs))
        for first, after in zip(strings.starts[:-1], strings.starts[1:], strict=True):
            part = slice(first, after)
            compress(
                self._levels,
                strings.inputs[part],
                strings.targets[part],
                outputs[part],
                self.own[part],
                how,
            )

    def seen(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the events (n, S + 2) of a level in the last stream, and their steps (n,)."""
        level = self._levels[k]
        n = int(level.progress[0])
        return level.events[:n].copy(), level.times[:n].copy()


def _size(net: Simple) -> int:
    hidden = net.n_units * (net.n_inputs + net.n_units + 1)
    return int(hidden + net.n_outputs * (net.n_units + 1))
