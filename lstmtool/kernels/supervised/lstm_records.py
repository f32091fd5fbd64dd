"""Records of the classic LSTM network: shape, weights, and the memory of a running network.

Hidden units are, in this order, the input gates, forget gates (if any), output gates and cell
inputs. All read the same sources: the inputs x(t), the cell outputs y(t - 1), the gates' outputs at
t - 1 (if they are read), and a bias, which some kinds of unit may lack.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels.records import Weights

OWN_CELL = 2  # in Memory.partial, after INPUT and FORGET
SOFTMAX = 5  # of output units, in addition to the functions in lstmtool.kernels.records
PLAIN, WITH_MOMENTUM, NESTEROV = 0, 1, 2
STEP, SEQUENCE, BATCH, NEVER = 0, 1, 2, 3  # when weights change
ENDED, LEARNING, TESTING = 0, 1, 2  # which part of a stream is unfinished
DECAY_AFTER = 1000  # updates between multiplications of the rate by its decay


class Shape(NamedTuple):
    """Shape of a network with X inputs, B memory blocks with C cells in all, and K outputs."""

    first_cell: np.ndarray  # (B + 1,) int64; block j owns cells first_cell[j]:first_cell[j + 1]
    first_row: np.ndarray  # (5,) int64; hidden units of kind k are rows first_row[k]:first_row[k+1]
    reads: np.ndarray  # (4,) int64 sources that each kind of unit reads: Q, or Q - 1 without bias
    n_inputs: int  # X
    g: int  # activation function of the cell input
    h: int  # activation function of the cell state on output
    f_output: int  # activation function of the output units
    cross_entropy: bool  # error of logistic outputs; squared error otherwise
    forget_gate: bool
    peepholes: bool
    gates_are_read: bool
    outputs_read_inputs: bool


class Memory(NamedTuple):
    """State of a running network, and scratch for a step."""

    source: np.ndarray  # (Q,) what hidden units read at t; the bias column holds 1
    activation: np.ndarray  # (U,) gates and g(cell inputs) at t
    before: np.ndarray  # (C,) s(t - 1)
    state: np.ndarray  # (C,) s(t)
    squashed: np.ndarray  # (C,) h(s(t))
    cell_output: np.ndarray  # (C,) y(t)
    read: np.ndarray  # (R,) what output units read at t; the bias column, if any, holds 1
    output: np.ndarray  # (K,) outputs at t
    delta: np.ndarray  # (K,) deltas of the output units at t
    partial: np.ndarray  # (3, C, Q) d s / d w, for input gate, forget gate and cell input
    peephole_partial: np.ndarray  # (2, C, C) for the peepholes of input and forget gate


class Pace(NamedTuple):
    """How updates use the negative gradient."""

    rule: int  # PLAIN, WITH_MOMENTUM or NESTEROV
    momentum: float  # the largest, if it follows a schedule
    decay: float  # of the rate, every DECAY_AFTER updates
    weight_decay: float  # fraction that every weight loses at an update
    tolerance: float  # of an output unit; smaller errors count as 0


class Course(NamedTuple):
    """What changes during learning; flat vectors of P weights."""

    weights: np.ndarray  # (P,)
    negative_gradient: (
        np.ndarray
    )  # (P,) minus the gradient of the error, summed since the last update
    velocity: np.ndarray  # (P,)
    exists: np.ndarray  # (P,) bool
    rate: np.ndarray  # (1,)
    updates: np.ndarray  # (1,) int64 done so far


class Net(NamedTuple):
    """A network with its weights, memory and learning state."""

    shape: Shape
    weights: Weights  # views of course.weights
    negative_gradient: Weights  # views of course.negative_gradient
    memory: Memory
    pace: Pace
    course: Course


class Way(NamedTuple):
    """How strings are run, and when weights change."""

    update: int  # STEP, SEQUENCE or BATCH; NEVER: run only
    carry: bool  # whether sequences, also of the previous call, continue without a reset
    stops: bool  # whether to stop after the first wrong scored step
    criterion: int
    bound: float


class Tape(NamedTuple):
    """All steps of a sequence, for backpropagation through time, and its scratch."""

    source: np.ndarray  # (T, Q)
    activation: np.ndarray  # (T, U)
    before: np.ndarray  # (T, C)
    state: np.ndarray  # (T, C)
    squashed: np.ndarray  # (T, C)
    read: np.ndarray  # (T, R)
    delta: np.ndarray  # (T, K)
    d_unit: np.ndarray  # (U,) errors at net inputs
    d_source: np.ndarray  # (Q,) errors at the sources of the next step
    d_state: np.ndarray  # (C,) errors at the states
