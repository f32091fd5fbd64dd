"""How a network is computed: precision, memory, threads; and aligned buffers for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lstmtool.kernels.records import LANES
from lstmtool.kernels.vector import PART

SEGMENT = 192 << 10  # bytes of a segment of a trace: it stays in the processor's second cache
LEAST_MEMORY, MOST_MEMORY = 512 << 20, 1536 << 20  # bytes


def memory_of_trace() -> int:
    """Return bytes that the trace of a network may take to be kept whole.

    With a network on every core, traces take a quarter of the machine's memory at most, if that
    leaves half a GiB for each.
    """
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not known on this system
        total = 0
    return max(LEAST_MEMORY, min(total // (4 * (os.cpu_count() or 1)), MOST_MEMORY))


MEMORY = memory_of_trace()


@dataclass(frozen=True)
class ComputeOptions:
    """How a network is computed; but for rounding in single precision, not what.

    Parameters
    ----------
    precision : str
        Of the memory blocks: double (float64), or single (float32). Weights, their sums and
        the objective are float64 in both.
    checkpoint_states : int or "auto"
        Steps between the states that are kept for the backward pass, which computes the steps
        between again; 0 keeps all steps, auto does where these fit `memory_of_trace`.
    threads : int
        That share the sequences of one network, where these are many. Results do not depend on it.
    neo : bool
        Whether NEO is among the objectives; what is compiled without it takes half as long.
    """

    precision: Literal["double", "single"] = "double"
    checkpoint_states: int | Literal["auto"] = "auto"
    threads: int = 1
    neo: bool = True

    def segment(self, chunk: int, n_steps: int, fits: bool, step: int) -> int:
        """Steps of a segment of a trace, whole chunks of steps; 0 where it is to be whole.

        A step of a group is `step` bytes, and the whole trace may or may not fit.
        """
        if self.checkpoint_states == "auto":
            wanted = 0 if fits else max(1, SEGMENT // step)
        else:
            wanted = self.checkpoint_states
        segment = -(-wanted // chunk) * chunk
        return segment if segment < n_steps else 0


def vectors(*shape: int, dtype: type = np.float64) -> np.ndarray:
    """Zeros (*shape, lanes), every part of a vector within one line of the processor's cache."""
    return aligned(*shape, LANES[np.dtype(dtype).name], dtype=dtype)


def aligned(*shape: int, dtype: type) -> np.ndarray:
    """Zeros of a shape whose last axis is whole parts; no part lies in two lines of the cache."""
    line = PART  # bytes
    kind = np.dtype(dtype)
    raw = np.zeros(int(np.prod(shape)) * kind.itemsize + line, dtype=np.uint8)
    start = -raw.ctypes.data % line
    return raw[start : raw.size - line + start].view(kind).reshape(shape)
