import math

import numpy as np
import pytest

from lstmtool.kernels.total import total_of


@pytest.mark.parametrize("n", [0, 1, 7, 100])
def test_the_total_is_the_exact_one_but_for_rounding(n):
    x = np.random.default_rng(n).standard_normal((2, n))
    for row in x:
        assert total_of(row) == pytest.approx(math.fsum(row), abs=1e-13)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_bad_numbers_surface(bad):
    np.testing.assert_equal(total_of(np.array([1.0, bad, 2.0])), bad)
