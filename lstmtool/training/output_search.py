"""How many binary outputs: one more as long as it adds most of a bit.

The codes of K outputs share at most K bits between altered copies of a sequence. An output that
separates groups and halves the set adds nearly one bit. One that splits a group adds less, since
copies of sequences near the split fall on both sides. Balanced and certain codes alone prove
nothing: any number of outputs can have both.

A consensus of networks of which only the output units were trained determines the number of
clusters by itself, so the search begins with the outputs of its recipe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.errors import DivergedError, UsageError
from lstmtool.recipes import OUTPUT_ALONE, checked, merge, recipe, with_few_codes
from lstmtool.records.run import Run

MARGIN = 0.8  # bits that one more output must add; our choice
LARGEST = 6  # outputs


def grow(
    settings: TrainSettings,
    n_sequences: int,
    train_one: Callable[[TrainSettings], Run],
    score: Callable[[Run], float],
    stopped: Callable[[], bool] = lambda: False,
) -> Run:
    """Train with few outputs, then one more and so on; return the last run that earned its output.

    Labels play no part. Only the number of outputs differs between the runs, so the result is the
    run that this number of outputs would have given by itself, plus a note on which numbers were
    tried and why the search ended.

    Parameters
    ----------
    settings : TrainSettings
        With binary outputs (BINGO or consistency); their number is ignored.
    n_sequences : int
        Size of the training set, which limits the number of codes.
    train_one : callable
        Trains with the given settings.
    score : callable
        Returns the bits that altered copies share in a run; see `Assigner.score`.
    stopped : callable
        Called after each training; True ends the search.

    Raises
    ------
    UsageError
        If the outputs are not binary.
    DivergedError
        If every restart with the fewest outputs diverged.
    """
    check_growable(settings)
    largest = min(LARGEST, int(np.log2(2 * n_sequences)), n_sequences - 1)
    fewest = fewest_outputs(settings, n_sequences)
    kept = train_one(with_outputs(settings, fewest))
    tried, reason = {fewest: score(kept)}, ""
    if fewest > 1 and tried[fewest] <= fewest - 1:
        largest, reason = fewest, f"codes of {fewest - 1} bits would do"
    for k in range(fewest + 1, largest + 1):
        try:
            larger = None if stopped() else train_one(with_outputs(settings, k))
        except DivergedError:
            reason = f"with {k} no restart ended with finite numbers"
            break
        if larger is None or stopped():
            reason = "training was stopped"
            break
        tried[k] = score(larger)
        if not tried[k] >= tried[k - 1] + MARGIN:
            reason = f"output {k} adds less than {MARGIN:g} bits"
            break
        kept = larger
    reason = reason or f"more than {largest} are not tried on {n_sequences} sequences"
    return replace(kept, notes=(*kept.notes, _note(tried, kept.settings.network.outputs, reason)))


def fewest_outputs(settings: TrainSettings, n_sequences: int) -> int:
    """Return the outputs that the search begins with: one, or those of a consensus' recipe."""
    if settings.trains_blocks or not settings.consensus:
        return 1
    wide = with_outputs(settings, recipe_outputs(settings))
    return with_few_codes(wide, n_sequences).network.outputs


def recipe_outputs(settings: TrainSettings) -> int:
    """Return the number of outputs of the recipes that train the output units alone."""
    stages, name = tuple(stage.objective for stage in settings.stages), next(iter(OUTPUT_ALONE))
    return int(recipe(stages, name)["network"]["outputs"])


def is_narrow(settings: TrainSettings) -> bool:
    """Whether output units alone are trained, and fewer of them than their recipe has."""
    return not settings.trains_blocks and settings.network.outputs < recipe_outputs(settings)


def check_growable(settings: TrainSettings) -> None:
    """Raise UsageError for linear outputs, as NEO's are."""
    if settings.network.output_unit == "linear":
        raise UsageError(
            "--outputs auto counts binary outputs; those of NEO are linear.",
            fix="Use --objective bingo, or give --outputs a number: NEO counts clusters by itself.",
        )


def with_outputs(settings: TrainSettings, n_outputs: int) -> TrainSettings:
    """Return the same settings with another number of outputs, checked."""
    return checked(merge(settings.model_dump(), {"network": {"outputs": n_outputs}}))


def _note(tried: dict[int, float], kept: int, reason: str) -> str:
    scores = ", ".join(f"{_bits(score)} with {k}" for k, score in tried.items())
    return (
        f"The number of outputs was found by training, without labels: altered copies of a "
        f"sequence share {scores}. "
        f"{kept} {'was' if kept == 1 else 'were'} kept, because {reason}."
    )


def _bits(score: float) -> str:
    return f"{score:.2f} bits" if np.isfinite(score) else "an unknown number of bits"
