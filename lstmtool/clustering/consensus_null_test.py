"""The null test of a consensus of networks of which only the output units were trained.

What these units learned from, of the sequences and of their altered copies, is replaced by
mixtures, which have no gaps (`lstmtool.data.mixtures`). The same output units are trained on it, by
a few of the restarts, with fewer epochs and larger steps; their consensus is cut into as many
clusters, and the gap between these (`lstmtool.clustering.gap`) is compared with that of the user's
data, trained on in the same way. Since so few networks may miss groups by chance, the user's data
are trained on several times, and the median gap counts. Memory blocks do not run again, so the test
takes less than a second. It ends early once so many surrogates are as good that confidence is low
anyway (Besag and Clifford, 1991).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lstmtool.clustering.answers import answers_of
from lstmtool.clustering.confidence import DOUBTFUL
from lstmtool.clustering.gap import gap
from lstmtool.clustering.learned_from import OutputTraining, components_of_members
from lstmtool.config import Stage
from lstmtool.data.mixtures import Mixture
from lstmtool.data.sequences import Sequences
from lstmtool.records.run import NullTest, Run
from lstmtool.training.consensus import consensus, sample_of
from lstmtool.training.null_test import SURROGATES
from lstmtool.training.setup import prepare
from lstmtool.training.stage import Stop
from lstmtool.training.threads import in_threads

POOL, MEMBERS = 8, 4  # of the restarts behind the answer, and those of a data set, drawn from them
EFFORT = 0.4  # fraction of their epochs
REPEATS = 3  # of the user's data
AT_ONCE = 5  # surrogates, between looks at whether more could change the answer
FEWEST_TESTED, MOST_TESTED = 100, 250  # of the training set: half of it, within these limits


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
    if len(answer.ranks) < 2:
        return None
    tell(surrogates)
    setup, members = prepare(sequences, run.settings), answer.members[:POOL]
    chosen = sample_to_test(len(sequences), run.settings.seed)
    points = components_of_members(run, setup, members, chosen, threads, stop)
    training = OutputTraining.of(setup)
    return null_test_of_points(
        points, training, len(answer.ranks), surrogates, threads=threads, stop=stop
    )


def sample_to_test(n_sequences: int, seed: int) -> np.ndarray:
    """Return indices of the sequences that are tested: half of a large set, drawn at random.

    Among 100 of a large set there would be too few of a rare group.
    """
    return sample_of(n_sequences, min(max(FEWEST_TESTED, n_sequences // 2), MOST_TESTED), seed)


def null_test_of_points(
    points: Sequence[np.ndarray],
    training: OutputTraining,
    n_clusters: int,
    surrogates: int,
    *,
    threads: int,
    stop: Stop,
) -> NullTest:
    """Compare the gap between clusters of points with that of mixtures of these points.

    Parameters
    ----------
    points : sequence of ndarray of shape (M, N, P)
        What the output units of each of several networks learn from.
    training : OutputTraining
        How they learn, at full effort.
    """
    shortened = training.with_stages([_shortened(stage) for stage in training.stages])

    def value(number: int) -> float:
        rng = np.random.default_rng([training.seed, REPEATS + number])
        mixture = Mixture.draw(points[0].shape[1], rng) if number > 0 else None
        own = [points[n] for n in rng.permutation(len(points))[:MEMBERS]]
        mixed = [one if mixture is None else mixture.of(one) for one in own]
        return _gap(shortened, mixed, n_clusters, rng, stop)

    numbers = range(1 - REPEATS, min(surrogates, AT_ONCE) + 1)  # 0 and less: the user's data
    values = in_threads(value, numbers, threads)
    test = NullTest(float(np.median(values[:REPEATS])), tuple(values[REPEATS:]))
    while len(test.surrogates) < surrogates and not _is_lost(test, surrogates):
        done = len(test.surrogates)
        numbers = range(done + 1, min(done + AT_ONCE, surrogates) + 1)
        others = in_threads(value, numbers, threads)
        test = NullTest(test.found, (*test.surrogates, *others))
    return test


def _is_lost(test: NullTest, surrogates: int) -> bool:
    """Whether confidence is low whatever the other surrogates give."""
    return (test.as_good + 1) / (surrogates + 1) > DOUBTFUL


def _shortened(stage: Stage) -> Stage:
    """Return a stage with fewer epochs, and steps that are larger for it."""
    epochs, rate = max(1, int(EFFORT * stage.epochs)), stage.output_rate / EFFORT
    return stage.model_copy(update={"epochs": epochs, "output_rate": rate})


def _gap(
    training: OutputTraining,
    points: Sequence[np.ndarray],
    n_clusters: int,
    rng: np.random.Generator,
    stop: Stop,
) -> float:
    """Train output units on the points (M, N, P) of every network; return the consensus' gap."""
    nets = np.stack([training.nets(own, rng, stop) for own in points])
    if not np.isfinite(nets).all():
        return 0.0
    labels = training.clusters(nets)
    found = consensus(labels, np.arange(len(labels)), n_clusters, training.seed)
    return gap(nets, found.clusters)
