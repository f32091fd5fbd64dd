"""Base of Elman's and fully recurrent networks: one flat vector, RTRL or BPTT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.records import LOGISTIC, SQUASHING
from lstmtool.kernels.supervised.simple import RTRL, WHOLE, Simple
from lstmtool.kernels.supervised.simple_learning import STEP, Trace, Way, learn, run
from lstmtool.kernels.supervised.updates import Descent, Weights
from lstmtool.supervised.rules.base import Rule, Update, check_update

if TYPE_CHECKING:
    from lstmtool.supervised.target_sequences import Criterion, Strings

FUNCTIONS = SQUASHING | {"logistic": LOGISTIC}


@dataclass(frozen=True)
class SimpleSettings:
    """Settings of a simple recurrent network.

    Parameters
    ----------
    method : str
        "bptt" (errors passed back in time) or "rtrl" (derivatives carried forward).
    horizon : int
        With "bptt", the number of steps, including the current one, that an error is passed back
        (Williams and Peng 1990): 1 is Elman's network; 0 means to the start of the sequence.
    rate, momentum : float
        Of gradient descent; with `nesterov`, the maximum momentum of the schedule.
    nesterov : bool
        Nesterov's accelerated gradient; `parameters` are then the look-ahead weights.
    cross_entropy : bool
        Cross-entropy of logistic outputs; otherwise the squared error sum_k (t_k - y_k)^2 / 2.
    squashing, output : str
        Squashing function of the units and, in Elman's network, of the outputs: "logistic", "tanh",
        "4s-2", "2s-1" or "identity".
    spread : float
        Initial weights are uniform in [-spread, spread].
    """

    method: Literal["bptt", "rtrl"] = "bptt"
    horizon: int = 0
    rate: float = 0.1
    momentum: float = 0.0
    nesterov: bool = False
    cross_entropy: bool = False
    squashing: str = "logistic"
    output: str = "logistic"
    spread: float = 0.1


class SimpleNetwork(Rule):
    """A simple recurrent network and its learning rule.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, units, outputs.
    layered : bool
        Whether outputs are a layer of their own; otherwise they are the first units.
    exists : ndarray of bool, optional
        Mask of the existing weights in the flat vector; all by default.

    Attributes
    ----------
    start : ndarray of shape (U,)
        Initial activations of the units in every sequence; 0 by default.

    Raises
    ------
    UsageError
        If a size, a name or a number is invalid.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        layered: bool,
        settings: SimpleSettings,
        rng: np.random.Generator,
        exists: np.ndarray | None = None,
    ) -> None:
        self.n_inputs, self.n_units, self.n_outputs = sizes
        _check(sizes, layered, settings)
        self.settings = settings
        self.net = Simple(
            *sizes,
            layered,
            FUNCTIONS[settings.squashing],
            FUNCTIONS[settings.output],
            settings.cross_entropy,
            RTRL if settings.method == "rtrl" else settings.horizon,
        )
        size = self.n_units * (self.n_inputs + self.n_units + 1)
        size += self.n_outputs * (self.n_units + 1) if layered else 0
        exists = np.ones(size, dtype=bool) if exists is None else exists
        values = rng.uniform(-settings.spread, settings.spread, size) * exists
        clock = np.zeros(1, dtype=np.int64)
        self.weights = Weights(values, exists, np.zeros(size), np.zeros(size), clock)
        self.descent = Descent(settings.rate, settings.momentum, settings.nesterov)
        self.parameters = values
        self.n_weights = int(exists.sum())
        self.start = np.zeros(self.n_units)
        self._state = np.zeros(self.n_units)
        self._trace = self._make_trace(1)

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """Fill outputs (S, K); see `Rule.run`."""
        self.check(strings, outputs)
        start = self.start[:0] if keep_state else self.start
        run(self.net, self.parameters, strings, start, self._state, outputs)

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """Learn every sequence; see `Rule.learn`."""
        self._learn(strings, outputs, Way(check_update(update), False, -1, 0.0), self.start)

    def learn_stream(
        self,
        strings: Strings,
        outputs: np.ndarray,
        criterion: Criterion,
        *,
        keep_state: bool = False,
    ) -> int:
        """Learn a stream to its first wrong step; see `Rule.learn_stream`.

        With `keep_state` RTRL's derivatives also continue; BPTT goes back at most to the start of
        the call.
        """
        if not keep_state:
            self._state[:] = self.start
            self._trace.partial[:] = 0.0
        whole = strings._replace(starts=np.array([0, len(strings.inputs)]))
        way = Way(STEP, True, criterion.kind, criterion.bound)
        return self._learn(whole, outputs, way, self._state)

    def _learn(self, strings: Strings, outputs: np.ndarray, way: Way, state: np.ndarray) -> int:
        self.check(strings, outputs)
        trace = self._trace_for(int(np.diff(strings.starts).max(initial=0)))
        net, weights, descent = self.net, self.weights, self.descent
        return int(learn(net, weights, strings, trace, outputs, descent, way, state))

    def _trace_for(self, longest: int) -> Trace:
        """Return a trace for as many steps as errors go back, reusing one that is large enough."""
        horizon = self.net.horizon
        rows = 1 + (1 if horizon == RTRL else longest if horizon == WHOLE else horizon)
        if len(self._trace.units) < rows:
            self._trace = self._make_trace(rows)
        return self._trace

    def _make_trace(self, rows: int) -> Trace:
        n = self.n_units
        size = n * (self.n_inputs + n + 1) if self.net.horizon == RTRL else 0
        units, delta = np.zeros((rows, n)), np.zeros((rows, self.n_outputs))
        return Trace(units, delta, np.zeros((2, n, size)), np.zeros(n), np.zeros(n))


def _check(sizes: tuple[int, int, int], layered: bool, settings: SimpleSettings) -> None:
    n_inputs, n_units, n_outputs = sizes
    if n_inputs < 1 or n_units < 1 or n_outputs < 1:
        raise UsageError(
            f"A network needs inputs, units and outputs, not {n_inputs}, {n_units}, {n_outputs}."
        )
    if not layered and n_outputs > n_units:
        raise UsageError(f"{n_units} units cannot have {n_outputs} outputs among them.")
    for name in (settings.squashing, settings.output):
        if name not in FUNCTIONS:
            raise UsageError(f"squashing must be one of {', '.join(FUNCTIONS)}, not {name!r}.")
    if settings.method not in ("bptt", "rtrl"):
        raise UsageError(f"method must be bptt or rtrl, not {settings.method!r}.")
    if settings.horizon < 0:
        raise UsageError(f"horizon must be 0 (the whole sequence) or more: {settings.horizon}.")
    last = settings.output if layered else settings.squashing
    if settings.cross_entropy and last != "logistic":
        raise UsageError("Cross-entropy needs logistic outputs.", f"They are {last}.")
