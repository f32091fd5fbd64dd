"""Running everything once on a few short sequences, so that it is compiled and cached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences

CODES, MODES = ("consistency", "bingo"), ("consistency", "neo", "neo")
DEEP = {"blocks": [1, 1], "above": [[1]], "directions": "both", "readout": ["last", "mean"]}
SYSTEMS = (
    *("reber-4x1-0.1", "reber-4x1-0.5-ours", "adding-100-kalman", "order-2-batch", "anbn", "msd"),
    *("reber-elman-15", "reber-rtrl-12", "parity-guessing-a1", "echo-state-17", "compressor-20"),
    *("five-bits-hf", "five-bits-nag-0.995", "t-maze-10", "latch-10-narx-3", "latch-10-tdnn-mean"),
)
"""Of the classic tasks: one for each learning rule and each way to stop."""
SEQUENCES = 30  # that a system learns


class Part(NamedTuple):
    """Something to run once."""

    name: str
    run: Callable[[], Any]


def parts(learn: bool = True) -> Iterator[Part]:
    """Yield what is to be run, the most usual first.

    Parameters
    ----------
    learn : bool
        Whether the learning rules of the classic tasks are among it.
    """
    for precision in ("double", "single"):
        told = "" if precision == "double" else ", single precision"
        for stages, name in ((CODES, "BINGO"), (MODES, "NEO")):
            yield Part(f"{name}{told}", partial(_train, stages, precision=precision))
            deep = partial(_train, stages, precision=precision, network=DEEP)
            yield Part(f"{name}, several layers{told}", deep)
    for stages, name in ((CODES, "BINGO"), (MODES, "NEO")):
        alone = partial(_train, stages, recipe="shapes", consensus=True, clusters=2)
        yield Part(f"{name}, output units alone, consensus", alone)
    yield Part("check-grad", _check)
    for system in SYSTEMS if learn else ():
        yield Part(f"learn, {system}", partial(_learn, system))


def _sequences() -> Sequences:
    import numpy as np

    from lstmtool.data.sequences import from_arrays

    rng = np.random.default_rng(0)
    return from_arrays([rng.normal(5 * (n % 2), 1, (20 + n, 1)) for n in range(24)])


def _train(stages: tuple[str, ...], recipe: str = "stationary", **changes: Any) -> None:
    """Train for a few epochs, assess the run, assign sequences, and record activations."""
    from lstmtool import recipes
    from lstmtool.clustering.activations import activations
    from lstmtool.clustering.assess import assess
    from lstmtool.clustering.assign import Assigner
    from lstmtool.clustering.evidence import with_evidence
    from lstmtool.training.train import train

    data, nested = _sequences(), recipes.recipe(stages, recipe)
    epochs = 2 if recipe == "stationary" else 50  # so that there are clusters to compare
    nested["stages"] = [stage | {"epochs": epochs} for stage in nested["stages"]]
    few: dict[str, Any] = {"restarts": 2, "selection_pairs": 1}
    if nested.get("initial", {}).get("trials", 1) > 1:
        few["initial"] = {"trials": 2, "trial_epochs": 2}
    run = train(data, recipes.checked(recipes.merge(recipes.merge(nested, few), changes)))
    assess(with_evidence(run, data, 1))
    assigner = Assigner(run)
    assigner(data)
    assigner.score(data)
    activations(assigner, data)


def _check() -> None:
    """Check the gradients of a small network."""
    import numpy as np

    from lstmtool.config import NetworkSettings
    from lstmtool.training.gradient_check import Case, check_gradients

    check_gradients(Case(NetworkSettings(), 1, (3, 2), np.random.default_rng(0)))


def _learn(name: str) -> None:
    """Train a system of a classic task on a few sequences."""
    from lstmtool.supervised.systems import find_system
    from lstmtool.supervised.trials import run_trial

    system = find_system(name)
    run_trial(replace(system, stop=replace(system.stop, limit=SEQUENCES)), 0, 0)
