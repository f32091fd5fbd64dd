import sys

import pytest

from lstmtool.errors import UsageError
from lstmtool.experiments.optuna_search import search
from lstmtool.experiments.sweep import read_design

SPACE = read_design(
    {
        "random": {
            "seed": 3,
            "rate": {"low": 0.0, "high": 1.0},
            "epochs": {"low": 1, "high": 100, "log": True},
            "blocks": ["1x1", "2x1"],
        }
    }
).random


def peak(options):
    """Best at a rate of 0.3 with two blocks; nothing at all with many epochs."""
    if options["epochs"] > 60:
        return None
    return (options["blocks"] == "2x1") - (options["rate"] - 0.3) ** 2


def test_a_search_finds_what_scores_high():
    pytest.importorskip("optuna")
    found = list(search(SPACE, 40, peak))
    best = max((o for o in found if peak(o) is not None), key=peak)
    assert best["blocks"] == "2x1"
    assert abs(best["rate"] - 0.3) < 0.1
    assert all(type(options["epochs"]) is int for options in found)


def test_a_search_asks_for_the_same_again_and_gives_nothing_twice():
    pytest.importorskip("optuna")
    assert list(search(SPACE, 12, peak)) == list(search(SPACE, 12, peak))
    two = read_design({"random": {"blocks": ["1x1", "2x1"]}}).random
    asked = []
    found = list(search(two, 8, lambda options: asked.append(options) or 0.0))
    assert (len(asked), len(found)) == (8, 2)


def test_a_search_needs_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match="not installed"):
        next(search(SPACE, 1, peak))
