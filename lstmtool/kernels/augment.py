"""Fill a batch from the sequences: whole, as random windows, or with noise; one or two copies."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel
from lstmtool.records import CROP, NOISE


@kernel
def fill(data, batch, copies, augmentation, crop_low, crop_high, noise, rng):
    """Lay the sequences into the lanes; copy k of the p-th longest is lane copies * p + k.

    A window's length is one random fraction of every sequence's own, the same for all, so that
    the lanes stay sorted. The noise is Gaussian with standard deviation `noise`.
    """
    n_inputs = data.values.shape[1]
    fraction = 1.0
    if augmentation == CROP:
        fraction = crop_low + (crop_high - crop_low) * rng.random()
    for p in range(data.order.shape[0]):
        first, after = data.offsets[data.order[p]], data.offsets[data.order[p] + 1]
        window = max(1, min(after - first, round(fraction * (after - first))))
        for k in range(copies):
            lane = copies * p + k
            start = first
            if augmentation == CROP:
                start += int(rng.random() * (after - first - window + 1))
            batch.lengths[lane] = window
            for t in range(window):
                for x in range(n_inputs):
                    batch.sources[t, x, lane] = data.values[start + t, x]
            if augmentation == NOISE:
                for t in range(window):
                    for x in range(n_inputs):
                        batch.sources[t, x, lane] += noise * rng.standard_normal()
