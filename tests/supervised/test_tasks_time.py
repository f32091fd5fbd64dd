"""Spikes, delays, periodic functions and the Mackey-Glass series."""

from itertools import pairwise

import numpy as np
import pytest

from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.mackey_glass import solve
from tests.supervised.chi_square import is_uniform


def streams(strings):
    for a, b in pairwise(strings.starts):
        yield strings.inputs[a:b, 0], strings.targets[a:b, 0], strings.scored[a:b]


def test_spike_delays_are_measured_at_the_spike():
    strings = make("msd", shortest=5, extra=2, intervals=20).sample(np.random.default_rng(0), 30)
    extras = []
    for spikes, target, scored in streams(strings):
        last = 0
        assert spikes[0] == 1.0
        assert not scored[0]
        for t in range(1, len(spikes)):
            assert scored[t] == (spikes[t] == 1.0)
            if spikes[t]:
                assert target[t] == t - last - 5
                extras.append(t - last - 5)
                last = t
        assert spikes[-1] == 1.0
        assert set(spikes) == {0.0, 1.0}
    assert is_uniform(np.array(extras), range(3))
    assert len(extras) == 600


def test_spikes_come_when_the_input_says():
    strings = make("gts", shortest=4, extra=3, intervals=25).sample(np.random.default_rng(1), 20)
    extras = []
    for level, spikes, scored in streams(strings):
        assert scored.all()
        since = 0
        for t in range(len(spikes)):
            since += 1
            if spikes[t]:
                assert since == 4 + level[t]
                assert set(level[t - since + 1 : t + 1]) == {level[t]}
                extras.append(int(level[t]))
                since = 0
        assert since == 0
    assert is_uniform(np.array(extras), range(4))
    assert len(extras) == 500


def test_fixed_spikes_have_a_silent_input():
    strings = make("gts", shortest=7, extra=0, intervals=3).sample(np.random.default_rng(1), 2)
    assert not strings.inputs.any()
    assert strings.targets[:, 0].tolist() == ([0.0] * 6 + [1.0]) * 6


def test_one_interval_a_stream():
    strings = make("msd", intervals=1).sample(np.random.default_rng(0), 50)
    assert strings.scored.sum() == 50
    assert set(np.diff(strings.starts)) == {11, 12}


FORMS = {
    "triangle": [0.2, 0.4, 0.6, 0.8, 1.0, 0.8, 0.6, 0.4, 0.2, 0.0],
    "rectangle": [0, 0, 0, 0, 0, 1, 1, 1, 1, 0],
}


@pytest.mark.parametrize("form", ["triangle", "rectangle"])
def test_periodic_functions(form):
    strings = make("pfg", form=form, periods=3).sample(np.random.default_rng(0), 2)
    np.testing.assert_allclose(strings.targets[:, 0], FORMS[form] * 6, atol=1e-15)
    assert strings.scored.all()
    assert not strings.inputs.any()


@pytest.mark.parametrize("period", [10, 25])
def test_the_cosine(period):
    strings = make("pfg", period=period, periods=2).sample(np.random.default_rng(0), 1)
    wanted = [(1 - np.cos(2 * np.pi * t / period)) / 2 for t in range(1, 2 * period + 1)]
    np.testing.assert_allclose(strings.targets[:, 0], wanted, atol=1e-14)


def test_forms_have_the_period_that_is_asked():
    strings = make("pfg", form="rectangle", period=25, periods=4).sample(
        np.random.default_rng(0), 1
    )
    rises = np.flatnonzero(np.diff(strings.targets[:, 0]) > 0)
    assert set(np.diff(rises)) == {25}


def test_the_delay_of_the_tutorial():
    strings = make("tutorial-delay").sample(np.random.default_rng(3), 3000)
    delays, firsts = [], []
    for spikes, target, scored in streams(strings):
        first, second = np.flatnonzero(spikes)
        assert second == len(spikes) - 1
        assert np.flatnonzero(scored).tolist() == [second]
        assert target[-1] == float(second - first == 20)
        delays.append(second - first)
        firsts.append(first)
    delays = np.array(delays)
    assert is_uniform(np.array(firsts), range(10))
    assert is_uniform(delays == 20, (False, True))
    assert is_uniform(delays[delays != 20], set(range(1, 41)) - {20})


def test_the_first_delay_is_solved_in_closed_form():
    """Until time tau the delayed value is constant, and the equation linear."""
    past = 1.2
    inflow = 0.2 * past / (1 + past**10)
    t = np.arange(1, 18)
    exact = inflow / 0.1 + (past - inflow / 0.1) * np.exp(-0.1 * t)
    np.testing.assert_allclose(solve(past, 17), exact, rtol=1e-9)


def test_the_integrator_has_order_four():
    """Beyond the first delays, where the interpolated past enters."""
    finest = solve(1.2, 60, per_unit=64)[-1]
    errors = [abs(solve(1.2, 60, per_unit=n)[-1] - finest) for n in (1, 2, 4)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 3.6).all()
    assert (orders < 4.6).all()


def test_the_integrator_against_a_slow_twin():
    """Euler's rule with a tiny step, whose past lies on the grid."""
    step, delay, past = 1 / 1000, 17 * 1000, 0.9
    x = [past] * (delay + 1)
    for _ in range(40 * 1000):
        late = x[-1 - delay]
        x.append(x[-1] + step * (0.2 * late / (1 + late**10) - 0.1 * x[-1]))
    np.testing.assert_allclose(solve(past, 40), x[delay + 1000 :: 1000], rtol=1e-4)


def test_the_series_is_chaotic_within_its_known_bounds():
    x = solve(1.2, 1500)[500:]
    assert 0.2 < x.min() < 0.5
    assert 1.2 < x.max() < 1.4
    other = solve(1.2 + 1e-6, 1500)[500:]
    assert np.abs(other - x)[-300:].max() > 1e-4


@pytest.mark.parametrize("ahead", [1, 6, 84])
def test_windows_and_targets_are_of_one_series(ahead):
    task = make("mackey-glass", ahead=ahead, window=6, length=30)
    strings = task.sample(np.random.default_rng(0), 1)
    series = task.series(np.random.default_rng(0).uniform(0.5, 1.5))
    for t in range(30):
        present = 5 * 6 + t
        wanted = [series[present - lag] for lag in (0, 6, 12, 18, 24, 30)]
        np.testing.assert_array_equal(strings.inputs[t], wanted)
        assert strings.targets[t, 0] == series[present + ahead]


def test_the_window_of_one_sees_the_same_present():
    one = make("mackey-glass", length=30).sample(np.random.default_rng(0), 2)
    series = solve(np.random.default_rng(0).uniform(0.5, 1.5), 1036)
    np.testing.assert_array_equal(one.inputs[:30, 0], series[1000:1030])
    assert one.inputs.shape == (60, 1)
    assert not np.array_equal(one.inputs[:30], one.inputs[30:])
