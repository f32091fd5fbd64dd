"""Entries of kernels, and the types of what they are called with."""

import numba
import numpy as np
import pytest

from lstmtool.kernels import entry as module
from lstmtool.kernels._jit import kernel
from lstmtool.kernels.entry import call, entry
from tests.builders import small_sequences
from tests.training.test_readout import settings_for

compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")


@kernel(entered=True)
def scaled(x, factor):
    for n in range(x.shape[0]):
        x[n] *= factor


def test_a_kernel_is_called_by_its_entry():
    x = np.arange(3.0)
    call(entry(scaled, x, 2.0), x, 2.0)
    np.testing.assert_array_equal(x, [0.0, 2.0, 4.0])


@compiled_only
def test_an_entry_is_one_for_all_arguments_of_the_same_types():
    x = np.arange(3.0)
    assert entry(scaled, x, 2.0) is entry(scaled, np.zeros(5), 1.0)
    assert entry(scaled, x, 2.0) is not entry(scaled, x.astype(np.float32), 2.0)


@compiled_only
def test_types_are_those_that_numba_tells():
    from lstmtool.training.setup import prepare

    setup = prepare(small_sequences(), settings_for())
    lanes = setup.lanes(setup.network, 2)
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    strided = np.zeros((4, 6))[:, ::2]
    values = [
        *(lanes.data, lanes.batch, lanes.stack.first, lanes.work, lanes.by_group),
        *(frozen, np.zeros(3), strided, np.zeros((4, 3)), np.zeros((4, 3)).T, np.zeros((1, 3))),
        *(np.zeros(3, np.float32), np.zeros(3, np.int64), 1, 1.0, True, None, (1, 2.0)),
        np.random.default_rng(0),
    ]
    for _ in range(2):  # the second time from memory
        for value in values:
            assert module.type_of(value) == numba.typeof(value)
    assert len({module.type_of(value) for value in values}) == len(
        {numba.typeof(value) for value in values}
    )


@compiled_only
def test_types_are_told_without_fingerprints_too(monkeypatch):
    monkeypatch.delattr(module._dispatcher, "compute_fingerprint")
    assert module.type_of(np.zeros(3)) == numba.typeof(np.zeros(3))
