"""One layer: memory blocks and plain units that read the same sources, in one direction of time.

The rows of its weights are the input gates, forget gates (if any) and output gates of all blocks,
the cell inputs, and the plain units. The columns are the inputs x(t), the outputs y(t - 1) of cells
and plain units, the gates' activations at t - 1 (if they are read), and the bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.records import CELL, FORGET, LOGISTIC, PLAIN, SQUASHING, Layer

GATES = ("input_gate", "forget_gate", "output_gate")
KINDS = (*GATES, "cell_input", "plain_unit")
SQUASHING_OF_PLAIN_UNITS = SQUASHING | {"logistic": LOGISTIC}


@dataclass(frozen=True)
class LayerShape:
    """Which units a layer has, and what they read.

    Parameters
    ----------
    n_inputs : int
        Inputs per step, X.
    blocks : tuple of int
        Cells of each memory block; B blocks with C cells in all.
    plain : int
        Plain units y = f(net) beside the blocks, P.
    forget_gate, peepholes : bool
        Whether the blocks have them. By peepholes, input and forget gates see the states of their
        block's cells at t - 1, the output gate those at t.
    gates_are_read : bool
        Whether units also read the gates' activations at t - 1, as in 1997.
    recurrent : bool
        Whether units read y(t - 1); memory blocks always do.
    gate_bias, cell_bias, plain_bias : bool
        Whether units of that kind have a bias.
    g, h : {"tanh", "4s-2", "2s-1", "identity"}
        Activation functions of the cell inputs, and of the cell states on output.
    f : {"tanh", "4s-2", "2s-1", "identity", "logistic"}
        Activation function of plain units.
    backward : bool
        Whether the layer runs from a sequence's last step to its first.

    Raises
    ------
    UsageError
        If sizes or names are invalid.
    """

    n_inputs: int
    blocks: tuple[int, ...] = ()
    plain: int = 0
    forget_gate: bool = True
    peepholes: bool = True
    gates_are_read: bool = False
    recurrent: bool = True
    gate_bias: bool = True
    cell_bias: bool = True
    plain_bias: bool = True
    g: str = "tanh"
    h: str = "tanh"
    f: str = "tanh"
    backward: bool = False

    def __post_init__(self) -> None:
        if self.n_inputs < 0:
            raise UsageError(f"A layer cannot have {self.n_inputs} inputs.")
        if min(self.blocks, default=1) < 1:
            raise UsageError(
                f"Blocks of {', '.join(map(str, self.blocks))} cells are impossible.",
                fix="Give every memory block at least one cell, e.g. (2, 2).",
            )
        if self.plain < 0 or self.n_outputs < 1:
            raise UsageError("A layer needs at least one memory block or one plain unit.")
        if self.blocks and not self.recurrent:
            raise UsageError("Only plain units can do without recurrent connections.")
        for name, allowed in (
            ("g", SQUASHING),
            ("h", SQUASHING),
            ("f", SQUASHING_OF_PLAIN_UNITS),
        ):
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}."
                )

    @cached_property
    def n_blocks(self) -> int:
        """Memory blocks, B."""
        return len(self.blocks)

    @cached_property
    def n_cells(self) -> int:
        """Memory cells of all blocks, C."""
        return sum(self.blocks)

    @cached_property
    def n_outputs(self) -> int:
        """Outputs of cells and plain units, O = C + P."""
        return self.n_cells + self.plain

    @cached_property
    def n_gates(self) -> int:
        """Gates of all blocks: 3 B, or 2 B without forget gates."""
        return self.n_blocks * (3 if self.forget_gate else 2)

    @cached_property
    def n_units(self) -> int:
        """Gates, cell inputs and plain units: rows of the weights, U."""
        return self.n_gates + self.n_outputs

    @cached_property
    def n_recurrent(self) -> int:
        """Sources from step t - 1: the outputs, and the gates if they are read."""
        if not self.recurrent:
            return 0
        return self.n_outputs + (self.n_gates if self.gates_are_read else 0)

    @cached_property
    def n_sources(self) -> int:
        """Columns of the weights, Q; the last is the bias."""
        return self.n_inputs + self.n_recurrent + 1

    @cached_property
    def first_row(self) -> np.ndarray:
        """First rows of input, forget and output gates, cell inputs and plain units; the end."""
        n = self.n_blocks
        counts = [0, n, n if self.forget_gate else 0, n, self.n_cells, self.plain]
        return np.cumsum(counts).astype(np.int64)

    def rows(self, kind: int) -> slice:
        """Return the rows of the weights of one kind of unit."""
        return slice(int(self.first_row[kind]), int(self.first_row[kind + 1]))

    def kernel_layer(self, exact: bool) -> Layer:
        """Return the shape in the kernels' form, for exact or truncated gradients."""
        first_cell = np.concatenate([[0], np.cumsum(self.blocks)]).astype(np.int64)
        return Layer(
            first_cell,
            self.first_row,
            self.n_inputs,
            self.n_inputs + (not self.recurrent),
            SQUASHING[self.g],
            SQUASHING[self.h],
            SQUASHING_OF_PLAIN_UNITS[self.f],
            self.forget_gate,
            self.peepholes and bool(self.blocks),
            self.gates_are_read and bool(self.blocks),
            exact,
        )

    @cached_property
    def n_hidden(self) -> int:
        """Size of the weight matrix, U Q."""
        return self.n_units * self.n_sources

    @cached_property
    def n_peepholes(self) -> int:
        """Number of peephole weights, 3 C or 0."""
        return 3 * self.n_cells if self.peepholes else 0

    @cached_property
    def size(self) -> int:
        """Length of the layer's part of a flat vector."""
        return self.n_hidden + self.n_peepholes

    def views(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return views of the layer's part of a flat vector: weights (U, Q), peepholes (3, C)."""
        hidden = flat[: self.n_hidden].reshape(self.n_units, self.n_sources)
        return hidden, flat[self.n_hidden : self.size].reshape(-1, max(self.n_cells, 1))

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the named parts, in the order of the flat vector."""
        counts = np.diff(self.first_row)
        shapes: dict[str, tuple[int, ...]] = {
            name: (int(n), self.n_sources) for name, n in zip(KINDS, counts, strict=True) if n
        }
        if self.n_peepholes:
            shapes |= {f"{name}_peephole": (self.n_cells,) for name in GATES}
        return shapes

    @cached_property
    def exists(self) -> np.ndarray:
        """Whether each entry of the layer's part is a weight, since units may lack a bias."""
        flat = np.ones(self.size, dtype=bool)
        hidden, peephole = self.views(flat)
        hidden[: self.n_gates, -1] = self.gate_bias
        hidden[self.rows(CELL), -1] = self.cell_bias
        hidden[self.rows(PLAIN), -1] = self.plain_bias
        if self.n_peepholes and not self.forget_gate:
            peephole[FORGET] = False
        return flat
