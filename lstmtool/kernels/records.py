"""Records that cross the wall between Python and the kernels: bare NamedTuples, no behaviour."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

INPUT, FORGET, OUTPUT = 0, 1, 2  # order of the gates, everywhere
LANES = {"float64": 24, "float32": 32}  # of a group, see kernels/vector.py
VECTOR = LANES["float64"]
PRECISIONS = {"double": np.float64, "single": np.float32}
CELL, PLAIN = 3, 4  # after the gates: cell inputs, plain units
TANH, SIGMOID_4_2, SIGMOID_2_1, IDENTITY, LOGISTIC = 0, 1, 2, 3, 4  # the last: of plain units
SQUASHING = {"tanh": TANH, "4s-2": SIGMOID_4_2, "2s-1": SIGMOID_2_1, "identity": IDENTITY}


class Layer(NamedTuple):
    """Shape of a layer of B memory blocks with C cells in all, and P plain units, on X inputs."""

    first_cell: np.ndarray  # (B + 1,) int64; block j owns cells first_cell[j]:first_cell[j + 1]
    first_row: np.ndarray  # (6,) int64; where the rows of input, forget and output gates, cell
    #                        inputs and plain units begin, and where the last end
    n_inputs: int  # X
    first_output: int  # column of the sources where the outputs begin: X, or X + 1 where no unit
    #                    reads them, and the bias comes first
    g: int  # squashing of the cell input
    h: int  # squashing of the cell state on its way out
    f: int  # squashing of the plain units
    forget_gate: bool
    peepholes: bool
    gates_are_read: bool  # units read the gates' activations at t - 1 too
    exact: bool  # exact gradient (BPTT), or errors cut once they leave a memory cell or gate


class Weights(NamedTuple):
    """Views on one flat vector, of one layer and the output units; a gradient is the same type."""

    hidden: np.ndarray  # (U, Q) rows: gates by kind, cell inputs, plain units; columns: inputs
    #                     x(t), outputs y(t - 1) of cells and plain units, gates if read, bias
    peephole: np.ndarray  # (3, C) from the state of cell c to the gates of its own block
    output: np.ndarray  # (K, R + 1) from what the output units read, bias


GO_ON = np.zeros(1, dtype=np.int64)
"""A stop flag that nobody sets."""


class Connections(NamedTuple):
    """A layer's weights in the precision in which the network runs."""

    hidden: np.ndarray  # (U, Q) as in Weights
    back: np.ndarray  # (Q - X - 1, U) from y(t - 1), and gates if read, transposed
    down: np.ndarray  # (X, U) from the inputs, transposed; no rows where no layer lies below
    peephole: np.ndarray  # (3, C)


class Batch(NamedTuple):
    """Sequences side by side in lanes, longest first.

    With L lanes to a group (24 in double precision, 32 in single), lane l is [l // L, ..., l % L].
    """

    inputs: np.ndarray  # (G, >= T, >= X, L) x(t); the trace's sources where it is whole
    lengths: np.ndarray  # (G, L) steps of every lane, not increasing; 0 in padding lanes; whole
    #                      numbers as wide as the precision
    stop: np.ndarray = GO_ON  # (1,) int64; not 0: passes over the batch end at once, half done


class Trace(NamedTuple):
    """What a forward pass leaves for the backward pass: of all steps, or of a segment of S steps.

    A whole trace has a row for every group and S = T. Otherwise a row serves one group after
    the other, and the states and outputs at the start of every segment are kept, from which the
    backward pass computes the segment again. O = C + P outputs, and the gates if they are read.
    """

    sources: np.ndarray  # (rows, S + 1, >= Q, L) what units read: x(t), y(t - 1), and 1
    activation: np.ndarray  # (rows, S, U, L) net inputs, then gates, g of cell inputs, plain units
    state: np.ndarray  # (rows, S + 1, C, L) s(t - 1)
    squashed: np.ndarray  # (rows, S, C, L) h(s(t))
    starts: np.ndarray  # (G, segments, O + C, L) y, then s, before each; none if it is whole


class Readout(NamedTuple):
    """What is read of a layer's outputs: row of the first last, mean and largest one; -1, none."""

    last: int
    mean: int
    largest: int


class Outputs(NamedTuple):
    """What a layer's O outputs y(t) leave for those that read them."""

    steps: np.ndarray  # (G, T, O, L) all of them; no steps where nobody reads them
    total: np.ndarray  # (G, O, L) sum over the steps; no outputs where the mean is not read
    largest: np.ndarray  # (G, O, L) so far; none where it is not read
    largest_at: np.ndarray  # (G, O, L) its step, the first of equal ones
    read: np.ndarray  # (R + 1, all lanes) float64: what the output units read of all layers, and 1


class Errors(NamedTuple):
    """Workspace of the backward pass."""

    delta: np.ndarray  # (parts, steps of a chunk, U', L) errors at the net inputs of U units; where
    #                    sources are transposed, U' is a multiple of `MANY_ROWS`, else U, and the
    #                    rows beyond U stay 0
    output: np.ndarray  # (G, O, L) error at the outputs y(t), and at the gates if they are read
    state: np.ndarray  # (G, C, L) error at the cell states s(t); in the end at s(0)
    mean: np.ndarray  # (G, O, L) what every step has of the error at the mean; none if not read
    steps: np.ndarray  # (G, T, O, L) errors at y(t) from above; no steps where nobody reads them
    below: np.ndarray  # (G, T, X, L) errors at x(t); no steps where no layer lies below
    transposed: np.ndarray  # (parts, sources / W, steps of a chunk, L, W) sources, the W of a part
    #                         of a vector side by side; empty where they are few
    sums: np.ndarray  # (parts, U', parts of sources times W) float64: the gradient by transposed
    #                   sources; empty where they are not transposed


class Buffers(NamedTuple):
    """A layer, its weights, and what its passes over a batch work in."""

    layer: Layer
    readout: Readout
    connections: Connections
    batch: Batch
    trace: Trace
    outputs: Outputs
    errors: Errors


class Step(NamedTuple):
    """Where a step of a group of lanes lies."""

    g: int  # the group
    t: int  # the step, from 0
    row: int  # of the trace
    k: int  # of the row's steps
    part: int  # of the groups, and
    place: int  # of a chunk's steps, on the way back


class Chunk(NamedTuple):
    """Steps of a row whose weight gradients are summed at a time."""

    part: int
    row: int
    low: int  # the first, in the row
    n_steps: int


BINGO, NEO, CONSISTENCY, NOTHING = 0, 1, 2, 3  # nothing: the network is run, and does not learn
OTHER = 4  # a function of Python, which the compiled loop over epochs does not call
OBJECTIVES = {"bingo": BINGO, "neo": NEO, "consistency": CONSISTENCY}
MOMENTUM, ADAM = 0, 1
OPTIMISERS = {"momentum": MOMENTUM, "adam": ADAM}
NO_COPY, CROP, NOISE, BOOTSTRAP, SHIFT = 0, 1, 2, 3, 4
WARP, STRETCH, SCALE, DRIFT, SHAPE = 5, 6, 7, 8, 9  # see kernels/deform.py; shape is all four
AUGMENTATIONS = {
    "none": NO_COPY,
    "crop": CROP,
    "noise": NOISE,
    "bootstrap": BOOTSTRAP,
    "shift": SHIFT,
    "warp": WARP,
    "stretch": STRETCH,
    "scale": SCALE,
    "drift": DRIFT,
    "shape": SHAPE,
}
HISTORY = ("objective", "joint_bits", "entropy", "sigma", "gradient_norm")


class Data(NamedTuple):
    """Preprocessed sequences, flat, and the order of the lanes."""

    values: np.ndarray  # (sum T, X)
    offsets: np.ndarray  # (N + 1,) int64
    lengths: np.ndarray  # (N,) int64 steps that the network sees, the first of the sequence's own
    order: np.ndarray  # (N,) int64 sequence of every lane, longest first


class StageOptions(NamedTuple):
    """One stage of training, as the kernels want it; meanings as in `config.Stage`."""

    objective: int
    optimiser: int
    rate: float
    output_rate: float
    momentum: float
    clip: float
    precondition: bool
    augmentation: int
    crop_low: float
    crop_high: float
    noise: float
    block: float
    warp: float
    stretch_low: float
    stretch_high: float
    scale: float
    drift: float
    marginal_weight: float
    invariant: bool
    width_floor: float
    n_s: int  # points of the samples S and T; 0 and 0: all, leave-one-out
    n_t: int
    hidden: bool  # whether the memory blocks learn too, or the output layer alone


class OptimiserState(NamedTuple):
    """What changes while one network learns; flat vectors of P weights, the output layer last."""

    parameters: np.ndarray  # (P,)
    gradient: np.ndarray  # (P,) direction of ascent
    velocity: np.ndarray  # (P,) momentum, or Adam's first moment
    square: np.ndarray  # (P,) Adam's second moment
    sigma: np.ndarray  # (1,) kernel width; 0 before the first epoch
    epochs: np.ndarray  # (1,) int64 epochs of this stage


class Learning(NamedTuple):
    """One network as it learns, and views on its flat vectors."""

    state: OptimiserState
    weights: Weights  # views on state.parameters, of the first layer and the output units
    gradient: Weights  # the same on state.gradient


class Workspace(NamedTuple):
    """Scratch for the output layer and the objective; lanes are N or, for pairs, 2 N."""

    read: np.ndarray  # (R + 1, all lanes) what the output units read, and 1
    net: np.ndarray  # (K, lanes) net inputs of the output units
    slopes: np.ndarray  # (K, lanes) direction of ascent at them
    d_read: np.ndarray  # (R, all lanes) the same at what the output units read
    mean: np.ndarray  # (R,) of what they read
    covariance: np.ndarray  # (R, R)
    q: np.ndarray  # (K, K) correlation or covariance of the net inputs
    centred: np.ndarray  # (K, lanes)
    deviation: np.ndarray  # (K,)
    probabilities: np.ndarray  # (lanes, 2^K) of the codes
    joint: np.ndarray  # (2^K, 2^K)
    marginal: np.ndarray  # (2^K,)
    one_code: np.ndarray  # (2^K,) of one sequence


class Lanes(NamedTuple):
    """One layer on one set of sequences, and the output units above it."""

    data: Data
    buffers: Buffers
    work: Workspace
