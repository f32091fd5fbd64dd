"""Fill a batch from the sequences: whole, or as altered copies; one or two per sequence."""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.deform import KNOTS, deform_lane, is_deformed
from lstmtool.kernels.records import BOOTSTRAP, CROP, NOISE, SHIFT


@kernel_without_nrt
def fill_lane(values, first, n_steps, inputs, t, lane):
    """Copy n_steps steps of the values, starting at `first`, into a lane, starting at step t."""
    g, l = lane // inputs.shape[3], lane % inputs.shape[3]
    for step in range(n_steps):
        for x in range(values.shape[1]):
            inputs[g, t + step, x, l] = values[first + step, x]


@kernel
def lay_blocks(values, first, n_steps, block, inputs, lane, rng):
    """Fill a lane with random blocks of a sequence: the moving-block bootstrap (Kuensch 1989)."""
    t = 0
    while t < n_steps:
        start = first + int(rng.random() * (n_steps - block + 1))
        fill_lane(values, start, min(block, n_steps - t), inputs, t, lane)
        t += block


@kernel
def add_noise(deviation, n_inputs, n_steps, inputs, lane, rng):
    """Add Gaussian noise to every input of a lane."""
    g, l = lane // inputs.shape[3], lane % inputs.shape[3]
    for t in range(n_steps):
        for x in range(n_inputs):
            inputs[g, t, x, l] += deviation * rng.standard_normal()


@kernel
def crop_fraction(options, rng):
    """Draw the length of the copies, as a fraction of each sequence's length."""
    if options.augmentation == CROP:
        return options.crop_low + (options.crop_high - options.crop_low) * rng.random()
    return 1.0


@kernel_without_nrt(entered=True)
def fill_whole(data, batch, copies, options, rng):
    """Do the same as `fill` where copies are not altered."""
    n_lanes = batch.lengths.shape[1]
    for p in range(data.order.shape[0]):
        if batch.stop[0] != 0:
            return
        length = data.lengths[data.order[p]]
        for lane in range(copies * p, copies * p + copies):
            batch.lengths[lane // n_lanes, lane % n_lanes] = length
            fill_lane(data.values, data.offsets[data.order[p]], length, batch.inputs, 0, lane)


@kernel(costs=("altered copies", 2), entered=True)
def fill(data, batch, copies, options, rng):
    """Fill the lanes with the sequences; copy k of the p-th longest is lane copies * p + k.

    Copies are made of the steps that the network sees, except that a shift starts anywhere in the
    sequence, with the same length. Crops have the same random fraction of each sequence's length,
    so that the lanes stay sorted by length.
    """
    fill_lanes(data, batch, copies, options, crop_fraction(options, rng), rng)


@kernel
def fill_lanes(data, batch, copies, options, fraction, rng):
    """Do the same as `fill`, with the fraction for crops already drawn."""
    n_lanes = batch.lengths.shape[1]
    deformed = is_deformed(options.augmentation)
    longest = data.lengths[data.order[0]] if deformed and data.order.shape[0] else 0
    knots, times = np.empty(KNOTS), np.empty(longest)
    for p in range(data.order.shape[0]):
        if batch.stop[0] != 0:
            return
        first, after = data.offsets[data.order[p]], data.offsets[data.order[p] + 1]
        length = data.lengths[data.order[p]]
        window = max(1, min(length, round(fraction * length)))
        for lane in range(copies * p, copies * p + copies):
            batch.lengths[lane // n_lanes, lane % n_lanes] = window
            if options.augmentation == BOOTSTRAP:
                block = max(1, round(options.block * length))
                lay_blocks(data.values, first, length, block, batch.inputs, lane, rng)
                continue
            if deformed:
                at = times[:length]
                deform_lane(data.values, first, options, knots, at, batch.inputs, lane, rng)
                continue
            start = first
            if options.augmentation == CROP:
                start += int(rng.random() * (length - window + 1))
            elif options.augmentation == SHIFT:
                start += int(rng.random() * (after - first - window + 1))
            fill_lane(data.values, start, window, batch.inputs, 0, lane)
            if options.augmentation == NOISE:
                add_noise(options.noise, data.values.shape[1], window, batch.inputs, lane, rng)
