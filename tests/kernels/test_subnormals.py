"""Subnormal numbers are flushed while kernels run, in their thread alone, and not after."""

import platform
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lstmtool.kernels._jit import config
from lstmtool.kernels.subnormals import FLUSH, flushed

compiled = pytest.mark.skipif(
    bool(config.DISABLE_JIT) or not FLUSH, reason="no switch in this mode or on this machine"
)


def product():
    return float((np.array([1e-300]) * np.array([1e-10]))[0])


@compiled
def test_flushed_and_restored():
    assert product() == pytest.approx(1e-310, rel=1e-5)
    with flushed():
        assert product() == 0.0
    assert product() == pytest.approx(1e-310, rel=1e-5)


@compiled
def test_restored_after_an_error():
    with pytest.raises(KeyError), flushed():
        raise KeyError
    assert product() != 0.0


@compiled
def test_other_threads_are_left_alone():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(product).result()  # a thread starts with the switch of the one that starts it
        with flushed():
            there = pool.submit(product).result()
    assert there != 0.0


def test_nan_and_infinity_stay():
    with flushed():
        x = np.array([np.nan, np.inf]) * 1e-10
    assert np.isnan(x[0])
    assert x[1] == np.inf


def test_common_processors_have_the_switch():
    """Where they had not, the tests above would be left out."""
    common = platform.machine().lower() in ("x86_64", "amd64", "aarch64", "arm64")
    assert bool(FLUSH) == common
