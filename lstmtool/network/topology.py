"""Networks that learn from targets: layers below output units that are read at every step.

The published networks differ. Those of 1997 have no forget gates, and their hidden units also read
the gates; later ones add forget gates, then peepholes. Output units may read the inputs too, and
cells, gates and output units may lack biases, as the published weight counts show. Online rules
need a single layer of memory blocks; `lstm-batch` trains any network.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.records import LOGISTIC, PLAIN, SQUASHING
from lstmtool.kernels.supervised.lstm_records import SOFTMAX, Shape
from lstmtool.network.hidden import FlatNetwork, Hidden
from lstmtool.network.layer import LayerShape

SQUASHING_OF_CELLS = SQUASHING
SQUASHING_OF_OUTPUTS = SQUASHING | {"logistic": LOGISTIC, "softmax": SOFTMAX}
ERRORS = ("squared", "cross-entropy")
LATER = (  # earlier versions lack
    *("above", "plain", "directions", "f", "recurrent", "groups"),
    *("learnt_start", "windows", "integrated"),
)


@dataclass(frozen=True)
class Topology(FlatNetwork):
    """Layers of memory blocks or plain units below output units.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Inputs and outputs per step, X and K.
    blocks : tuple of int
        Cells of each memory block of the lowest layer; none if there are plain units alone.
    above : tuple of tuple of int
        The same for each further layer, from the bottom up.
    plain : int
        Plain units y = f(net) in each layer, next to the memory blocks.
    f : {"tanh", "4s-2", "2s-1", "identity", "logistic"}
        Activation function of the plain units.
    recurrent : bool
        Whether units read the outputs at t - 1; memory blocks always do.
    directions : {"forward", "both"}
        With "both", each layer has a second half that runs from a sequence's last step to its
        first.
    groups : tuple of tuple of int
        Blocks, inputs and outputs of each group, in their order; without it all are one group.
        Blocks of a group read its inputs and the blocks of this and earlier groups, its outputs
        read its blocks (and its inputs, if outputs do). All other connections are missing.
    windows : tuple of int
        Steps that each layer reads of the one below, the current one and those before it, from the
        lowest layer to the output units; () for 1 throughout. With plain units that are not
        recurrent this is a time-delay network.
    integrated : bool
        Whether output units read, in place of the topmost layer's outputs, the means of their
        squares over the steps so far.
    forget_gate, peepholes : bool
        Whether the blocks have them. By peepholes, input and forget gates see the states of their
        block's cells at t - 1, the output gate those at t.
    gates_are_read : bool
        Whether hidden units read the gates' activations at t - 1, as in 1997.
    gate_bias, cell_bias, output_bias : bool
        Whether units of that kind have a bias; `cell_bias` is also that of plain units.
    outputs_read_inputs : bool
        Whether output units read the inputs x(t) as well as the cell outputs y(t).
    learnt_start : bool
        Whether the outputs before the first step are learned, in each layer; otherwise they are 0.
    g, h : {"tanh", "4s-2", "2s-1", "identity"}
        Activation functions of the cell inputs, and of the cell states on output.
    output : {"logistic", "identity", "4s-2", "2s-1", "tanh", "softmax"}
        Activation function of the output units.
    error : {"squared", "cross-entropy"}
        Error to be minimised; cross-entropy needs logistic or softmax outputs, and softmax needs
        cross-entropy.

    Raises
    ------
    UsageError
        If sizes or names are invalid.
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
    above: tuple[tuple[int, ...], ...] = ()
    plain: int = 0
    directions: Literal["forward", "both"] = "forward"
    f: str = "tanh"
    recurrent: bool = True
    groups: tuple[tuple[int, int, int], ...] = ()
    learnt_start: bool = False
    windows: tuple[int, ...] = ()
    integrated: bool = False

    def __post_init__(self) -> None:
        if self.n_inputs < 0 or self.n_outputs < 1:
            raise UsageError(
                f"A network cannot have {self.n_inputs} inputs and {self.n_outputs} outputs."
            )
        if not self.blocks and not self.plain:
            raise UsageError(
                "Blocks of no cells are impossible.",
                fix="Give the network at least one memory block, e.g. (2, 2).",
            )
        for name, allowed in (("output", SQUASHING_OF_OUTPUTS), ("error", ERRORS)):
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}."
                )
        if self.error == "cross-entropy" and self.output not in ("logistic", "softmax"):
            raise UsageError(f"Cross-entropy needs logistic or softmax outputs, not {self.output}.")
        if self.output == "softmax" and self.error != "cross-entropy":
            raise UsageError("Softmax outputs go with the error cross-entropy.")
        self._check_windows()
        _ = self.hidden  # raises if sizes or names are invalid
        self._check_groups()

    def _check_windows(self) -> None:
        n_wanted = len(self.above) + 2
        if self.windows and (len(self.windows) != n_wanted or min(self.windows) < 1):
            raise UsageError(
                f"Windows of {self.windows} steps do not fit {n_wanted - 1} layers and the output "
                "units.",
                fix="Give as many steps for each layer, and for the output units, at least 1.",
            )
        for name in ("windows", "integrated"):
            if getattr(self, name) and (self.directions == "both" or self.outputs_read_inputs):
                raise UsageError(
                    f"{name} go with layers in one direction, whose outputs alone are read."
                )
        if self.integrated and self.windows and self.windows[-1] > 1:
            raise UsageError("Output units that integrate over time read a single mean.")

    def _check_groups(self) -> None:
        if not self.groups:
            return
        wanted = (len(self.blocks), self.n_inputs, self.n_outputs)
        if any(len(group) != 3 or min(group) < 0 for group in self.groups) or (
            tuple(map(sum, zip(*self.groups, strict=True))) != wanted
        ):
            raise UsageError(
                f"Groups of {self.groups} do not fit {wanted[0]} blocks, {wanted[1]} inputs and "
                f"{wanted[2]} outputs.",
                fix="Give blocks, inputs and outputs of each group.",
            )
        if len(self.layers) > 1 or self.plain or self.windows or self.integrated:
            raise UsageError("Groups are for a single layer of memory blocks.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Topology:
        """Return the topology that `as_dict` describes; tuples may be given as lists."""
        made = dict(values)
        for name in ("blocks", "above", "groups", "windows"):
            if name in made:
                made[name] = _tuples(made[name])
        return cls(**made)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, without later additions that have their defaults."""
        usual = {field.name: field.default for field in fields(self) if field.name in LATER}
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in usual or value != usual[name]
        }

    @cached_property
    def hidden(self) -> Hidden:
        """The layers below the output units."""
        own = {name: getattr(self, name) for name in ("gate_bias", "cell_bias", "f", "recurrent")}
        return Hidden.of(
            self.n_inputs, self, plain_bias=self.cell_bias, windows=self.windows, **own
        )

    @cached_property
    def output_layer(self) -> LayerShape:
        """The output units' net inputs, as a layer of plain units without recurrence."""
        return LayerShape(
            self.n_read - int(self.output_bias),
            plain=self.n_outputs,
            recurrent=False,
            peepholes=False,
            plain_bias=self.output_bias,
            f="identity",
        )

    @property
    def is_one_layer(self) -> bool:
        """Whether online rules can train it: a single layer of memory blocks."""
        unusual = self.plain or self.windows or self.integrated or self.learnt_start
        return len(self.layers) == 1 and not unusual and self.output != "softmax"

    @property
    def lowest(self) -> LayerShape:
        """The lowest layer, which is the only one if online rules train it."""
        return self.layers[0]

    @property
    def n_read(self) -> int:
        """Columns of the output weights, R."""
        inputs = self.n_inputs if self.outputs_read_inputs else 0
        window = self.windows[-1] if self.windows else 1
        return inputs + window * self.hidden.n_outputs + int(self.output_bias)

    @cached_property
    def kernel_shape(self) -> Shape:
        """Return the shape in the form that the online kernels take."""
        biased = (self.gate_bias, self.gate_bias, self.gate_bias, self.cell_bias)
        layer = self.lowest.kernel_layer(exact=False)
        return Shape(
            layer.first_cell,
            layer.first_row[: PLAIN + 1],
            np.array([self.lowest.n_sources - (not bias) for bias in biased], dtype=np.int64),
            self.n_inputs,
            layer.g,
            layer.h,
            SQUASHING_OF_OUTPUTS[self.output],
            self.error == "cross-entropy",
            self.forget_gate,
            self.peepholes,
            self.gates_are_read,
            self.outputs_read_inputs,
        )

    @property
    def output_shape(self) -> tuple[int, int]:
        """Shape of the output units' weights, (K, R)."""
        return self.n_outputs, self.n_read

    @property
    def n_start(self) -> int:
        """Learned outputs before the first step, of all layers."""
        return sum(layer.n_outputs for layer in self.layers) if self.learnt_start else 0

    def starts(self, flat: np.ndarray) -> list[np.ndarray]:
        """Return views (O,) of each layer's outputs before the first step; none if not learned."""
        if not self.learnt_start:
            return []
        sizes = [layer.n_outputs for layer in self.layers]
        return np.split(flat[self.size - self.n_start :], np.cumsum(sizes)[:-1])

    @cached_property
    def exists(self) -> np.ndarray:
        """Whether each entry of the flat vector is a weight, shape (P,)."""
        exists = super().exists.copy()
        if self.groups:
            views = self.views(exists)
            views.hidden[:] &= self._hidden_connections
            views.output[:] &= self._output_connections
        return exists

    @property
    def _groups_of(self) -> list[np.ndarray]:
        """Return the group of every block, input and output."""
        return [np.repeat(np.arange(len(n)), n) for n in zip(*self.groups, strict=True)]

    @property
    def _hidden_connections(self) -> np.ndarray:
        """Return which sources each hidden unit reads, shape (U, Q) bool."""
        block, of_input, _ = self._groups_of
        cell = np.repeat(block, self.blocks)
        gates = np.tile(block, self.lowest.n_gates // len(block))
        unit = np.concatenate([gates, cell])[:, None]
        recurrent = np.concatenate([cell, gates])[: self.lowest.n_recurrent]
        bias = np.ones((len(unit), 1), dtype=bool)
        return np.hstack([unit == of_input, unit >= recurrent, bias])

    @property
    def _output_connections(self) -> np.ndarray:
        """Return what each output unit reads, shape (K, R) bool."""
        block, of_input, output = self._groups_of
        read = np.repeat(block, self.blocks)
        if self.outputs_read_inputs:
            read = np.concatenate([of_input, read])
        bias = np.ones((len(output), int(self.output_bias)), dtype=bool)
        return np.hstack([output[:, None] == read, bias])

    @property
    def n_weights(self) -> int:
        """Number of entries that are weights."""
        return int(self.exists.sum())

    def initial(
        self,
        rng: np.random.Generator,
        weights: float,
        *,
        input_bias: tuple[float, ...] = (),
        forget_bias: tuple[float, ...] = (),
        output_bias: tuple[float, ...] = (),
    ) -> np.ndarray:
        """Draw initial weights.

        Parameters
        ----------
        weights : float
            All weights and biases are uniform in (-weights, weights).
        input_bias, forget_bias, output_bias : tuple of float
            Added to the gates' biases, one for each block; the last holds for all further blocks.

        Returns
        -------
        ndarray of shape (P,)
            Flat vector of weights.
        """
        flat = rng.uniform(-weights, weights, self.size) * self.exists
        for layer, of_layer in zip(self.layers, self.views_of_layers(flat), strict=True):
            for kind, bias in enumerate((input_bias, forget_bias, output_bias)):
                rows = layer.rows(kind)
                count = rows.stop - rows.start
                if bias and count and self.gate_bias:
                    given = [bias[min(j, len(bias) - 1)] for j in range(count)]
                    of_layer.hidden[rows, -1] += given
        return flat


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
