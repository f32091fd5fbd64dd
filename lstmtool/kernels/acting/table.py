"""An agent with a table of advantages: of what it sees and of memory bits that it sets itself.

Actions beyond the world's set or clear a bit, without time for anything else. What is seen counts
as three bits; or the agent is told the state of a maze, as a check.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.acting.worlds import GOAL, POSITION


class TablePart(NamedTuple):
    """Advantages of every row, and the row that the agent is in."""

    values: np.ndarray  # (rows, K)
    trace: np.ndarray  # (rows, K) eligibility
    at: np.ndarray  # (2,) int64: row, and the number that the memory bits make
    n_bits: int
    is_told: bool  # whether rows are the states of a maze


@kernel_without_nrt
def begin_table(part):
    """Clear the bits and the traces."""
    part.at[:] = 0
    part.trace[:] = 0.0


@kernel_without_nrt
def see_with_table(part, state, seen, advantages):
    """Find the row of what is seen; fill in the advantages (K,)."""
    if part.is_told:
        part.at[0] = 2 * int(state[POSITION]) + (1 if state[GOAL] > 0.0 else 0)
    else:
        row = part.at[1]
        for i in range(seen.shape[0]):
            row = 2 * row + (1 if seen[i] > 0.5 else 0)
        part.at[0] = row
    for a in range(advantages.shape[0]):
        advantages[a] = part.values[part.at[0], a]


@kernel_without_nrt
def trace_table(part, action, fading):
    """Let the traces fade, and add the action's own."""
    for row in range(part.trace.shape[0]):
        for a in range(part.trace.shape[1]):
            part.trace[row, a] *= fading
    part.trace[part.at[0], action] += 1.0


@kernel_without_nrt
def set_bit(part, action):
    """Take an action of the memory: 2 b clears bit b, 2 b + 1 sets it."""
    bit = 1 << (action // 2)
    part.at[1] = part.at[1] | bit if action % 2 else part.at[1] & ~bit
