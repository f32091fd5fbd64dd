from itertools import pairwise

import numpy as np
import pytest

from lstmtool.data import features
from lstmtool.data.features import dominant_frequency, simple_features
from lstmtool.data.sequences import from_arrays


def by_name(sequences, inputs=None):
    made = simple_features(sequences, inputs)
    return {(f.name, f.of): f for f in made}


def test_features_by_their_definitions():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(k, 1 + k, 5 + 4 * k) for k in range(4)]
    found = by_name(from_arrays(arrays))
    for n, x in enumerate(arrays):
        t = np.arange(len(x))
        slope = np.polyfit(t, x, 1)[0]
        expected = {
            "Length": len(x),
            "Level": sum(x) / len(x),
            "Deviation": np.sqrt(sum((x - x.mean()) ** 2) / len(x)),
            "Change": sum(abs(b - a) for a, b in pairwise(x)) / (len(x) - 1),
            "Trend": slope * (len(x) - 1),
        }
        for name, value in expected.items():
            assert found[name, ""].values[n] == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("period", [7.3, 16.0, 31.5])
def test_the_period_of_a_swing_is_found_beside_noise_and_a_trend(period):
    rng, t = np.random.default_rng(1), np.arange(160)
    x = np.sin(2 * np.pi * t / period + 1.0) + 0.01 * t + rng.normal(0, 0.2, 160)
    assert 1 / dominant_frequency(x - np.polyval(np.polyfit(t, x, 1), t)) == pytest.approx(
        period, rel=0.03
    )
    unit = by_name(from_arrays([x]), None)["Period", ""]
    assert unit.unit == "steps"
    assert unit.values[0] == pytest.approx(period, rel=0.03)


@pytest.mark.parametrize("hertz", [880.0, 1100.0, 1480.0])
@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_few_cycles_have_the_frequency_of_the_swing_and_not_of_its_trend(hertz, slope):
    t = np.arange(100) / 44100
    x = np.sin(2 * np.pi * hertz * t) + slope * t / t[-1]
    found = by_name(from_arrays([x], sampling_rate=44100.0))
    assert found["Frequency", ""].values[0] == pytest.approx(hertz, rel=0.01)


def test_with_a_sampling_rate_it_is_a_frequency():
    x = np.sin(2 * np.pi * np.arange(100) / 10)
    found = by_name(from_arrays([x], sampling_rate=50.0))
    assert found["Frequency", ""].values[0] == pytest.approx(5.0, rel=0.01)
    assert found["Frequency", ""].unit == "Hz"
    assert ("Period", "") not in found


def test_noise_has_seldom_a_period():
    rng = np.random.default_rng(2)
    found = [dominant_frequency(rng.normal(size=64)) for _ in range(300)]
    assert np.isfinite(found).mean() < 0.03


@pytest.mark.parametrize(
    "x", [np.ones(30), np.zeros(30), np.sin(np.linspace(0, 6, 40)), np.arange(7.0), [np.inf] * 9]
)
def test_no_period(x):
    assert np.isnan(dominant_frequency(np.asarray(x, dtype=float)))


def test_inputs_are_named_if_there_are_several():
    data = from_arrays([np.zeros((4, 2)), np.ones((5, 2))])
    assert ("Level", "input 2") in by_name(data)
    assert ("Level", "height") in by_name(data, ("width", "height"))
    assert sum(f.name == features.LENGTH for f in simple_features(data)) == 1


def test_extreme_values_and_single_steps_have_features_or_none():
    data = from_arrays([np.array([1e308, -1e308] * 8), np.array([2.0])])
    found = by_name(data)
    assert found["Level", ""].values[1] == 2.0
    assert np.isnan(found["Change", ""].values[1])
    assert not any(np.isinf(f.values).any() for f in found.values())


def test_what_rounding_leaves_of_a_line_is_no_swing():
    found = by_name(from_arrays([0.1 + 0.3 * np.arange(50.0), np.full(50, 0.1)]))
    assert np.isnan(found["Period", ""].values).all()
