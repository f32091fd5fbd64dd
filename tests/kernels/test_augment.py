import numpy as np
import pytest

from lstmtool.config import Stage
from lstmtool.data.sequences import from_arrays
from lstmtool.kernels.augment import fill
from lstmtool.kernels.deform import draws_of_lane
from lstmtool.kernels.records import VECTOR, Batch
from lstmtool.names import AUGMENTATIONS
from lstmtool.training.batch import batch_data, stage_options
from tests import naive

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


@pytest.mark.parametrize("augmentation", AUGMENTATIONS[1:])
def test_same_generator_same_copies(augmentation):
    window = 4 if augmentation == "shift" else None
    one, two, other = (
        np.concatenate(filled(2, seed, window, augmentation=augmentation)[0]) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, two)
    assert other.shape == one.shape
    assert (other != one).any()


# --- deformed copies ------------------------------------------------------------------------------

DEFORMED = ("warp", "stretch", "scale", "drift", "shape", "warp+drift", "stretch+scale+drift")
STRENGTHS = {"warp": 0.7, "stretch": (0.5, 0.9), "scale": 0.3, "drift": 0.2}


def deformed(arrays, kind, copies=2, seed=0, window=None, **strengths):
    """Copies of sequences (T, X), in the order of the lanes: copy k of the p-th longest."""
    data = batch_data(from_arrays(arrays), window)
    groups = -(-copies * len(arrays) // VECTOR)
    longest, n_inputs = max(map(len, arrays)), data.values.shape[1]
    inputs = np.full((groups, longest + 1, n_inputs + 1, VECTOR), -1.0)
    batch = Batch(inputs, np.zeros((groups, VECTOR), dtype=np.int64))
    stage = Stage(augmentation=kind, **(STRENGTHS | strengths))
    rng = np.random.default_rng(seed)
    fill(data, batch, copies, stage_options(stage), rng)
    assert (inputs[:, :, n_inputs:] == -1).all()
    lanes = [divmod(lane, VECTOR) for lane in range(copies * len(arrays))]
    return [inputs[g, : batch.lengths[g, l], :n_inputs, l] for g, l in lanes], data.order, rng


def sequences(n_inputs=2, lengths=(6, 13, 1, 2, 40)):
    rng = np.random.default_rng(8)
    return [rng.standard_normal((n, n_inputs)) for n in lengths]


@pytest.mark.parametrize("kind", DEFORMED)
@pytest.mark.parametrize("n_inputs", [1, 3])
def test_deformed_copies_are_those_of_the_definition(kind, n_inputs):
    arrays = sequences(n_inputs)
    copies, order, rng = deformed(arrays, kind)
    same = np.random.default_rng(0)
    for lane, copy in enumerate(copies):
        wanted = naive.deformed(arrays[order[lane // 2]], kind, same, **STRENGTHS)
        np.testing.assert_allclose(copy, wanted, rtol=1e-9, atol=1e-11)
    assert rng.bit_generator.state == same.bit_generator.state
    passed = np.random.default_rng(0)
    passed.bit_generator.advance(
        2
        * len(arrays)
        * draws_of_lane(stage_options(Stage(augmentation=kind)).augmentation, n_inputs)
    )
    assert rng.bit_generator.state == passed.bit_generator.state


@pytest.mark.parametrize("kind", DEFORMED)
def test_deformed_copies_keep_their_length_and_differ(kind):
    arrays = sequences()
    copies, order, _ = deformed(arrays, kind)
    assert [len(copy) for copy in copies] == [len(arrays[order[lane // 2]]) for lane in range(10)]
    longest = arrays[order[0]]
    assert np.abs(copies[0] - longest).max() > 0.01 < np.abs(copies[0] - copies[1]).max()


@pytest.mark.parametrize("seed", range(5))
def test_a_warp_keeps_the_ends_and_the_order_of_steps(seed):
    rising = [np.arange(n, dtype=float) for n in (30, 7, 2, 1)]
    copies, order, _ = deformed(rising, "warp", seed=seed)
    for lane, copy in enumerate(copies):
        n_steps = len(rising[order[lane // 2]])
        assert copy[0, 0] == 0
        assert copy[-1, 0] == n_steps - 1
        assert (np.diff(copy[:, 0]) > 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_stretch_is_a_window_of_the_given_share(seed):
    rising = [np.arange(n, dtype=float) for n in (30, 7, 2)]
    copies, order, _ = deformed(rising, "stretch", seed=seed, stretch=(0.6, 0.7))
    for lane, copy in enumerate(copies):
        last = len(rising[order[lane // 2]]) - 1
        assert 0 <= copy[0, 0] <= copy[-1, 0] <= last
        assert 0.6 * last - 1e-9 <= copy[-1, 0] - copy[0, 0] <= 0.7 * last + 1e-9
        np.testing.assert_allclose(np.diff(copy[:, 0], 2), 0.0, atol=1e-9)


@pytest.mark.parametrize("kind", ["warp", "stretch"])
def test_constant_sequences_stay_constant_where_only_time_changes(kind):
    arrays = [np.tile([0.1, -3.7], (n, 1)) for n in (1, 5, 17)]
    for copy in deformed(arrays, kind)[0]:
        np.testing.assert_array_equal(copy, np.tile([0.1, -3.7], (len(copy), 1)))


def test_copies_by_scale_are_multiples_each_input_by_its_own():
    arrays = sequences()
    copies, order, _ = deformed(arrays, "scale")
    ratios = copies[0] / arrays[order[0]]
    np.testing.assert_allclose(ratios, np.tile(ratios[0], (len(ratios), 1)))
    assert ratios[0, 0] != ratios[0, 1]
    assert (ratios > 0).all()


def test_factors_and_drifts_have_the_given_spread():
    ones = [np.ones(3)] * 20
    logs = [np.log(copy[0, 0]) for s in range(30) for copy in deformed(ones, "scale", seed=s)[0]]
    assert np.std(logs) == pytest.approx(0.3, rel=0.1)
    assert abs(np.mean(logs)) < 0.03
    drifts = [copy[0, 0] - 1 for s in range(30) for copy in deformed(ones, "drift", seed=s)[0]]
    assert np.std(drifts) == pytest.approx(0.2, rel=0.1)
    assert abs(np.mean(drifts)) < 0.02


@pytest.mark.parametrize("kind", DEFORMED)
def test_without_strength_copies_are_the_sequences(kind):
    arrays = sequences()
    none = {"warp": 0.0, "stretch": (1.0, 1.0), "scale": 0.0, "drift": 0.0}
    copies, order, _ = deformed(arrays, kind, **none)
    for lane, copy in enumerate(copies):
        np.testing.assert_allclose(copy, arrays[order[lane // 2]], atol=1e-12)


@pytest.mark.parametrize("kind", ["warp", "stretch"])
def test_deformed_copies_are_made_of_the_window_alone(kind):
    rising = [np.arange(n, dtype=float) for n in (30, 9, 8)]
    for copy in deformed(rising, kind, window=8)[0]:
        assert len(copy) == 8
        assert 0 <= copy.min() <= copy.max() <= 7


def test_joined_kinds_have_one_name():
    assert Stage(augmentation="drift+warp").augmentation == "warp+drift"
    assert Stage(augmentation="drift + scale+warp+stretch").augmentation == "shape"
    for wrong, words in [
        ("warp+noise", "only warp"),
        ("warp+warp", "each once"),
        ("wrap", "not one of"),
        ("", "not one of"),
    ]:
        with pytest.raises(ValueError, match=words):
            Stage(augmentation=wrong)
