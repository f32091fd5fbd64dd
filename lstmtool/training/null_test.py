"""The null test: whether the same training does as well on data without groups.

After a run, the user's data and sets of surrogates made from them (`lstmtool.data.surrogates`) are
trained on in the same way, by the same recipe with less effort. The results are compared by
`evidence`, a number that noise does not inflate. Without groups, the user's data take every rank
among the surrogates with equal probability, as far as the surrogates resemble them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.data.alignment import find_alignment
from lstmtool.data.sequences import Sequences, SequenceSource, from_arrays
from lstmtool.data.surrogates import surrogate
from lstmtool.errors import DataError, UsageError
from lstmtool.records.run import NullTest, Run
from lstmtool.training.restart import Progress, Restart, generators, run_restart
from lstmtool.training.selection import (
    altered_ways,
    clusters_of,
    information_between,
    selection_score,
)
from lstmtool.training.setup import TrainingSetup, prepare
from lstmtool.training.stage import RestartLog, Stop, Stopped
from lstmtool.training.threads import in_threads

SURROGATES = 19  # sets: the smallest p-value is then 1/20
RESTARTS, EFFORT = 3, 0.45  # of each set, and the fraction of the recipe's epochs
MOST_SEQUENCES, MOST_NUMBERS = 2000, 2_000_000  # larger sets are not tested


def with_null_test(
    run: Run,
    sequences: SequenceSource,
    surrogates: int | None,
    *,
    threads: int = 1,
    stop: Stop | None = None,
    tell: Callable[[int], None] = lambda surrogates: None,
) -> Run:
    """Return the run with the result of the null test on its training set.

    Parameters
    ----------
    sequences : Sequences or SequenceFile
        Labels are not read.
    surrogates : int or None
        Number of surrogate sets; None or 0 for no test.
    threads : int
        Sets trained on at a time; the result does not depend on it.
    tell : callable
        Called with the number of surrogates when the test begins.

    Raises
    ------
    Stopped
        If `stop` was set.
    """
    if not surrogates:
        return run
    tell(surrogates)
    kept = from_arrays([s for block in sequences.blocks() for s in block])
    found = null_test(kept, run.settings, surrogates, threads=threads, stop=stop)
    return replace(run, null_test=found)


def null_test(
    sequences: Sequences,
    settings: TrainSettings,
    surrogates: int = SURROGATES,
    *,
    threads: int = 1,
    stop: Stop | None = None,
) -> NullTest | None:
    """Compare the clusters of sequences with those of surrogates; None if that is not possible.

    Parameters and errors as for `with_null_test`.
    """
    stop, reduced = stop or Stop(), at_reduced_effort(settings)
    locked = find_alignment(sequences, settings.inputs.window).locked

    def value(number: int) -> float:
        if stop:
            raise Stopped
        if number == 0:
            return _value(sequences, reduced, stop)
        rng = np.random.default_rng([settings.seed, number])
        return _value(surrogate(sequences, locked, rng), reduced, stop)

    found, *others = in_threads(value, range(surrogates + 1), threads)
    return None if np.isnan(found) else NullTest(found, tuple(np.nan_to_num(others).tolist()))


def refuse_large(sequences: SequenceSource, surrogates: int | None) -> None:
    """Refuse a test on too large a set, before anything is trained.

    Raises
    ------
    UsageError
        If there are more sequences than `MOST_SEQUENCES`, or more values than `MOST_NUMBERS`.
    """
    numbers = int(sequences.offsets[-1]) * sequences.n_inputs
    if surrogates and (len(sequences) > MOST_SEQUENCES or numbers > MOST_NUMBERS):
        raise UsageError(
            f"A comparison with surrogates takes at most {MOST_SEQUENCES:,} sequences "
            f"and {MOST_NUMBERS:,} values.",
            f"there are {len(sequences):,} and {numbers:,}",
            "Train without surrogates, or on fewer sequences.",
        )


def at_reduced_effort(settings: TrainSettings) -> TrainSettings:
    """Return the settings of the test: fewer restarts and epochs, and one initial network each."""
    stages = tuple(
        stage.model_copy(update={"epochs": int(EFFORT * stage.epochs)}) for stage in settings.stages
    )
    initial = settings.initial.model_copy(update={"trials": 1})
    return settings.model_copy(update={"restarts": RESTARTS, "initial": initial, "stages": stages})


def _value(sequences: Sequences, settings: TrainSettings, stop: Stop) -> float:
    """Return `evidence` of training on the sequences; NaN if no restart is finite."""
    try:
        setup = prepare(sequences, settings)
    except DataError:  # a surrogate may underflow
        return float("nan")
    log = RestartLog(keep=lambda stage_states: None)  # so that a stop raises `Stopped`
    restarts = (
        run_restart(setup, number, _tell_nobody, stop, log, control=False)
        for number in range(settings.restarts)
    )
    return evidence(setup, [restart for restart in restarts if restart.finite])


def evidence(setup: TrainingSetup, restarts: list[Restart]) -> float:
    """Return, in bits, how clear the clusters are and how well two restarts agree on them.

    This is the largest `distinct_bits` of any restart plus the largest mutual information between
    the clusters of any two restarts; NaN without restarts.
    """
    found = [clusters_of(_outputs(setup, one), setup.settings.stages[-1]) for one in restarts]
    bits = [distinct_bits(setup, *pair) for pair in zip(restarts, found, strict=True)]
    shared = (information_between(a, b) for a, b in itertools.combinations(found, 2))
    return max(bits, default=float("nan")) + max(shared, default=0.0)


def _outputs(setup: TrainingSetup, restart: Restart) -> np.ndarray:
    return setup.lanes(setup.network).evaluate(restart.parameters)[0]


def distinct_bits(setup: TrainingSetup, restart: Restart, clusters: np.ndarray) -> float:
    """Return the bits that stable and compact clusters (N,) of a restart carry.

    These are the bits that altered copies share, less the entropy of the clusters' sizes times
    the fraction of the whitened outputs' variance that lies within clusters.
    """
    settings = setup.settings
    carried = information_between(clusters, clusters)
    if carried <= 0:
        return 0.0
    ways = tuple(way for way in altered_ways(settings) if way != "none")
    *_, copies = generators(settings.seed, 0)
    shared = selection_score(
        restart.parameters,
        setup.lanes(setup.network, 2),
        settings.model_copy(update={"selection": ways}),
        copies,
    )
    if not np.isfinite(shared):
        return 0.0
    loss = carried * variance_within(_outputs(setup, restart), clusters)
    return max(0.0, min(shared, carried) - loss)


def variance_within(net: np.ndarray, clusters: np.ndarray) -> float:
    """Return the fraction of the variance of whitened outputs (N, K) that lies within clusters."""
    centred = net - net.mean(axis=0)
    whitened, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    points = whitened[:, sizes > 1e-6 * max(sizes.max(), np.finfo(float).tiny)]
    if not points.size:
        return 1.0
    members = (points[clusters == k] for k in np.unique(clusters))
    within = sum(((own - own.mean(axis=0)) ** 2).sum() for own in members)
    return float(within / (points**2).sum())


def _tell_nobody(progress: Progress) -> None:
    pass
