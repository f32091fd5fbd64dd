import numpy as np
import pytest

from lstmtool.baselines import BASELINES, k_means, nearest_to_own_group, true_features
from lstmtool.clusters import agreement
from lstmtool.datasets import artificial
from lstmtool.sequences import from_arrays

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
