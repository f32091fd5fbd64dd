"""How a network is computed: precision, memory, threads; and its aligned buffers."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from lstmtool.kernels.records import LANES
from lstmtool.kernels.vector import PART

SEGMENT = 192 << 10  # bytes of a segment of a trace, so that it fits in the L2 cache
FORWARD_ALONE = 16  # steps of a segment where nothing runs backward: quick, and little memory
LEAST_MEMORY, MOST_MEMORY = 512 << 20, 1536 << 20  # bytes


def memory_of_trace() -> int:
    """Return the size in bytes up to which a network's trace is kept whole.

    With a network on every core, all traces together take at most a quarter of the machine's
    memory, unless that is less than half a GiB each.
    """
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # unknown on this system
        total = 0
    return max(LEAST_MEMORY, min(total // (4 * (os.cpu_count() or 1)), MOST_MEMORY))


MEMORY = memory_of_trace()


@dataclass(frozen=True)
class ComputeOptions:
    """How a network is computed; results differ only by rounding in single precision.

    Parameters
    ----------
    precision : {"double", "single"}
        Precision of the memory blocks: float64 or float32. Weights, their sums and the objective
        are always float64.
    checkpoint_states : int or "auto"
        Steps between the states kept for the backward pass, which recomputes the steps between
        them; 0 keeps all steps, "auto" does so if they fit in `memory_of_trace`.
    threads : int
        Threads that share the sequences of one network, if there are many. Results do not depend
        on it.
    """

    precision: Literal["double", "single"] = "double"
    checkpoint_states: int | Literal["auto"] = "auto"
    threads: int = 1

    @property
    def forward_alone(self) -> ComputeOptions:
        """The same, if nothing runs backward and steps between states are not prescribed."""
        if self.checkpoint_states != "auto":
            return self
        return replace(self, checkpoint_states=FORWARD_ALONE)

    def segment(self, chunk: int, n_steps: int, fits: bool, step: int) -> int:
        """Return the steps of a segment of a trace, a multiple of `chunk`; 0 keeps it whole.

        One step of a group takes `step` bytes; `fits` says whether the whole trace fits.
        """
        if self.checkpoint_states == "auto":
            wanted = 0 if fits else max(1, SEGMENT // step)
        else:
            wanted = self.checkpoint_states
        segment = -(-wanted // chunk) * chunk
        return segment if segment < n_steps else 0


def vectors(*shape: int, dtype: type = np.float64) -> np.ndarray:
    """Return zeros (*shape, lanes), with no part of a vector across two cache lines."""
    return aligned(*shape, LANES[np.dtype(dtype).name], dtype=dtype)


def aligned(*shape: int, dtype: type) -> np.ndarray:
    """Return zeros with no part across two cache lines; the last axis must be whole parts."""
    line = PART  # bytes
    kind = np.dtype(dtype)
    raw = np.zeros(int(np.prod(shape)) * kind.itemsize + line, dtype=np.uint8)
    start = -raw.ctypes.data % line
    return raw[start : raw.size - line + start].view(kind).reshape(shape)
