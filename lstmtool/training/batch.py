"""One network training on one set of sequences: the buffers that the kernels work in."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.config import NetworkSettings, Stage
from lstmtool.data.sequences import Sequences
from lstmtool.kernels import epochs, parzen
from lstmtool.kernels.augment import fill, fill_whole
from lstmtool.kernels.backward import backward
from lstmtool.kernels.bingo import joint_bits
from lstmtool.kernels.entry import Entries, entry
from lstmtool.kernels.objectives import bingo_step, consistency_step, neo_step
from lstmtool.kernels.records import (
    AUGMENTATIONS,
    BINGO,
    CONSISTENCY,
    GO_ON,
    HISTORY,
    LANES,
    NEO,
    NO_COPY,
    OBJECTIVES,
    OPTIMISERS,
    OTHER,
    PRECISIONS,
    Data,
    Lanes,
    Learning,
    OptimiserState,
    StageOptions,
    Workspace,
)
from lstmtool.kernels.subnormals import flushed
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.network.stack import Stack, others_of

if TYPE_CHECKING:
    from lstmtool.objectives.registry import Step

PARALLEL = 50_000_000  # with more products than this in a forward pass, groups run in parallel
FEW_PARTS, MOST_PARTS = 16, 256
STEPS = {BINGO: bingo_step, CONSISTENCY: consistency_step, NEO: neo_step}
_steps: dict[Any, Entries] = {}  # entries of an objective's step, by it and its fast sums


def stage_options(stage: Stage, hidden: bool = True) -> StageOptions:
    """Return a stage's settings in the form that the kernels take."""
    return StageOptions(
        objective=OBJECTIVES.get(stage.objective, OTHER),
        optimiser=OPTIMISERS[stage.optimiser],
        rate=stage.rate,
        output_rate=stage.output_rate,
        momentum=stage.momentum,
        clip=stage.clip,
        precondition=stage.precondition,
        augmentation=sum(AUGMENTATIONS[kind] for kind in stage.augmentation.split("+")),
        crop_low=stage.crop[0],
        crop_high=stage.crop[1],
        noise=stage.noise,
        block=stage.block,
        warp=stage.warp,
        stretch_low=stage.stretch[0],
        stretch_high=stage.stretch[1],
        scale=stage.scale,
        drift=stage.drift,
        marginal_weight=stage.marginal_weight,
        invariant=stage.form == "invariant",
        width_floor=stage.width_floor,
        n_s=stage.sample[0] if stage.sample else 0,
        n_t=stage.sample[1] if stage.sample else 0,
        hidden=hidden,
    )


def batch_data(sequences: Sequences, window: int | None = None) -> Data:
    """Return preprocessed sequences in the form that the kernels take, longest first.

    With a window, each lane holds that many steps; no sequence may be shorter.
    """
    lengths = sequences.lengths if window is None else np.full(len(sequences), window, np.int64)
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    return Data(sequences.values, sequences.offsets, lengths, order)


def products_of(network: Network, data: Data, copies: int, compute: ComputeOptions) -> int:
    """Return how many products a forward pass takes; activation functions count as 16 each."""
    width = LANES[np.dtype(PRECISIONS[compute.precision]).name]
    lanes = -(-copies * len(data.order) // width) * width
    of_step = sum(layer.n_units * (layer.n_sources + 16) for layer in network.layers)
    return lanes * int(data.lengths.max()) * of_step


def parts_of(
    network: Network, data: Data, copies: int, compute: ComputeOptions
) -> list[tuple[int, int]]:
    """Split the groups into parts (first, end) whose gradients are summed in order.

    Small problems have one part, larger ones `FEW_PARTS`, and more only if each part still has
    `PARALLEL` products to compute.
    """
    groups = -(-copies * len(data.order) // LANES[np.dtype(PRECISIONS[compute.precision]).name])
    worthwhile = products_of(network, data, copies, compute) // PARALLEL
    n_parts = min(groups, max(FEW_PARTS, min(worthwhile, MOST_PARTS))) if worthwhile else 1
    return list(pairwise(groups * part // n_parts for part in range(n_parts + 1)))


def workspace(
    settings: NetworkSettings,
    n_lanes: int,
    n_read: int,
    places: int | None = None,
) -> Workspace:
    """Make room for the output units and the objective.

    Parameters
    ----------
    settings : NetworkSettings
    n_lanes : int
        Lanes that are used, of which there are `places`.
    n_read : int
        What the output units read, R.
    """
    places = n_lanes if places is None else places
    outputs = settings.outputs
    codes = 2**outputs if settings.output_unit == "logistic" else 1
    work = Workspace(
        read=np.zeros((n_read + 1, places)),
        net=np.zeros((outputs, n_lanes)),
        slopes=np.zeros((outputs, n_lanes)),
        mean=np.zeros(n_read),
        covariance=np.zeros((n_read, n_read)),
        q=np.zeros((outputs, outputs)),
        centred=np.zeros((outputs, n_lanes)),
        deviation=np.zeros(outputs),
        probabilities=np.zeros((codes, n_lanes)),
        gains=np.zeros((codes, n_lanes)),
        joint=np.zeros((codes, codes)),
        marginal=np.zeros(codes),
        one_code=np.zeros(codes),
    )
    work.read[-1] = 1.0
    return work


class SequenceBatch:
    """Buffers for `copies` lanes per sequence, and what can be computed in them.

    Parameters
    ----------
    copies : int
        1, or 2 for pairs of augmented copies.
    stop : ndarray of shape (1,), int64
        Another thread sets it to non-zero to abort a pass over the lanes.
    parts : list of pair of int, optional
        First group and end of each part; by default those of `parts_of`.
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
        n_read = network.n_read
        self.network, self.data, self.copies = network, data, copies
        self.passes: dict[tuple[int, bool, bool, int], Entries] = {}
        self.laid = False  # whether the lanes already hold whole sequences
        self.parts = parts or parts_of(network, data, copies, compute)
        n_parts = len(self.parts)
        self._partial = np.zeros((n_parts if n_parts > 1 else 0, network.size))
        self.work = workspace(network.settings, n_lanes, n_read, groups * width)
        self.by_group = np.zeros((n_read, groups, width), dtype)
        self.d_read = self.by_group.reshape(n_read, groups * width)
        self._make_room(compute, stop)

    def _make_room(self, compute: ComputeOptions, stop: np.ndarray) -> None:
        """Allocate the buffers of the passes over the lanes."""
        network, n_steps = self.network, int(self.data.lengths.max())
        self.stack = Stack(
            network.levels, network.readouts, self.work.read, n_steps, compute, self.parts, stop,
            network.exact,
        )  # fmt: skip
        self.batch = self.stack.first.batch

    def evaluate(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the output units' net inputs (N, K) and inputs (N, R) for whole sequences."""
        return self._evaluated(parameters, Stage(), np.random.default_rng(0))

    def evaluate_copies(
        self, parameters: np.ndarray, stage: Stage, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the same for augmented copies; copy k of sequence n is row copies * n + k."""
        return self._evaluated(parameters, stage, rng)

    def copies_of(self, stage: Stage, rng: np.random.Generator) -> list[list[np.ndarray]]:
        """Draw augmented copies and return them: item [n][k] is copy k of sequence n, (T, X)."""
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
        """Fill the lanes with sequences or copies and compute the output units' net inputs."""
        options = stage_options(stage)
        if options.augmentation != NO_COPY or not self.laid:
            self.fill(options, rng)
        # Of arrays mapped from a file Numba would compile kernels of their own.
        self.forward(np.require(parameters, requirements="W"))

    def _evaluated(
        self, parameters: np.ndarray, stage: Stage, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        self._run(parameters, stage, rng)
        sequence = self.copies * self.data.order[:, None] + np.arange(self.copies)
        net, read = np.empty_like(self.work.net.T), np.empty((sequence.size, self.network.n_read))
        net[sequence.ravel()] = self.work.net.T
        read[sequence.ravel()] = self.work.read[:-1, : sequence.size].T
        return net, read

    def fill(self, options: StageOptions, rng: np.random.Generator) -> None:
        """Fill the lanes with the sequences, whole or as altered copies."""
        kernel = fill_whole if options.augmentation == NO_COPY else fill
        kernel(self.data, self.batch, self.copies, options, rng)
        self.laid = options.augmentation == NO_COPY and not self.batch.stop[0]

    @property
    def divided(self) -> bool:
        """Whether passes are called one by one, for several parts or several layers."""
        return len(self.parts) > 1 or len(self.network.layers) > 1

    def forward(self, parameters: np.ndarray) -> None:
        """Run the lanes up to the output units' net inputs."""
        self.run_layers(parameters)
        self.run_output_units(parameters)

    def run_output_units(self, parameters: np.ndarray) -> None:
        """Compute the output units' net inputs from what they read."""
        output = self.network.views(parameters).output
        epochs.output_nets(output, self.work.read, self.work.net)

    def run_layers(self, parameters: np.ndarray) -> None:
        """Run the lanes up to what the output units read, `work.read`."""
        self.stack.connect(self.network.views_of_layers(parameters))
        self.stack.forward()

    def backward(self, gradient: np.ndarray, exact: bool | None = None) -> None:
        """Back-propagate the errors in `d_read` and add to a gradient (P,).

        Parts are added in the same order whatever the number of threads. `exact` chooses the
        exact or the truncated gradient; by default the network's own.
        """
        if len(self.parts) == 1:
            self.backward_parts(gradient[None], exact)
            return
        self._partial[:] = 0.0
        self.backward_parts(self._partial, exact)
        for one in self._partial:
            gradient += one

    def backward_parts(self, sums: np.ndarray, exact: bool | None = None) -> None:
        """Do the same, with one row of `sums` (parts, P) for each part."""
        views = [self.network.views_of_layers(one) for one in sums]
        self.stack.backward(self.d_read, views, exact)

    def information(
        self, parameters: np.ndarray, stage: Stage, n_pairs: int, rng: np.random.Generator
    ) -> float:
        """Return the augmented-code information in bits, mean over pairs; needs two copies."""
        total, altered = 0.0, stage.augmentation != "none"
        for pair in range(n_pairs):
            if altered or not pair:
                self._run(parameters, stage, rng)
            total += epochs.shared_information(self.work)
        return total / n_pairs


def new_optimiser_state(parameters: np.ndarray) -> OptimiserState:
    """Return the state of an optimiser that starts from a copy of these parameters."""
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
        Another thread sets it to non-zero to end early.

    Returns
    -------
    ndarray of shape (E, 5)
        One row of `records.HISTORY` per epoch done; fewer than `n_epochs` after a stop, or if
        numbers became non-finite.
    """
    history = np.full((n_epochs, len(HISTORY)), np.nan)
    network = lanes.network
    learning = Learning(learner, network.views(learner.parameters), network.views(learner.gradient))
    if lanes.divided or (step is not None and options.objective == OTHER):
        done = _epochs_by_passes(lanes, learning, options, rng, history, stop, step)
        return history[:done]
    with flushed():
        passes = _passes(lanes, learning, options, rng, history, stop)
        compiled = Lanes(lanes.data, lanes.stack.first, lanes.work, lanes.by_group)
        done = epochs.run_epochs(
            learning, compiled, passes, options, rng, history, stop, lanes.laid
        )
    lanes.laid = options.augmentation == NO_COPY and not stop[0] and not lanes.batch.stop[0]
    return history[:done]


def _passes(
    lanes: SequenceBatch,
    learning: Learning,
    options: StageOptions,
    rng: np.random.Generator,
    history: np.ndarray,
    stop: np.ndarray,
) -> Entries:
    """Return the entries that `epochs.run_epochs` calls, compiled as far as it does."""
    drawn = options.augmentation != NO_COPY
    kind = options.objective, options.hidden, drawn, options.n_s
    if kind not in lanes.passes:
        buffers, filled = lanes.stack.first, fill if drawn else fill_whole
        step = objective_entries(options, lanes.work, rng, history, stop)
        others = lanes.stack.others if options.hidden else others_of(buffers, [])
        lanes.passes[kind] = Entries(
            fill=entry(filled, lanes.data, lanes.batch, lanes.copies, options, rng),
            forward=lanes.stack.forward_entry,
            objective=step.objective,
            fast=step.fast,
            backward=entry(
                backward if options.hidden else None,
                buffers, others, lanes.by_group, 0, 0, 0, learning.gradient,
            ),
            others=others,
        )  # fmt: skip
    return lanes.passes[kind]


def objective_entries(
    options: StageOptions,
    work: Workspace,
    rng: np.random.Generator,
    history: np.ndarray,
    stop: np.ndarray,
) -> Entries:
    """Return the entries `objective`, its step, and `fast`, of fast sums of densities."""
    step = STEPS.get(options.objective)
    fast = _fast_of(options, work)
    if (step, fast) not in _steps:  # the types of the other arguments are always the same
        row = np.zeros(history.shape[1])  # of the history, which may be empty
        objective = entry(step, work, np.zeros(1), fast, options, rng, row, stop)
        _steps[step, fast] = Entries(objective=objective, fast=fast)
    return _steps[step, fast]


def _fast_of(options: StageOptions, work: Workspace) -> Any:
    return parzen.fast_of(work.net, options.n_s, options.objective == NEO)


def _epochs_by_passes(
    lanes: SequenceBatch,
    learning: Learning,
    options: StageOptions,
    rng: np.random.Generator,
    history: np.ndarray,
    stop: np.ndarray,
    step: Step | None,
) -> int:
    """Do the same as `epochs.run_epochs`, layer by layer, with the parts in parallel."""
    state = learning.state
    for epoch, record in enumerate(history):
        if stop[0]:
            return epoch
        drawn = options.augmentation != NO_COPY
        if drawn or (epoch == 0 and not lanes.laid):
            lanes.fill(options, rng)
        if drawn or epoch == 0 or options.hidden:
            lanes.forward(state.parameters)
        else:
            lanes.run_output_units(state.parameters)
        if stop[0]:
            return epoch
        if step is not None:
            coded = lanes.network.settings.output_unit == "logistic"
            step_of(step, lanes.work, coded, record)
        else:
            run_objective(options, lanes.work, state.sigma, rng, record, stop)
        if not epochs.output_errors(learning, lanes.work, lanes.by_group, record):
            return epoch
        if options.hidden:
            lanes.backward(state.gradient)
        if stop[0]:
            return epoch
        record[4] = epochs.update(learning, lanes.work, options)
    return len(history)


def run_objective(
    options: StageOptions,
    work: Workspace,
    sigma: np.ndarray,
    rng: np.random.Generator,
    record: np.ndarray,
    stop: np.ndarray,
) -> None:
    """Set the slopes of an objective that has a kernel, and fill a row of the history."""
    fast = _fast_of(options, work)
    STEPS[options.objective](work, sigma, fast, options, rng, record, stop)


def step_of(step: Step, work: Workspace, coded: bool, record: np.ndarray) -> None:
    """Do the same for an objective written in Python.

    `coded` says whether the output units are logistic.
    """
    record[0], work.slopes[:] = step(work.net)
    if coded:
        record[1] = joint_bits(work.net, work.one_code, work.marginal)
