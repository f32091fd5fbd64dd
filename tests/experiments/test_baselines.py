import numpy as np
import pytest

from lstmtool.data.generators import artificial
from lstmtool.data.sequences import from_arrays
from lstmtool.experiments.baselines import (
    BASELINES,
    CONVOLUTIONS,
    KMeansBaseline,
    fourier_magnitudes,
    k_means,
    nearest_to_own_group,
    raw_values,
    true_features,
)
from lstmtool.objectives.clusters import agreement

LABELS = np.repeat(np.arange(4), 5)


def far_apart():
    groups = [(0, 0.01), (0, 100), (50, 0.01), (50, 100)]
    return artificial.generate(np.random.default_rng(0), groups=groups)


def test_true_features_are_mean_and_variance_of_generated_data():
    data = far_apart()
    features = true_features(data)
    np.testing.assert_allclose(features[3], [data[3].mean(), data[3].var()])
    assert agreement(LABELS, k_means(features, 4, 0))[0] == 1.0
    assert true_features(from_arrays([np.zeros(3), np.ones(3)])) is None


def test_a_sequence_nearer_to_another_group_is_found():
    features = true_features(far_apart())
    assert nearest_to_own_group(features, LABELS)
    features[0] = features[7]
    assert not nearest_to_own_group(features, LABELS)


def test_statistics_split_what_raw_values_do_not():
    data = far_apart()
    aris = {name: agreement(LABELS, k_means(of(data), 4, 0))[0] for name, of in BASELINES.items()}
    assert aris["k-means, mean, deviation, difference"] == 1.0
    assert aris["k-means, raw values"] < 1.0


@pytest.mark.parametrize("name", BASELINES)
def test_features_of_sequences_of_different_lengths(name):
    rng = np.random.default_rng(0)
    data = from_arrays([rng.normal(size=n) for n in (1, 5, 9)])
    features = BASELINES[name](data)
    assert len(features) == 3
    assert np.isfinite(features).all()


def test_unequal_lengths_are_resampled_to_the_median():
    line = from_arrays([[0.0, 3.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0, 3.0, 4.0]])
    assert raw_values(line).tolist() == [[0, 1.5, 3], [0, 1, 2], [0, 2, 4]]
    steps = np.arange(60)
    waves = from_arrays([np.cos(2 * np.pi * steps[:n] / 10) for n in (40, 60, 60)])
    amplitudes = fourier_magnitudes(waves)
    assert amplitudes.shape == (3, 31)
    assert amplitudes.argmax(axis=1).tolist() == [6, 6, 6]
    assert amplitudes[1, 6] == pytest.approx(0.5)


@pytest.mark.parametrize("name", [*BASELINES, CONVOLUTIONS])
def test_a_fitted_baseline_is_put_to_other_sequences(name):
    rng = np.random.default_rng(0)
    groups = [(m, n) for m in (0, 50) for n in (30, 35, 40, 40)]
    data = from_arrays([rng.normal(m, 1 + m / 5, n) for m, n in groups])
    model = KMeansBaseline(name, data, 2, seed=0)
    assert agreement(np.repeat([0, 1], 4), model.clusters)[0] == 1
    assert model.predict(data).tolist() == model.clusters.tolist()
    one = from_arrays([data[5] + 0.01])
    assert model.predict(one)[0] == model.clusters[5]
    assert len(model.scaled) == 8


def test_equal_sequences_do_not_disturb_k_means():
    data = from_arrays([np.ones(5)] * 6)
    for name in (*BASELINES, CONVOLUTIONS):
        assert len(KMeansBaseline(name, data, 3, seed=0).clusters) == 6
