"""What the output units of a consensus' networks learned from, and how to train others on it.

So clusters can be compared with those of other output units, or of other points, without running
the memory blocks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lstmtool.config import Stage
from lstmtool.network.layout import Network
from lstmtool.records.run import Run
from lstmtool.training.readout import components_of, some, trained_on_components
from lstmtool.training.restart import MOST_KEPT
from lstmtool.training.selection import clusters_of
from lstmtool.training.setup import TrainingSetup, stage_network
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.threads import in_threads


def components_of_members(
    run: Run,
    setup: TrainingSetup,
    members: np.ndarray,
    chosen: np.ndarray,
    threads: int,
    stop: Stop,
) -> list[np.ndarray]:
    """Return the principal components (M, S, P) that output units learned from, of some sequences.

    Those that training kept are taken, others found again. Of a large set the components are those
    of the chosen sequences and of copies of these alone.

    Parameters
    ----------
    run : Run
        With an ensemble, of which only the output units were trained.
    setup : TrainingSetup
        Of the run's training set, in memory.
    members : ndarray of int
        Places in the ensemble.
    chosen : ndarray of shape (S,)
        Indices of sequences.

    Raises
    ------
    Stopped
        If `stop` was set.
    """
    ensemble, few = run.ensemble, len(setup.data.order) <= MOST_KEPT
    assert ensemble is not None
    data = setup.data if few else some(setup.data, chosen)
    own_setup = replace(setup, data=data)

    def of_member(member: int) -> np.ndarray:
        found = ensemble.components[member] if few and ensemble.components else None
        if found is None:
            seed = run.settings.seed, int(ensemble.restarts[member])
            parameters, stage = ensemble.parameters[member], run.settings.stages[-1]
            again = components_of(own_setup, setup.network, parameters, stage, seed, stop)
            if again is None:
                raise Stopped
            found = again.values
        return found[:, chosen] if few else found

    return in_threads(of_member, members.tolist(), threads)


@dataclass(frozen=True)
class OutputTraining:
    """How output units learn from components: all stages of a run, one after the other.

    Parameters
    ----------
    networks : tuple of Network
        Of every stage; their memory blocks do not matter.
    """

    networks: tuple[Network, ...]
    stages: tuple[Stage, ...]
    seed: int

    @classmethod
    def of(cls, setup: TrainingSetup) -> OutputTraining:
        """Return that of a run."""
        stages = tuple(setup.settings.stages)
        networks = tuple(stage_network(setup, stage) for stage in stages)
        return cls(networks, stages, setup.settings.seed)

    def with_stages(self, stages: Sequence[Stage]) -> OutputTraining:
        """Return one with as many other stages."""
        return replace(self, stages=tuple(stages))

    def nets(self, components: np.ndarray, rng: np.random.Generator, stop: Stop) -> np.ndarray:
        """Train on components (M, N, P); return the output units' net inputs (N, K).

        Raises
        ------
        Stopped
            If `stop` was set.
        """
        found = trained_on_components(self.networks, components, self.stages, rng, stop)
        if stop:
            raise Stopped
        return found

    def clusters(self, nets: np.ndarray) -> np.ndarray:
        """Return every network's clusters (R, N) of finite net inputs (R, N, K)."""
        return np.stack([clusters_of(net, self.stages[-1]) for net in nets])
