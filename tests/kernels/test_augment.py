import numpy as np
import pytest

from lstmtool.config import Stage
from lstmtool.data.sequences import from_arrays
from lstmtool.kernels.augment import fill
from lstmtool.kernels.records import VECTOR, Batch
from lstmtool.training.batch import batch_data, stage_options

LENGTHS = (4, 10, 7, 10)
LONGEST_FIRST = (1, 3, 2, 0)


def filled(copies, seed=0, window=None, **stage):
    """Lanes of sequences whose values tell sequence and step, 100 n + t; and the batch."""
    arrays = [100.0 * n + np.arange(t) for n, t in enumerate(LENGTHS)]
    data = batch_data(from_arrays(arrays), window)
    sources = np.full((2, 11, 3, VECTOR), -1.0)
    batch = Batch(sources, np.zeros((2, VECTOR), dtype=np.int64))
    fill(data, batch, copies, stage_options(Stage(**stage)), np.random.default_rng(seed))
    lengths = batch.lengths[0]
    return [sources[0, : lengths[l], 0, l] for l in range(copies * len(LENGTHS))], batch


def crops(copies, low, high, seed=0):
    return filled(copies, seed, augmentation="crop", crop=(low, high))


def test_whole_sequences_longest_first():
    rows, batch = filled(1)
    for row, n in zip(rows, LONGEST_FIRST, strict=True):
        np.testing.assert_array_equal(row, 100 * n + np.arange(LENGTHS[n]))
    assert batch.lengths[0, :4].tolist() == [10, 10, 7, 4]
    assert (batch.lengths.ravel()[4:] == 0).all()
    assert (batch.inputs[:, :, 1:] == -1).all()  # cell outputs and bias are not touched


@pytest.mark.parametrize("seed", range(5))
def test_crops_are_windows_of_one_fraction(seed):
    rows, batch = crops(2, 0.3, 0.9, seed)
    assert (np.diff(batch.lengths[0, :8]) <= 0).all()
    for lane, row in enumerate(rows):
        n = LONGEST_FIRST[lane // 2]
        np.testing.assert_array_equal(np.diff(row), 1.0)
        assert 100 * n <= row[0] <= row[-1] < 100 * n + LENGTHS[n]
    fractions = [len(row) / LENGTHS[LONGEST_FIRST[l // 2]] for l, row in enumerate(rows)]
    assert max(fractions) - min(fractions) <= 0.5 / 4 + 0.5 / 4
    assert 3 <= len(rows[0]) <= 9


def test_crops_reach_both_ends_and_differ_between_copies():
    starts = np.array([[row[0] % 100 for row in crops(2, 0.5, 0.5, s)[0]] for s in range(60)])
    assert set(starts[:, 0]) == set(range(6))
    assert (starts[:, 0] != starts[:, 1]).any()


def test_a_crop_keeps_at_least_one_step():
    assert [len(row) for row in crops(1, 1e-6, 1e-6)[0]] == [1] * 4


def test_noise_has_the_given_deviation():
    noisy = [np.concatenate(filled(2, s, augmentation="noise", noise=0.5)[0]) for s in range(60)]
    noise = np.array(noisy) - np.concatenate(filled(2)[0])
    assert noise.std() == pytest.approx(0.5, rel=0.05)
    assert abs(noise.mean()) < 0.05


@pytest.mark.parametrize("block", [0.2, 0.5, 1.0, 1e-6])
def test_bootstrap_lays_blocks_of_the_own_sequence_end_to_end(block):
    for seed in range(5):
        rows, _ = filled(2, seed, augmentation="bootstrap", block=block)
        for lane, row in enumerate(rows):
            n = LONGEST_FIRST[lane // 2]
            size = max(1, round(block * LENGTHS[n]))
            assert len(row) == LENGTHS[n]
            assert ((100 * n <= row) & (row < 100 * n + LENGTHS[n])).all()
            for start in range(0, len(row), size):
                np.testing.assert_array_equal(np.diff(row[start : start + size]), 1.0)


def test_bootstrap_blocks_reach_both_ends():
    rows = [filled(1, s, augmentation="bootstrap", block=0.5)[0][0] for s in range(60)]
    assert {row[0] % 100 for row in rows} == {row[5] % 100 for row in rows} == set(range(6))


def test_with_a_window_unaltered_lanes_hold_the_first_steps():
    rows, _ = filled(2, window=3)
    for lane, row in enumerate(rows):
        np.testing.assert_array_equal(row, 100 * (lane // 2) + np.arange(3))  # equal: in order


@pytest.mark.parametrize(
    "stage",
    [
        {"augmentation": "crop", "crop": (0.5, 0.9)},
        {"augmentation": "bootstrap", "block": 0.4},
        {"augmentation": "noise", "noise": 0.01},
    ],
)
def test_other_copies_are_made_of_the_window_alone(stage):
    for seed in range(20):
        for lane, row in enumerate(filled(2, seed, window=4, **stage)[0]):
            assert len(row) <= 4
            assert (np.abs(row - 100 * (lane // 2) - 1.5) < 1.6).all()


def test_shifts_are_windows_from_anywhere_in_the_own_sequence():
    """Of a fixed length, from the first to the last place, every copy for itself."""
    starts = []
    for seed in range(120):
        rows, _ = filled(2, seed, window=4, augmentation="shift")
        starts.append([row[0] - 100 * (lane // 2) for lane, row in enumerate(rows)])
        for row in rows:
            np.testing.assert_array_equal(row, row[0] + np.arange(4))
    for lane, found in enumerate(np.array(starts).T):
        assert set(found) == set(range(LENGTHS[lane // 2] - 4 + 1))
    assert np.array(starts)[:, 2].tolist() != np.array(starts)[:, 3].tolist()


@pytest.mark.parametrize("augmentation", ["crop", "noise", "bootstrap", "shift"])
def test_same_generator_same_copies(augmentation):
    window = 4 if augmentation == "shift" else None
    one, two, other = (
        np.concatenate(filled(2, seed, window, augmentation=augmentation)[0]) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, two)
    assert other.shape == one.shape
    assert (other != one).any()
