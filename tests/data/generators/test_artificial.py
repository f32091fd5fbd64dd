import numpy as np
import pytest

from lstmtool.data.generators.artificial import PAPER_GROUPS, generate
from lstmtool.errors import UsageError


def made(seed=0, **options):
    return generate(np.random.default_rng(seed), **options)


def test_the_default_is_table_1():
    data = made()
    assert data.lengths.tolist() == [100] * 20
    assert data.labels.tolist() == [0] * 5 + [1] * 5 + [2] * 5 + [3] * 5
    assert data.label_names == (
        "mean 0.4, var 0.3",
        "mean 0.4, var 0.1",
        "mean 0.2, var 0.2",
        "mean 0.7, var 0.1",
    )


def test_moments_are_those_of_table_1():
    data = made(per_group=200)
    for group, (mean, variance) in enumerate(PAPER_GROUPS):
        values = np.concatenate([data[n] for n in np.flatnonzero(data.labels == group)])
        # Five standard errors of 20000 independent Gaussian values.
        assert abs(values.mean() - mean) < 5 * np.sqrt(variance / values.size)
        assert abs(values.var() - variance) < 5 * variance * np.sqrt(2 / values.size)


def test_steps_are_independent_and_gaussian():
    values = made(groups=[(0.0, 1.0)], per_group=200).values[:, 0]
    assert abs(np.mean(values[1:] * values[:-1])) < 5 / np.sqrt(values.size)
    assert abs(np.mean(values**4) - 3) < 5 * np.sqrt(96 / values.size)


def test_the_seed_decides():
    assert made(3).values.tobytes() == made(3).values.tobytes()
    assert made(3).values.tobytes() != made(4).values.tobytes()


def test_lengths_are_drawn_from_the_range():
    lengths = made(per_group=50, length=(7, 9)).lengths
    assert set(lengths.tolist()) == {7, 8, 9}


def test_it_records_how_it_was_made():
    data = made(groups=[(1, 2)], per_group=3, length=(4, 5))
    assert data.attributes == {
        "generator": "artificial",
        "groups": [[1, 2]],
        "per_group": 3,
        "length": [4, 5],
    }


@pytest.mark.parametrize(
    "options",
    [
        {"groups": []},
        {"groups": [(0.0, 0.0)]},
        {"groups": [(0.0, -1.0)]},
        {"groups": [(np.nan, 1.0)]},
        {"groups": [(0.0, np.inf)]},
        {"groups": [(0.4, 0.3), (0.4, 0.3)]},
        {"per_group": 0},
        {"length": 0},
        {"length": (5, 4)},
    ],
)
def test_senseless_options_are_refused(options):
    with pytest.raises(UsageError):
        made(**options)
