"""The benchmark of whole commands, from a file to clusters."""

import sys

import numpy as np
import pytest

from benchmarks import clusters


def test_shapes_are_cylinders_bells_and_funnels():
    values, groups = clusters.shapes(300, 200, seed=1)
    assert values.shape == (300, 200)
    assert np.bincount(groups).tolist() == [100] * 3
    np.testing.assert_array_equal(clusters.shapes(300, 200, seed=1)[0], values)
    outside = values[:, :20]  # before any shape begins
    assert abs(outside.mean()) < 0.1 and abs(outside.std() - 1.0) < 0.1
    cylinder, bell, funnel = (values[groups == g].mean(axis=0) for g in range(3))
    assert cylinder[60] > bell[60] and funnel[60] > bell[60] and bell[110] > funnel[110]


def test_a_command_is_measured_given_up_or_refused(tmp_path):
    seconds, processor, memory = clusters.measured([sys.executable, "-c", "pass"], tmp_path, 60)
    assert 0.0 < seconds < 60.0 and 0.0 < processor < 60.0 and 1.0 < memory < 2000.0
    waiting = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert clusters.measured(waiting, tmp_path, 0.2) is None
    with pytest.raises(RuntimeError, match="wrong"):
        clusters.measured([sys.executable, "-c", "raise ValueError('wrong')"], tmp_path, 60)


def test_what_was_given_up_is_not_tried_with_more(monkeypatch):
    asked = []

    def measured(command, folder, ceiling):
        asked.append(command[-1] if len(command) < 5 else "ours")
        return None

    monkeypatch.setattr(clusters, "measured", measured)
    given_up = set()
    methods = [clusters.BINGO, clusters.K_SHAPE]
    assert clusters.row((60, 24), methods, 9, given_up) == ["more than 9"] * 2
    n_asked = len(asked)
    assert clusters.row((90, 24), methods, 9, given_up) == ["more than 9 at a smaller size"] * 2
    assert len(asked) == n_asked
