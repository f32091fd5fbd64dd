import numpy as np
import pytest

from lstmtool.kernels.augment import fill
from lstmtool.learner import lane_data
from lstmtool.records import CROP, NO_COPY, NOISE, Batch
from lstmtool.sequences import from_arrays

LENGTHS = (4, 10, 7, 10)


def filled(copies, augmentation, crop=(1.0, 1.0), noise=0.0, seed=0):
    """Lanes of sequences whose values tell sequence and step: 100 n + t; and the batch."""
    data = lane_data(from_arrays([100.0 * n + np.arange(t) for n, t in enumerate(LENGTHS)]))
    lanes = copies * len(LENGTHS)
    sources = np.full((11, 3, 16), -1.0)
    batch = Batch(sources, np.zeros(16, dtype=np.int64))
    fill(data, batch, copies, augmentation, *crop, noise, np.random.default_rng(seed))
    rows = [sources[: batch.lengths[l], 0, l] for l in range(lanes)]
    return rows, batch


def test_whole_sequences_longest_first():
    rows, batch = filled(1, NO_COPY)
    assert [int(row[0]) // 100 for row in rows] == [1, 3, 2, 0]
    for row in rows:
        np.testing.assert_array_equal(row % 100, np.arange(len(row)))
    assert batch.lengths[:4].tolist() == [10, 10, 7, 4]
    assert (batch.lengths[4:] == 0).all()
    assert (batch.sources[:, 1:] == -1).all()  # cell outputs and bias are not touched


@pytest.mark.parametrize("seed", range(5))
def test_crops_are_windows_of_one_fraction(seed):
    rows, batch = filled(2, CROP, crop=(0.3, 0.9), seed=seed)
    assert (np.diff(batch.lengths[:8]) <= 0).all()
    for lane, row in enumerate(rows):
        n = [1, 3, 2, 0][lane // 2]
        np.testing.assert_array_equal(np.diff(row), 1.0)
        assert 100 * n <= row[0] <= row[-1] < 100 * n + LENGTHS[n]
    assert all(len(rows[l]) == len(rows[l + 1]) for l in range(0, 8, 2))
    assert 3 <= len(rows[0]) <= 9


def test_crops_reach_both_ends_and_differ_between_copies():
    starts = np.array(
        [[row[0] % 100 for row in filled(2, CROP, (0.5, 0.5), seed=s)[0]] for s in range(60)]
    )
    assert set(starts[:, 0]) == set(range(6))
    assert (starts[:, 0] != starts[:, 1]).any()


def test_a_crop_keeps_at_least_one_step():
    rows, _ = filled(1, CROP, crop=(1e-6, 1e-6))
    assert [len(row) for row in rows] == [1] * 4


def test_noise_has_the_given_deviation():
    rows = [np.concatenate(filled(2, NOISE, noise=0.5, seed=s)[0]) for s in range(60)]
    clean = np.concatenate(filled(2, NO_COPY)[0])
    noise = np.array(rows) - clean
    assert noise.std() == pytest.approx(0.5, rel=0.05)
    assert abs(noise.mean()) < 0.05


def test_same_generator_same_copies():
    for augmentation in (CROP, NOISE):
        one, two = (filled(2, augmentation, (0.4, 0.8), 0.3, seed=3)[0] for _ in range(2))
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
