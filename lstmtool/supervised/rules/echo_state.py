"""Echo state networks: a fixed reservoir, of which only a linear read-out is learned.

The network reads its own previous output. Its input in a task is therefore the present value of a
series, its target the next one: while it learns, the true value is fed back.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.reservoir import Reservoir, drive
from lstmtool.supervised.rules.base import Rule, Update, check_update
from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class ReadoutSettings:
    """How a linear read-out is learned from the states of a fixed network.

    Parameters
    ----------
    ridge : float
        Penalty of the squared weights; 0 for the smallest weights of the least squared error.
    """

    ridge: float = 0.0


@dataclass(frozen=True)
class EchoStateSettings(ReadoutSettings):
    """A reservoir of leaky units, as Jaeger's report has it for the Mackey-Glass series.

    Parameters
    ----------
    radius : float
        Spectral radius to which the connections among the units are scaled.
    density : float
        Fraction of the connections among the units that exist.
    step, gain, leak : float
        d, C and a of the units.
    constant : float
        The constant input u.
    input_weights : float
        Connections from the constant input are 0, this or minus this, with probabilities .5, .25
        and .25.
    feedback : float
        Connections from the output are uniform within this of zero.
    noise : float
        Noise on the units' net inputs while learning is uniform within this of zero.
    """

    radius: float = 0.79
    density: float = 0.0125
    step: float = 1.0
    gain: float = 0.44
    leak: float = 0.9
    constant: float = 0.2
    input_weights: float = 0.14
    feedback: float = 0.56
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name, good in (
            ("ridge", 0.0 <= self.ridge < np.inf),
            ("radius", 0.0 < self.radius < np.inf),
            ("density", 0.0 < self.density <= 1.0),
            ("step", 0.0 < self.step < np.inf),
            ("gain", 0.0 < self.gain < np.inf),
            ("leak", 0.0 <= self.leak * self.step * self.gain <= 1.0),
            ("noise", 0.0 <= self.noise < np.inf),
        ):
            if not good:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")


class Stability(NamedTuple):
    """The two limits of Jaeger 2001, without feedback from the output.

    Attributes
    ----------
    contraction : float
        |1 - d C (a - s)| with the largest singular value s of the connections: below 1 there are
        echo states for every input.
    radius : float
        Spectral radius of d C W + (1 - d C a) I: above 1 there are none for the input zero.
    eigenvalues : ndarray of complex of shape (N,)
        Of that matrix.
    """

    contraction: float
    radius: float
    eigenvalues: np.ndarray

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        if self.contraction < 1.0:
            verdict = "echo states are certain for every input"
        elif self.radius > 1.0:
            verdict = "there are no echo states for the input zero"
        else:
            verdict = "neither limit decides: echo states are likely, not certain"
        return (
            f"Stability without feedback: contraction {self.contraction:.3f}, effective spectral "
            f"radius {self.radius:.3f}; {verdict}."
        )


class ReadoutRule(Rule):
    """A fixed recurrent network with linear outputs that read its states and a bias."""

    settles = 1000
    no_streams = "A read-out is learned from whole sequences."
    settings: Any
    n_units: int
    _readout: np.ndarray

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        return [self.parameters]

    @abstractmethod
    def states(self, strings: Strings, *, keep_state: bool, learning: bool = False) -> np.ndarray:
        """Return the states (S, N + 1) at every step, with 1 in the last column."""

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """See `Rule.run`."""
        self.check(strings, outputs)
        outputs[:] = self.states(strings, keep_state=keep_state) @ self._readout

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "batch") -> None:
        """Learn the read-out of all scored steps together; see `Rule.learn`.

        Raises
        ------
        UsageError
            If `update` is not "batch", or no step is scored.
        """
        if check_update(update) != 2:
            raise UsageError(f"A read-out is learned from all steps together, not per {update}.")
        self.check(strings, outputs)
        states = self.states(strings, keep_state=False, learning=True)
        outputs[:] = states @ self._readout
        scored = strings.scored
        if not scored.any():
            raise UsageError("A read-out needs steps with targets, and there are none.")
        self._readout[:] = fit(states[scored], strings.targets[scored], self.settings.ridge)


def fit(states: np.ndarray, targets: np.ndarray, ridge: float) -> np.ndarray:
    """Return the weights (N, K) of least squared error, with a penalty of their squares.

    Without a penalty these are the pseudo-inverse times the targets.
    """
    if not ridge:
        return np.linalg.lstsq(states, targets, rcond=None)[0]
    n_states = states.shape[1]
    padded = np.vstack([states, np.sqrt(ridge) * np.eye(n_states)])
    below = np.zeros((n_states, targets.shape[1]))
    return np.linalg.lstsq(padded, np.vstack([targets, below]), rcond=None)[0]


class EchoState(ReadoutRule):
    """A reservoir of leaky tanh units, with feedback, and a read-out learned from its states.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, units of the reservoir, outputs.
    rng : numpy.random.Generator
        Draws the fixed connections, and the noise.
    """

    def __init__(
        self, sizes: tuple[int, int, int], settings: EchoStateSettings, rng: np.random.Generator
    ) -> None:
        self.n_inputs, self.n_units, self.n_outputs = sizes
        if min(sizes) < 1:
            raise UsageError(f"A reservoir needs inputs, units and outputs, not {sizes}.")
        self.settings, n = settings, self.n_units
        n_connections = max(1, round(settings.density * n * n))
        signs = rng.choice([0.0, 1.0, -1.0], n, p=[0.5, 0.25, 0.25])
        feedback = rng.uniform(-settings.feedback, settings.feedback, (n, self.n_inputs))
        places = np.sort(rng.choice(n * n, n_connections, replace=False))
        values = rng.choice([-1.0, 1.0], n_connections)
        flat = np.zeros(n * n)
        flat[places] = values
        radius = np.abs(np.linalg.eigvals(flat.reshape(n, n))).max()
        if not radius > 0.0:
            raise UsageError(
                "The connections drawn for this reservoir have no cycle.",
                fix="Choose more units or a higher density.",
            )
        parts = {
            "input": settings.constant * settings.input_weights * signs,
            "feedback": feedback,
            "places": places.astype(np.float64),
            "values": settings.radius / radius * values,
            "readout": np.zeros((n + 1, self.n_outputs)),
        }
        self.parameters = np.concatenate([part.ravel() for part in parts.values()])
        self.table, at = [], 0
        self._views: dict[str, np.ndarray] = {}
        for name, part in parts.items():
            self.table.append((name, part.shape, at))
            self._views[name] = self.parameters[at : at + part.size].reshape(part.shape)
            at += part.size
        self._readout = self._views["readout"]
        self.n_weights = self._readout.size
        self._state = np.zeros(n)
        self._noise = int(rng.integers(2**63))

    def connections(self) -> np.ndarray:
        """Return the connections (N, N) among the units, W."""
        made = np.zeros(self.n_units**2)
        made[self._views["places"].astype(np.int64)] = self._views["values"]
        return made.reshape(self.n_units, self.n_units)

    def stability(self) -> Stability:
        """Return how the connections stand to both limits."""
        s, w = self.settings, self.connections()
        taken, kept = s.step * s.gain, 1.0 - s.step * s.gain * s.leak
        largest = float(np.linalg.norm(w, 2))
        eigenvalues = taken * np.linalg.eigvals(w) + kept
        contraction = abs(1.0 - taken * (s.leak - largest))
        return Stability(contraction, float(np.abs(eigenvalues).max()), eigenvalues)

    def _reservoir(self) -> Reservoir:
        s, views, n = self.settings, self._views, self.n_units
        places = views["places"].astype(np.int64)
        rows = np.searchsorted(places, np.arange(n + 1) * n).astype(np.int64)
        taken = s.step * s.gain
        return Reservoir(
            1.0 - taken * s.leak,
            taken,
            views["input"],
            views["feedback"],
            rows,
            places % n,
            views["values"],
        )

    def states(self, strings: Strings, *, keep_state: bool, learning: bool = False) -> np.ndarray:
        """Return the states (S, N + 1); see `ReadoutRule.states`."""
        n_steps, reservoir = len(strings.inputs), self._reservoir()
        inputs = np.ascontiguousarray(strings.inputs)
        noise: np.ndarray = np.zeros((0, self.n_units))
        found = np.ones((n_steps, self.n_units + 1))
        rng = np.random.default_rng(self._noise)
        for first, after in zip(strings.starts[:-1], strings.starts[1:], strict=True):
            if not keep_state:
                self._state[:] = 0.0
            made = np.empty((after - first, self.n_units))
            if learning and self.settings.noise:
                noise = rng.uniform(-self.settings.noise, self.settings.noise, made.shape)
            drive(reservoir, inputs[first:after], noise, self._state, made)
            found[first:after, :-1] = made
        return found
