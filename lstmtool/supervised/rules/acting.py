"""Agents that learn the advantages of their actions, of three kinds.

Unlike other rules they have no targets: they live episodes in a world (`live`), and what they see
depends on what they do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.acting.advantages import Constants, Explorer
from lstmtool.kernels.acting.elman import ElmanPart
from lstmtool.kernels.acting.episodes import ELMAN, LSTM, TABLE, Agent, Film, Limits, live
from lstmtool.kernels.acting.lstm import LstmPart
from lstmtool.kernels.acting.table import TablePart
from lstmtool.kernels.acting.worlds import N_STATE
from lstmtool.kernels.records import LOGISTIC
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.supervised.simple import Simple
from lstmtool.kernels.supervised.simple_learning import Trace
from lstmtool.kernels.supervised.updates import Weights
from lstmtool.network.topology import SQUASHING_OF_OUTPUTS, Topology
from lstmtool.supervised.rules.lstm import new_memory

if TYPE_CHECKING:
    from lstmtool.kernels.acting.worlds import World

AT_ONCE = 1000
"""Episodes of a call at most."""
KEPT_STEPS = 200
"""Steps through which the errors of Elman's network go back at most."""


@dataclass(frozen=True)
class ActingSettings:
    """Constants of Advantage(lambda) learning and of directed exploration, and initial weights.

    Parameters
    ----------
    rate : float
        Learning rate.
    gamma, decay, kappa : float
        Discount of later values; lambda, of the traces; scale of a step's time.
    weights : float
        Initial weights are uniform within this of zero.
    forget_gate : bool
        Whether memory blocks have forget gates.
    input_bias, forget_bias, output_bias : tuple of float
        Added to the gates' initial biases, block by block; the last applies to all further blocks.
    explorer_units : int
        Hidden units of the network that predicts the temperature.
    explorer_rate : float
        Its learning rate.
    scale, beta : float
        The temperature's target is scale |delta(t)| + beta y(t + 1).
    lowest : float
        Lowest temperature at which actions are drawn.

    Raises
    ------
    UsageError
        If a number is impossible.
    """

    rate: float = 0.0002
    gamma: float = 0.98
    decay: float = 0.8
    kappa: float = 0.1
    weights: float = 0.1
    forget_gate: bool = False
    input_bias: tuple[float, ...] = ()
    forget_bias: tuple[float, ...] = ()
    output_bias: tuple[float, ...] = ()
    explorer_units: int = 8
    explorer_rate: float = 0.001
    scale: float = 1.0
    beta: float = 0.0
    lowest: float = 0.2

    def __post_init__(self) -> None:
        for name, good in (
            ("rate", 0.0 < self.rate < np.inf),
            ("gamma", 0.0 <= self.gamma <= 1.0),
            ("decay", 0.0 <= self.decay <= 1.0),
            ("kappa", 0.0 < self.kappa <= 1.0),
            ("weights", 0.0 <= self.weights < np.inf),
            ("explorer_units", self.explorer_units >= 1),
            ("explorer_rate", 0.0 <= self.explorer_rate < np.inf),
            ("scale", 0.0 <= self.scale < np.inf),
            ("beta", 0.0 <= self.beta < 1.0),
            ("lowest", 0.0 < self.lowest < np.inf),
        ):
            if not good:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")


class Lived(NamedTuple):
    """What came of the episodes of a call."""

    rewards: np.ndarray  # (E,) the last of every episode
    steps: np.ndarray  # (E,)
    squares: np.ndarray  # (E,) sums of the squared errors


class Actor(ABC):
    """An agent: its weights, and those of the network that directs its exploration.

    Attributes
    ----------
    n_inputs, n_outputs : int
        What is seen, and actions: those of the world, then those of memory bits.
    parameters : ndarray of shape (P,)
        All weights, float64, those of the explorer last.
    n_weights : int
        Number of weights without those of the explorer.
    table : list of (str, tuple of int, int)
        Name, shape and offset of every parameter array.
    """

    kind: int
    n_bits = 0

    def __init__(
        self, sizes: tuple[int, ...], settings: ActingSettings, rng: np.random.Generator
    ) -> None:
        if min(sizes) < 1:
            raise UsageError(f"An agent needs at least one of everything, not {sizes}.")
        self.n_inputs, self.n_outputs, self.settings = sizes[0], sizes[-1], settings
        self.sizes = sizes
        own = self._initial(rng)
        s, n_seen = settings, self.n_inputs
        directing = [
            rng.uniform(-0.1, 0.1, (s.explorer_units, n_seen + 1)),
            rng.uniform(-0.1, 0.1, s.explorer_units + 1),
        ]
        named = own | dict(zip(("explorer_hidden", "explorer_output"), directing, strict=True))
        self.parameters = np.concatenate([part.ravel() for part in named.values()])
        self.table, at = [], 0
        views = {}
        for name, part in named.items():
            self.table.append((name, part.shape, at))
            views[name] = self.parameters[at : at + part.size].reshape(part.shape)
            at += part.size
        self.n_weights = sum(part.size for part in own.values())
        self._agent = self._made(views)
        self._scratch = np.zeros(N_STATE), np.zeros(n_seen)

    @abstractmethod
    def _initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the agent's own weights."""

    def _parts(self) -> tuple[LstmPart, ElmanPart, TablePart]:
        """Return the parts; those of other kinds are as small as can be."""
        values = self.parameters[: self.n_weights]
        return (
            lstm_part(values if self.kind == LSTM else None, self.sizes, self.settings),
            elman_part(values if self.kind == ELMAN else None, self.sizes),
            table_part(values if self.kind == TABLE else None, self.sizes, self.n_bits),
        )

    def _made(self, views: dict[str, np.ndarray]) -> Agent:
        s, k, n_seen = self.settings, self.n_outputs, self.n_inputs
        explorer = Explorer(
            views["explorer_hidden"],
            views["explorer_output"],
            np.zeros((2, n_seen)),
            np.zeros((2, s.explorer_units)),
            s.scale,
            s.beta,
            s.explorer_rate,
            s.lowest,
        )
        return Agent(self.kind, *self._parts(), explorer, np.zeros(k), np.zeros(k))

    @property
    def state(self) -> list[np.ndarray]:
        """Arrays from which learning resumes between two calls."""
        return [self.parameters]

    def live(
        self,
        world: World,
        rng: np.random.Generator,
        *,
        steps: int,
        longest: int,
        learns: bool = True,
        greedy: bool = False,
        episodes: int = AT_ONCE,
        film: Film | None = None,
    ) -> Lived:
        """Live some episodes.

        Parameters
        ----------
        steps : int
            No episode begins after as many steps in all.
        longest : int
            Steps after which an episode is broken off.
        learns, greedy : bool
            Whether weights change; whether the best action is taken instead of drawing one.
        episodes : int
            Number of episodes at most.
        film : Film, optional
            Keeps the first one.
        """
        s = self.settings
        rate = s.rate if learns else 0.0
        constants = Constants(s.gamma, s.decay, s.kappa, rate, greedy)
        made = np.zeros((episodes, 3))
        film = film or new_film(0, self)
        limits = Limits(steps, longest)
        with flushed():
            count, _ = live(self._agent, world, constants, limits, rng, self._scratch, film, made)
        return Lived(*made[:count].T)


def new_film(length: int, actor: Actor) -> Film:
    """Return room for the first steps of an episode."""
    memory, has_cells = actor._agent.lstm.memory, actor.kind == LSTM
    return Film(
        np.zeros((length, N_STATE)),
        np.zeros((length, actor.n_inputs)),
        np.zeros((length, actor.n_outputs)),
        np.zeros(length, dtype=np.int64),
        np.zeros((length, has_cells * len(memory.state))),
        np.zeros(1, dtype=np.int64),
    )


class LstmActor(Actor):
    """Blocks of one cell beside hidden units; sizes are (seen, hidden, cells, actions)."""

    kind = LSTM

    def _initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        s, (n_seen, n_hidden, n_cells, _) = self.settings, self.sizes
        topology = network_of(self.sizes, s)
        rows = rng.uniform(-s.weights, s.weights, (n_hidden, n_seen + n_hidden + n_cells + 1))
        flat = topology.initial(
            rng,
            s.weights,
            input_bias=s.input_bias,
            forget_bias=s.forget_bias,
            output_bias=s.output_bias,
        )
        views = topology.views(flat)
        return {"hidden": rows, "blocks": views.hidden.copy(), "outputs": views.output.copy()}


class ElmanActor(Actor):
    """Elman's network, errors through time; sizes are (seen, hidden, actions)."""

    kind = ELMAN

    def _initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        spread, (n_seen, n_hidden, n_actions) = self.settings.weights, self.sizes
        return {
            "hidden": rng.uniform(-spread, spread, (n_hidden, n_seen + n_hidden + 1)),
            "outputs": rng.uniform(-spread, spread, (n_actions, n_hidden + 1)),
        }


class BitsActor(Actor):
    """A table of what is seen and of memory bits; sizes are (seen, bits, actions)."""

    kind = TABLE

    def __init__(
        self, sizes: tuple[int, int, int], settings: ActingSettings, rng: np.random.Generator
    ) -> None:
        n_seen, self.n_bits, n_actions = sizes
        super().__init__((n_seen, self.n_bits, n_actions + 2 * self.n_bits), settings, rng)

    def _initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"advantages": np.zeros((1 << (self.n_inputs + self.n_bits), self.n_outputs))}


class ToldActor(Actor):
    """A table of the states of a maze, told instead of seen; sizes are (seen, length, actions)."""

    kind = TABLE

    def _initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"advantages": np.zeros((2 * (self.sizes[1] + 1), self.n_outputs))}


def network_of(sizes: tuple[int, ...], settings: ActingSettings) -> Topology:
    """Return the LSTM network of an agent: it reads what is seen, and the hidden units."""
    n_seen, n_hidden, n_cells, n_actions = sizes
    return Topology(
        n_seen + n_hidden,
        n_actions,
        (1,) * n_cells,
        forget_gate=settings.forget_gate,
        outputs_read_inputs=True,
        g="tanh",
        h="tanh",
        output="identity",
    )


def lstm_part(
    values: np.ndarray | None, sizes: tuple[int, ...], settings: ActingSettings
) -> LstmPart:
    """Return an LSTM network with these weights, or a small one that is not used."""
    sizes = sizes if values is not None else (1, 1, 1, 1)
    n_seen, n_hidden, n_cells, _ = sizes
    topology, width = network_of(sizes, settings), n_seen + n_hidden + n_cells + 1
    n = n_hidden * width
    values = np.zeros(n + topology.size) if values is None else values
    trace = np.zeros_like(values)
    return LstmPart(
        values,
        trace,
        values[:n].reshape(n_hidden, width),
        trace[:n].reshape(n_hidden, width),
        topology.views(values[n:]),
        topology.views(trace[n:]),
        np.zeros(width),
        np.zeros((1, n_seen + n_hidden)),
        topology.kernel_shape,
        new_memory(topology),
    )


def elman_part(values: np.ndarray | None, sizes: tuple[int, ...]) -> ElmanPart:
    """Return Elman's network with these weights, or a small one that is not used."""
    n_seen, n_units, n_actions = sizes if values is not None else (1, 1, 1)
    size = n_units * (n_seen + n_units + 1) + n_actions * (n_units + 1)
    values = np.zeros(size) if values is None else values
    rows, identity = KEPT_STEPS, SQUASHING_OF_OUTPUTS["identity"]
    return ElmanPart(
        Simple(n_seen, n_units, n_actions, True, LOGISTIC, identity, False, 0),
        Weights(
            values,
            np.ones(size, dtype=bool),
            np.zeros(size),
            np.zeros(size),
            np.zeros(1, dtype=np.int64),
        ),
        np.zeros((rows, n_seen)),
        Trace(
            np.zeros((rows + 1, n_units)),
            np.zeros((rows + 1, n_actions)),
            np.zeros((2, n_units, 0)),
            np.zeros(n_units),
            np.zeros(n_units),
        ),
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows),
        np.zeros(1, dtype=np.int64),
    )


def table_part(values: np.ndarray | None, sizes: tuple[int, ...], n_bits: int) -> TablePart:
    """Return a table with these values, or a small one that is not used."""
    n_actions = sizes[-1] if values is not None else 1
    values = (np.zeros(1) if values is None else values).reshape(-1, n_actions)
    at = np.zeros(2, dtype=np.int64)
    return TablePart(values, np.zeros_like(values), at, n_bits, n_bits == 0)
