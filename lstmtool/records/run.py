"""The record of a finished training run, as stored in a run file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.data.preprocessing import Preprocessing

ParameterTable = list[tuple[str, tuple[int, ...], int]]


@dataclass(frozen=True)
class Outputs:
    """The network's output at the end of every sequence.

    Parameters
    ----------
    net_inputs : ndarray of shape (N, K)
        Net inputs of the output units.
    activations : ndarray of shape (N, K)
        Their squashed values; equal to `net_inputs` for linear units.
    """

    net_inputs: np.ndarray
    activations: np.ndarray

    @classmethod
    def of(cls, net_inputs: np.ndarray, output_unit: str) -> Outputs:
        """Squash net inputs (N, K) by the output unit, ``logistic`` or ``linear``."""
        if output_unit == "linear":
            return cls(net_inputs, net_inputs)
        return cls(net_inputs, 1.0 / (1.0 + np.exp(-np.clip(net_inputs, -700, 700))))


@dataclass(frozen=True)
class NullTest:
    """A training compared with the same training on data made from the user's without groups.

    Parameters
    ----------
    found : float
        How clear the clusters of the user's data are and how well two restarts agree about them,
        in bits, at the reduced effort of the test; see `lstmtool.training.null_test.evidence`. Of
        a consensus of restarts that trained their output units alone, the gap between its clusters
        instead, the median of several trainings; see `lstmtool.clustering.consensus_null_test`.
    surrogates : tuple of float
        The same of every set of surrogates.
    """

    found: float
    surrogates: tuple[float, ...]

    @property
    def as_good(self) -> int:
        """Number of sets of surrogates whose clusters were at least as distinct and stable."""
        return sum(value >= self.found for value in self.surrogates)

    @property
    def p_value(self) -> float:
        """Probability of the user's rank among the surrogates, or a better one, by chance.

        Smaller where `found` is a median, which is rarely extreme.
        """
        return (1 + self.as_good) / (1 + len(self.surrogates))


@dataclass(frozen=True)
class CrossCheck:
    """Clusters compared with those of other networks; see `lstmtool.clustering.cross_check`.

    Parameters
    ----------
    recipe : str
        Of the other networks; "3 outputs" if they differ from the run's by their outputs alone.
    agreement : float
        Adjusted Rand index of the clusters and the other networks' consensus.
    gap : float
        Smallest gap between two of the clusters, as the other networks see it.
    more : int
        Clusters that the other networks find if they are not told how many, with a visible gap
        between any two; 0 if these are no more than the run's, or if that was not asked.
    """

    recipe: str
    agreement: float
    gap: float
    more: int = 0


@dataclass(frozen=True, eq=False)  # a key by its identity
class Ensemble:
    """The restarts whose consensus may be asked for: all that were not lost on the way.

    Parameters
    ----------
    parameters : ndarray of shape (M, P), float64
        Flat vectors, as that of the chosen restart.
    net_inputs : ndarray of shape (M, N, K), float32
        Net inputs of the output units, for the training set.
    scores : ndarray of shape (M,)
        Label-free selection scores.
    restarts : ndarray of shape (M,), int64
        Their numbers, ascending, counted from 0.
    components : tuple of (ndarray or None)
        Principal components (M, N, P) that their output units learned from, where training kept
        them; not stored.
    """

    parameters: np.ndarray
    net_inputs: np.ndarray
    scores: np.ndarray
    restarts: np.ndarray
    components: tuple[np.ndarray | None, ...] = ()

    def without_components(self) -> Ensemble:
        """Return the same without what only the null test needs."""
        return replace(self, components=())


@dataclass(frozen=True)
class Run:
    """One training run with all its restarts.

    Parameters
    ----------
    preprocessing : Preprocessing
        Fitted to the training set.
    parameters, initial_parameters : ndarray of shape (P,), float64
        Flat vectors of the chosen restart, described by `parameter_table`.
    parameter_table : list of (str, tuple of int, int)
        Name, shape and offset of every parameter array.
    history : dict of str to ndarray of shape (E,)
        One column per quantity (``epoch``, ``stage``, ``objective``, ``joint_bits``, ``entropy``,
        ``sigma``, ``gradient_norm``), one row per record of the chosen restart; NaN where a
        quantity does not apply.
    before, after, untrained : Outputs
        At the initial weights (with the final output units), at the end, and of the control:
        initial memory blocks with only the output layer trained.
    restarts : dict of str to ndarray of shape (R,)
        ``seed``, ``objective``, ``score`` (label-free selection score, NaN where it does not
        apply), ``untrained_score``, ``finite`` (bool), ``epochs``.
    chosen : int
        Index of the chosen restart.
    lengths : ndarray of shape (N,)
        Steps of every sequence.
    labels : ndarray of shape (N,) or None
        Copied from the data for scoring; never read by training.
    label_names, names : tuple of str
        Names of the groups and of the sequences; may be empty.
    source : dict
        The data's attributes, file name and checksum and, if known, the names of the inputs
        (``inputs``), the ``sampling_rate`` in Hz and the options for reading them, as words
        (``reading``).
    notes : tuple of str
        Remarks on how the run was made.
    provenance : dict
        Host, time, seconds; empty unless requested.
    shared_bits : float or None
        Information shared by the clusters of altered copies, whatever the restarts were selected
        by; None if unknown, as in files of older versions.
    null_test : NullTest or None
        None if it was not made.
    cross_check : CrossCheck or None
        None if it was not made, as in files of older versions, and where output units alone were
        trained.
    ensemble : Ensemble or None
        None if no consensus was asked for, or fewer than two restarts are left for it.
    """

    settings: TrainSettings
    preprocessing: Preprocessing
    parameters: np.ndarray
    initial_parameters: np.ndarray
    parameter_table: ParameterTable
    history: dict[str, np.ndarray]
    before: Outputs
    after: Outputs
    untrained: Outputs
    restarts: dict[str, np.ndarray]
    chosen: int
    lengths: np.ndarray
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    source: dict = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    provenance: dict = field(default_factory=dict)
    shared_bits: float | None = None
    null_test: NullTest | None = None
    cross_check: CrossCheck | None = None
    ensemble: Ensemble | None = None


class CheckpointEntry(NamedTuple):
    """An entry of a checkpoint: a finished restart, or a network within a stage."""

    values: dict[str, Any]  # JSON values
    arrays: dict[str, np.ndarray]  # of float64 and int64


def named_parts(flat: np.ndarray, table: ParameterTable) -> dict[str, np.ndarray]:
    """Return views of the named parts of a flat vector of weights."""
    return {name: flat[at : at + math.prod(shape)].reshape(shape) for name, shape, at in table}
