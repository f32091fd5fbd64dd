"""Vectors of random numbers, of either kind, for tests of what kernels do with them."""

import numpy as np
import pytest

from lstmtool.kernels.records import LANES

KINDS = [np.float64, np.float32]
either = pytest.mark.parametrize("kind", KINDS)


def width(kind):
    return LANES[np.dtype(kind).name]


def draw(kind, *shape):
    return np.random.default_rng(0).standard_normal((*shape, width(kind))).astype(kind)


def rounding(kind):
    return 10 * float(np.finfo(kind).eps)
