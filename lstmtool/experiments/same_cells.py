"""k-means in place of the objective, on what the same memory cells tell, with the same consensus.

Where only the output units are trained, in the discriminants of what they read, a run can be
compared with the plainest way of clustering the same numbers: k-means of each restart's
discriminants. The answers are joined as those of the restarts are. What is left between the two is
due to the objective.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.data.sequences import Sequences
from lstmtool.network.layout import Network
from lstmtool.records.run import Run
from lstmtool.training.batch import SequenceBatch, batch_data
from lstmtool.training.consensus import alternatives
from lstmtool.training.readout import discriminants_of
from lstmtool.training.restart import drawn, generators
from lstmtool.training.selection import votes_score
from lstmtool.training.setup import TrainingSetup, prepare, stage_network

STARTS = 10  # of k-means, of which the tightest is kept


class SameCells:
    """k-means of the discriminants of several networks, fitted to a training set.

    Parameters
    ----------
    setup : TrainingSetup
        Of the training set, with settings that train only output units.
    network : Network
        Its output units do not matter.
    parameters : sequence of ndarray of shape (P,)
        One for each network.
    numbers : sequence of int
        Of the restarts that these are of; they decide which altered copies are made.
    n_clusters : int
        Of k-means and of the consensus.

    Attributes
    ----------
    clusters : ndarray of shape (N,), int64
        The first answer of the consensus, for the training set.
    """

    def __init__(
        self,
        setup: TrainingSetup,
        network: Network,
        parameters: Sequence[np.ndarray],
        numbers: Sequence[int],
        n_clusters: int,
    ) -> None:
        from sklearn.cluster import KMeans

        self._setup, self._network = setup, network
        seed, lanes, labels = setup.settings.seed, setup.lanes(network), []
        members = []
        for flat, number in zip(parameters, numbers, strict=True):
            found = discriminants_of(setup, network, flat, number)
            own_seed = np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0]
            k_means = KMeans(n_clusters, n_init=STARTS, random_state=int(own_seed))
            with warnings.catch_warnings():  # about fewer distinct points than clusters
                warnings.simplefilter("ignore")
                labels.append(k_means.fit_predict(found(lanes.evaluate(flat)[1])))
            members.append((flat, found, k_means))
        self._answer = alternatives(np.stack(labels).astype(np.int64), n_clusters, seed)[0]
        self._members = [members[m] for m in self._answer.members]
        self.clusters = self._answer.clusters

    @classmethod
    def of_run(cls, run: Run, sequences: Sequences, n_clusters: int) -> SameCells:
        """Fit them to the networks of a run's consensus; see `applies`.

        Parameters
        ----------
        sequences : Sequences
            The run's training set.
        """
        assert applies(run) and run.ensemble is not None
        setup = prepare(sequences, run.settings)
        members, numbers = run.ensemble.parameters, run.ensemble.restarts.tolist()
        return cls(setup, setup.network, list(members), numbers, n_clusters)

    @classmethod
    def untrained(cls, sequences: Sequences, settings: TrainSettings, n_clusters: int) -> SameCells:
        """Fit them to the networks that `train` would draw; no output unit is trained."""
        if settings.trains_blocks or settings.initial.trials > 1:
            raise ValueError("the memory blocks must stay as they are first drawn")
        setup = prepare(sequences, settings)
        network, numbers = stage_network(setup, settings.stages[0]), range(settings.restarts)
        parameters = [drawn(setup, generators(settings.seed, n)[0]) for n in numbers]
        return cls(setup, network, parameters, numbers, n_clusters)

    def predict(self, sequences: Sequences) -> np.ndarray:
        """Return the clusters (M,) of other sequences by the members' votes."""
        data = batch_data(self._setup.preprocessing.apply(sequences.without_labels()))
        lanes = SequenceBatch(self._network, data, compute=self._setup.compute)
        return self._vote([lanes.evaluate(flat) for flat, *_ in self._members])

    def score(self, pairs: SequenceBatch, copies: np.random.Generator) -> float:
        """Return the bits that clusters of altered copies share; see `selection.votes_score`."""
        parameters = [flat for flat, *_ in self._members]
        return votes_score(parameters, pairs, self._setup.settings, copies, self._vote)

    def _vote(self, seen: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        pairs = zip(seen, self._members, strict=True)
        labels = [k_means.predict(found(read)) for (_, read), (_, found, k_means) in pairs]
        return self._answer.assign(np.stack(labels).astype(np.int64))[0]


def applies(run: Run) -> bool:
    """Whether a run has several networks of which only the output units were trained."""
    return run.ensemble is not None and not run.settings.trains_blocks
