"""Output units trained alone, on what they read of sequences and of altered copies of these.

Many memory cells make memorising easy: some direction of their outputs separates any two halves of
the sequences. The output units are therefore confined to the few directions in which copies of one
sequence differ least, compared with all sequences: Fisher's discriminants, with copies in place of
classes. There they are trained like any other weights, with weight decay. The result is written
into the output weights, so the network remains an ordinary one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lstmtool.config import Stage
from lstmtool.kernels import epochs
from lstmtool.kernels.records import (
    HISTORY,
    Data,
    Learning,
    ReadCopies,
    StageOptions,
    Weights,
    Workspace,
)
from lstmtool.network.layout import Network
from lstmtool.training.batch import (
    SequenceBatch,
    new_optimiser_state,
    objective_entries,
    stage_options,
    step_of,
    workspace,
)
from lstmtool.training.stage import StageState, Stop

if TYPE_CHECKING:
    from lstmtool.training.setup import TrainingSetup
    from lstmtool.training.unaltered import Unaltered

COMPONENTS = 30  # principal components in which the discriminants are sought
RIDGE = 1e-3  # variance of copies that is assumed in each, relative to the mean variance of these
SMALLEST = 1e-9  # ratio of all variance to that between copies; below, nothing varies
DEVIATION = 0.5  # of the initial weights of the discriminants
MOST_COPIED = 1000  # sequences of which copies are made
COPIES = {"augmentation", "draws", "crop", "noise", "block", "warp", "stretch", "scale", "drift"}


class Components(NamedTuple):
    """Principal components of what the output units read: (y - mean) scale axes."""

    values: np.ndarray  # (M, N, P) of M copies, the first unaltered
    read: np.ndarray  # (N, R) of the unaltered sequences
    mean: np.ndarray  # (R,)
    scale: np.ndarray  # (R,)
    axes: np.ndarray  # (R, P)

    @classmethod
    def of(cls, read: np.ndarray) -> Components:
        """Find at most `COMPONENTS` in what is read (M, N, R), by the unaltered sequences."""
        mean, deviation = read[0].mean(axis=0), read.std(axis=(0, 1))
        scale = np.where(deviation > 0, 1.0 / np.where(deviation > 0, deviation, 1.0), 0.0)
        _, _, axes = np.linalg.svd((read[0] - mean) * scale, full_matrices=False)
        axes = axes[:COMPONENTS].T
        return cls((read - mean) * scale @ axes, read[0], mean, scale, axes)


class Discriminants(NamedTuple):
    """Directions in which copies of a sequence differ least: z = (y - mean) directions."""

    mean: np.ndarray  # (R,)
    directions: np.ndarray  # (R, D)
    basis: np.ndarray  # (P, D) the same of the principal components
    scatter: np.ndarray  # (D,) variance between copies of a sequence, relative to that of all

    @classmethod
    def of(cls, found: Components, n_directions: int) -> Discriminants:
        """Find them among the principal components of what is read.

        With T the covariance of the unaltered sequences, and W the mean covariance of the copies of
        a sequence plus a ridge, W u = e T u for the smallest e, and u T u = 1.
        """
        directions, ratio = _directions(found.values, n_directions)
        basis = directions / np.sqrt(ratio)
        return cls(found.mean, found.scale[:, None] * (found.axes @ basis), basis, 1.0 / ratio)

    def __call__(self, read: np.ndarray) -> np.ndarray:
        """Return the discriminants (..., N, D) of what is read (..., N, R)."""
        return (read - self.mean) @ self.directions

    def output_weights(self, weights: np.ndarray) -> np.ndarray:
        """Turn weights (K, D + 1) of the discriminants into output weights (K, R + 1)."""
        of_read = weights[:, :-1] @ self.directions.T
        return np.column_stack([of_read, weights[:, -1] - of_read @ self.mean])


def _directions(components: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return directions u (P, D), with u W u = 1, and 1 / e (D,), of components (M, N, P)."""
    from scipy.linalg import eigh

    n_copies, n_sequences, _ = components.shape
    apart = (components - components.mean(axis=0)).reshape(-1, components.shape[2])
    within = apart.T @ apart / (n_sequences * (n_copies - 1))
    total = components[0].T @ components[0] / n_sequences
    within += (RIDGE * np.trace(total) / len(total) + 1e-300) * np.eye(len(total))
    ratio, directions = eigh(total, within)  # ascending, u W u = 1
    chosen = np.arange(len(ratio))[::-1][:most]
    chosen = chosen[ratio[chosen] > SMALLEST]
    return directions[:, chosen], ratio[chosen]


def trained_on_components(
    networks: Sequence[Network],
    components: np.ndarray,
    stages: Sequence[Stage],
    rng: np.random.Generator,
    stop: Stop,
) -> np.ndarray:
    """Train output units on principal components (M, N, P), the first of unaltered sequences.

    All stages follow one another as in a run; each has its network, with as many output units.

    Returns
    -------
    ndarray of shape (N, K)
        Net inputs of the output units for the unaltered sequences.
    """
    components = components - components[0].mean(axis=0)
    directions, ratio = _directions(components, stages[0].discriminants)
    places = _with_bias(components @ (directions / np.sqrt(ratio)))
    weights = _initial(networks[0], places, rng)
    for network, stage in zip(networks, stages, strict=True):
        weights, _ = _trained(network, weights, places, stage, rng, stop)
    return np.asarray(places[0] @ weights.T)


def _with_bias(places: np.ndarray) -> np.ndarray:
    return np.concatenate([places, np.ones((*places.shape[:2], 1))], axis=2)


def _initial(network: Network, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    weights = DEVIATION * rng.standard_normal((network.settings.outputs, places.shape[2]))
    weights[:, -1] = 0.0
    return weights


def read_of_copies(
    setup: TrainingSetup,
    network: Network,
    parameters: np.ndarray,
    stage: Stage,
    rng: np.random.Generator,
    stop: Stop,
    unaltered: Unaltered | None = None,
) -> np.ndarray:
    """What the output units read (M, N, R) of unaltered sequences and of the stage's copies.

    Of more than `MOST_COPIED` sequences, as many are drawn, unless they are on the disk or a
    cluster. `unaltered` has read all of them, if it is given.
    """
    drawn = np.arange(len(setup.data.order))
    lanes = setup.lanes(network, 1, stop.flag)
    if setup.stream is None and setup.shards is None and len(setup.data.order) > MOST_COPIED:
        drawn = np.sort(rng.permutation(len(setup.data.order))[:MOST_COPIED])
        lanes = SequenceBatch(network, some(setup.data, drawn), 1, setup.compute, stop.flag)
    copies = (lanes.evaluate_copies(parameters, stage, rng)[1] for _ in range(stage.draws))
    if unaltered is not None and unaltered.kept:
        whole = unaltered.read(network, parameters, drawn)
    else:
        whole = lanes.evaluate(parameters)[1]
    return np.stack([whole, *copies])


def components_of(
    setup: TrainingSetup,
    network: Network,
    parameters: np.ndarray,
    stage: Stage,
    seed: Sequence[int],
    stop: Stop,
    unaltered: Unaltered | None = None,
) -> Components | None:
    """Return the components that a restart's output units learn from in a stage.

    None if `stop` was set, or something is not finite.

    Parameters
    ----------
    network : Network
        Of the parameters (P,); its output units do not matter.
    seed : sequence of int
        Of the run, and the number of the restart. They give the copies that training saw, unless
        the sequences were too many to copy all and lay on the disk or a cluster.
    unaltered : Unaltered, optional
        Has read, or is to read, the unaltered sequences of the setup.
    """
    copies, _ = _generators(seed)
    read = read_of_copies(setup, network, parameters, stage, copies, stop, unaltered)
    return None if stop or not np.isfinite(read).all() else Components.of(read)


def discriminants_of(
    setup: TrainingSetup, network: Network, parameters: np.ndarray, number: int
) -> Discriminants:
    """Return the directions that a restart's output units are confined to in its last stage.

    Parameters as for `components_of`; what is read must be finite.
    """
    stage, seed = setup.settings.stages[-1], (setup.settings.seed, number)
    found = components_of(setup, network, parameters, stage, seed, Stop())
    assert found is not None
    return Discriminants.of(found, stage.discriminants)


def _generators(seed: Sequence[int]) -> list[np.random.Generator]:
    """Return the generators of the copies, and of initial weights and the order of copies."""
    return [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)]


class ReadCache:
    """What was read last, for stages that follow one another and read the same."""

    def __init__(self) -> None:
        self._key = b""
        self.components: Components | None = None

    def get(
        self, stage: Stage, hidden: np.ndarray, read: Callable[[], Components | None]
    ) -> Components | None:
        """Return what `read` returns; it is not called if the stage and hidden weights are equal.

        Stages are equal if their copies are.
        """
        key = stage.model_dump_json(include=COPIES).encode() + hidden.tobytes()
        if key != self._key:
            self.components = read()
            self._key = key
        return self.components


def some(data: Data, chosen: np.ndarray) -> Data:
    """Return the chosen sequences, without copying the values of these or others."""
    lengths = data.lengths[chosen]
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    return Data(data.values, data.offsets[chosen], lengths, order)


def train_output_layer(
    setup: TrainingSetup,
    network: Network,
    parameters: np.ndarray,
    stage: Stage,
    seed: Sequence[int],
    *,
    stop: Stop,
    afresh: bool,
    cache: ReadCache,
    unaltered: Unaltered | None = None,
) -> StageState:
    """Train the output units of a network; the memory blocks stay as they are.

    Parameters
    ----------
    network : Network
        The network of the stage.
    parameters : ndarray of shape (P,)
    stage : Stage
    seed : sequence of int
        Seeds the copies, which are the same in all stages, so that these see the same
        discriminants; and the initial weights.
    stop : Stop
        Set it to end early.
    afresh : bool
        Whether the output units start from random weights, or from those that they have.
    cache : ReadCache
    unaltered : Unaltered, optional
        As for `components_of`.

    Returns
    -------
    StageState
        Ended; lost as ``diverged`` if a number is not finite.
    """
    _, rng = _generators(seed)
    found = cache.get(
        stage,
        parameters[: network.n_hidden],
        lambda: components_of(setup, network, parameters, stage, seed, stop, unaltered),
    )
    state = StageState(new_optimiser_state(parameters), rng.bit_generator.state, best=parameters)
    if found is None:
        return replace(state, ended=True, lost="" if stop else "diverged")
    discriminants = Discriminants.of(found, stage.discriminants)
    places = _with_bias(found.values @ discriminants.basis)
    weights = _initial(network, places, rng)
    if not afresh:
        output = network.views(parameters).output
        net = found.read @ output[:, :-1].T + output[:, -1]
        weights = np.ascontiguousarray(np.linalg.lstsq(places[0], net, rcond=None)[0].T)
    weights, rows = _trained(network, weights, places, stage, rng, stop)
    trained = parameters.copy()
    network.views(trained).output[:] = discriminants.output_weights(weights)
    diverged = not stop and (len(rows) < stage.epochs or not np.isfinite(trained).all())
    return replace(
        state,
        learner=new_optimiser_state(trained),
        epochs=len(rows),
        rows=rows,
        last=rows[-1] if len(rows) else state.last,
        ended=True,
        lost="diverged" if diverged else "",
    )


def _trained(
    network: Network,
    weights: np.ndarray,
    places: np.ndarray,
    stage: Stage,
    rng: np.random.Generator,
    stop: Stop,
) -> tuple[np.ndarray, np.ndarray]:
    """Train weights (K, D + 1) on copies (M, N, D + 1), drawn anew for every epoch.

    Returns the weights and the history; it is shorter than the stage if a number is not finite.
    """
    learning, work, options, history = _buffers(network, weights, places, stage)
    together = stage.record.copies
    orders = np.tile(np.arange(len(places), dtype=np.int64), (len(history), 1))
    drawn = np.ascontiguousarray(rng.permuted(orders, axis=1)[:, :together])
    copies = ReadCopies(places, drawn, stage.decay, history)
    if stage.record.step is not None:
        done = _epochs_in_python(stage, learning, work, options, copies, stop)
    else:
        passes = objective_entries(options, work, rng, history, stop.flag)
        done = epochs.run_output_epochs(
            learning, work, _nothing_below(work), passes, options, rng, copies, stop.flag
        )
    return learning.weights.output, history[:done]


def _epochs_in_python(
    stage: Stage,
    learning: Learning,
    work: Workspace,
    options: StageOptions,
    copies: ReadCopies,
    stop: Stop,
) -> int:
    """Do what `epochs.run_output_epochs` does, for an objective written in Python."""
    step, d_read, together = stage.record.step, _nothing_below(work), copies.drawn.shape[1]
    assert step is not None
    output, d_output = learning.weights.output, learning.gradient.output
    for epoch, record in enumerate(copies.history):
        for k, copy in enumerate(copies.drawn[epoch]):
            work.read[:, k::together] = copies.places[copy].T
        epochs.output_nets(output, work.read, work.net)
        step_of(step, work, stage.record.makes_codes, record)
        if stop or not epochs.output_errors(learning, work, d_read, record):
            return epoch
        d_output[:, :-1] -= 2.0 * copies.decay * output[:, :-1]
        epochs.update(learning, work, options)
    return len(copies.history)


def _nothing_below(work: Workspace) -> np.ndarray:
    """Return room for the errors at what output units read, which nothing uses."""
    return np.zeros((0, 1, work.net.shape[1]))


def _buffers(
    network: Network, weights: np.ndarray, places: np.ndarray, stage: Stage
) -> tuple[Learning, Workspace, StageOptions, np.ndarray]:
    _, n_sequences, n_places = places.shape
    work = workspace(network.settings, stage.record.copies * n_sequences, n_places - 1)
    learner = new_optimiser_state(weights.ravel())
    learning = Learning(
        learner, _views(learner.parameters, weights.shape), _views(learner.gradient, weights.shape)
    )
    options = stage_options(stage, hidden=False)._replace(precondition=False)
    return learning, work, options, np.full((stage.epochs, len(HISTORY)), np.nan)


def _views(flat: np.ndarray, shape: tuple[int, ...]) -> Weights:
    """Views of a network that has output units alone."""
    return Weights(np.zeros((0, 0)), np.zeros((3, 0)), flat.reshape(shape))
