"""Classical momentum and Nesterov's accelerated gradient, as set up by Sutskever et al. 2013."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.learning import clip_norm
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.rules.start import Start, drawn

if TYPE_CHECKING:
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.rules.base import Update
    from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class MomentumSettings(BatchSettings):
    """How a network starts and learns with momentum; further settings are those of `BatchSettings`.

    Parameters
    ----------
    nesterov : bool
        Whether the gradient is taken where the momentum alone would lead (Nesterov); otherwise
        where the weights are (classical).
    early_momentum : float
        Momentum of the first updates, or `momentum` if that is smaller.
    early : int
        How many updates these are.
    centred : bool
        Whether the inputs' means over the first batch are subtracted for learning.
    start : Start
        Initial weights of plain units.
    """

    optimiser: Literal["adam", "momentum"] = "momentum"
    nesterov: bool = True
    early_momentum: float = 0.9
    early: int = 1000
    centred: bool = True
    start: Start = field(default_factory=Start)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.optimiser != "momentum":
            raise UsageError(f"optimiser must be momentum, not {self.optimiser!r}.")
        if not 0.0 <= self.early_momentum < 1.0:
            raise UsageError(f"early_momentum cannot be {self.early_momentum!r}.")
        if self.early < 0:
            raise UsageError(f"early cannot be {self.early!r}.")


class Momentum(LstmBatch):
    """A network of any shape that learns with momentum, with inputs centred.

    A network on inputs x - m is one on x whose biases are b = b' - W m, with b' the biases on the
    centred inputs. The weights are those on x; gradient and velocity those on x - m.
    """

    settings: MomentumSettings

    def __init__(
        self, topology: Topology, settings: MomentumSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(topology, settings, rng)
        if settings.start.incoming:
            self.parameters[:] = drawn(topology, settings.start, rng)
        self._mean = np.zeros(self.n_inputs)
        biases = [weights[:, -1] for weights in self._lowest(topology.exists)]
        if settings.centred and not all(bias.all() for bias in biases):
            raise UsageError(
                "Inputs can be centred only where all units that read them have a bias.",
                fix="Give them biases, or set centred to False.",
            )

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        return [self.parameters, self._velocity, self._mean, self._updates]

    @property
    def momentum(self) -> float:
        """The momentum of the next update."""
        s = self.settings
        is_early = self._updates[0] < s.early
        return min(s.early_momentum, s.momentum) if is_early else s.momentum

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "batch") -> None:
        """See `Rule.learn`; with Nesterov, outputs are those where the gradient is taken."""
        if strings.count and not self._updates[0]:
            self._begin(strings)
        super().learn(strings, outputs, update=update)

    def _begin(self, strings: Strings) -> None:
        """Take the means of the first batch: of inputs, and of targets as biases of the outputs."""
        first = strings.inputs[: strings.starts[min(self.settings.batch, strings.count)]]
        targets = strings.targets[: len(first)][strings.scored[: len(first)]]
        if self.topology.output_bias and self.topology.output == "identity" and len(targets):
            self.topology.views(self.parameters).output[:, -1] = targets.mean(axis=0)
        if self.settings.centred:
            self._mean[:] = first.mean(axis=0)
            self.parameters[:] = self._moved(self.parameters)

    def _moved(self, centred: np.ndarray) -> np.ndarray:
        """Return weights, or their changes, for inputs as they are from those for centred ones."""
        flat = centred.copy()
        for weights in self._lowest(flat):
            weights[:, -1] -= weights[:, : self.n_inputs] @ self._mean
        return flat

    def _lowest(self, flat: np.ndarray) -> list[np.ndarray]:
        """Return views of the weights of units that read the inputs, each with its bias last."""
        topology = self.topology
        views = topology.views_of_layers(flat)[: len(topology.levels[0])]
        read = [view.hidden for view in views]
        if topology.outputs_read_inputs:
            read.append(views[0].output)
        return read

    def _learn_batch(self, strings: Strings, lanes: np.ndarray, outputs: np.ndarray) -> None:
        theta, momentum = self.parameters.copy(), self.momentum
        if self.settings.nesterov:
            self.parameters += self._moved(momentum * self._velocity)
        ascent = self._ascent(strings, lanes, outputs)
        for weights in self._lowest(ascent):
            weights[:, : self.n_inputs] -= np.outer(weights[:, -1], self._mean)
        clip_norm(ascent, self.settings.clip)
        self._velocity *= momentum
        self._velocity += self._rate * ascent
        self.parameters[:] = theta + self._moved(self._velocity)
        self._updates += 1
