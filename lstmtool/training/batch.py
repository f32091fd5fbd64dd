"""One network learning on one set of sequences: the buffers that the kernels work in."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lstmtool.config import Stage
from lstmtool.data.sequences import Sequences
from lstmtool.kernels import epochs
from lstmtool.kernels.augment import fill
from lstmtool.kernels.backward import backward, chunk_steps, delta_rows, transposed_parts
from lstmtool.kernels.forward import forward
from lstmtool.kernels.records import (
    AUGMENTATIONS,
    GO_ON,
    HISTORY,
    LANES,
    NEO,
    NO_COPY,
    NOTHING,
    OBJECTIVES,
    OPTIMISERS,
    OTHER,
    PRECISIONS,
    Batch,
    Connections,
    Data,
    Errors,
    OptimiserState,
    StageOptions,
    Trace,
    Weights,
    Workspace,
)
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.vector import PART
from lstmtool.network.layout import Network

if TYPE_CHECKING:
    from lstmtool.objectives.registry import Step

PARALLEL = 50_000_000  # products of an epoch's forward pass from which groups run beside each other
FEW_PARTS, MOST_PARTS = 16, 256
SEGMENT = 192 << 10  # bytes of a segment of a trace: it stays in the processor's second cache
LEAST_MEMORY, MOST_MEMORY = 512 << 20, 1536 << 20  # bytes


def memory_of_trace() -> int:
    """Return bytes that the trace of a network may take to be kept whole.

    With a network on every core, traces take a quarter of the machine's memory at most, if that
    leaves half a GiB for each.
    """
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # a system that does not tell
        total = 0
    return max(LEAST_MEMORY, min(total // (4 * (os.cpu_count() or 1)), MOST_MEMORY))


MEMORY = memory_of_trace()


@dataclass(frozen=True)
class ComputeOptions:
    """How a network is computed; but for rounding in single precision, not what.

    Parameters
    ----------
    precision : str
        Of the memory blocks: double (float64), or single (float32). Weights, their sums and
        the objective are float64 in both.
    checkpoint_states : int or "auto"
        Steps between the states that are kept for the backward pass, which computes the steps
        between again; 0 keeps all steps, auto does where these fit `memory_of_trace`.
    threads : int
        That share the sequences of one network, where these are many. Results do not depend on it.
    neo : bool
        Whether NEO is among the objectives; what is compiled without it takes half as long.
    """

    precision: Literal["double", "single"] = "double"
    checkpoint_states: int | Literal["auto"] = "auto"
    threads: int = 1
    neo: bool = True


def stage_options(stage: Stage, hidden: bool = True) -> StageOptions:
    """Return a stage's settings as the kernels want them."""
    return StageOptions(
        objective=OBJECTIVES.get(stage.objective, OTHER),
        optimiser=OPTIMISERS[stage.optimiser],
        rate=stage.rate,
        output_rate=stage.output_rate,
        momentum=stage.momentum,
        clip=stage.clip,
        precondition=stage.precondition,
        augmentation=AUGMENTATIONS[stage.augmentation],
        crop_low=stage.crop[0],
        crop_high=stage.crop[1],
        noise=stage.noise,
        block=stage.block,
        marginal_weight=stage.marginal_weight,
        invariant=stage.form == "invariant",
        width_floor=stage.width_floor,
        n_s=stage.sample[0] if stage.sample else 0,
        n_t=stage.sample[1] if stage.sample else 0,
        hidden=hidden,
    )


def batch_data(sequences: Sequences, window: int | None = None) -> Data:
    """Preprocessed sequences as the kernels want them, lanes ordered longest first.

    With a window the lanes hold so many steps of every sequence, none of which may be shorter.
    """
    lengths = sequences.lengths if window is None else np.full(len(sequences), window, np.int64)
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    return Data(sequences.values, sequences.offsets, lengths, order)


def vectors(*shape: int, dtype: type = np.float64) -> np.ndarray:
    """Zeros (*shape, lanes), every part of a vector within one line of the processor's cache."""
    return _parts(*shape, LANES[np.dtype(dtype).name], dtype=dtype)


def _parts(*shape: int, dtype: type) -> np.ndarray:
    """Zeros of a shape whose last axis is whole parts; no part lies in two lines of the cache."""
    line = PART  # bytes
    kind = np.dtype(dtype)
    raw = np.zeros(int(np.prod(shape)) * kind.itemsize + line, dtype=np.uint8)
    start = -raw.ctypes.data % line
    return raw[start : raw.size - line + start].view(kind).reshape(shape)


def products_of(network: Network, data: Data, copies: int, compute: ComputeOptions) -> int:
    """Return how many products a forward pass takes; the gates' functions count as 16 each."""
    width = LANES[np.dtype(PRECISIONS[compute.precision]).name]
    lanes = -(-copies * len(data.order) // width) * width
    return lanes * int(data.lengths.max()) * network.n_units * (network.n_sources + 16)


def parts_of(
    network: Network, data: Data, copies: int, compute: ComputeOptions
) -> list[tuple[int, int]]:
    """Return the parts whose gradients are summed one after the other: groups first to after.

    There is one, or there are `FEW_PARTS`, or more where each has `PARALLEL` products to compute.
    """
    groups = -(-copies * len(data.order) // LANES[np.dtype(PRECISIONS[compute.precision]).name])
    worthwhile = products_of(network, data, copies, compute) // PARALLEL
    n_parts = min(groups, max(FEW_PARTS, min(worthwhile, MOST_PARTS))) if worthwhile else 1
    return list(pairwise(groups * part // n_parts for part in range(n_parts + 1)))


def bytes_of_step(network: Network, compute: ComputeOptions) -> int:
    """Return how large the trace of one step of a group of lanes is."""
    kind = np.dtype(PRECISIONS[compute.precision])
    numbers = network.n_sources + network.n_units + 2 * network.n_cells
    return numbers * LANES[kind.name] * kind.itemsize


class SequenceBatch:
    """Buffers for `copies` lanes per sequence, and what can be computed in them.

    Parameters
    ----------
    network : Network
    data : Data
    copies : int
        1, or 2 for pairs of augmented copies.
    compute : ComputeOptions
    stop : ndarray of shape (1,), int64
        Set to non-zero by another thread to end passes over the lanes at once, half done.
    parts : list of pair of int, optional
        Groups first to after of each, if not those of `parts_of`.
    """

    def __init__(
        self,
        network: Network,
        data: Data,
        copies: int = 1,
        compute: ComputeOptions | None = None,
        stop: np.ndarray = GO_ON,
        parts: list[tuple[int, int]] | None = None,
    ) -> None:
        compute = compute or ComputeOptions()
        dtype = PRECISIONS[compute.precision]
        width = LANES[np.dtype(dtype).name]
        n_lanes = copies * len(data.order)
        groups = -(-n_lanes // width)
        cells, outputs = network.n_cells, network.settings.outputs
        codes = 2**outputs if network.settings.output_unit == "logistic" else 1
        self.network, self.data, self.copies, self.neo = network, data, copies, compute.neo
        self.laid = False  # whether whole sequences lie in the lanes: they need not be laid again
        self.parts = parts or parts_of(network, data, copies, compute)
        n_parts = len(self.parts)
        self._partial = np.zeros((n_parts if n_parts > 1 else 0, network.size))
        self._make_room(groups, compute, stop)
        self.work = Workspace(
            last=np.zeros((cells + 1, groups * width)),
            net=np.zeros((outputs, n_lanes)),
            slopes=np.zeros((outputs, n_lanes)),
            d_last=np.zeros((cells, groups * width), dtype),
            mean=np.zeros(cells),
            covariance=np.zeros((cells, cells)),
            q=np.zeros((outputs, outputs)),
            centred=np.zeros((outputs, n_lanes)),
            deviation=np.zeros(outputs),
            probabilities=np.zeros((n_lanes, codes)),
            joint=np.zeros((codes, codes)),
            marginal=np.zeros(codes),
            one_code=np.zeros(codes),
        )
        self.work.last[-1] = 1.0

    def _make_room(self, groups: int, compute: ComputeOptions, stop: np.ndarray) -> None:
        """Make the buffers of the passes over the lanes."""
        network, n_parts, dtype = self.network, len(self.parts), PRECISIONS[compute.precision]
        width, n_steps = LANES[np.dtype(dtype).name], int(self.data.lengths.max())
        cells, units, sources = network.n_cells, network.n_units, network.n_sources
        step = bytes_of_step(network, compute)
        chunk = chunk_steps(units, sources)
        segment = _segment(compute, chunk, n_steps, groups * n_steps * step <= MEMORY, step)

        def zeros(*shape: int) -> np.ndarray:
            return vectors(*shape, dtype=dtype)

        rows = groups if segment == 0 else n_parts
        kept = 0 if segment == 0 else -(-n_steps // segment)
        stay = segment or n_steps
        self.trace = Trace(
            zeros(rows, stay + 1, sources),
            zeros(rows, stay, units),
            zeros(rows, stay + 1, cells),
            zeros(rows, stay, cells),
            zeros(groups, kept, 2 * cells),
        )
        self.trace.sources[:, :, -1] = 1.0
        inputs = zeros(groups, n_steps, network.n_inputs) if segment else self.trace.sources
        whole = np.int64 if dtype is np.float64 else np.int32
        self.batch = Batch(inputs, np.zeros((groups, width), dtype=whole), stop)
        part_width = PART // np.dtype(dtype).itemsize
        transposed = transposed_parts(sources, part_width)
        padded = delta_rows(units, transposed)
        self.errors = Errors(
            zeros(n_parts, chunk, padded),
            zeros(groups, cells),
            zeros(groups, cells),
            _parts(n_parts, transposed, chunk, width, part_width, dtype=dtype),
            _parts(n_parts, padded if transposed else 0, transposed * part_width, dtype=np.float64),
        )
        self.connections = Connections(
            np.zeros((units, sources), dtype),
            np.zeros((cells, units), dtype),
            np.zeros((3, cells), dtype),
        )
        self._pool = (
            ThreadPoolExecutor(compute.threads) if min(compute.threads, n_parts) > 1 else None
        )

    def evaluate(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Net inputs (N, K) of the output units and last cell outputs (N, C), whole sequences."""
        return self._evaluated(parameters, Stage(), np.random.default_rng(0))

    def evaluate_copies(
        self, parameters: np.ndarray, stage: Stage, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of augmented copies; sequence n's are rows copies * n + k."""
        return self._evaluated(parameters, stage, rng)

    def copies_of(self, stage: Stage, rng: np.random.Generator) -> list[list[np.ndarray]]:
        """Draw augmented copies and return them as they are laid: copy k of sequence n, (T, X)."""
        self.fill(stage_options(stage), rng)
        inputs, n_inputs = self.batch.inputs, self.network.n_inputs
        drawn: list[list[np.ndarray]] = [[] for _ in range(self.copies)]
        for place in np.argsort(self.data.order):
            for k in range(self.copies):
                group, lane = divmod(self.copies * int(place) + k, inputs.shape[3])
                n_steps = self.batch.lengths[group, lane]
                lane_inputs = inputs[group, :n_steps, :n_inputs, lane]
                drawn[k].append(lane_inputs.astype(np.float64))
        return drawn

    def _run(self, parameters: np.ndarray, stage: Stage, rng: np.random.Generator) -> None:
        """Lay sequences or copies in the lanes and run them up to the output units' net inputs."""
        options = stage_options(stage)._replace(objective=NOTHING)
        train_epochs(new_optimiser_state(parameters), self, options, 1, rng, GO_ON)

    def _evaluated(
        self, parameters: np.ndarray, stage: Stage, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        self._run(parameters, stage, rng)
        sequence = self.copies * self.data.order[:, None] + np.arange(self.copies)
        net, last = np.empty_like(self.work.net.T), np.empty((sequence.size, self.network.n_cells))
        net[sequence.ravel()] = self.work.net.T
        last[sequence.ravel()] = self.work.last[:-1, : sequence.size].T
        return net, last

    def fill(self, options: StageOptions, rng: np.random.Generator) -> None:
        """Lay the sequences into the lanes, whole or as altered copies."""
        fill(self.data, self.batch, self.copies, options, rng)
        self.laid = options.augmentation == NO_COPY and not self.batch.stop[0]

    @property
    def divided(self) -> bool:
        """Whether the lanes are passed over part by part."""
        return len(self.parts) > 1

    def forward(self, weights: Weights) -> None:
        """Run what is laid in the lanes up to the net inputs of the output units."""
        self.run_blocks(weights)
        epochs.output_nets(weights.output, self.work.last, self.work.net)

    def run_blocks(self, weights: Weights) -> None:
        """Run what is laid in the lanes up to the last cell outputs, `work.last`."""
        epochs.connect(weights, self.connections)

        def run(part: int) -> None:
            first, after = self.parts[part]
            with flushed():
                forward(
                    self.network.layer, self.connections, self.batch, self.trace, first, after,
                    part, self.work.last,
                )  # fmt: skip

        self._of_all_parts(run)

    def backward(self, gradient: np.ndarray, network: Network | None = None) -> None:
        """Add to a gradient (P,) what the errors in `work.d_last` cause in the memory blocks.

        Parts of the sequences are added in the same order whatever the number of threads. The
        network may be given for other errors than its own: exact or truncated.
        """
        if len(self.parts) == 1:
            self.backward_parts(gradient[None], network)
            return
        self._partial[:] = 0.0
        self.backward_parts(self._partial, network)
        for one in self._partial:
            gradient += one

    def backward_parts(self, sums: np.ndarray, network: Network | None = None) -> None:
        """Do what `backward` does, each part to a row of its own, (parts, P)."""
        network = network or self.network

        def run(part: int) -> None:
            first, after = self.parts[part]
            with flushed():
                backward(
                    network.layer, self.connections, self.batch, self.trace, self.work.d_last,
                    self.errors, first, after, part, network.views(sums[part]),
                )  # fmt: skip

        self._of_all_parts(run)

    def _of_all_parts(self, run: Callable[[int], None]) -> None:
        for_each = map if self._pool is None else self._pool.map
        for _ in for_each(run, range(len(self.parts))):
            pass

    def information(
        self, parameters: np.ndarray, stage: Stage, n_pairs: int, rng: np.random.Generator
    ) -> float:
        """Augmented-code information in bits, mean over pairs of copies; needs two copies."""
        total = 0.0
        for _ in range(n_pairs):
            self._run(parameters, stage, rng)
            total += epochs.shared_information(self.work)
        return total / n_pairs


def _segment(compute: ComputeOptions, chunk: int, n_steps: int, fits: bool, step: int) -> int:
    """Steps of a segment of the trace, whole chunks; 0 where it is to be whole.

    A step of a group is `step` bytes, and the whole trace may or may not fit.
    """
    if compute.checkpoint_states == "auto":
        wanted = 0 if fits else max(1, SEGMENT // step)
    else:
        wanted = compute.checkpoint_states
    segment = -(-wanted // chunk) * chunk
    return segment if segment < n_steps else 0


def new_optimiser_state(parameters: np.ndarray) -> OptimiserState:
    """Return a learner that starts from a copy of these parameters."""
    gradient, velocity, square = (np.zeros_like(parameters) for _ in range(3))
    sigma, epochs_done = np.zeros(1), np.zeros(1, dtype=np.int64)
    return OptimiserState(parameters.copy(), gradient, velocity, square, sigma, epochs_done)


def train_epochs(
    learner: OptimiserState,
    lanes: SequenceBatch,
    options: StageOptions,
    n_epochs: int,
    rng: np.random.Generator,
    stop: np.ndarray,
    step: Step | None = None,
) -> np.ndarray:
    """Train for some epochs in place.

    Parameters
    ----------
    step : callable, optional
        Value and slopes of an objective that has no kernel; see `Objective.step`.
    stop : ndarray of shape (1,), int64
        Set to non-zero by another thread to end early.

    Returns
    -------
    ndarray of shape (E, 5)
        One row of `records.HISTORY` per epoch done; fewer than `n_epochs` after a stop or where
        numbers are no longer finite.
    """
    history = np.full((n_epochs, len(HISTORY)), np.nan)
    network = lanes.network
    sigma = learner.sigma if lanes.neo or options.objective == NEO else None
    weights, gradient = network.views(learner.parameters), network.views(learner.gradient)
    if lanes.divided or (step is not None and options.objective == OTHER):
        done = _epochs_in_parts(
            lanes, weights, gradient, learner, sigma, options, rng, history, stop, step
        )
        return history[:done]
    with flushed():
        done = epochs.run_epochs(
            network.layer,
            weights,
            lanes.connections,
            gradient,
            learner,
            sigma,
            lanes.data,
            lanes.batch,
            lanes.trace,
            lanes.errors,
            lanes.work,
            options,
            rng,
            history,
            stop,
            lanes.laid,
        )
    lanes.laid = options.augmentation == NO_COPY and not stop[0] and not lanes.batch.stop[0]
    return history[:done]


def _epochs_in_parts(
    lanes: SequenceBatch,
    weights: Weights,
    gradient: Weights,
    learner: OptimiserState,
    sigma: np.ndarray | None,
    options: StageOptions,
    rng: np.random.Generator,
    history: np.ndarray,
    stop: np.ndarray,
    step: Step | None,
) -> int:
    """What `epochs.run_epochs` does, with the parts of the sequences beside each other."""
    for epoch, record in enumerate(history):
        if stop[0]:
            return epoch
        drawn = options.augmentation != NO_COPY
        if drawn or (epoch == 0 and not lanes.laid):
            lanes.fill(options, rng)
        if drawn or epoch == 0 or options.hidden:
            lanes.forward(weights)
        else:
            epochs.output_nets(weights.output, lanes.work.last, lanes.work.net)
        if stop[0] or options.objective == NOTHING:
            return epoch
        if step is not None:
            finite = _errors_of(step, weights, gradient, learner, lanes, record)
        else:
            finite = epochs.errors_of(
                weights, gradient, learner, sigma, lanes.work, options, rng, record, stop
            )
        if not finite:
            return epoch
        if options.hidden:
            lanes.backward(learner.gradient)
        if stop[0]:
            return epoch
        record[4] = epochs.update(gradient, learner, lanes.work, options)
    return len(history)


def _errors_of(
    step: Step,
    weights: Weights,
    gradient: Weights,
    learner: OptimiserState,
    lanes: SequenceBatch,
    record: Any,
) -> bool:
    """What `epochs.errors_of` does, for an objective that is a function of Python."""
    work = lanes.work
    record[:] = np.nan
    record[0], work.slopes[:] = step(work.net)
    if lanes.network.settings.output_unit == "logistic":
        record[1] = epochs.joint_bits(work.net, work.one_code, work.marginal)
    if not np.isfinite(record[0]) or not np.isfinite(work.slopes).all():
        return False
    learner.gradient[:] = 0.0
    epochs.output_backward(weights.output, work.last, work.slopes, gradient.output, work.d_last)
    return True
