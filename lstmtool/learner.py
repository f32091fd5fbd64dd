"""One network learning on one set of sequences: the buffers that the kernels work in."""

from __future__ import annotations

import numpy as np

from lstmtool.config import Stage
from lstmtool.kernels import epochs
from lstmtool.kernels._jit import compiled_before as compiled_before
from lstmtool.kernels.augment import fill
from lstmtool.network import Network
from lstmtool.records import (
    AUGMENTATIONS,
    GO_ON,
    HISTORY,
    OBJECTIVES,
    OPTIMISERS,
    VECTOR,
    Batch,
    Data,
    Errors,
    Learner,
    StageOptions,
    Trace,
    Workspace,
)
from lstmtool.sequences import Sequences


def stage_options(stage: Stage, hidden: bool = True) -> StageOptions:
    """Return a stage's settings as the kernels want them."""
    return StageOptions(
        objective=OBJECTIVES[stage.objective],
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
        hidden=hidden,
    )


def lane_data(sequences: Sequences, window: int | None = None) -> Data:
    """Preprocessed sequences as the kernels want them, lanes ordered longest first.

    With a window the lanes hold so many steps of every sequence, none of which may be shorter.
    """
    lengths = sequences.lengths if window is None else np.full(len(sequences), window, np.int64)
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    return Data(sequences.values, sequences.offsets, lengths, order)


def vectors(*shape: int) -> np.ndarray:
    """Zeros (*shape, 24), every register of a vector within one line of the processor's cache."""
    line = 64  # bytes
    raw = np.zeros(int(np.prod(shape)) * VECTOR * 8 + line, dtype=np.uint8)
    start = -raw.ctypes.data % line
    return raw[start : raw.size - line + start].view(np.float64).reshape(*shape, VECTOR)


class Lanes:
    """Buffers for `copies` lanes per sequence, and what can be computed in them.

    Parameters
    ----------
    network : Network
    data : Data
    copies : int
        1, or 2 for pairs of augmented copies.
    stop : ndarray of shape (1,), int64
        Set to non-zero by another thread to end passes over the lanes at once, half done.
    """

    def __init__(
        self, network: Network, data: Data, copies: int = 1, stop: np.ndarray = GO_ON
    ) -> None:
        n_lanes = copies * len(data.order)
        groups = -(-n_lanes // VECTOR)
        padded = groups * VECTOR
        n_steps = int(data.lengths.max())
        cells, units, outputs = network.n_cells, network.n_units, network.settings.outputs
        codes = 2**outputs if network.settings.output_unit == "logistic" else 1
        sources = vectors(groups, n_steps + 1, network.n_sources)
        sources[:, :, -1] = 1.0
        self.network, self.data, self.copies = network, data, copies
        self.batch = Batch(sources, np.zeros((groups, VECTOR), dtype=np.int64), stop)
        self.trace = Trace(
            vectors(groups, n_steps, units),
            vectors(groups, n_steps + 1, cells),
            vectors(groups, n_steps, cells),
        )
        self.errors = Errors(vectors(groups, cells), vectors(groups, cells))
        self.work = Workspace(
            last=np.zeros((cells + 1, padded)),
            net=np.zeros((outputs, n_lanes)),
            slopes=np.zeros((outputs, n_lanes)),
            d_last=np.zeros((cells, padded)),
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

    def evaluate(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Net inputs (N, K) of the output units and last cell outputs (N, C), whole sequences."""
        rng = np.random.default_rng(0)
        fill(self.data, self.batch, self.copies, stage_options(Stage()), rng)
        return self._evaluate_filled(parameters)

    def evaluate_copies(
        self, parameters: np.ndarray, stage: Stage, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of augmented copies; sequence n's are rows copies * n + k."""
        fill(self.data, self.batch, self.copies, stage_options(stage), rng)
        return self._evaluate_filled(parameters)

    def copies_of(self, stage: Stage, rng: np.random.Generator) -> list[list[np.ndarray]]:
        """Draw augmented copies and return them as they are laid: copy k of sequence n, (T, X)."""
        fill(self.data, self.batch, self.copies, stage_options(stage), rng)
        sources, n_inputs = self.batch.sources, self.network.n_inputs
        drawn: list[list[np.ndarray]] = [[] for _ in range(self.copies)]
        for place in np.argsort(self.data.order):
            for k in range(self.copies):
                group, lane = divmod(self.copies * int(place) + k, VECTOR)
                n_steps = self.batch.lengths[group, lane]
                drawn[k].append(sources[group, :n_steps, :n_inputs, lane].copy())
        return drawn

    def _evaluate_filled(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weights = self.network.views(parameters)
        epochs.evaluate(self.network.layer, weights, self.batch, self.trace, self.work)
        sequence = self.copies * self.data.order[:, None] + np.arange(self.copies)
        net, last = np.empty_like(self.work.net.T), np.empty((sequence.size, self.network.n_cells))
        net[sequence.ravel()] = self.work.net.T
        last[sequence.ravel()] = self.work.last[:-1, : sequence.size].T
        return net, last

    def information(
        self, parameters: np.ndarray, stage: Stage, n_pairs: int, rng: np.random.Generator
    ) -> float:
        """Augmented-code information in bits, mean over pairs of copies; needs two copies."""
        return epochs.augmented_information(
            self.network.layer,
            self.network.views(parameters),
            self.data,
            self.batch,
            self.trace,
            self.work,
            stage_options(stage),
            n_pairs,
            rng,
        )


def new_learner(parameters: np.ndarray) -> Learner:
    """Return a learner that starts from a copy of these parameters."""
    gradient, velocity, square = (np.zeros_like(parameters) for _ in range(3))
    sigma, epochs_done = np.zeros(1), np.zeros(1, dtype=np.int64)
    return Learner(parameters.copy(), gradient, velocity, square, sigma, epochs_done)


def train_epochs(
    learner: Learner,
    lanes: Lanes,
    options: StageOptions,
    n_epochs: int,
    rng: np.random.Generator,
    stop: np.ndarray,
) -> np.ndarray:
    """Train for some epochs in place.

    Parameters
    ----------
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
    done = epochs.run_epochs(
        network.layer,
        network.views(learner.parameters),
        network.views(learner.gradient),
        learner,
        lanes.data,
        lanes.batch,
        lanes.trace,
        lanes.errors,
        lanes.work,
        options,
        rng,
        history,
        stop,
    )
    return history[:done]
