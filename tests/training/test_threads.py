"""Items of work in threads."""

import numpy as np
import pytest
import scipy.linalg
from threadpoolctl import threadpool_info, threadpool_limits

from lstmtool.training.threads import in_threads


def blas_threads():
    """Return the numbers of threads of all linear algebra that is loaded."""
    scipy.linalg.eigh(np.eye(3))
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.mark.parametrize("threads", [1, 2])
def test_linear_algebra_keeps_to_the_thread_of_its_item(threads):
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert in_threads(lambda item: (item, blas_threads()), range(3), threads) == [
            (0, {1}),
            (1, {1}),
            (2, {1}),
        ]
        assert blas_threads() == before


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_error_is_raised_and_no_other_item_started(threads):
    started = []

    def work(item):
        started.append(item)
        if item == 0:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_threads(work, range(50), threads)
    assert len(started) < 50
