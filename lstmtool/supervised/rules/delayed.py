"""Networks with delays or slow units, which learn from batches of sequences by the exact gradient.

NARX networks read their own outputs of several steps (Lin, Horne, Tino and Giles 1996); networks
of slow units change some of them rarely (El Hihi and Bengio 1995). They learn as `lstm-batch` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.learning import adam_step, clip_norm
from lstmtool.kernels.records import TANH
from lstmtool.kernels.supervised.delayed import Delayed, DelayedTrace, DelayedWeights, learn, run
from lstmtool.network.topology import SQUASHING_OF_OUTPUTS
from lstmtool.supervised.rules.base import Rule, Update

if TYPE_CHECKING:
    from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class DelayedSettings:
    """A network with delays or slow units, and how it learns: Adam on batches.

    Parameters
    ----------
    rate : float
        Learning rate, above 0.
    delays : int
        Steps of the past that units read.
    window : int
        Steps of the input that units read, the current one and those before it.
    periods : tuple of int
        The units are divided into as many groups, of nearly equal size; those of a group change
        every so many steps.
    batch : int
        Sequences per update.
    clip : float
        Largest norm of an update's gradient, per scored step; 0 for no limit.
    weights : float
        Initial weights are uniform in (-weights, weights).
    output : {"logistic", "identity", "4s-2", "2s-1", "tanh", "softmax"}
        Activation function of the output units; hidden ones have tanh.
    error : {"squared", "cross-entropy"}
        Error to be minimised.
    """

    rate: float = 0.01
    delays: int = 1
    window: int = 1
    periods: tuple[int, ...] = (1,)
    batch: int = 24
    clip: float = 1.0
    weights: float = 0.1
    output: str = "logistic"
    error: Literal["squared", "cross-entropy"] = "cross-entropy"

    def __post_init__(self) -> None:
        for name, good in (
            ("rate", 0.0 < self.rate < np.inf),
            ("delays", self.delays >= 1),
            ("window", self.window >= 1),
            ("periods", bool(self.periods) and min(self.periods) >= 1),
            ("batch", self.batch >= 1),
            ("clip", 0.0 <= self.clip < np.inf),
            ("weights", 0.0 <= self.weights < np.inf),
            ("output", self.output in SQUASHING_OF_OUTPUTS),
            ("error", self.error in ("squared", "cross-entropy")),
        ):
            if not good:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")
        probable = self.output in ("logistic", "softmax")
        if self.error == "cross-entropy" and not probable:
            raise UsageError(f"Cross-entropy needs logistic or softmax outputs, not {self.output}.")
        if self.error == "squared" and self.output == "softmax":
            raise UsageError("Softmax outputs go with the error cross-entropy.")


class DelayedNetwork(Rule):
    """One layer of tanh units that read older steps, and output units.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, units, outputs.
    rng : numpy.random.Generator
        Draws the initial weights.

    Attributes
    ----------
    trained : ndarray of bool of shape (P,)
        Which weights are learned: all.
    past : ndarray of shape (D, F)
        What units read of the steps before a sequence's first, the newest first; 0.
    """

    reads_outputs: ClassVar[bool] = False
    no_streams = "Errors cannot be passed back from the end of an endless stream."

    def __init__(
        self, sizes: tuple[int, int, int], settings: DelayedSettings, rng: np.random.Generator
    ) -> None:
        self.n_inputs, self.n_units, self.n_outputs = sizes
        if min(sizes) < 1:
            raise UsageError(f"A network needs inputs, units and outputs, not {sizes}.")
        s, n = settings, self.n_units
        if len(s.periods) > n:
            raise UsageError(f"{n} units cannot have {len(s.periods)} periods.")
        self.settings = s
        groups = np.array_split(np.arange(n), len(s.periods))
        periods = np.repeat(np.array(s.periods, dtype=np.int64), [len(part) for part in groups])
        self.net = Delayed(
            *(s.window, s.delays, self.reads_outputs, periods, TANH),
            SQUASHING_OF_OUTPUTS[s.output],
            s.error == "cross-entropy",
        )
        n_read = self.n_outputs if self.reads_outputs else n
        self.past = np.zeros((s.delays, n_read))
        n_sources = s.window * self.n_inputs + s.delays * n_read + 1
        self._shapes = (n, n_sources), (self.n_outputs, n + 1)
        at = n * n_sources
        self.table = [("hidden", self._shapes[0], 0), ("output_unit", self._shapes[1], at)]
        size = at + self.n_outputs * (n + 1)
        self.parameters = rng.uniform(-s.weights, s.weights, size)
        self.trained = np.ones(size, dtype=bool)
        self._velocity, self._square = np.zeros(size), np.zeros(size)
        self._updates = np.zeros(1, dtype=np.int64)
        self._trace = self._make_trace(1)

    @property
    def n_weights(self) -> int:  # type: ignore[override]
        """Number of weights that are learned."""
        return int(self.trained.sum())

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        return [self.parameters, self._velocity, self._square, self._updates]

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """See `Rule.run`.

        Raises
        ------
        UsageError
            If `keep_state` is set.
        """
        if keep_state:
            raise UsageError("Networks that learn from batches reset the state for every sequence.")
        self.check(strings, outputs)
        trace = self._trace_for(int(np.diff(strings.starts).max(initial=1)))
        run(self.net, self._views(self.parameters), strings, trace, outputs)

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "batch") -> None:
        """See `Rule.learn`; weights change after every `settings.batch` sequences.

        Raises
        ------
        UsageError
            If `update` is anything but "batch".
        """
        if update != "batch":
            raise UsageError("Networks with delays update once per batch, not per step.")
        self.check(strings, outputs)
        for first in range(0, strings.count, self.settings.batch):
            batch = first, min(first + self.settings.batch, strings.count)
            ascent = self.gradient(strings, batch, outputs)[0]
            clip_norm(ascent, self.settings.clip)
            self._updates += 1
            rate, done = self.settings.rate, int(self._updates[0])
            adam_step(self.parameters, ascent, self._velocity, self._square, rate, done)

    def gradient(
        self, strings: Strings, batch: tuple[int, int], outputs: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return minus the gradient (P,) of the error per scored step, and that error.

        Parameters
        ----------
        batch : tuple of int
            The first sequence, and the one after the last.
        outputs : ndarray of shape (S, K)
            Filled with the outputs of these sequences.
        """
        trace = self._trace_for(int(np.diff(strings.starts).max(initial=1)))
        ascent = np.zeros_like(self.parameters)
        parts = self._views(self.parameters), self._views(ascent)
        error, scored = learn(self.net, parts[0], strings, batch, trace, outputs, parts[1])
        scored = max(scored, 1)
        return ascent * self.trained / scored, error / scored

    def _views(self, flat: np.ndarray) -> DelayedWeights:
        (hidden, output), at = self._shapes, self.table[1][2]
        return DelayedWeights(flat[:at].reshape(hidden), flat[at:].reshape(output))

    def _trace_for(self, n_steps: int) -> DelayedTrace:
        """Return a trace for sequences of this length, reusing one that is large enough."""
        if len(self._trace.units) < n_steps:
            self._trace = self._make_trace(n_steps)
        return self._trace

    def _make_trace(self, n_steps: int) -> DelayedTrace:
        sources, units, d_units, d_outputs = (
            np.zeros((n_steps, n))
            for n in (self._shapes[0][1], self.n_units, self.n_units, self.n_outputs)
        )
        return DelayedTrace(sources, units, d_units, d_outputs, self.past)


class SlowUnits(DelayedNetwork):
    """A recurrent network, some of whose units change only every so many steps, and are held."""


class Narx(DelayedNetwork):
    """A network whose units read its own outputs of the last steps, and not each other."""

    reads_outputs = True


class OneUnit(DelayedNetwork):
    """The latch of Bengio, Simard and Frasconi (1994): a unit that reads itself, and noise.

    Its net input is the sum over d of w_d y(t - d), the noise, whose weight is 1, and a learned
    value in each of the first steps. Without delays w_1 starts at 1.25; with D, every w_d starts at
    1.25 / D (Lin and others 1996, as remembered). The other weights start within `weights` of 0.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, of which the last is the noise; 1 unit; 1 output, which is the unit's value.
    """

    def __init__(
        self, sizes: tuple[int, int, int], settings: DelayedSettings, rng: np.random.Generator
    ) -> None:
        if sizes[1:] != (1, 1) or (settings.output, settings.window) != ("identity", 1):
            raise UsageError(
                f"The latch of one unit cannot have {sizes[1]} units and {sizes[2]} outputs, or "
                f"read {settings.window} steps; its output is the identity, not {settings.output}."
            )
        super().__init__(sizes, settings, rng)
        views, n = self._views(self.parameters), self.n_inputs
        views.hidden[0, n:-1] = FIRST_LATCH / settings.delays
        fixed = self._views(self.trained)
        for part, place, value in (
            ("hidden", (0, n - 1), 1.0),
            ("hidden", (0, -1), 0.0),
            ("output", (0, 0), 1.0),
            ("output", (0, 1), 0.0),
        ):
            getattr(views, part)[place] = value
            getattr(fixed, part)[place] = False


FIRST_LATCH = 1.25
"""Initial weight from the unit to itself."""
