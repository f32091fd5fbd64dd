"""Assignment of new sequences to a run's clusters, without refitting.

The stored preprocessing and weights give the outputs. Logistic outputs are read as a code; a
linear output belongs to the cluster of the nearest training output. Where the run has a consensus,
every restart behind it does so, and votes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lstmtool.clustering.answers import answers_of, consensus_record, which
from lstmtool.clustering.assess import cluster_names
from lstmtool.clustering.matching import (
    Match,
    compare_lengths,
    input_names,
    match_inputs,
    match_rates,
    rate_of,
)
from lstmtool.data.sequences import Sequences, SequenceSource, from_arrays
from lstmtool.errors import DataError
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.network.stack import numbers_of_step
from lstmtool.objectives.clusters import NO_CLUSTER, binary_codes
from lstmtool.objectives.modes import Modes, find_modes
from lstmtool.records.results import Assignment
from lstmtool.records.run import Outputs, Run
from lstmtool.training.batch import SequenceBatch, batch_data
from lstmtool.training.consensus import Answer
from lstmtool.training.restart import generators
from lstmtool.training.selection import copies_score, votes_score

NUMBERS = 16_000_000  # size of the network's buffers, in numbers, for a batch
KERNELS = 2_000_000  # kernel values held in memory at a time
FAR = 1e5  # distance, in spreads of the training outputs, beyond which only the direction counts


class Assigner:
    """A run, ready to assign sequences.

    Parameters
    ----------
    run : Run
        Possibly from an untrusted file.
    by_place : bool
        Match inputs by order, ignoring their names. By default they are matched by name if both
        the run and the sequences have names.
    any_rate : bool
        Accept sequences with any sampling rate, without resampling.
    alternative : int, optional
        Which answer to assign to, as in `lstmtool.clustering.assess.assess`.

    Raises
    ------
    DataError
        If the run's weights do not fit its network, or no training output of NEO is finite.
    UsageError
        If there is no such alternative.
    """

    def __init__(
        self,
        run: Run,
        *,
        by_place: bool = False,
        any_rate: bool = False,
        alternative: int | None = None,
    ) -> None:
        self.run, self._by_place, self._any_rate = run, by_place, any_rate
        self.network = _network(run)
        self._means = ComputeOptions(run.settings.precision).forward_alone
        self._modes = None if run.settings.makes_codes else _Modes(run)
        answers = answers_of(run)
        self.alternative = which(alternative, len(answers))
        self.consensus = consensus_record(run, answers, self.alternative)
        self._members = None
        if self.alternative:
            self._members = _Members(run, answers[self.alternative - 1])

    @property
    def n_inputs(self) -> int:
        """Number of inputs per step that the run was trained on."""
        preprocessing = self.run.preprocessing
        return len(preprocessing.mean) // preprocessing.settings.of_each

    def check(self, sequences: SequenceSource, where: str = "") -> Match:
        """Refuse sequences that do not fit the run's network; return how inputs are matched.

        Parameters
        ----------
        where : str
            Files, for the message.

        Raises
        ------
        DataError
            If inputs or sampling rate differ from the training set's, or a sequence is shorter
            than the network's window.
        """
        source, n_inputs = self.run.source, sequences.n_inputs
        match = match_inputs(
            input_names(source, self.n_inputs),
            self.n_inputs,
            input_names(sequences.attributes, n_inputs),
            n_inputs,
            self._by_place,
            where,
        )
        rates = match_rates(rate_of(source), sequences.sampling_rate, self._any_rate, where)
        window, lengths = self.run.preprocessing.settings.window, sequences.lengths
        if window is not None and lengths.min() < window:
            n = int(lengths.argmin())
            raise DataError(
                f"Sequence {n} has {lengths[n]} steps, fewer than the run's window of {window}.",
                where,
                "Leave out sequences that are shorter than the window.",
            )
        far = compare_lengths(self.run.lengths, lengths) if window is None else ()
        return Match(match.columns, (*match.said, *rates, *far))

    def outputs(self, sequences: Sequences) -> Outputs:
        """Return the outputs at the end of every sequence; not finite after an overflow.

        Raises
        ------
        DataError
            As for `check`.
        """
        (net,) = self._net_inputs(sequences, self.run.parameters[None])
        return Outputs.of(net, self.network.settings.output_unit)

    def _net_inputs(self, sequences: Sequences, parameters: np.ndarray) -> np.ndarray:
        """Return net inputs (M, N, K) of networks with parameters (M, P)."""
        sequences = self.check(sequences).of(sequences)
        nets = np.empty((len(parameters), len(sequences), self.network.settings.outputs))
        numbers = numbers_of_step(self.network.levels)
        for chosen in _batches(sequences.lengths, max(1, NUMBERS // numbers)):
            part = self.run.preprocessing.apply(from_arrays([sequences[n] for n in chosen]))
            lanes = SequenceBatch(self.network, batch_data(part), compute=self._means)
            for net, flat in zip(nets, parameters, strict=True):
                net[chosen], _ = lanes.evaluate(flat)
        return nets

    def __call__(self, sequences: Sequences) -> Assignment:
        """Assign every sequence to a cluster; parameters and errors as for `outputs`."""
        if self._members is not None:
            parameters = np.concatenate([self.run.parameters[None], self._members.parameters])
            net, *nets = self._net_inputs(sequences, parameters)
            outputs = Outputs.of(net, self.network.settings.output_unit)
            clusters, confidence = self._members.assign(nets)
            names = cluster_names(clusters, None)
            return Assignment(outputs, clusters, names, confidence, None, None, self.alternative)
        outputs = self.outputs(sequences)
        if self._modes is not None:
            clusters, confidence, density = self._modes.assign(outputs.activations)
            return Assignment(
                outputs, clusters, cluster_names(clusters, None), confidence, None, density
            )
        p = outputs.activations
        codes, clusters = binary_codes(p)
        confidence = np.maximum(p, 1 - p).prod(axis=1)
        return Assignment(
            outputs, clusters, cluster_names(clusters, codes), confidence, codes, None
        )

    def score(self, sequences: Sequences) -> float:
        """Return how stable the clusters are when these sequences are altered, in bits.

        This is the information that clusters of two altered copies of a sequence share, whatever
        the run's restarts were selected by.

        Raises
        ------
        DataError
            As for `check`.
        """
        run, (pairs, copies) = self.run, self.pairs(sequences)
        known = None if self._modes is None else self._modes.known
        return copies_score(run.parameters, pairs, run.settings, copies, known)

    def score_of_answer(self, sequences: Sequences) -> float:
        """Return the same of the answer that sequences are assigned to, by the same copies."""
        members = self._members
        if members is None:
            return self.score(sequences)
        pairs, copies = self.pairs(sequences)
        return votes_score(
            members.parameters,
            pairs,
            self.run.settings,
            copies,
            lambda seen: members.assign([net for net, _ in seen])[0],
        )

    def pairs(self, sequences: Sequences) -> tuple[SequenceBatch, np.random.Generator]:
        """Return buffers for two altered copies of each sequence, and what draws these copies."""
        sequences = self.check(sequences).of(sequences)
        fitted, settings = self.run.preprocessing, self.run.settings
        whole = fitted.whole(sequences.without_labels())
        data = batch_data(whole, fitted.settings.window)
        *_, copies = generators(settings.seed, self.run.chosen)
        return SequenceBatch(self.network, data, 2, self._means), copies


def joined(parts: list[Assignment]) -> Assignment:
    """Concatenate the assignments of several sets of sequences."""

    def all_of(name: str) -> Any:
        arrays = [getattr(part, name) for part in parts]
        return None if arrays[0] is None else np.concatenate(arrays)

    return Assignment(
        Outputs(
            np.concatenate([part.outputs.net_inputs for part in parts]),
            np.concatenate([part.outputs.activations for part in parts]),
        ),
        all_of("clusters"),
        {k: name for part in parts for k, name in part.cluster_names.items()},
        all_of("confidence"),
        all_of("codes"),
        all_of("density"),
        parts[0].alternative,
    )


class _Members:
    """The restarts behind an answer of the consensus: their parameters (M, P), and their votes."""

    def __init__(self, run: Run, answer: Answer) -> None:
        assert run.ensemble is not None
        self._answer, members = answer, answer.members
        self.parameters = run.ensemble.parameters[members]
        self._modes: list[Modes] = []
        if not run.settings.makes_codes:
            nets, floor = run.ensemble.net_inputs[members], run.settings.stages[-1].width_floor
            self._modes = [find_modes(net.astype(np.float64), floor)[0] for net in nets]

    def assign(self, nets: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return clusters and confidence (N,) for every member's net inputs (N, K)."""
        labels = np.full((len(nets), len(nets[0])), NO_CLUSTER, dtype=np.int64)
        for m, net in enumerate(nets):
            known = np.isfinite(net).all(axis=1)
            if known.any() and self._modes:
                labels[m, known] = self._modes[m].nearest(net[known])
            elif known.any():
                labels[m, known] = binary_codes(net[known] > 0)[1]
        return self._answer.assign(labels)


class _Modes:
    """NEO's clusters: the training outputs, their modes, and the kernels around them."""

    def __init__(self, run: Run) -> None:
        y = run.after.activations
        self._y = y[np.isfinite(y).all(axis=1)]
        if not len(self._y):
            raise DataError(
                "No training output of the run is finite.",
                fix="Train again, with lower learning rates.",
            )
        modes, _ = find_modes(self._y, run.settings.stages[-1].width_floor)
        self._y, self._sigma, self._clusters = modes

    @property
    def known(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the training outputs (N, K) and their clusters (N,)."""
        return self._y, self._clusters

    def assign(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return clusters, confidence and density (M,) at points (M, K)."""
        clusters = np.full(len(points), NO_CLUSTER, dtype=np.int64)
        confidence, density = np.full((2, len(points)), np.nan)
        finite = np.flatnonzero(np.isfinite(points).all(axis=1))
        size = max(1, KERNELS // len(self._y))
        for chosen in (finite[k : k + size] for k in range(0, len(finite), size)):
            clusters[chosen], confidence[chosen], density[chosen] = self._slab(points[chosen])
        return clusters, confidence, density

    def _slab(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        points = self._within_reach(points)
        squares = np.zeros((len(points), len(self._y)))
        for k in range(points.shape[1]):
            squares += np.subtract.outer(points[:, k], self._y[:, k]) ** 2
        clusters = self._clusters[squares.argmin(axis=1)]
        if not self._sigma:  # all training outputs are the same, or too few to fit a width
            return clusters, np.ones(len(points)), np.full(len(points), np.nan)
        # Relative to the nearest kernel, since far away they all underflow.
        least = squares.min(axis=1, keepdims=True)
        with np.errstate(over="ignore", invalid="ignore"):
            kernels = np.exp(-0.5 * (squares - least) / self._sigma**2)
            own = np.where(self._clusters == clusters[:, None], kernels, 0.0).sum(axis=1)
            total = kernels.sum(axis=1)
            height = np.exp(-0.5 * least[:, 0] / self._sigma**2) * total / len(self._y)
            scale = (2 * np.pi * self._sigma**2) ** (points.shape[1] / 2)
            return clusters, own / total, height / scale

    def _within_reach(self, points: np.ndarray) -> np.ndarray:
        """Move points so far away that squared distances lose precision closer, radially."""
        centre = self._y.mean(axis=0)
        reach = FAR * (np.ptp(self._y, axis=0).max() + self._sigma)
        with np.errstate(all="ignore"):
            away = points - centre
            farthest = np.abs(away).max(axis=1, keepdims=True)
            return np.where(farthest > reach, centre + away / farthest * reach, points)


def _network(run: Run) -> Network:
    """Return the run's network, after checking that the weights fit, since files are untrusted."""
    preprocessing, settings = run.preprocessing, run.settings
    network = Network(settings.network, len(preprocessing.mean), settings.gradient == "exact")
    even = len(preprocessing.mean) % preprocessing.settings.of_each == 0
    table = [(name, tuple(shape), at) for name, shape, at in run.parameter_table]
    # The table lies within the parameters; if it equals the network's, so does the network's.
    if not even or table != network.table or network.size != len(run.parameters):
        raise DataError(
            "The run's weights do not fit its network.",
            f"{len(run.parameters)} weights, blocks of "
            f"{', '.join(map(str, settings.network.blocks[:8]))} cells, "
            f"{len(preprocessing.mean)} inputs after preprocessing",
            "The file is damaged or was changed; train again.",
        )
    # Training refuses more outputs, and the memory needed doubles with every output.
    if network.settings.output_unit == "logistic" and 2**settings.network.outputs > 2 * len(
        run.lengths
    ):
        raise DataError(
            f"The run has {settings.network.outputs} outputs for {len(run.lengths)} sequences.",
            "Training does not produce such runs.",
            "The file is damaged or was changed; train again.",
        )
    return network


def _batches(lengths: np.ndarray, n_steps: int) -> Iterator[np.ndarray]:
    """Yield indices of sequences of similar lengths: `n_steps` padded steps, or one alone."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, n_steps // int(lengths[order[start]]))
        yield order[start : start + size]
        start += size
