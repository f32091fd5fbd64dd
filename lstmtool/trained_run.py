"""A training run as one object to work with in Python: its answer, new sequences, its network."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Self

import numpy as np

from lstmtool.clustering.activations import activations
from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.training_set import training_assignment
from lstmtool.data.conversion.convert import as_sequences
from lstmtool.data.windows import Windows
from lstmtool.objectives.clusters import NO_CLUSTER
from lstmtool.records.activation_arrays import Activations
from lstmtool.records.recordings import RecordingClusters, by_recording
from lstmtool.records.results import Assessment, Assignment
from lstmtool.records.run import Run, named_parts

MOST_ROWS = 40  # of a table of clusters


class TrainedRun(Run):
    """A training run, as `load_run` reads it and an estimator's ``run_`` holds it.

    It has all fields of `lstmtool.records.run.Run`, what follows from them, and methods that run
    its network over sequences. What is asked for first takes a moment and is kept. Where the run
    has a consensus, clusters and confidence are those of its first answer, and the activations
    those of the chosen restart.

    Examples
    --------
    >>> import numpy as np
    >>> from lstmtool import BingoLSTM
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(0, s, size=30) for s in [0.1] * 6 + [2.0] * 6]
    >>> run = BingoLSTM(outputs=1, restarts=2).fit(X).run_
    >>> run.outputs.shape, run.clusters.shape, run.confidence.shape
    ((12, 1), (12,), (12,))
    >>> bool((run.predict(X) == run.clusters).all())
    True
    >>> run.activations(X[:2])["gates"].shape  # sequence, step, layer, block, gate
    (2, 30, 1, 2, 3)
    """

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the run that a record describes."""
        return cls(**{field.name: getattr(run, field.name) for field in fields(run)})

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the record."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def outputs(self) -> np.ndarray:
        """Outputs for the training sequences after training, shape (N, K)."""
        return self.after.activations

    @property
    def clusters(self) -> np.ndarray:
        """Cluster of every training sequence, shape (N,); -1 where its output is not finite.

        A code is read as a binary number, so numbers may be left out; `cluster_names` has the codes
        themselves. Other clusters are counted from 0.
        """
        return self.assignment.clusters

    @property
    def cluster_names(self) -> dict[int, str]:
        """Name of every cluster: its binary code, or its number counted from 1."""
        return self.assignment.cluster_names

    @property
    def confidence(self) -> np.ndarray:
        """How clearly every training sequence belongs to its cluster, from 0 to 1, shape (N,).

        Confidence in the clusters as a whole is a word: ``assessment.confidence.word``.
        """
        return self.assignment.confidence

    @cached_property
    def assignment(self) -> Assignment:
        """Clusters and confidence of the training sequences, and all that goes with them."""
        return training_assignment(self, self.assessment)

    @property
    def windows(self) -> Windows | None:
        """Where the training sequences lie in the recordings that they were cut from, if any."""
        return self.assignment.windows

    @property
    def recordings(self) -> tuple[RecordingClusters, ...]:
        """The clusters of every such recording's windows, their shares and the majority."""
        if self.windows is None:
            return ()
        return by_recording(self.windows, self.clusters, self.confidence)

    @cached_property
    def assessment(self) -> Assessment:
        """All numbers and warnings of ``lstmtool report``."""
        return assess(self)

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """The weights by name; columns are inputs, recurrent sources and bias.

        See `lstmtool.network.layer` for what each row and column is.
        """
        return named_parts(self.parameters, self.parameter_table)

    def predict(self, X: Any) -> np.ndarray:
        """Return the cluster of every sequence, numbered as in `clusters`, shape (N,).

        Parameters
        ----------
        X : array-like, data frame, list or Sequences
            Sequences in any form that `lstmtool.as_sequences` reads.

        Raises
        ------
        DataError
            If they do not fit the run's inputs.
        """
        return self.assign(X).clusters

    def assign(self, X: Any) -> Assignment:
        """Return outputs, clusters and a confidence per sequence; `X` as for `predict`."""
        return self._assigner(as_sequences(X))

    def activations(self, X: Any) -> Activations:
        """Return what every unit does at every step of sequences; `X` as for `predict`.

        These are the inputs as the network sees them, gates, cell inputs, states and outputs of
        all layers, and the output units as they would be if the sequence ended at that step.
        """
        return activations(self._assigner, as_sequences(X))

    def save(self, path: Path | str) -> None:
        """Write the run to an HDF5 file, for `load_run` and the command line.

        Raises
        ------
        FileError
            If the file cannot be written; an old file is unchanged.
        """
        from lstmtool.io.runs import write_run

        write_run(path, self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._summary()}>"

    def _repr_html_(self) -> str:
        found = self.assessment
        head = "<tr><th>Cluster</th><th>Sequences</th><th>Mean confidence</th></tr>"
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{size}</td><td>{mean}</td></tr>"
            for name, size, mean in self._rows()
        )
        warnings = "".join(f"<li>{escape(text)}</li>" for text in found.warnings)
        return (
            f"<div><p><b>{escape(self._summary())}</b></p>"
            f"<p>Confidence in the clusters: {escape(found.confidence.word)}.</p>"
            f"<table>{head}{rows}</table>" + (f"<ul>{warnings}</ul>" if warnings else "") + "</div>"
        )

    def _summary(self) -> str:
        stages = ", then ".join(stage.objective for stage in self.settings.stages)
        count = self.assessment.after.n_clusters or 0
        number = f"{count} cluster{'s' * (count != 1)}"
        restarts = len(next(iter(self.restarts.values())))
        whose = f"restart {self.chosen + 1} of {restarts}"
        consensus = self.assessment.consensus
        if consensus is not None and consensus.answer is not None:
            whose = f"by {len(consensus.answer.restarts)} of {consensus.members} restarts"
        return f"{number} of {len(self.lengths)} sequences: {stages}, {whose}"

    def _rows(self) -> list[tuple[str, int, str]]:
        """Name, size and mean confidence of every cluster, the largest first."""
        numbers, counts = np.unique(self.clusters, return_counts=True)
        rows, order = [], np.argsort(-counts, kind="stable")
        for k in order[:MOST_ROWS]:
            own = self.confidence[self.clusters == numbers[k]]
            mean = "" if numbers[k] == NO_CLUSTER else f"{own.mean():.2f}"
            rows.append((self.cluster_names[int(numbers[k])], int(counts[k]), mean))
        rest = order[MOST_ROWS:]
        if len(rest):
            rows.append((f"… {len(rest)} more", int(counts[rest].sum()), ""))
        return rows

    @cached_property
    def _assigner(self) -> Assigner:
        return Assigner(self)


def load_run(path: Path | str) -> TrainedRun:
    """Read a run that ``lstmtool train`` or `TrainedRun.save` wrote.

    Raises
    ------
    FileError
        If the file cannot be read.
    DataError
        If it is no run, or damaged.

    Examples
    --------
    >>> import lstmtool
    >>> run = lstmtool.load_run("run.h5")  # doctest: +SKIP
    >>> run.clusters, run.confidence  # doctest: +SKIP
    >>> lstmtool.plot.outputs(run).savefig("outputs.png")  # doctest: +SKIP
    """
    from lstmtool.io.runs import read_run

    return TrainedRun.of(read_run(path))
