"""Pairs of a value and a marker, for the adding and multiplication tasks."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel


@kernel
def fill_pairs(rng, strings, length, lowest, neutral, chosen):
    """Write values, uniform from `lowest` to 1, and markers; fill chosen (n, 2), the marked values.

    The first marked pair is one of the first ten, the second one of the first length / 2 - 1 that
    are still unmarked. The first and last pairs have the marker -1. If a marked pair is the first
    of its sequence, it gets the value `neutral`.
    """
    for i in range(chosen.shape[0]):
        start, stop = strings.starts[i], strings.starts[i + 1]
        for t in range(start, stop):
            strings.inputs[t, 0] = lowest + (1.0 - lowest) * rng.random()
        first = int(rng.random() * 10)
        second = int(rng.random() * (length // 2 - 1))
        if second >= first:
            second += 1
        strings.inputs[start + first, 1] = 1.0
        strings.inputs[start + second, 1] = 1.0
        strings.inputs[start, 1] = -1.0
        strings.inputs[stop - 1, 1] = -1.0
        if first == 0 or second == 0:
            strings.inputs[start, 0] = neutral
        chosen[i, 0] = strings.inputs[start + first, 0]
        chosen[i, 1] = strings.inputs[start + second, 0]
        strings.scored[stop - 1] = True
