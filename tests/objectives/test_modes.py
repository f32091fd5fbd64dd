import numpy as np
import pytest

from lstmtool.objectives import modes
from lstmtool.objectives.clusters import parzen_modes
from lstmtool.objectives.modes import find_modes
from lstmtool.objectives.neo import fit_width


def groups(rng, n, centres=((0, 0), (3, 0), (0, 3))):
    which = rng.integers(len(centres), size=n)
    return np.array(centres)[which] + 0.3 * rng.normal(size=(n, 2)), which


def test_few_outputs_are_all_centres():
    y, _ = groups(np.random.default_rng(0), 60)
    y[7, 1] = np.nan
    found, clusters = find_modes(y, 1e-3)
    known = np.arange(60) != 7
    assert (found.centres == y[known]).all()
    assert found.sigma == fit_width(y[known], 1e-3)
    assert (clusters == parzen_modes(y, found.sigma)).all()
    assert clusters[7] == -1


def test_many_outputs_belong_with_the_nearest_of_a_sample(monkeypatch):
    monkeypatch.setattr(modes, "MOST", 80)
    y, which = groups(np.random.default_rng(1), 600)
    y[11] = np.inf
    found, clusters = find_modes(y, 1e-3)
    assert found.centres.shape == (80, 2)
    rows = {tuple(row): n for n, row in enumerate(y.tolist())}
    places = [rows[tuple(row)] for row in found.centres.tolist()]
    assert len(set(places)) == 80
    assert (clusters[places] == found.clusters).all()
    for n in range(600):
        if n != 11:
            near = ((found.centres - y[n]) ** 2).sum(axis=1).argmin()
            assert clusters[n] == found.clusters[near]
    assert clusters[11] == -1
    kept = np.arange(600) != 11
    for k in range(3):
        own = clusters[kept & (which == k)]
        _, counts = np.unique(own, return_counts=True)
        assert counts.max() > 0.95 * counts.sum()
    assert len(np.unique(clusters[kept])) >= 3
    again = find_modes(y, 1e-3)[1]
    assert (again == clusters).all()


def test_the_clusters_of_a_sample_are_those_of_all(monkeypatch):
    y, _ = groups(np.random.default_rng(2), 900)
    width = fit_width(y)
    whole = parzen_modes(y, 3 * width)
    monkeypatch.setattr(modes, "MOST", 300)
    monkeypatch.setattr(modes.neo, "fit_width", lambda *_: 3 * width)
    sampled = find_modes(y, 1e-3)[1]
    assert (sampled == whole).mean() > 0.98


@pytest.mark.parametrize("y", [np.full((5, 2), 0.3), np.zeros((1, 1)), np.full((4, 1), np.nan)])
def test_outputs_without_spread_have_no_width(y):
    found, clusters = find_modes(y, 1e-3)
    assert found.sigma == 0.0
    assert len(np.unique(clusters)) == 1
