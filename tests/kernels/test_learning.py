import numpy as np
import pytest

from lstmtool.kernels.learning import adam_step, clip_norm, momentum_step, precondition
from tests import naive


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_clip_scales_only_what_is_longer():
    g = np.array([3.0, 4.0])
    assert clip_norm(g, 10.0) == 5.0
    np.testing.assert_array_equal(g, [3.0, 4.0])
    assert clip_norm(g, 0.0) == 5.0
    np.testing.assert_array_equal(g, [3.0, 4.0])
    assert clip_norm(g, 1.0) == 5.0
    np.testing.assert_allclose(g, [0.6, 0.8], rtol=1e-15)


def test_momentum_is_the_twin(rng):
    start, gradients = rng.normal(size=4), rng.normal(size=(5, 4))
    w, v = start.copy(), np.zeros(4)
    for g in gradients:
        momentum_step(w, g, v, 0.1, 0.9)
    np.testing.assert_allclose(w, naive.momentum(start, gradients, 0.1, 0.9), rtol=1e-14)


def test_adam_is_the_twin(rng):
    start, gradients = rng.normal(size=4), rng.normal(size=(5, 4)) * 10.0 ** np.arange(-3, 1)
    w, v, s = start.copy(), np.zeros(4), np.zeros(4)
    for t, g in enumerate(gradients, start=1):
        adam_step(w, g, v, s, 0.01, t)
    np.testing.assert_allclose(w, naive.adam(start, gradients, 0.01), rtol=1e-13)


def test_adam_starts_with_steps_of_the_rate_upwards():
    w, zeros = np.zeros(2), np.zeros((2, 2))
    adam_step(w, np.array([5.0, -0.01]), zeros[0], zeros[1], 0.1, 1)
    np.testing.assert_allclose(w, [0.1, -0.1], rtol=1e-4)


@pytest.mark.parametrize(("n_cells", "n_outputs"), [(1, 1), (2, 2), (4, 3)])
def test_preconditioned_step_is_a_step_in_whitened_coordinates(n_cells, n_outputs, rng):
    n = 30
    last = rng.normal(size=(n_cells, n_cells)) @ rng.normal(size=(n_cells, n)) + 2.0
    output, slopes = rng.normal(size=(n_outputs, n_cells + 1)), rng.normal(size=(n_outputs, n))
    padded = np.zeros((n_cells + 1, 32))
    padded[:-1, :n], padded[-1] = last, 1.0
    padded[:-1, n:] = 99.0  # padding lanes do not count
    gradient = slopes @ padded[:, :n].T
    precondition(padded, n, np.empty(n_cells), np.empty((n_cells, n_cells)), gradient)
    wanted = naive.whitened_step(output, last, slopes, 0.3)
    np.testing.assert_allclose(output + 0.3 * gradient, wanted, rtol=1e-3, atol=1e-4)


def test_preconditioning_does_not_depend_on_the_cells_coordinates(rng):
    """The step's effect on the net inputs is the same for any affine picture of the outputs."""
    slopes, y = rng.normal(size=(1, 12)), rng.normal(size=(2, 12))

    def effect(last):
        sources = np.vstack([last, np.ones(12)])
        gradient = slopes @ sources.T
        precondition(sources, 12, np.empty(2), np.empty((2, 2)), gradient)
        return gradient @ sources

    transposed = np.array([[1.0, 2.0], [0.3, -1.0]]) @ y + np.array([[5.0], [-3.0]])
    np.testing.assert_allclose(effect(transposed), effect(y), rtol=1e-4, atol=1e-4)


def test_preconditioning_stays_finite_where_cells_agree_or_do_not_vary(rng):
    same = np.vstack([np.tile(rng.normal(size=8), (2, 1)), np.ones(8)])
    still = np.vstack([np.full((2, 8), 0.5), np.ones(8)])
    for last in (same, still):
        gradient = rng.normal(size=(1, 8)) @ last.T
        precondition(last, 8, np.empty(2), np.empty((2, 2)), gradient)
        assert np.isfinite(gradient).all()


def test_preconditioning_passes_on_what_is_not_finite_and_does_not_raise():
    last = np.vstack([np.full((2, 8), 1e200) * np.arange(8), np.ones(8)])
    gradient = np.ones((1, 3))
    with np.errstate(all="ignore"):  # plain Python tells of the overflow, compiled code does not
        precondition(last, 8, np.empty(2), np.empty((2, 2)), gradient)
    assert np.isnan(gradient).all()
