"""Random convolution features of sequences, after ROCKET.

A. Dempster, F. Petitjean and G. I. Webb, "ROCKET: exceptionally fast and accurate time series
classification using random convolutional kernels", Data Mining and Knowledge Discovery 34 (2020).
There are two differences: inputs are scaled over the whole set, not per sequence, which would
remove mean and variance; and lengths may differ.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.data.sequences import Sequences

N_KERNELS = 300
LENGTHS = (7, 9, 11)  # of kernels; odd, so that padding is symmetric


class Kernel(NamedTuple):
    """A dilated convolution kernel with a bias."""

    weights: np.ndarray  # (length, inputs used), with zero mean over the steps
    inputs: np.ndarray  # (inputs used,) int64
    bias: float
    dilation: int  # steps between two weights
    padding: int  # zeros on either side


def draw_kernels(n_kernels: int, n_inputs: int, n_steps: int, seed: int) -> list[Kernel]:
    """Draw kernels for sequences of D inputs and at least `n_steps` steps.

    Lengths are uniform in {7, 9, 11}, weights normal and centred, biases uniform in (-1, 1),
    dilations 2^u with u uniform within the limit that the kernel fits into the sequence; every
    second kernel is padded, and those that would not fit otherwise.
    """
    rng = np.random.default_rng(seed)
    return [_draw_kernel(rng, n_inputs, n_steps) for _ in range(n_kernels)]


def _draw_kernel(rng: np.random.Generator, n_inputs: int, n_steps: int) -> Kernel:
    length = int(rng.choice(LENGTHS))
    most = np.log2(min(n_inputs, length) + 1)
    inputs = rng.choice(n_inputs, int(2 ** rng.uniform(0, most)), replace=False)
    weights = rng.normal(size=(length, len(inputs)))
    room = max(0.0, np.log2(max(1, n_steps - 1) / (length - 1)))
    dilation = int(2 ** rng.uniform(0, room))
    reach = (length - 1) * dilation
    padded = rng.random() < 0.5 or reach >= n_steps
    bias = float(rng.uniform(-1, 1))
    return Kernel(
        weights - weights.mean(axis=0), inputs, bias, dilation, reach // 2 if padded else 0
    )


def convolve(values: np.ndarray, kernel: Kernel) -> np.ndarray:
    """Convolve N sequences of equal length, (N, T, D), with a kernel to (N, T')."""
    n, _, n_inputs = values.shape
    zeros = np.zeros((n, kernel.padding, n_inputs))
    padded = np.concatenate([zeros, values, zeros], axis=1)[:, :, kernel.inputs]
    n_out = padded.shape[1] - (len(kernel.weights) - 1) * kernel.dilation
    result = np.full((n, n_out), kernel.bias)
    for j, weights in enumerate(kernel.weights):
        start = j * kernel.dilation
        result += padded[:, start : start + n_out] @ weights
    return result


def random_convolutions(
    sequences: Sequences, like: Sequences | None = None, seed: int = 0
) -> np.ndarray:
    """Return maximum and fraction of positive values for every random kernel: (N, 2 x 300).

    Parameters
    ----------
    like : Sequences, optional
        The set that gives mean and deviation of the inputs and the shortest length; by default the
        sequences themselves.
    """
    like = sequences if like is None else like
    mean, deviation = like.values.mean(axis=0), like.values.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    kernels = draw_kernels(N_KERNELS, like.n_inputs, int(like.lengths.min()), seed)
    features = np.empty((len(sequences), 2 * N_KERNELS))
    for length in np.unique(sequences.lengths):
        members = np.flatnonzero(sequences.lengths == length)
        values = (np.array([sequences[int(n)] for n in members]) - mean) / deviation
        for k, kernel in enumerate(kernels):
            reach = (len(kernel.weights) - 1) * kernel.dilation
            fitting = kernel if reach < length else kernel._replace(padding=reach // 2)
            found = convolve(values, fitting)
            features[members, 2 * k] = found.max(axis=1)
            features[members, 2 * k + 1] = (found > 0).mean(axis=1)
    return features
