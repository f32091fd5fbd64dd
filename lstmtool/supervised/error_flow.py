"""Error flow back in time, whose decay memory blocks are designed to prevent.

An error at the state of a network at time t is passed back to time t - q by the product of
Jacobians d z(t) / d z(t - q) = J(t) J(t - 1) ... J(t - q + 1), where z is all that the network
carries from one step to the next. In a simple recurrent network, J = diag(f'(net)) W, and the
norm of the product is at most (norm of W times the largest f')^q (Hochreiter 1991; 2003 tutorial,
exponential error decay).

Of a memory block, the norm is that of the part d s(t) / d s(t - q) between states of cells. Within
the cells alone, which is all that the truncated gradient passes back, it is the product of the
forget gates, or 1 without them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lstmtool.kernels.records import CELL, FORGET, INPUT, OUTPUT
from lstmtool.network.topology import Topology
from lstmtool.records.activations import GradientDecay
from lstmtool.supervised.tasks import make

LAGS = 1000
SETTLING = 50  # steps before the first lag, in which the effect of the reset fades
H = 1e-30  # step of complex-step derivatives, which are exact to rounding

Step = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From states (n, Z) and the inputs (X,) to the next states (n, Z)."""


@dataclass(frozen=True)
class Elman:
    """A simple recurrent network: logistic hidden units that read inputs and themselves."""

    n_inputs: int
    n_units: int
    spread: float  # weights are uniform within this of zero

    def draw(self, rng: np.random.Generator) -> Step:
        """Draw weights, and return the step function; the state is the activations (U,)."""
        size = (self.n_units, self.n_inputs + self.n_units + 1)
        weights = rng.uniform(-self.spread, self.spread, size)
        inward, back = np.split(weights[:, :-1], [self.n_inputs], axis=1)

        def step(z: np.ndarray, x: np.ndarray) -> np.ndarray:
            return logistic(inward @ x + z @ back.T + weights[:, -1])

        return step

    def error_states(self) -> slice:
        """The part of the state whose error is measured: all units."""
        return slice(0, self.n_units)

    def start(self) -> np.ndarray:
        """Return the activations (U,) after a reset."""
        return np.zeros(self.n_units)


@dataclass(frozen=True)
class Blocks:
    """A network of memory blocks, without peepholes.

    The state is what hidden units read at the next step: the cell outputs and, in the networks of
    1997, the gates; then the states of the cells.
    """

    topology: Topology
    weights: float
    input_bias: tuple[float, ...] = ()
    forget_bias: tuple[float, ...] = ()
    output_bias: tuple[float, ...] = ()

    def draw(self, rng: np.random.Generator) -> Step:
        """Draw weights, and return the step function."""
        hidden = self.draw_weights(rng)
        top, block = self.topology, self.block_of_cell()
        at, n_read = top.lowest.first_row, self.n_read

        def step(z: np.ndarray, x: np.ndarray) -> np.ndarray:
            read, s = z[:, :n_read], z[:, n_read:]
            inward, back = hidden[:, : len(x)], hidden[:, len(x) : -1]
            net = inward @ x + read @ back.T + hidden[:, -1]
            gates = logistic(net[:, : at[CELL]])
            g = 4.0 * logistic(net[:, at[CELL] :]) - 2.0
            s = self._forget(gates)[:, block] * s + gates[:, at[INPUT] + block] * g
            y = gates[:, at[OUTPUT] + block] * (2.0 * logistic(s) - 1.0)
            return np.concatenate([y, gates, s] if top.gates_are_read else [y, s], axis=1)

        return step

    def _forget(self, gates: np.ndarray) -> np.ndarray:
        if self.topology.forget_gate:
            return gates[:, self.topology.lowest.rows(FORGET)]
        return np.ones((len(gates), len(self.topology.blocks)))

    def draw_weights(self, rng: np.random.Generator) -> np.ndarray:
        """Draw initial weights of the hidden units (U, Q) as the topology does."""
        flat = self.topology.initial(
            rng,
            self.weights,
            input_bias=self.input_bias,
            forget_bias=self.forget_bias,
            output_bias=self.output_bias,
        )
        return self.topology.views(flat).hidden

    def block_of_cell(self) -> np.ndarray:
        """Return the index of every cell's block, shape (C,)."""
        return np.repeat(np.arange(len(self.topology.blocks)), self.topology.blocks)

    @property
    def n_read(self) -> int:
        """Number of state components that are read at the next step."""
        return self.topology.lowest.n_recurrent

    def error_states(self) -> slice:
        """The part of the state whose error is measured: the cell states, which come last."""
        return slice(self.n_read, self.n_read + self.topology.lowest.n_cells)

    def start(self) -> np.ndarray:
        """Return the state (Z,) after a reset."""
        return np.zeros(self.n_read + self.topology.lowest.n_cells)


_BIASES = (-1.0, -2.0, -3.0, -4.0)
_CONTINUAL = (-0.5, -1.0, -1.5, -2.0)
BLOCK_1997 = Blocks(
    Topology(7, 7, (1,) * 4, forget_gate=False, gates_are_read=True, cell_bias=False),
    weights=0.2,
    output_bias=_BIASES,
)
BLOCK_2000 = Blocks(
    Topology(7, 7, (2,) * 4, cell_bias=False),
    weights=0.2,
    input_bias=_CONTINUAL,
    forget_bias=tuple(-bias for bias in _CONTINUAL),
    output_bias=_CONTINUAL,
)
NETWORKS: dict[str, tuple[Elman | Blocks, str]] = {
    "Simple recurrent network": (
        Elman(7, 15, 0.2),
        "15 logistic units, weights within 0.2 of zero",
    ),
    "1997 memory block": (
        BLOCK_1997,
        "4 blocks of 1 cell, weights of the embedded Reber grammar, no forget gate",
    ),
    "Forget gate, bias up to 2": (
        BLOCK_2000,
        "4 blocks of 2 cells, weights of the continual Reber grammar: forget biases 0.5 to 2",
    ),
    "Forget gate, bias 5": (
        replace(BLOCK_2000, forget_bias=(5.0,)),
        "the same with the forget bias of the continual temporal order task",
    ),
}
"""The networks compared: description and model."""


def error_flow(seed: int = 0, *, trials: int = 10, lags: int = LAGS) -> list[GradientDecay]:
    """Measure the error left in each of the networks at every lag.

    All read the same streams of the continual embedded Reber grammar, one stream per trial.

    Parameters
    ----------
    trials : int
        Number of draws of initial weights for every network.
    lags : int
        Q, the longest lag in steps.
    """
    task = make("continual-reber", length=SETTLING + lags)
    found: dict[str, list[tuple[np.ndarray, np.ndarray | None]]] = {name: [] for name in NETWORKS}
    for own in np.random.SeedSequence(seed).spawn(trials):
        stream_seed, *seeds = own.spawn(1 + len(NETWORKS))
        inputs = task.sample(np.random.default_rng(stream_seed), 1).inputs[: SETTLING + lags]
        for (name, (network, _)), weights in zip(NETWORKS.items(), seeds, strict=True):
            found[name].append(decay(network, np.random.default_rng(weights), inputs, lags))
    return [_reach(name, NETWORKS[name][1], trials_of) for name, trials_of in found.items()]


def _reach(
    name: str, about: str, found: list[tuple[np.ndarray, np.ndarray | None]]
) -> GradientDecay:
    truncated = [cells for _, cells in found if cells is not None]
    exact = np.array([every for every, _ in found])
    return GradientDecay(name, about, exact, np.array(truncated) if truncated else None)


def decay(
    network: Elman | Blocks, rng: np.random.Generator, inputs: np.ndarray, lags: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return log10 of the norms at lags 0 to Q, exact and, for memory blocks, within the cells.

    The norm is the largest singular value, the factor by which the product can stretch an error.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial weights.
    inputs : ndarray of shape (T, X)
        Input sequence; the error starts at the last step.
    """
    jacobians = run_jacobians(network.draw(rng), network.start(), inputs)[-lags:]
    part = network.error_states()
    exact = product_norms(jacobians, part)
    if isinstance(network, Elman):
        return exact, None
    # With the inputs of gates and cells held fixed, d s(t) / d s(t - 1) is the forget gate.
    forget = np.array([np.diag(jacobian[part, part]) for jacobian in jacobians])
    logs = np.log10(forget[::-1]).cumsum(axis=0)
    return exact, np.concatenate([[0.0], logs.max(axis=1)])


def run_jacobians(step: Step, start: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Run a network and return the Jacobians of its steps, (T, Z, Z): row i holds d z_i(t) / d z.

    All columns at once, by complex steps: d z / d z_j is the imaginary part of the step from
    z + i h e_j, divided by h.
    """
    z, found = start, np.empty((len(inputs), len(start), len(start)))
    directions = 1j * H * np.eye(len(start))
    for t, x in enumerate(inputs):
        after = step(z + directions, x)
        found[t] = after.imag.T / H
        z = after[0].real
    return found


def product_norms(jacobians: np.ndarray, part: slice) -> np.ndarray:
    """Return log10 of the norms of d z(t) / d z(t - q) within a part of the state, q = 0, 1, ...

    Parameters
    ----------
    jacobians : ndarray of shape (Q, Z, Z)
        Of the steps until t, in time order.
    part : slice
        Of the state.
    """
    product = np.eye(jacobians.shape[1])[part]
    logs, scale = np.zeros(len(jacobians) + 1), 0.0
    for q, jacobian in enumerate(jacobians[::-1], start=1):
        product = product @ jacobian
        largest = np.abs(product).max()
        product /= largest  # to avoid underflow
        scale += np.log10(largest)
        logs[q] = scale + np.log10(np.linalg.norm(product[:, part], 2))
    return logs


def logistic(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), also for complex x."""
    return 1.0 / (1.0 + np.exp(-x))
