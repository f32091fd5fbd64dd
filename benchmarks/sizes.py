"""The sizes that are timed, and the same random data and weights for every library."""

from typing import NamedTuple

import numpy as np

OUTPUTS, RATE = 2, 1e-3


class Size(NamedTuple):
    sequences: int
    steps: int
    inputs: int
    cells: int  # memory blocks of one cell each

    @property
    def cell_steps(self):
        return self.sequences * self.steps * self.cells

    @property
    def flops(self):
        """Multiplications and additions of one cell-step, forward and backward, without exp."""
        products = 8 * (self.inputs + self.cells + 1)
        return (products + 12) + (8 * self.cells + products + 35)


SIZES = {
    "A": Size(20, 100, 2, 1),
    "B": Size(20, 100, 2, 2),
    "B4": Size(20, 100, 2, 4),
    "C": Size(20, 1000, 2, 2),
    "D": Size(200, 100, 2, 8),
    "E": Size(1000, 100, 4, 32),
    "F": Size(1000, 200, 8, 64),
    "G": Size(256, 500, 16, 128),
}


def data(size):
    """Sequences (N, T, X)."""
    return np.random.default_rng(0).standard_normal((size.sequences, size.steps, size.inputs))


def weights(size):
    """Input, recurrent, bias, peephole, output and output bias, gates in order i, f, z, o."""
    rng, h, x = np.random.default_rng(1), size.cells, size.inputs
    spread = 0.3 / np.sqrt(h)
    return {
        "W": rng.uniform(-0.3, 0.3, (4 * h, x)),
        "R": rng.uniform(-spread, spread, (4 * h, h)),
        "b": rng.uniform(-0.3, 0.3, 4 * h),
        "p": rng.uniform(-0.3, 0.3, (3, h)),
        "V": rng.uniform(-0.5, 0.5, (OUTPUTS, h)),
        "c": rng.uniform(-0.1, 0.1, OUTPUTS),
    }
