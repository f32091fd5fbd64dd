"""How many binary outputs: one more as long as it earns most of the bit that it could.

Altered copies of a sequence share at most K bits by the codes of K outputs. An output that tells
two groups apart, in halves of the set, adds nearly one bit; one that splits groups somewhere adds
less, since copies of the sequences near the split fall on either side of it. How balanced and
certain codes are would not do: any number of outputs can be both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.errors import DivergedError, UsageError
from lstmtool.recipes import checked, merge
from lstmtool.records.run import Run

MARGIN = 0.8  # bits that a further output must add; ours
LARGEST = 6  # outputs


def grow(
    settings: TrainSettings,
    n_sequences: int,
    train_one: Callable[[TrainSettings], Run],
    score: Callable[[Run], float],
    stopped: Callable[[], bool] = lambda: False,
) -> Run:
    """Train with one output, then two and so on; return the last run that was worth its output.

    Labels play no part. Besides the number of outputs all runs have the same settings, so that
    the result is the run that its number of outputs alone would have given, but for a note that
    says which numbers were tried and why no more.

    Parameters
    ----------
    settings : TrainSettings
        Of codes (BINGO or consistency); the number of outputs is not used.
    n_sequences : int
        Sequences of the training set, which bound the number of codes.
    train_one : callable
        Trains with the settings that it is given.
    score : callable
        Gives the bits that altered copies share by a run, see `Assigner.score`.
    stopped : callable
        Asked after every training; True ends with what there is.

    Raises
    ------
    UsageError
        If the outputs are not binary.
    DivergedError
        If every restart with one output ended with numbers that are not finite.
    """
    check_growable(settings)
    largest = min(LARGEST, int(np.log2(2 * n_sequences)), n_sequences - 1)
    kept = train_one(with_outputs(settings, 1))
    tried, reason = [score(kept)], ""
    for k in range(2, largest + 1):
        try:
            larger = None if stopped() else train_one(with_outputs(settings, k))
        except DivergedError:
            reason = f"with {k} no restart ended with finite numbers"
            break
        if larger is None or stopped():
            reason = "training was stopped"
            break
        tried.append(score(larger))
        if not tried[-1] >= tried[-2] + MARGIN:
            reason = f"output {k} adds less than {MARGIN:g} bits"
            break
        kept = larger
    reason = reason or f"more than {largest} are not tried on {n_sequences} sequences"
    return replace(kept, notes=(*kept.notes, _note(tried, kept.settings.network.outputs, reason)))


def check_growable(settings: TrainSettings) -> None:
    """Refuse NEO, whose outputs are linear; raises UsageError."""
    if settings.network.output_unit == "linear":
        raise UsageError(
            "--outputs auto counts binary outputs; those of NEO are linear.",
            fix="Use --objective bingo, or give --outputs a number: NEO counts clusters by itself.",
        )


def with_outputs(settings: TrainSettings, n_outputs: int) -> TrainSettings:
    """Return the same settings with another number of outputs, checked."""
    return checked(merge(settings.model_dump(), {"network": {"outputs": n_outputs}}))


def _note(tried: list[float], kept: int, reason: str) -> str:
    scores = ", ".join(f"{_bits(score)} with {k}" for k, score in enumerate(tried, start=1))
    return (
        f"The number of outputs was found by training, without labels: altered copies of a "
        f"sequence share {scores}. "
        f"{kept} {'was' if kept == 1 else 'were'} kept, because {reason}."
    )


def _bits(score: float) -> str:
    return f"{score:.2f} bits" if np.isfinite(score) else "an unknown number of bits"
