from dataclasses import replace

import numpy as np
import pytest

from lstmtool.config import InputSettings
from lstmtool.data.preprocessing import fit, remarks
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError


def drawn(n_inputs=1, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(n_inputs, n_inputs))
    return from_arrays([rng.normal(1, 2, (t, n_inputs)) @ mixing for t in (30, 5, 17, 1)])


@pytest.mark.parametrize("n_inputs", [1, 2, 3])
@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("differences", [True, False])
def test_whitening_gives_unit_covariance(n_inputs, square, differences):
    data = drawn(n_inputs)
    fitted = fit(data, InputSettings(square=square, differences=differences))
    out = fitted.apply(data)
    width = n_inputs * (1 + square + differences)
    assert out.n_inputs == width
    np.testing.assert_allclose(out.values.mean(axis=0), 0.0, atol=1e-10)
    np.testing.assert_allclose(
        np.atleast_2d(np.cov(out.values.T, bias=True)), np.eye(width), atol=1e-9
    )
    np.testing.assert_allclose(fitted.matrix, fitted.matrix.T, atol=1e-12)  # ZCA is symmetric
    assert (np.linalg.eigvalsh(fitted.matrix) > 0).all()


def test_second_input_is_the_square():
    data = drawn()
    out = fit(data, InputSettings(scaling="none")).apply(data).values
    np.testing.assert_array_equal(out, np.hstack([data.values, data.values**2]))


@pytest.mark.parametrize("square", [True, False])
def test_differences_are_the_last_inputs_and_begin_at_zero(square):
    data = drawn(2)
    settings = InputSettings(scaling="none", square=square, differences=True)
    out = fit(data, settings).apply(data)
    for x, seen in zip(data, out, strict=True):
        changes = np.vstack([np.zeros((1, 2)), np.diff(x, axis=0)])
        np.testing.assert_array_equal(seen[:, -2:], changes)
        np.testing.assert_array_equal(seen[:, :-2], np.hstack([x, x**2][: 1 + square]))


def test_differences_are_of_what_normalising_leaves():
    data = from_arrays([[1.0, -1.0, 3.0], [10.0, -10.0, 30.0], [5.0, 5.0]])
    how = {"scaling": "none", "square": False, "differences": True}
    out = fit(data, InputSettings(normalise=True, **how)).apply(data)
    np.testing.assert_allclose(out[0], out[1], rtol=1e-15)
    np.testing.assert_array_equal(out[2][:, 1], 0.0)


def test_differences_that_overflow_are_refused():
    data = from_arrays([[1.5e308, -1.5e308], [1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(DataError, match="differences overflow"):
        fit(data, InputSettings(square=False, differences=True))


@pytest.mark.parametrize("normalise", [False, True])
def test_a_window_hides_all_later_steps(normalise):
    """From fit and from evaluation; copies by shift see them on the same scale."""
    rng = np.random.default_rng(0)
    long = from_arrays([rng.normal(n, 2, 30) for n in range(3)])
    windowed = fit(long, InputSettings(window=10, normalise=normalise))
    cut = long.first(10)
    plain = fit(cut, InputSettings(normalise=normalise))
    np.testing.assert_array_equal(windowed.matrix, plain.matrix)
    for data in (long, cut):
        np.testing.assert_array_equal(windowed.apply(data).values, plain.apply(cut).values)
    whole = windowed.whole(long)
    assert whole.lengths.tolist() == [30] * 3
    np.testing.assert_allclose(whole.first(10).values, windowed.apply(long).values, rtol=1e-12)


def test_standardising_keeps_the_inputs_apart():
    data = drawn(2)
    out = fit(data, InputSettings(scaling="standardise", square=False)).apply(data).values
    wanted = (data.values - data.values.mean(axis=0)) / data.values.std(axis=0)
    np.testing.assert_allclose(out, wanted, rtol=1e-12)


def test_normalising_divides_every_sequence_by_its_own_deviation():
    data = from_arrays([[1.0, -1.0, 3.0], [10.0, -10.0, 30.0], [5.0, 5.0]])
    out = fit(data, InputSettings(normalise=True, scaling="none", square=False)).apply(data)
    np.testing.assert_allclose(out[0], out[1], rtol=1e-15)
    assert out[0].std() == pytest.approx(1.0)
    np.testing.assert_array_equal(out[2], data[2])  # a constant sequence is left as it is


def test_directions_without_variance_become_zero():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 1))
    data = from_arrays([np.hstack([x, 2 * x, np.full_like(x, 7.0)])[i::4] for i in range(4)])
    for scaling in ("whiten", "standardise"):
        out = fit(data, InputSettings(square=False, scaling=scaling)).apply(data).values
        assert np.isfinite(out).all()
        assert np.abs(out).max() < 10
        np.testing.assert_allclose(out[:, 2], 0.0, atol=1e-6)


@pytest.mark.parametrize("sizes", [(1e6, 1e-3), (1e-9, 1.0), (1.0, 1e4)])
@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("scaling", ["whiten", "standardise"])
def test_inputs_in_units_of_very_different_size_are_all_kept(sizes, square, scaling):
    rng = np.random.default_rng(0)
    data = from_arrays([rng.normal(0.5, 1, (t, 2)) * sizes for t in (30, 5, 17, 100)])
    out = fit(data, InputSettings(square=square, scaling=scaling)).apply(data).values
    np.testing.assert_allclose(out.std(axis=0), 1.0, rtol=1e-6)
    if scaling == "whiten":
        np.testing.assert_allclose(np.cov(out.T, bias=True), np.eye(out.shape[1]), atol=1e-6)


@pytest.mark.parametrize("scaling", ["whiten", "standardise"])
def test_inputs_so_small_that_their_variance_is_subnormal(scaling):
    data = from_arrays([np.random.default_rng(0).normal(0, (1e-155, 1.0), (50, 2))])
    out = fit(data, InputSettings(square=False, scaling=scaling)).apply(data).values
    np.testing.assert_allclose(out.std(axis=0), 1.0, rtol=1e-6)


def test_an_input_far_from_zero_keeps_its_square_apart():
    rng = np.random.default_rng(0)
    data = from_arrays([rng.normal(1e4, 1, (50, 2)) for _ in range(4)])
    out = fit(data, InputSettings()).apply(data).values
    np.testing.assert_allclose(np.cov(out.T, bias=True), np.eye(4), atol=1e-3)


def test_other_data_is_mapped_without_fitting_again():
    train, other = drawn(seed=0), drawn(seed=1)
    fitted = fit(train, InputSettings())
    features = np.hstack([other.values, other.values**2])
    np.testing.assert_allclose(
        fitted.apply(other).values, (features - fitted.mean) @ fitted.matrix, rtol=1e-12
    )
    assert abs(fitted.apply(other).values.mean()) > 1e-3


def test_parts_of_the_data_are_kept():
    data = from_arrays([[1.0, 2.0], [3.0]], labels=[0, 0], label_names=("a",), names=("x", "y"))
    out = fit(data, InputSettings()).apply(data)
    assert out.names == ("x", "y")
    np.testing.assert_array_equal(out.offsets, data.offsets)


def test_another_number_of_inputs_is_refused():
    fitted = fit(drawn(2), InputSettings())
    with pytest.raises(DataError, match=r"3 inputs.*trained on 2"):
        fitted.apply(drawn(3))


def test_squares_that_overflow_are_refused():
    data = from_arrays([[1e200, 1.0], [2.0, 3.0]])
    with pytest.raises(DataError, match="too large"):
        fit(data, InputSettings())
    assert np.isfinite(fit(from_arrays([[1e150, 1.0]]), InputSettings(square=False)).matrix).all()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"scaling": "whiten"}, "covariance overflows"),
        ({"scaling": "none", "normalise": True}, "deviation overflows"),
    ],
)
def test_values_whose_scale_overflows_are_refused(settings, why):
    data = from_arrays([[1.0, -1e200], [2.0, 1e200]], names=("a", "b"))
    with pytest.raises(DataError, match=why) as caught:
        fit(data, InputSettings(square=False, **settings))
    assert "sequence 0 (a), step 1, input 0, value -1e+200" in str(caught.value)


def test_new_values_that_overflow_when_scaled_are_refused():
    small = from_arrays([[1e-9, 0.0], [0.0, 1e-9]])
    fitted = fit(small, InputSettings(square=False, scaling="standardise"))
    with pytest.raises(DataError, match="overflow when scaled"):
        fitted.whole(from_arrays([[1.0, 1e305], [1.0, 2.0]]))


SCALINGS = ("whiten", "standardise", "none")


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize(
    ("power", "square", "what"),
    [
        (-200, True, "its variance"),
        (-200, False, "its variance"),
        (-310, False, "its variance"),
        (-100, True, "its square has a variance"),
    ],
)
def test_an_input_whose_variance_is_rounded_to_zero_is_refused(scaling, power, square, what):
    """Also beside one of ordinary size: it would be left out, and nothing would say so."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(1, 2, (30, 2)) * (1.0, 10.0**power) for _ in range(4)]
    with pytest.raises(DataError, match=f"input 1 are too small: {what}") as caught:
        fit(from_arrays(arrays), InputSettings(scaling=scaling, square=square))
    told, low = str(caught.value), min(a[:, 1].min() for a in arrays)
    assert f"they lie between {low:.3g} and" in told
    assert f"multiply this input by 1e{min(300, -power)}" in told
    assert ("--no-square" in told) == (power == -100)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("constant", [0.0, 7.0, 1e-200, -5e-324])
def test_a_constant_is_not_too_small(scaling, constant):
    data = from_arrays([np.stack([np.arange(9.0) + n, np.full(9, constant)], 1) for n in range(3)])
    settings = InputSettings(scaling=scaling)
    out = fit(data, settings).apply(data).values
    assert np.isfinite(out).all()
    assert remarks(data, settings) == ("Input 2 is constant and has no effect.",)
    named = replace(data, attributes={"inputs": ["level", "none"]})
    assert remarks(named, settings) == ("Input none is constant and has no effect.",)


@pytest.mark.parametrize("power", [-310, -200, -100, 0, 100])
def test_normalising_sees_deviations_of_any_size(power):
    rng = np.random.default_rng(0)
    plain = [rng.normal(size=(30, 1)) for _ in range(3)]
    settings = InputSettings(normalise=True)
    wanted = fit(from_arrays(plain), settings).apply(from_arrays(plain)).values
    scaled = from_arrays([a * 10.0**power for a in plain])
    out = fit(scaled, settings).apply(scaled).values
    np.testing.assert_allclose(out, wanted, atol=1e-9)


def test_a_value_beside_which_all_others_look_alike_is_told():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(30, 2)) for _ in range(4)]
    assert remarks(from_arrays(arrays), InputSettings()) == ()
    arrays[2][5, 1] = -1e6
    (told,) = remarks(from_arrays(arrays), InputSettings())
    assert told.startswith("One value of input 2, -1e+06, accounts for 99% of its variance")
    assert remarks(from_arrays([a[:4] for a in arrays]), InputSettings()) == ()
    arrays[2][5, 1] = -1e160
    assert "accounts for 99% of" in remarks(from_arrays(arrays), InputSettings())[0]


@pytest.mark.parametrize("largest", [1e155, 1.7e308])
def test_the_largest_numbers_are_not_too_small(largest):
    """Their squares overflow, which is no warning here: whoever scales them says so."""
    data = from_arrays([[0.0, 0.0], [-largest, largest]])
    with np.errstate(all="raise"):
        fitted = fit(data, InputSettings(scaling="none", square=False))
    assert fitted.mean.tolist() == [0.0]


def test_averaging_takes_means_of_neighbouring_steps():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(0, 1, (n, 2)) for n in (7, 3, 1, 6)]
    fitted = fit(from_arrays(arrays), InputSettings(square=False, scaling="none", average=3))
    done = fitted.apply(from_arrays(arrays))
    assert done.lengths.tolist() == [3, 1, 1, 2]
    for sequence, array in zip(done, arrays, strict=True):
        expected = [array[t : t + 3].mean(axis=0) for t in range(0, len(array), 3)]
        np.testing.assert_allclose(sequence, expected, atol=1e-15)


def test_averaging_comes_before_everything_else():
    rng = np.random.default_rng(1)
    arrays = [rng.normal(0, 1, (n, 2)) for n in (40, 23)]
    means = [np.array([a[t : t + 4].mean(axis=0) for t in range(0, len(a), 4)]) for a in arrays]
    settings, means = InputSettings(normalise=True, differences=True), from_arrays(means)
    expected = fit(means, settings).apply(means)
    averaged = settings.model_copy(update={"average": 4})
    done = fit(from_arrays(arrays), averaged).apply(from_arrays(arrays))
    np.testing.assert_allclose(done.values, expected.values, atol=1e-10)


def test_auto_leaves_a_hundred_steps_of_the_longest_and_keeps_to_that():
    auto = InputSettings(square=False, average="auto")
    data = from_arrays([np.sin(np.arange(n) / 5) for n in (250, 90)])
    fitted = fit(data, auto)
    assert fitted.settings.average == 3
    assert fitted.apply(data).lengths.tolist() == [84, 30]
    longer = from_arrays([np.arange(900.0)])
    assert fitted.apply(longer).lengths.tolist() == [300]
    assert fit(from_arrays([np.arange(100.0)]), auto).settings.average == 1


def test_a_window_of_averaged_steps_is_refused():
    with pytest.raises(ValueError, match="cannot be averaged"):
        InputSettings(window=10, average=2)


def test_sums_that_overflow_are_refused():
    data = from_arrays([np.full(4, 1e308), np.zeros(4)])
    settings = InputSettings(square=False, scaling="none", average=2)
    with pytest.raises(DataError, match="sums overflow"):
        fit(data, settings)


def test_auto_averages_no_more_than_leaves_most_of_the_variance():
    t, rng = np.arange(400), np.random.default_rng(0)
    slow, fast = np.sin(t / 50), np.sin(2 * np.pi * t / 5)
    auto = InputSettings(square=False, average="auto")

    def steps(*inputs):
        return fit(from_arrays([np.stack(inputs, axis=1)] * 3), auto).settings.average

    assert [steps(slow), steps(fast), steps(rng.normal(size=400))] == [4, 1, 1]
    kept = {k: fast.reshape(-1, k).mean(axis=1).var() / fast.var() for k in (2, 4)}
    assert kept[2] < 0.7
    assert kept[4] < 0.1
    assert steps(slow, fast) == 2  # of all and of two thirds, the mean is enough
    assert steps(*[slow] * 3, fast) == 4
    assert steps(slow, np.full(400, 3.0)) == 4
    assert steps(np.full(400, 3.0)) == 4
