"""Runs of the experiments that take a moment: the same recipes with a few epochs."""

from __future__ import annotations

import numpy as np

from lstmtool import recipes
from lstmtool.experiments import paper as experiments

EPOCHS = 5


def quick_rivals(monkeypatch) -> None:
    """Let k-means of a few points, ten times on all cores, not be what tests wait for."""
    monkeypatch.setattr(experiments, "k_means", lambda features, n, seed: np.arange(20) % n)


def short_runs(monkeypatch) -> None:
    """Let every stage of every recipe, literal or not, end after a few epochs."""

    def short(*arguments):
        settings = recipes.recipe(*arguments)
        settings["stages"] = [stage | {"epochs": EPOCHS} for stage in settings["stages"]]
        settings["initial"] = settings.get("initial", {}) | {"trial_epochs": EPOCHS}
        return settings

    monkeypatch.setattr(experiments, "recipe", short)
    monkeypatch.setattr(
        experiments, "LITERAL_EPOCHS", dict.fromkeys(experiments.LITERAL_EPOCHS, EPOCHS)
    )
