"""Records passed between Python and the kernels: bare NamedTuples without methods."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

INPUT, FORGET, OUTPUT = 0, 1, 2  # order of the gates everywhere
LANES = {"float64": 24, "float32": 32}  # of a group, see kernels/vector.py
VECTOR = LANES["float64"]
PRECISIONS = {"double": np.float64, "single": np.float32}
CELL, PLAIN = 3, 4  # after the gates: cell inputs, plain units
TANH, SIGMOID_4_2, SIGMOID_2_1, IDENTITY, LOGISTIC = 0, 1, 2, 3, 4  # the last: of plain units
SQUASHING = {"tanh": TANH, "4s-2": SIGMOID_4_2, "2s-1": SIGMOID_2_1, "identity": IDENTITY}


class Layer(NamedTuple):
    """Shape of a layer with X inputs, B memory blocks with C cells in all, and P plain units."""

    first_cell: np.ndarray  # (B + 1,) int64; block j owns cells first_cell[j]:first_cell[j + 1]
    first_row: np.ndarray  # (6,) int64; first rows of input, forget and output gates, cell inputs
    #                        and plain units, and the end
    n_inputs: int  # X
    first_output: int  # first column of the outputs among the sources: X, or X + 1 if no unit reads
    #                    them, and the bias comes first
    g: int  # activation function of the cell input
    h: int  # activation function of the cell state on output
    f: int  # activation function of the plain units
    forget_gate: bool
    peepholes: bool
    gates_are_read: bool  # units also read the gates' activations at t - 1
    exact: bool  # exact gradient (BPTT), or errors cut once they leave a memory cell or gate


class Weights(NamedTuple):
    """Views of one flat vector: of one layer and the output units. Gradients have the same type."""

    hidden: np.ndarray  # (U, Q) rows: gates by kind, cell inputs, plain units; columns: inputs
    #                     x(t), outputs y(t - 1) of cells and plain units, gates if read, bias
    peephole: np.ndarray  # (3, C) from the state of cell c to the gates of its own block
    output: np.ndarray  # (K, R + 1) from what the output units read, and the bias


GO_ON = np.zeros(1, dtype=np.int64)
"""A stop flag that is never set."""


class Connections(NamedTuple):
    """A layer's weights in the layout and precision of the passes."""

    hidden: np.ndarray  # (U, Q) as in Weights
    back: np.ndarray  # (Q - X - 1, U) from y(t - 1), and gates if read, transposed
    down: np.ndarray  # (X, U) from the inputs, transposed; no rows if there is no layer below
    peephole: np.ndarray  # (3, C)


class Batch(NamedTuple):
    """Sequences in lanes, longest first.

    With L lanes per group (24 in double precision, 32 in single), lane l is [l // L, ..., l % L].
    """

    inputs: np.ndarray  # (G, >= T, >= X, L) x(t); the trace's sources if it is whole
    lengths: np.ndarray  # (G, L) steps of each lane, not increasing; 0 in padding lanes; int64 or
    #                      int32, as wide as the precision
    stop: np.ndarray = GO_ON  # (1,) int64; non-zero aborts passes over the batch


class Trace(NamedTuple):
    """What the backward pass needs of the forward pass: of all steps, or of a segment of S steps.

    A whole trace has one row per group, and S = T. Otherwise a row is used by one group after the
    other; the states and outputs at the start of each segment are kept, and the backward pass
    recomputes the segment from them. O = C + P outputs, plus the gates if they are read.
    """

    sources: np.ndarray  # (rows, S + 1, >= Q, L) what units read: x(t), y(t - 1), and 1
    activation: np.ndarray  # (rows, S, U, L) net inputs, then gates, g of cell inputs, plain units
    state: np.ndarray  # (rows, S + 1, C, L) s(t - 1)
    squashed: np.ndarray  # (rows, S, C, L) h(s(t))
    starts: np.ndarray  # (G, segments, O + C, L) y, then s, before each; empty if it is whole


EIGHTHS = 8  # parts of a sequence over which outputs are averaged one by one


class Readout(NamedTuple):
    """Rows where what is read of a layer's outputs begins; -1 for what is not read."""

    last: int
    mean: int
    largest: int
    eighths: int  # the means over each eighth of the sequence, one after the other


class Outputs(NamedTuple):
    """A layer's O outputs y(t), as needed by their readers."""

    steps: np.ndarray  # (G, T, O, L) all of them; empty if no layer reads them
    total: np.ndarray  # (G, O, L) sum over the steps; empty if no mean is read
    largest: np.ndarray  # (G, O, L) largest so far; empty if it is not read
    largest_at: np.ndarray  # (G, O, L) its step, the first of equals
    read: np.ndarray  # (R + 1, all lanes) float64: what the output units read of all layers, and 1


class Errors(NamedTuple):
    """Workspace of the backward pass."""

    delta: np.ndarray  # (parts, steps of a chunk, U', L) errors at the net inputs of U units; U' is
    #                    U or, if sources are transposed, rounded up to a multiple of `MANY_ROWS`,
    #                    and the rows beyond U stay 0
    output: np.ndarray  # (G, O, L) error at the outputs y(t), and at the gates if they are read
    state: np.ndarray  # (G, C, L) error at the cell states s(t); finally at s(0)
    mean: np.ndarray  # (G, O, L) a step's share of the errors at means; empty if none is read
    steps: np.ndarray  # (G, T, O, L) errors at y(t) from above; empty if no layer reads them
    below: np.ndarray  # (G, T, X, L) errors at x(t); empty if there is no layer below
    transposed: np.ndarray  # (parts, sources / W, steps of a chunk, L, W) transposed sources, W per
    #                         part of a vector; empty if they are few
    sums: np.ndarray  # (parts, U', parts of sources times W) float64: the gradient by transposed
    #                   sources; empty if they are not transposed


class Buffers(NamedTuple):
    """A layer, its weights, and the arrays that its passes over a batch use."""

    layer: Layer
    readout: Readout
    connections: Connections
    batch: Batch
    trace: Trace
    outputs: Outputs
    errors: Errors


class Step(NamedTuple):
    """Location of a step of a group of lanes."""

    g: int  # the group
    t: int  # the step, from 0
    row: int  # row of the trace
    k: int  # step within the row
    part: int  # part that the group is in
    place: int  # step within the chunk, on the backward pass


class Chunk(NamedTuple):
    """Steps of a row whose weight gradients are summed at once."""

    part: int
    row: int
    low: int  # first step, within the row
    n_steps: int


BINGO, NEO, CONSISTENCY = 0, 1, 2
OTHER = 4  # a Python function, which the compiled loop over epochs does not call
OBJECTIVES = {"bingo": BINGO, "neo": NEO, "consistency": CONSISTENCY}
MOMENTUM, ADAM = 0, 1
OPTIMISERS = {"momentum": MOMENTUM, "adam": ADAM}
NO_COPY, CROP, NOISE, BOOTSTRAP, SHIFT = 0, 1, 2, 3, 4
WARP, STRETCH, SCALE, DRIFT = 16, 32, 64, 128  # see kernels/deform.py; they can be added
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
    "shape": WARP + STRETCH + SCALE + DRIFT,
}
HISTORY = ("objective", "joint_bits", "entropy", "sigma", "gradient_norm")


class Data(NamedTuple):
    """Preprocessed sequences, flat, and the order of the lanes."""

    values: np.ndarray  # (sum T, X)
    offsets: np.ndarray  # (N + 1,) int64
    lengths: np.ndarray  # (N,) int64 steps that the network sees, from the start of each sequence
    order: np.ndarray  # (N,) int64 sequence of each lane, longest first


class StageOptions(NamedTuple):
    """Settings of one stage in the kernels' form; meanings as in `config.Stage`."""

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
    n_s: int  # points in the samples S and T; 0 and 0: all, leave-one-out
    n_t: int
    hidden: bool  # whether the memory blocks learn too, not just the output layer


class OptimiserState(NamedTuple):
    """What changes during training; flat vectors of P weights, the output layer last."""

    parameters: np.ndarray  # (P,)
    gradient: np.ndarray  # (P,) direction of ascent
    velocity: np.ndarray  # (P,) momentum, or Adam's first moment
    square: np.ndarray  # (P,) Adam's second moment
    sigma: np.ndarray  # (1,) kernel width; 0 before the first epoch
    epochs: np.ndarray  # (1,) int64 epochs of this stage


class Learning(NamedTuple):
    """A network in training, and views of its flat vectors."""

    state: OptimiserState
    weights: Weights  # views of state.parameters: the first layer and the output units
    gradient: Weights  # the same of state.gradient


class Workspace(NamedTuple):
    """Scratch for the output layer and the objective; lanes are N or, for pairs, 2 N.

    All of it is float64, whatever the precision of the passes.
    """

    read: np.ndarray  # (R + 1, all lanes) what the output units read, and 1
    net: np.ndarray  # (K, lanes) net inputs of the output units
    slopes: np.ndarray  # (K, lanes) direction of ascent at the net inputs
    mean: np.ndarray  # (R,) of what they read
    covariance: np.ndarray  # (R, R)
    q: np.ndarray  # (K, K) correlation or covariance of the net inputs
    centred: np.ndarray  # (K, lanes)
    deviation: np.ndarray  # (K,)
    probabilities: np.ndarray  # (2^K, lanes) of the codes
    gains: np.ndarray  # (2^K, lanes) by which codes change the objective
    joint: np.ndarray  # (2^K, 2^K)
    marginal: np.ndarray  # (2^K,)
    one_code: np.ndarray  # (2^K,) of one sequence


class ReadCopies(NamedTuple):
    """What output units that are trained alone read, and how."""

    places: np.ndarray  # (M, N, R + 1) of M copies of every sequence, and 1
    drawn: np.ndarray  # (E, C) copies that are seen together, by epoch
    decay: float  # of the weights
    history: np.ndarray  # (E, 5), to be filled


class Lanes(NamedTuple):
    """Buffers of one layer for one set of sequences, and of the output units above it."""

    data: Data
    buffers: Buffers
    work: Workspace
    d_read: np.ndarray  # (R, G, L) direction of ascent at what the output units read
