"""LSTM networks of any shape that learn from batches of sequences, on the fast kernels.

There may be several layers, in both directions, and errors may enter at any step. Gradients are
exact, or truncated within every layer as in 1997.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.learning import adam_step, clip_norm, momentum_step
from lstmtool.kernels.records import LANES, PRECISIONS, Readout, Weights
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.supervised.framewise import fill_lanes, output_errors
from lstmtool.kernels.supervised.lstm_records import DECAY_AFTER
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.stack import Stack
from lstmtool.network.topology import SQUASHING_OF_OUTPUTS
from lstmtool.supervised.rules.base import Rule, Update

if TYPE_CHECKING:
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.target_sequences import Strings

MOST_PARTS = 16  # of a batch; their gradients are summed in order
Parts = list[
    tuple[int, int]
]  # first SIMD group of each part of a batch, and the one after its last
NOTHING = Readout(-1, -1, -1, -1)


@dataclass(frozen=True)
class BatchSettings:
    """How a network starts and learns from batches of sequences.

    Parameters
    ----------
    rate : float
        Learning rate, above 0.
    optimiser : {"adam", "momentum"}
        How weights are updated.
    momentum : float
        Momentum, from 0 to below 1; for the optimiser momentum only.
    batch : int
        Sequences per update.
    clip : float
        Largest norm of an update's gradient; 0 for no limit.
    mean : bool
        Whether gradients are means over the scored steps of a batch; if not, they are sums.
    decay : float
        The rate is multiplied by this after every 1000 updates.
    exact : bool
        Whether gradients are exact; if not, no error goes back through recurrent connections.
    weights : float
        Initial weights are uniform in (-weights, weights).
    input_bias, forget_bias, output_bias : tuple of float
        Added to the gates' initial biases, one for each block; the last holds for all further
        blocks.
    precision : {"double", "single"}
        Precision of the layers; weights, their sums and updates are float64.
    threads : int
        Threads that share a batch. Results do not depend on it.
    """

    rate: float
    optimiser: Literal["adam", "momentum"] = "adam"
    momentum: float = 0.9
    batch: int = 24
    clip: float = 0.0
    exact: bool = True
    mean: bool = True
    weights: float = 0.1
    input_bias: tuple[float, ...] = ()
    forget_bias: tuple[float, ...] = ()
    output_bias: tuple[float, ...] = ()
    precision: Literal["double", "single"] = "double"
    threads: int = 1
    decay: float = 1.0

    def __post_init__(self) -> None:
        for name, good in (
            ("rate", 0.0 < self.rate < np.inf),
            ("optimiser", self.optimiser in ("adam", "momentum")),
            ("momentum", 0.0 <= self.momentum < 1.0),
            ("batch", self.batch >= 1),
            ("clip", 0.0 <= self.clip < np.inf),
            ("decay", 0.0 < self.decay <= 1.0),
            ("weights", 0.0 <= self.weights < np.inf),
            ("precision", self.precision in PRECISIONS),
            ("threads", self.threads >= 1),
        ):
            if not good:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")


class HiddenSteps(NamedTuple):
    """What a layer does at every step of some sequences, in the order of time."""

    outputs: np.ndarray  # (S, O) of its cells and plain units
    states: np.ndarray | None  # (S, C) of its cells; None if it has none, or they are not all kept


class PartSums(NamedTuple):
    """What the parts of a batch add to its gradient and error."""

    gradients: np.ndarray  # (parts, P) minus the gradients
    errors: np.ndarray  # (parts,)


class LstmBatch(Rule):
    """A network of any shape, updated after every batch of sequences.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial weights.

    Attributes
    ----------
    elsewhere : callable or None
        Computes `part_sums` of this rule on other machines, to the same bytes; called with the rule
        and the arguments of `part_sums`.
    """

    no_streams = "Errors cannot be passed back from the end of an endless stream."
    stack_class: ClassVar[type[Stack]] = Stack

    def __init__(
        self, topology: Topology, settings: BatchSettings, rng: np.random.Generator
    ) -> None:
        self.topology, self.settings = topology, settings
        self.n_inputs, self.n_outputs = topology.n_inputs, topology.n_outputs
        self.n_weights = topology.n_weights
        self.parameters = topology.initial(
            rng,
            settings.weights,
            input_bias=settings.input_bias,
            forget_bias=settings.forget_bias,
            output_bias=settings.output_bias,
        )
        self._updates = np.zeros(1, dtype=np.int64)
        self._velocity, self._square = (np.zeros_like(self.parameters) for _ in range(2))
        self._exists = topology.exists
        self._stacks: dict[tuple[int, tuple[tuple[int, int], ...]], Stack] = {}
        self.elsewhere: Callable[..., PartSums] | None = None

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        return [self.parameters, self._velocity, self._square, self._updates]

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """See `Rule.run`.

        Raises
        ------
        UsageError
            If `keep_state` is set, since a layer that runs backward has no state to keep.
        """
        if keep_state:
            raise UsageError("Networks that learn from batches reset the state for every sequence.")
        self.check(strings, outputs)
        for lanes in self._batches(strings):
            self._forward(strings, lanes, outputs)

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "batch") -> None:
        """See `Rule.learn`; weights change after every `settings.batch` sequences.

        Raises
        ------
        UsageError
            If `update` is anything but "batch".
        """
        if update != "batch":
            raise UsageError(
                "Networks that learn from batches update once per batch, not per step or sequence.",
                fix="Choose the update batch; BatchSettings(batch=1) updates after every sequence.",
            )
        self.check(strings, outputs)
        for lanes in self._batches(strings):
            self._learn_batch(strings, lanes, outputs)

    def _learn_batch(self, strings: Strings, lanes: np.ndarray, outputs: np.ndarray) -> None:
        """Update the weights once, by the sequences of a batch."""
        ascent = self._ascent(strings, lanes, outputs)
        clip_norm(ascent, self.settings.clip)
        self._update(ascent)

    def _ascent(self, strings: Strings, lanes: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return minus the gradient (P,) of a batch, the mean over scored steps or the sum."""
        gradient = self.gradient(strings, lanes, outputs)[0]
        if not self.settings.mean:
            gradient *= scored_steps(strings, lanes)
        return gradient

    def gradient(
        self, strings: Strings, lanes: np.ndarray, outputs: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return minus the gradient (P,) of the error per scored step, and that error.

        Parameters
        ----------
        lanes : ndarray of int
            Indices of the sequences to use, longest first.
        outputs : ndarray of shape (S, K)
            Filled with the outputs of these sequences.
        """
        arguments = strings, lanes, outputs, parts_of(len(lanes), self.settings.precision)
        found = self.elsewhere(self, *arguments) if self.elsewhere else self.part_sums(*arguments)
        n_scored = scored_steps(strings, lanes)
        gradient = found.gradients.sum(axis=0) * self._exists / n_scored
        return gradient, float(found.errors.sum()) / n_scored

    def part_sums(
        self, strings: Strings, lanes: np.ndarray, outputs: np.ndarray, parts: Parts
    ) -> PartSums:
        """Run some parts of a batch forward and back; the parameters are those of `gradient`."""
        stack = self._ready(strings, lanes, parts)
        error = np.zeros(len(parts))

        def errors(part: int) -> None:
            error[part] = self._output_errors(stack, part, strings, lanes, outputs)

        sums, padded = self._no_sums(stack)
        stack.learn(errors, np.zeros((0, stack.lengths.size), stack.dtype), padded)
        self._complete(sums, padded, stack)
        return PartSums(sums, error)

    def _backward(self, stack: Stack) -> np.ndarray:
        """Return the sums (P,) over all steps of the errors at the output units, passed back."""
        sums, padded = self._no_sums(stack)
        stack.backward(np.zeros((0, stack.lengths.size), stack.dtype), padded)
        self._complete(sums, padded, stack)
        return sums.sum(axis=0) * self._exists

    def _no_sums(self, stack: Stack) -> tuple[np.ndarray, list[list[Weights]]]:
        """Return zeros (parts, P), and views of them for each layer of each part."""
        sums = np.zeros((len(stack.parts), self.topology.size))
        return sums, [self._padded(one) for one in sums]

    def _complete(
        self, sums: np.ndarray, padded: Sequence[Sequence[Weights]], stack: Stack
    ) -> None:
        """Fill in the sums for the output units' weights, and for learnt starts."""
        topology, n_read = self.topology, self.topology.n_read
        for one, weights, (first, after) in zip(sums, padded, stack.parts, strict=True):
            topology.views(one).output[:] = weights[-1].hidden[:, :n_read]
            for start, buffers in zip(topology.starts(one), stack.flat, strict=False):
                errors = buffers.errors.output[first:after, : start.size]
                start += errors.sum(axis=(0, 2))

    def hidden_steps(self, strings: Strings) -> list[HiddenSteps]:
        """Run the network, and return what each layer of the topmost level does.

        Raises
        ------
        UsageError
            If the strings do not fit this network.
        """
        outputs = np.zeros_like(strings.targets)
        self.check(strings, outputs)
        layers, starts = self.topology.levels[-1], strings.starts
        sizes = [(layer.n_outputs, layer.n_cells) for layer in layers]
        found = [[np.zeros((len(outputs), n)) for n in both] for both in sizes]
        whole = [bool(n_cells) for _, n_cells in sizes]
        for lanes in self._batches(strings):
            stack = self._forward(strings, lanes, outputs)[0]
            width = stack.lengths.shape[1]
            for n, (layer, buffers) in enumerate(zip(layers, stack.buffers[-2], strict=True)):
                whole[n] &= buffers.trace.starts.shape[1] == 0
                for lane, sequence in enumerate(lanes):
                    rows, g, l = (
                        slice(*starts[sequence : sequence + 2]),
                        lane // width,
                        lane % width,
                    )
                    n_steps, back = rows.stop - rows.start, -1 if layer.backward else 1
                    found[n][0][rows] = buffers.outputs.steps[g, :n_steps, :, l][::back]
                    if whole[n]:
                        states = buffers.trace.state[g, 1 : n_steps + 1, :, l]
                        found[n][1][rows] = states[::back]
        return [
            HiddenSteps(y, s if kept else None) for (y, s), kept in zip(found, whole, strict=True)
        ]

    @property
    def _rate(self) -> float:
        """The rate of the next update."""
        return self.settings.rate * self.settings.decay ** (int(self._updates[0]) // DECAY_AFTER)

    def _update(self, ascent: np.ndarray) -> None:
        s, parameters, rate = self.settings, self.parameters, self._rate
        self._updates += 1
        if s.optimiser == "adam":
            done = int(self._updates[0])
            adam_step(parameters, ascent, self._velocity, self._square, rate, done)
        else:
            momentum_step(parameters, ascent, self._velocity, rate, s.momentum)

    def _batches(
        self, strings: Strings, sequences: np.ndarray | None = None
    ) -> Iterator[np.ndarray]:
        """Yield the sequences of each batch, longest first; by default of all sequences."""
        lengths = np.diff(strings.starts)
        sequences = np.arange(strings.count) if sequences is None else sequences
        for first in range(0, len(sequences), self.settings.batch):
            chosen = sequences[first : first + self.settings.batch]
            yield chosen[np.argsort(-lengths[chosen], kind="stable")]

    def _forward(
        self, strings: Strings, lanes: np.ndarray, outputs: np.ndarray
    ) -> tuple[Stack, float]:
        """Run some sequences; fill their outputs, and the errors at the output units."""
        stack = self._ready(strings, lanes, parts_of(len(lanes), self.settings.precision))
        stack.forward()
        parts = range(len(stack.parts))
        return stack, sum(
            self._output_errors(stack, part, strings, lanes, outputs) for part in parts
        )

    def _ready(self, strings: Strings, lanes: np.ndarray, parts: Parts) -> Stack:
        """Return buffers that hold some sequences, and the weights."""
        lengths = np.diff(strings.starts)[lanes]
        stack = self._stack(int(lengths.max()), parts)
        stack.lengths[:] = 0
        window = self.topology.windows[0] if self.topology.windows else 1
        into = stack.first.batch.inputs
        fill_lanes(strings.inputs, strings.starts, lanes, window, into, stack.lengths)
        stack.connect(self._padded(self.parameters))
        stack.start(self.topology.starts(self.parameters))
        return stack

    def _output_errors(
        self, stack: Stack, part: int, strings: Strings, lanes: np.ndarray, outputs: np.ndarray
    ) -> float:
        """Fill a part's outputs and the errors at its output units; return the error's sum."""
        top, width = stack.buffers[-1][0], stack.lengths.shape[1]
        first, after = stack.parts[part]
        with flushed():
            return output_errors(
                SQUASHING_OF_OUTPUTS[self.topology.output],
                self.topology.error == "cross-entropy",
                top.outputs.steps[first:after],
                lanes[first * width : after * width],
                (strings.targets, strings.scored, strings.starts),
                outputs,
                top.errors.steps[first:after],
            )

    def _padded(self, flat: np.ndarray) -> list[Weights]:
        """Return views of the layers, and of the output units with a column for the bias."""
        views, n_read = self.topology.views_of_layers(flat), self.topology.n_read
        layer = self.topology.output_layer
        hidden = np.zeros((layer.n_units, layer.n_sources))
        hidden[:, :n_read] = views[0].output
        return [*views, Weights(hidden, np.zeros((0, 0)), views[0].output)]

    @property
    def _compute(self) -> ComputeOptions:
        return ComputeOptions(self.settings.precision, threads=self.settings.threads)

    def _stack(self, n_steps: int, parts: Parts) -> Stack:
        """Return buffers for a number of steps, reused where possible."""
        compute, groups = self._compute, parts[-1][1]
        steps = 1 << (n_steps - 1).bit_length()  # few sizes, so that buffers can be reused
        key = steps, tuple(parts)
        if key not in self._stacks:
            levels = (*self.topology.hidden.levels, (self.topology.output_layer,))
            self._stacks[key] = self.stack_class(
                levels,
                [NOTHING],
                np.ones((1, groups * width_of(compute.precision))),
                steps,
                compute,
                parts,
                exact=self.settings.exact,
                every_step=True,
                top_reads_inputs=self.topology.outputs_read_inputs,
                windows=self.topology.windows,
                integrated=self.topology.integrated,
            )
        return self._stacks[key]


def width_of(precision: str) -> int:
    """Return the sequences of a SIMD group."""
    return LANES[np.dtype(PRECISIONS[precision]).name]


def parts_of(n_sequences: int, precision: str) -> Parts:
    """Return the parts of a batch."""
    groups = -(-n_sequences // width_of(precision))
    n_parts = min(groups, MOST_PARTS)
    return list(pairwise(groups * part // n_parts for part in range(n_parts + 1)))


def rows_of(strings: Strings, lanes: np.ndarray) -> np.ndarray:
    """Return the rows of some sequences."""
    starts = strings.starts
    return np.concatenate([np.arange(starts[n], starts[n + 1]) for n in lanes])


def scored_steps(strings: Strings, lanes: np.ndarray) -> int:
    """Return how many steps of some sequences are scored, but at least 1."""
    before = np.concatenate([[0], np.cumsum(strings.scored)])[strings.starts]
    return max(int((before[lanes + 1] - before[lanes]).sum()), 1)
