"""The null test of a consensus of networks of which only the output units were trained.

What these units read of the sequences and of their altered copies is replaced by mixtures, which
have no gaps (`lstmtool.data.mixtures`). The same output units are trained on it, by some restarts,
with fewer epochs and larger steps; their consensus is cut into as many clusters, and the gap
between these (`lstmtool.clustering.gap`) is compared with that of the user's data, trained on in
the same way. Memory blocks run once more on some of the data, none on surrogates, so the test takes
about a second. It ends early once so many surrogates are as good that confidence is low anyway
(Besag and Clifford, 1991).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lstmtool.clustering.answers import answers_of
from lstmtool.clustering.confidence import DOUBTFUL
from lstmtool.clustering.gap import gap
from lstmtool.config import Stage
from lstmtool.data.mixtures import Mixture
from lstmtool.data.sequences import Sequences
from lstmtool.records.run import NullTest, Run
from lstmtool.training.consensus import consensus, sample_of
from lstmtool.training.null_test import SURROGATES
from lstmtool.training.readout import principal_axes, read_of_copies, some, trained_on_components
from lstmtool.training.selection import clusters_of
from lstmtool.training.setup import TrainingSetup, prepare, stage_network
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.threads import in_threads

MEMBERS, EFFORT = 8, 0.4  # of the restarts behind the answer, and the fraction of their epochs
AT_ONCE = 5  # surrogates, between looks at whether more could change the answer
MOST_SEQUENCES = 100  # of the training set, drawn at random


def null_test_of_consensus(
    run: Run,
    sequences: Sequences,
    surrogates: int = SURROGATES,
    *,
    threads: int = 1,
    stop: Stop | None = None,
    tell: Callable[[int], None] = lambda surrogates: None,
) -> NullTest | None:
    """Compare the gap between the clusters of the first answer with that of mixtures.

    Parameters and errors as for `lstmtool.clustering.evidence.with_evidence`.

    Returns
    -------
    NullTest or None
        None if there is but one cluster.
    """
    stop, answer = stop or Stop(), answers_of(run)[0]
    n_clusters = len(answer.ranks)
    if n_clusters < 2:
        return None
    tell(surrogates)
    setup, seed = prepare(sequences, run.settings), run.settings.seed
    chosen = sample_of(len(sequences), MOST_SEQUENCES, seed)
    setup = replace(setup, data=some(setup.data, chosen))

    def components(member: int) -> np.ndarray:
        if stop:
            raise Stopped
        return _components(run, setup, member, stop)

    points = in_threads(components, answer.members[:MEMBERS].tolist(), threads)

    def value(number: int) -> float:
        rng = np.random.default_rng([seed, number])
        mixture = Mixture.draw(len(chosen), rng) if number else None
        mixed = [one if mixture is None else mixture.of(one) for one in points]
        return _gap(setup, mixed, n_clusters, rng, stop)

    found, *others = in_threads(value, range(min(surrogates, AT_ONCE) + 1), threads)
    test = NullTest(found, tuple(others))
    while len(test.surrogates) < surrogates and not _is_lost(test, surrogates):
        done = len(test.surrogates)
        numbers = range(done + 1, min(done + AT_ONCE, surrogates) + 1)
        others = in_threads(value, numbers, threads)
        test = NullTest(found, (*test.surrogates, *others))
    return test


def _is_lost(test: NullTest, surrogates: int) -> bool:
    """Whether confidence is low whatever the other surrogates give."""
    return (test.as_good + 1) / (surrogates + 1) > DOUBTFUL


def _components(run: Run, setup: TrainingSetup, member: int, stop: Stop) -> np.ndarray:
    """Return principal components (M, N, P) of what a member's output units read."""
    assert run.ensemble is not None
    stage, seed = run.settings.stages[0], (run.settings.seed, int(run.ensemble.restarts[member]))
    rng = np.random.default_rng(seed)
    read = read_of_copies(
        setup, setup.network, run.ensemble.parameters[member], stage, rng, stop
    ).astype(float)
    if stop:
        raise Stopped
    mean, scale, axes = principal_axes(read)
    return np.asarray((read - mean) * scale @ axes)


def _shortened(stage: Stage) -> Stage:
    """Return a stage with fewer epochs, and steps that are larger for it."""
    epochs, rate = max(1, int(EFFORT * stage.epochs)), stage.output_rate / EFFORT
    return stage.model_copy(update={"epochs": epochs, "output_rate": rate})


def _gap(
    setup: TrainingSetup,
    points: list[np.ndarray],
    n_clusters: int,
    rng: np.random.Generator,
    stop: Stop,
) -> float:
    """Train output units on the points (M, N, P) of every network; return the consensus' gap."""
    settings = setup.settings
    stages = [_shortened(stage) for stage in settings.stages]
    networks = [stage_network(setup, stage) for stage in stages]
    nets = [trained_on_components(networks, own, stages, rng, stop) for own in points]
    if stop:
        raise Stopped
    if not np.isfinite(nets).all():
        return 0.0
    labels = np.stack([clusters_of(net, settings.stages[-1]) for net in nets])
    found = consensus(labels, np.arange(len(labels)), n_clusters, settings.seed)
    return gap(np.stack(nets), found.clusters)
