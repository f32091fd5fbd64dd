"""A reservoir of memory blocks: an LSTM network as drawn, of which only a read-out is learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised.rules.echo_state import ReadoutRule, ReadoutSettings
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class BlockReservoirSettings(ReadoutSettings):
    """How memory blocks are drawn.

    Parameters
    ----------
    weights : float
        Weights from the input and biases are uniform within this of zero; those among the blocks
        within this over the root of their number.
    input_bias, forget_bias, output_bias : float
        Added to the gates' biases.
    """

    weights: float = 1.0
    input_bias: float = 0.0
    forget_bias: float = 0.0
    output_bias: float = 0.0


class BlockReservoir(ReadoutRule):
    """Memory blocks of one cell each with fixed weights, run as any LSTM network is.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, blocks, outputs.
    rng : numpy.random.Generator
        Draws the fixed weights.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        settings: BlockReservoirSettings,
        rng: np.random.Generator,
    ) -> None:
        self.n_inputs, self.n_units, self.n_outputs = sizes
        if min(sizes) < 1:
            raise UsageError(f"A reservoir needs inputs, blocks and outputs, not {sizes}.")
        self.settings, n = settings, self.n_units
        shape = Topology(
            self.n_inputs, n, (1,) * n, g="tanh", h="tanh", output="identity", output_bias=False
        )
        started = LstmSettings(
            1.0,
            weights=settings.weights,
            input_bias=(settings.input_bias,),
            forget_bias=(settings.forget_bias,),
            output_bias=(settings.output_bias,),
        )
        self._network = Lstm(shape, started, rng)  # whose outputs are the cells'
        views = shape.views(self._network.parameters)
        views.hidden[:, self.n_inputs : self.n_inputs + n] /= np.sqrt(n)
        views.output[:] = np.eye(n)
        fixed = self._network.parameters
        self.parameters = np.concatenate([fixed, np.zeros((n + 1) * self.n_outputs)])
        self.n_weights = (n + 1) * self.n_outputs
        self._readout = self.parameters[fixed.size :].reshape(n + 1, self.n_outputs)
        self.table = [
            *shape.table,
            ("readout", self._readout.shape, fixed.size),
        ]

    def states(self, strings: Strings, *, keep_state: bool, learning: bool = False) -> np.ndarray:
        """Return the cells' outputs (S, N + 1); see `ReadoutRule.states`."""
        n_fixed = self._network.parameters.size
        self._network.parameters[:] = self.parameters[:n_fixed]
        n_steps, n = len(strings.inputs), self.n_units
        found, made = np.ones((n_steps, n + 1)), np.empty((n_steps, n))
        seen = strings._replace(
            targets=np.zeros((n_steps, n)), allowed=np.zeros((n_steps, n), dtype=bool)
        )
        self._network.run(seen, made, keep_state=keep_state)
        found[:, :-1] = made
        return found
