import numpy as np
import pytest

from lstmtool.character import is_locked, phase_locking
from lstmtool.datasets.artificial import generate
from lstmtool.sequences import from_arrays


def waves(phases, n_steps=100, cycles=3):
    t = np.arange(n_steps) / n_steps
    return from_arrays([np.sin(2 * np.pi * (cycles * t + phase)) for phase in phases])


def test_equal_sequences_lock_fully():
    data = waves(np.zeros(12))
    assert phase_locking(data) == pytest.approx(12.0)
    assert is_locked(data)


def test_phases_spread_over_the_circle_cancel():
    assert phase_locking(waves(np.arange(12) / 12)) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_steady_data_does_not_lock(seed):
    data = generate(np.random.default_rng(seed))
    assert phase_locking(data) < 2.0
    assert not is_locked(data)


def test_means_and_scales_of_sequences_do_not_count():
    data = waves(np.zeros(6))
    moved = from_arrays([xs + 100.0 * n for n, xs in enumerate(data)])
    assert phase_locking(moved) == pytest.approx(6.0)
    apart = from_arrays([np.full(5, n) for n in range(4)])
    assert phase_locking(apart) == 1.0


def test_unequal_lengths_are_compared_as_far_as_they_go():
    data = waves(np.zeros(4))
    cut = from_arrays([data[0], data[1], data[2][:50], data[3][:70]])
    assert phase_locking(cut) == pytest.approx(4.0)
