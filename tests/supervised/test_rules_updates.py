"""Updates of weights against the published equations, written out by hand."""

import numpy as np
import pytest

from lstmtool.kernels.supervised.updates import (
    leave_look_ahead,
    momentum_update,
    nesterov_update,
    scheduled_momentum,
)

RATE, LARGEST = 0.03, 0.9


def slope(w):
    """Gradient of a bent bowl: quadratic with a quartic on top."""
    return np.array([3.0, 0.4, 1.0, 0.2]) * w + w**3


def start():
    return np.array([1.0, -2.0, 0.5, 1.5]), np.zeros(4), np.array([True, True, False, True])


def test_momentum_is_the_published_recursion_and_leaves_missing_weights_alone():
    w, v, exists = start()
    reference, speed = w.copy(), np.zeros(4)
    for _ in range(20):
        momentum_update(w, -slope(w), v, exists, RATE, 0.9)
        speed = 0.9 * speed - RATE * slope(reference)
        reference = np.where(exists, reference + speed, reference)
    np.testing.assert_allclose(w, reference, rtol=1e-13)
    assert w[2] == 0.5
    assert v[2] == 0.0
    assert abs(w[0]) < 0.9


def test_nesterov_is_sutskevers_two_equations_at_theta():
    """Theta is kept in the reference, its slope taken at theta + m v; ours keeps the latter."""
    w, v, exists = start()
    theta, speed = w.copy(), np.zeros(4)
    for t in range(600):
        now, after = scheduled_momentum(t, LARGEST), scheduled_momentum(t + 1, LARGEST)
        np.testing.assert_allclose(w, theta + now * speed, rtol=1e-9, atol=1e-14)
        nesterov_update(w, -slope(w), v, exists, RATE, (now, after))
        speed = np.where(exists, now * speed - RATE * slope(theta + now * speed), 0.0)
        theta = theta + speed
    leave_look_ahead(w, v, exists, after)
    np.testing.assert_allclose(w, theta, rtol=1e-9, atol=1e-14)


def test_nesterov_with_constant_momentum_is_the_usual_library_form():
    """Buffer b <- m b + g; w <- w - rate (g + m b), as optimiser libraries have it."""
    w, v, exists = start()
    exists[:] = True
    reference, buffer = w.copy(), np.zeros(4)
    for _ in range(30):
        gradient = slope(reference)
        buffer = 0.8 * buffer + gradient
        reference = reference - RATE * (gradient + 0.8 * buffer)
        nesterov_update(w, -slope(w), v, exists, RATE, (0.8, 0.8))
    np.testing.assert_allclose(w, reference, rtol=1e-12)


@pytest.mark.parametrize("t", [0, 249, 250, 499, 500, 12345, 10**9])
def test_schedule_is_the_formula_of_2013(t):
    published = 1 - 2.0 ** (-1 - np.log2(np.floor(t / 250) + 1))
    assert scheduled_momentum(t, 0.99) == pytest.approx(min(published, 0.99), rel=1e-14)
