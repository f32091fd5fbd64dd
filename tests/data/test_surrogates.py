import numpy as np
import pytest

from lstmtool.data.sequences import from_arrays
from lstmtool.data.surrogates import evenly, normally, surrogate


def widest_gap(values):
    """The widest gap between sorted values, relative to their range."""
    values = np.sort(values)
    return np.diff(values).max() / np.ptp(values)


def test_points_fill_a_box_of_the_same_mean_and_covariance():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4000, 3)) * (3.0, 1.0, 0.1) + (1.0, 2.0, 3.0)
    points[:, 0] = np.where(np.arange(4000) % 2, 5.0, -3.0)
    drawn = evenly(points, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), points.mean(axis=0), atol=0.2)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(points.T), atol=0.6)
    assert widest_gap(points[:, 0]) == 1.0
    assert widest_gap(drawn[:, 0]) < 0.01
    assert np.abs(drawn[:, 0] - 1.0).max() < 1.1 * np.sqrt(3) * 4.0


def test_points_of_a_normal_distribution_have_the_same_mean_and_covariance():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(2000, 2)) * (3.0, 0.1) + (1.0, 2.0)
    points[:, 0] = np.where(np.arange(2000) % 2, 5.0, -3.0)
    drawn = normally(points, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), points.mean(axis=0), atol=0.3)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(points.T), atol=1.5)
    assert widest_gap(drawn[:, 0]) < 0.2


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("n_inputs", [1, 2])
def test_lengths_and_inputs_stay_and_the_seed_decides(locked, n_inputs):
    rng = np.random.default_rng(1)
    lengths = (1, 2, 3, 9, 20)
    data = from_arrays([rng.normal(size=(length, n_inputs)) for length in lengths])
    first, again, other = (surrogate(data, locked, np.random.default_rng(k)) for k in (5, 5, 6))
    assert first.lengths.tolist() == list(lengths)
    assert first.n_inputs == n_inputs
    assert np.isfinite(first.values).all()
    assert (first.values == again.values).all()
    assert not (first.values == other.values).all()


@pytest.mark.parametrize("locked", [False, True])
def test_constant_sequences_and_inputs_stay_finite(locked):
    rng = np.random.default_rng(2)
    data = from_arrays([np.column_stack([np.full(8, n % 2), rng.normal(size=8)]) for n in range(6)])
    assert np.isfinite(surrogate(data, locked, rng).values).all()
    assert np.isfinite(surrogate(from_arrays([np.zeros(1)] * 4), locked, rng).values).all()


def test_groups_of_variance_become_a_continuous_family():
    rng = np.random.default_rng(3)
    data = from_arrays([rng.normal(0, (1.0, 4.0)[n % 2], 200) for n in range(60)])
    drawn = surrogate(data, False, rng)
    own, new = (np.log([s.std() for s in one]) for one in (data, drawn))
    assert widest_gap(own) > 0.6
    assert widest_gap(new) < 0.25
    assert 0.6 < new.std() / own.std() < 1.4
    assert abs(new.mean() - own.mean()) < 0.4


def test_a_tone_keeps_its_frequency_and_not_its_phase():
    rng = np.random.default_rng(4)
    data = from_arrays([np.sin(2 * np.pi * 0.1 * np.arange(100) + n) for n in range(12)])
    drawn = surrogate(data, False, rng)
    sizes = np.array([np.abs(np.fft.rfft(s[:, 0])) for s in drawn])
    assert (sizes.argmax(axis=1) == 10).all()
    assert np.abs(np.mean([s[:, 0] for s in drawn], axis=0)).max() < 0.8


def test_inputs_keep_their_relation():
    rng = np.random.default_rng(5)
    data = from_arrays([np.outer(rng.normal(size=50), [1.0, 2.0]) for _ in range(8)])
    for sequence in surrogate(data, False, rng):
        assert np.corrcoef(sequence.T)[0, 1] > 0.99


def test_two_waveforms_become_mixtures():
    rng = np.random.default_rng(6)
    t = np.arange(40)
    shapes = np.sin(t / 4), np.cos(t / 9)
    data = from_arrays([shapes[n % 2] + rng.normal(0, 0.05, 40) for n in range(40)])
    axis = shapes[0] - shapes[1]
    own, new = (
        np.array([s[:, 0] @ axis for s in one]) for one in (data, surrogate(data, True, rng))
    )
    assert widest_gap(own) > 0.8
    assert widest_gap(new) < 0.3
