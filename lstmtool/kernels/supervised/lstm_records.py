"""Records of the classic LSTM network: shape, weights, what a running network remembers.

Hidden units are, in this order, the input gates, the forget gates (where there are any), the output
gates, and the cell inputs. All read the same sources: the inputs x(t), the cell outputs y(t - 1),
perhaps the gates' outputs at t - 1, and, last, a bias, which some kinds of unit leave out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels.records import Weights

OWN_CELL = 2  # in Memory.partial, after INPUT and FORGET
SOFTMAX = 5  # squashing of output units, besides those of lstmtool.kernels.records
PLAIN, WITH_MOMENTUM, NESTEROV = 0, 1, 2
STEP, SEQUENCE, BATCH, NEVER = 0, 1, 2, 3  # when weights change
ENDED, LEARNING, TESTING = 0, 1, 2  # what of a stream has not come to its end
DECAY_AFTER = 1000  # updates after which the rate is multiplied by its decay


class Shape(NamedTuple):
    """Shape of a network of B memory blocks with C cells in all, on X inputs, under K outputs."""

    first_cell: np.ndarray  # (B + 1,) int64; block j owns cells first_cell[j]:first_cell[j + 1]
    first_row: np.ndarray  # (5,) int64; hidden units of kind k are rows first_row[k]:first_row[k+1]
    reads: np.ndarray  # (4,) int64 sources that units of each kind read: Q, or Q - 1 without bias
    n_inputs: int  # X
    g: int  # squashing of the cell input
    h: int  # squashing of the cell state on its way out
    f_output: int  # squashing of the output units
    cross_entropy: bool  # error of logistic outputs; squared error otherwise
    forget_gate: bool
    peepholes: bool
    gates_are_read: bool
    outputs_read_inputs: bool


class Memory(NamedTuple):
    """State of a running network, and scratch of a step."""

    source: np.ndarray  # (Q,) what hidden units read at t; the bias column holds 1
    activation: np.ndarray  # (U,) gates and g(cell inputs) at t
    before: np.ndarray  # (C,) s(t - 1)
    state: np.ndarray  # (C,) s(t)
    squashed: np.ndarray  # (C,) h(s(t))
    cell_output: np.ndarray  # (C,) y(t)
    read: np.ndarray  # (R,) what output units read at t; the bias column, if any, holds 1
    output: np.ndarray  # (K,) outputs at t
    delta: np.ndarray  # (K,) deltas of the output units at t
    partial: np.ndarray  # (3, C, Q) d s / d w: in the input gate, the forget gate, the cell input
    peephole_partial: np.ndarray  # (2, C, C) in the peepholes of input and forget gate


class Pace(NamedTuple):
    """How weights move along the negative gradient."""

    rule: int  # PLAIN, WITH_MOMENTUM or NESTEROV
    momentum: float  # the largest, where it follows a schedule
    decay: float  # of the rate, every DECAY_AFTER updates
    weight_decay: float  # share that every weight loses at an update


class Course(NamedTuple):
    """What changes while one network learns; flat vectors of P weights."""

    weights: np.ndarray  # (P,)
    negative_gradient: (
        np.ndarray
    )  # (P,) minus the gradient of the error, summed up since the last update
    velocity: np.ndarray  # (P,)
    exists: np.ndarray  # (P,) bool
    rate: np.ndarray  # (1,)
    updates: np.ndarray  # (1,) int64 done so far


class Net(NamedTuple):
    """A network with its weights, memory and learning state."""

    shape: Shape
    weights: Weights  # views on course.weights
    negative_gradient: Weights  # views on course.negative_gradient
    memory: Memory
    pace: Pace
    course: Course


class Way(NamedTuple):
    """How strings are run and when weights change."""

    update: int  # STEP, SEQUENCE or BATCH; NEVER: run only
    carry: bool  # from one sequence to the next, and from the last call, without a reset
    stops: bool  # after the first scored step that is wrong
    criterion: int
    bound: float


class Tape(NamedTuple):
    """What every step of a sequence did, for errors passed back through time; scratch for these."""

    source: np.ndarray  # (T, Q)
    activation: np.ndarray  # (T, U)
    before: np.ndarray  # (T, C)
    state: np.ndarray  # (T, C)
    squashed: np.ndarray  # (T, C)
    read: np.ndarray  # (T, R)
    delta: np.ndarray  # (T, K)
    d_unit: np.ndarray  # (U,) errors at net inputs
    d_source: np.ndarray  # (Q,) errors at what the next step read
    d_state: np.ndarray  # (C,) errors at the states
