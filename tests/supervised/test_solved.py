"""What a Kalman filter of all weights learns within seconds.

Seeds are not those by which the filter's settings were chosen.
"""

import numba
import pytest

from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.trials import run_trial

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("adding-100-kalman", 12_000),
        pytest.param("adding-500-kalman", 15_000, marks=pytest.mark.slow),
        pytest.param("adding-1000-kalman", 20_000, marks=pytest.mark.slow),
        ("multiplication-13-kalman", 25_000),
        ("msd-kalman", 10_000),
    ],
)
def test_the_filter_of_all_weights_solves_it_from_few_sequences(name, most):
    found = SYSTEMS[name]
    trials = [run_trial(found, 7, number) for number in range(2)]
    assert all(trial.solved and trial.sequences <= most for trial in trials)
    for figure, bound in found.most.items():  # published is a mean of ten, and two vary more
        assert sum(trial.figures[figure] for trial in trials) / 2 <= 2 * bound
