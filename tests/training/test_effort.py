"""Fewer restarts where each takes long."""

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.data.sequences import from_arrays
from lstmtool.training.effort import products_of_restart, worthwhile_restarts


def settings_for(name, objective="bingo", **changes):
    nested = recipes.recipe(recipes.default_stages(objective, name), name)
    return recipes.checked(recipes.merge(nested, changes))


def sized(n, n_steps, n_inputs=1):
    return from_arrays([np.zeros((n_steps, n_inputs))] * n)


def test_small_sets_get_all_restarts_of_the_recipe():
    small = sized(20, 100)
    for objective in ("bingo", "neo"):
        assert worthwhile_restarts(settings_for("stationary", objective), small) == 20
        assert worthwhile_restarts(settings_for("phase-locked", objective), small) == 20
        assert worthwhile_restarts(settings_for("shapes", objective), small) == 16
    stationary = settings_for("stationary")
    assert worthwhile_restarts(stationary, small, "low") == 5
    assert worthwhile_restarts(stationary, small, "high") == 80
    assert worthwhile_restarts(settings_for("literal"), small) == 1


@pytest.mark.parametrize("name", ["stationary", "phase-locked"])
def test_large_sets_get_fewer_but_some(name):
    settings = settings_for(name)
    restarts = [worthwhile_restarts(settings, sized(n, 275)) for n in (20, 100, 200, 2000)]
    assert restarts == sorted(restarts, reverse=True)
    assert restarts[0] > restarts[2] and restarts[-1] == 4
    assert worthwhile_restarts(settings, sized(2000, 275), "high") == 4


def test_a_network_that_stays_as_drawn_is_cheap():
    large = sized(1000, 900)
    trained, frozen = settings_for("stationary"), settings_for("shapes")
    assert products_of_restart(trained, large) > products_of_restart(frozen, large)
    assert worthwhile_restarts(frozen, large) == 16


def test_products_grow_with_everything():
    base = settings_for("stationary")
    data = sized(10, 50)
    products = products_of_restart(base, data)
    assert products_of_restart(base, sized(20, 50)) == pytest.approx(2 * products)
    assert products_of_restart(base, sized(10, 100)) == pytest.approx(2 * products)
    windowed = settings_for("stationary", inputs={"window": 25})
    assert products_of_restart(windowed, data) == pytest.approx(products / 2)
    wider = settings_for("stationary", network={"blocks": (2, 2)})
    assert products_of_restart(wider, data) > products
