"""The classic LSTM networks: which units read what, one flat vector of weights, named views.

The published networks differ. Those of 1997 have no forget gates, and their hidden units read the
gates too; later ones have forget gates, then peepholes; output units may read the inputs as well;
cells, gates and output units may or may not have biases. Weight counts tell which.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.records import FORGET, SQUASHING
from lstmtool.kernels.supervised.lstm_records import LOGISTIC, Shape, Weights

SQUASHING_OF_CELLS = SQUASHING
SQUASHING_OF_OUTPUTS = SQUASHING | {"logistic": LOGISTIC}
ERRORS = ("squared", "cross-entropy")


@dataclass(frozen=True)
class Topology:
    """Memory blocks under output units.

    Parameters
    ----------
    n_inputs, n_outputs : int
        X and K.
    blocks : tuple of int
        Cells of every memory block.
    forget_gate, peepholes : bool
        Whether the blocks have them. Input and forget gates see the states of their own block's
        cells at t - 1, the output gate sees those at t.
    gates_are_read : bool
        Whether hidden units read the gates' activations at t - 1, as in 1997.
    gate_bias, cell_bias, output_bias : bool
        Whether units of that kind have a bias.
    outputs_read_inputs : bool
        Whether output units read the inputs x(t) besides the cell outputs y(t).
    g, h : {"tanh", "4s-2", "2s-1", "identity"}
        Squashing of cell inputs, and of cell states on their way out.
    output : {"logistic", "identity", "4s-2", "2s-1", "tanh"}
        Squashing of output units.
    error : {"squared", "cross-entropy"}
        What is minimised; cross-entropy goes with logistic outputs.

    Raises
    ------
    UsageError
        For sizes or names that make no network.
    """

    n_inputs: int
    n_outputs: int
    blocks: tuple[int, ...]
    forget_gate: bool = True
    peepholes: bool = False
    gates_are_read: bool = False
    gate_bias: bool = True
    cell_bias: bool = True
    output_bias: bool = True
    outputs_read_inputs: bool = False
    g: str = "4s-2"
    h: str = "2s-1"
    output: str = "logistic"
    error: str = "squared"

    def __post_init__(self) -> None:
        if self.n_inputs < 0 or self.n_outputs < 1:
            raise UsageError(
                f"A network cannot have {self.n_inputs} inputs and {self.n_outputs} outputs."
            )
        if not self.blocks or min(self.blocks) < 1:
            raise UsageError(
                f"Blocks of {', '.join(map(str, self.blocks)) or 'no'} cells are impossible.",
                fix="Give every memory block at least one cell, e.g. (2, 2).",
            )
        for name, allowed in (
            ("g", SQUASHING_OF_CELLS),
            ("h", SQUASHING_OF_CELLS),
            ("output", SQUASHING_OF_OUTPUTS),
            ("error", ERRORS),
        ):
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}."
                )
        if self.error == "cross-entropy" and self.output != "logistic":
            raise UsageError(f"Cross-entropy needs logistic outputs, not {self.output}.")

    @property
    def n_cells(self) -> int:
        """Memory cells of all blocks, C."""
        return sum(self.blocks)

    @property
    def n_gates(self) -> int:
        """Gates of all blocks: 3 B, or 2 B without forget gates."""
        return len(self.blocks) * (3 if self.forget_gate else 2)

    @property
    def n_sources(self) -> int:
        """Columns of the hidden weights, Q; the last is the bias."""
        gates = self.n_gates if self.gates_are_read else 0
        return self.n_inputs + self.n_cells + gates + 1

    @property
    def n_read(self) -> int:
        """Columns of the output weights, R."""
        inputs = self.n_inputs if self.outputs_read_inputs else 0
        return inputs + self.n_cells + int(self.output_bias)

    @cached_property
    def first_row(self) -> tuple[int, ...]:
        """Rows where input, forget and output gates and cell inputs begin, and where they end."""
        n = len(self.blocks)
        rows = np.cumsum([0, n, n if self.forget_gate else 0, n, self.n_cells])
        return tuple(int(row) for row in rows)

    @cached_property
    def kernel_shape(self) -> Shape:
        """The shape as the kernels want it."""
        biased = (self.gate_bias, self.gate_bias, self.gate_bias, self.cell_bias)
        return Shape(
            np.concatenate([[0], np.cumsum(self.blocks)]).astype(np.int64),
            np.array(self.first_row, dtype=np.int64),
            np.array([self.n_sources - (not bias) for bias in biased], dtype=np.int64),
            self.n_inputs,
            SQUASHING_OF_CELLS[self.g],
            SQUASHING_OF_CELLS[self.h],
            SQUASHING_OF_OUTPUTS[self.output],
            self.error == "cross-entropy",
            self.forget_gate,
            self.peepholes,
            self.gates_are_read,
            self.outputs_read_inputs,
        )

    @cached_property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Shapes of the parts of the flat vector, hidden, peephole and output, in this order."""
        return (
            (self.first_row[-1], self.n_sources),
            (3 if self.peepholes else 0, self.n_cells),
            (self.n_outputs, self.n_read),
        )

    @property
    def size(self) -> int:
        """Length P of the flat vector; not all of its places need be weights."""
        return sum(rows * columns for rows, columns in self.shapes)

    @property
    def n_weights(self) -> int:
        """Weights that exist."""
        return int(self.exists.sum())

    def views(self, flat: np.ndarray) -> Weights:
        """Views on the parts of a flat vector of P numbers."""
        parts, at = [], 0
        for rows, columns in self.shapes:
            parts.append(flat[at : at + rows * columns].reshape(rows, columns))
            at += rows * columns
        return Weights(*parts)

    def named(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Views on the weights of every kind of unit, by name."""
        weights, at = self.views(flat), self.first_row
        names = ("input_gate", "forget_gate", "output_gate", "cell_input")
        parts = {n: weights.hidden[at[k] : at[k + 1]] for k, n in enumerate(names)}
        for kind, row in enumerate(weights.peephole):
            parts[f"{names[kind]}_peephole"] = row
        parts["output_unit"] = weights.output
        return {name: part for name, part in parts.items() if part.size}

    @property
    def table(self) -> list[tuple[str, tuple[int, ...], int]]:
        """Name, shape and offset of the weights of every kind of unit in the flat vector."""
        rows, at = [], 0
        for name, part in self.named(np.empty(self.size)).items():
            rows.append((name, part.shape, at))
            at += part.size
        return rows

    @cached_property
    def exists(self) -> np.ndarray:
        """Whether each of the P places is a weight, shape (P,)."""
        flat = np.ones(self.size, dtype=bool)
        weights = self.views(flat)
        weights.hidden[: self.n_gates, -1] = self.gate_bias
        weights.hidden[self.n_gates :, -1] = self.cell_bias
        if self.peepholes and not self.forget_gate:
            weights.peephole[FORGET] = False
        return flat

    def initial(
        self,
        rng: np.random.Generator,
        weights: float,
        *,
        input_bias: tuple[float, ...] = (),
        forget_bias: tuple[float, ...] = (),
        output_bias: tuple[float, ...] = (),
    ) -> np.ndarray:
        """Initial weights: uniform, biases of the gates moved by what is given for every block.

        Parameters
        ----------
        rng : numpy.random.Generator
        weights : float
            All weights and biases start within this of zero.
        input_bias, forget_bias, output_bias : tuple of float
            Added to the gates' biases, block after block, the last for all blocks that follow.

        Returns
        -------
        ndarray of shape (P,)
        """
        flat = rng.uniform(-weights, weights, self.size) * self.exists
        hidden = self.views(flat).hidden
        for kind, bias in enumerate((input_bias, forget_bias, output_bias)):
            rows = slice(self.first_row[kind], self.first_row[kind + 1])
            count = rows.stop - rows.start
            if bias and count and self.gate_bias:
                hidden[rows, -1] += [bias[min(j, len(bias) - 1)] for j in range(count)]
        return flat
