import numpy as np
import pytest

from lstmtool.kernels.supervised import criteria
from lstmtool.supervised import target_sequences as published_kinds
from lstmtool.supervised.scoring import (
    largest_errors,
    mean_squared_errors,
    right_sequences,
    right_steps,
    squared_errors,
)
from lstmtool.supervised.target_sequences import LEGAL_SET, MOST_ACTIVE, WITHIN, Criterion, Strings


def strings_of(targets, scored, allowed=None, starts=(0, 2, 4)):
    targets = np.array(targets, dtype=float)
    if allowed is None:
        allowed = np.zeros(targets.shape, dtype=bool)
    return Strings(
        np.zeros((len(targets), 1)), targets, np.array(scored), np.array(allowed), np.array(starts)
    )


def test_kinds_are_those_of_the_kernels():
    for name in ("WITHIN", "MOST_ACTIVE", "LEGAL_SET"):
        assert getattr(criteria, name) == getattr(published_kinds, name)


def test_within_a_bound_of_every_target():
    strings = strings_of([[0, 1]] * 4, [True, True, True, False])
    outputs = np.array([[0.2, 0.9], [0.31, 0.9], [-0.3, 1.0], [9.0, 9.0]])
    assert right_steps(strings, outputs, Criterion(WITHIN, 0.3)).tolist() == [1, 0, 0, 1]
    assert right_sequences(strings, outputs, Criterion(WITHIN, 0.3)).tolist() == [False, False]
    assert right_sequences(strings, outputs, Criterion(WITHIN, 0.32)).tolist() == [True, True]


def test_the_allowed_are_the_most_active():
    allowed = [[False, True, True]] * 5 + [[False, True, False]]
    strings = strings_of(np.zeros((6, 3)), [True] * 6, allowed, (0, 6))
    outputs = [[0.1, 0.2, 0.3], [0.2, 0.1, 0.3], [0.1, 0.3, 0.2], [np.nan, 1.0, 0.0]]
    outputs = np.array([*outputs, [0.2, 0.2, 0.3], [0.2, 0.3, 0.1]])  # a tie does not lead
    assert right_steps(strings, outputs, Criterion(MOST_ACTIVE, 0.0)).tolist() == [1, 0, 1, 0, 0, 1]


def test_the_active_set_is_the_allowed_one():
    allowed = [[True, True, False]] * 4
    strings = strings_of(np.zeros((4, 3)), [True] * 4, allowed)
    outputs = np.array([[0.1, 0.2, -0.3], [0.1, -0.2, -0.1], [0.1, 0.3, 0.2], [1, 1, np.nan]])
    assert right_steps(strings, outputs, Criterion(LEGAL_SET, 0.0)).tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("kind", [WITHIN, MOST_ACTIVE, LEGAL_SET])
def test_a_network_of_nans_is_never_right(kind):
    strings = strings_of(np.zeros((4, 2)), [True] * 4, np.zeros((4, 2), dtype=bool))
    outputs = np.full((4, 2), np.nan)
    assert not right_steps(strings, outputs, Criterion(kind, 0.5)).any()


def test_errors_of_sequences_count_scored_steps_only():
    strings = strings_of([[0, 1]] * 4, [True, False, False, True])
    outputs = np.array([[0.5, 1.0], [9.0, 9.0], [9.0, 9.0], [0.0, np.nan]])
    assert largest_errors(strings, outputs).tolist() == [0.5, np.inf]
    assert mean_squared_errors(strings, outputs)[0] == 0.125


def test_squared_errors_of_the_first_steps():
    strings = strings_of([[0, 1], [1, 0], [1, 1], [0, 0]], [True, False, True, True])
    outputs = np.array([[0.0, 3.0], [9.0, 9.0], [1.0, 2.0], [5.0, 5.0]])
    assert squared_errors(strings, outputs, np.array([2, 1])).tolist() == [2.5, 2.0]
    assert squared_errors(strings, outputs, np.array([1, 2])).tolist() == [27.5, 3.0]
    assert squared_errors(strings, outputs, np.array([2])).tolist() == [2.0, 1.0]
