"""Deformed copies of a sequence: warped in time, stretched, scaled, or drifting.

Every lane uses the same number of random numbers, so that a generator can be advanced past it.
"""

from __future__ import annotations

import math

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.records import DRIFT, SCALE, STRETCH, WARP

KNOTS = 5  # of a smooth curve, equally spaced


@kernel
def is_deformed(augmentation):
    """Return whether copies of this kind are made here."""
    return augmentation >= WARP


@kernel
def draws_of_lane(augmentation, n_inputs):
    """Return how many uniform random numbers a copy takes: two for each normal one."""
    draws = 0
    if augmentation & WARP:
        draws += 2 * KNOTS
    if augmentation & STRETCH:
        draws += 2
    if augmentation & SCALE:
        draws += 2 * n_inputs
    if augmentation & DRIFT:
        draws += 2 * KNOTS * n_inputs
    return draws


@kernel
def normal(rng):
    """Return a standard normal number from two uniform ones (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - rng.random()))
    return radius * math.cos(2.0 * math.pi * rng.random())


@kernel
def curve(knots, share):
    """Return a smooth curve through the knots, at a fraction of the way from first to last."""
    place = share * (KNOTS - 1)
    k = min(int(place), KNOTS - 2)
    u = place - k
    return knots[k] + (knots[k + 1] - knots[k]) * u * u * (3.0 - 2.0 * u)


@kernel
def warped_times(knots, strength, times):
    """Fill times (T,) from 0 to T - 1 that pass at a speed of exp(strength * smooth curve)."""
    last = times.shape[0] - 1
    times[0] = 0.0
    if last == 0:
        return
    before = math.exp(strength * curve(knots, 0.0))
    for t in range(1, last + 1):
        speed = math.exp(strength * curve(knots, t / last))
        times[t] = times[t - 1] + 0.5 * (before + speed)
        before = speed
    factor = last / times[last]
    for t in range(1, last):
        times[t] = min(times[t] * factor, last)
    times[last] = last


@kernel
def deform_lane(values, first, options, knots, times, inputs, lane, rng):
    """Fill a lane with a deformed copy of a sequence, as long as `times` (T,).

    Values between steps are interpolated linearly. The strengths in the options are those of
    `config.Stage`; knots (KNOTS,) and times are scratch.
    """
    g, l = lane // inputs.shape[3], lane % inputs.shape[3]
    kind, last = options.augmentation, times.shape[0] - 1
    strength = 0.0
    for k in range(KNOTS):
        knots[k] = 0.0
    if kind & WARP:
        strength = options.warp
        for k in range(KNOTS):
            knots[k] = normal(rng)
    warped_times(knots, strength, times)
    if kind & STRETCH:
        share = options.stretch_low + (options.stretch_high - options.stretch_low) * rng.random()
        start = (1.0 - share) * last * rng.random()
        for t in range(last + 1):
            times[t] = min(start + share * times[t], last)
    for x in range(values.shape[1]):
        scale = 1.0
        if kind & SCALE:
            scale = math.exp(options.scale * normal(rng))
        for t in range(last + 1):
            step = int(times[t])
            value = values[first + step, x]
            if step < last:
                value += (times[t] - step) * (values[first + step + 1, x] - value)
            inputs[g, t, x, l] = scale * value
        if kind & DRIFT:
            for k in range(KNOTS):
                knots[k] = options.drift * normal(rng)
            for t in range(last + 1):
                inputs[g, t, x, l] += curve(knots, t / max(last, 1))
