"""Records that cross the wall between Python and the kernels: bare NamedTuples, no behaviour."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

INPUT, FORGET, OUTPUT = 0, 1, 2  # order of the gates, everywhere
LANES = {"float64": 24, "float32": 32}  # of a group, see kernels/vector.py
VECTOR = LANES["float64"]
PRECISIONS = {"double": np.float64, "single": np.float32}
TANH, SIGMOID_4_2, SIGMOID_2_1, IDENTITY = 0, 1, 2, 3  # squashing functions g and h
SQUASHING = {"tanh": TANH, "4s-2": SIGMOID_4_2, "2s-1": SIGMOID_2_1, "identity": IDENTITY}


class Layer(NamedTuple):
    """Shape of a layer of B memory blocks with C cells in all, on X inputs, under K outputs."""

    first_cell: np.ndarray  # (B + 1,) int64; block j owns cells first_cell[j]:first_cell[j + 1]
    n_inputs: int  # X
    g: int  # squashing of the cell input
    h: int  # squashing of the cell state on its way out
    forget_gate: bool
    peepholes: bool
    exact: bool  # exact gradient (BPTT), or errors cut once they leave a memory cell or gate


class Weights(NamedTuple):
    """Views on one flat vector; a gradient is the same type."""

    hidden: np.ndarray  # (3 B + C, X + C + 1) rows: gates by kind, then cell inputs;
    #                     columns: inputs x(t), cell outputs y(t - 1), bias
    peephole: np.ndarray  # (3, C) from the state of cell c to the gates of its own block
    output: np.ndarray  # (K, C + 1) from cell outputs y(t), bias


GO_ON = np.zeros(1, dtype=np.int64)
"""A stop flag that nobody sets."""


class Connections(NamedTuple):
    """The memory blocks' weights in the precision in which the network runs."""

    hidden: np.ndarray  # (3 B + C, X + C + 1) as in Weights
    back: np.ndarray  # (C, 3 B + C) from cell outputs, transposed
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
    backward pass computes the segment again.
    """

    sources: np.ndarray  # (rows, S + 1, X + C + 1, L) what units read: x(t), y(t - 1), and 1
    activation: np.ndarray  # (rows, S, 3 B + C, L) net inputs, then gates and g of cell inputs
    state: np.ndarray  # (rows, S + 1, C, L) s(t - 1)
    squashed: np.ndarray  # (rows, S, C, L) h(s(t))
    starts: np.ndarray  # (G, segments, 2 C, L) y, then s, before each; no segments if it is whole


class Errors(NamedTuple):
    """Workspace of the backward pass."""

    delta: np.ndarray  # (parts, steps of a chunk, R', L) errors at the net inputs of R = 3 B + C
    #                    units; where sources are transposed, R' is a multiple of `MANY_ROWS`,
    #                    else R, and the rows beyond R stay 0
    output: np.ndarray  # (G, C, L) error at the cell outputs y(t)
    state: np.ndarray  # (G, C, L) error at the cell states s(t); in the end at s(0)
    transposed: np.ndarray  # (parts, sources / W, steps of a chunk, L, W) sources, the W of a part
    #                         of a vector side by side; empty where they are few
    sums: np.ndarray  # (parts, R', parts of sources times W) float64: the gradient by transposed
    #                   sources; empty where they are not transposed


BINGO, NEO, CONSISTENCY, NOTHING = 0, 1, 2, 3  # nothing: the network is run, and does not learn
OTHER = 4  # a function of Python, which the compiled loop over epochs does not call
OBJECTIVES = {"bingo": BINGO, "neo": NEO, "consistency": CONSISTENCY}
MOMENTUM, ADAM = 0, 1
OPTIMISERS = {"momentum": MOMENTUM, "adam": ADAM}
NO_COPY, CROP, NOISE, BOOTSTRAP, SHIFT = 0, 1, 2, 3, 4
AUGMENTATIONS = {
    "none": NO_COPY,
    "crop": CROP,
    "noise": NOISE,
    "bootstrap": BOOTSTRAP,
    "shift": SHIFT,
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


class Workspace(NamedTuple):
    """Scratch for the output layer and the objective; lanes are N or, for pairs, 2 N."""

    last: np.ndarray  # (C + 1, all lanes) cell outputs at the last steps, and 1
    net: np.ndarray  # (K, lanes) net inputs of the output units
    slopes: np.ndarray  # (K, lanes) direction of ascent at them
    d_last: np.ndarray  # (C, all lanes) the same at the last cell outputs
    mean: np.ndarray  # (C,) of the last cell outputs
    covariance: np.ndarray  # (C, C)
    q: np.ndarray  # (K, K) correlation or covariance of the net inputs
    centred: np.ndarray  # (K, lanes)
    deviation: np.ndarray  # (K,)
    probabilities: np.ndarray  # (lanes, 2^K) of the codes
    joint: np.ndarray  # (2^K, 2^K)
    marginal: np.ndarray  # (2^K,)
    one_code: np.ndarray  # (2^K,) of one sequence
