"""What all restarts of a run share: settings, network, preprocessed data; and checks of these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lstmtool.config import Stage, TrainSettings
from lstmtool.data import preprocessing
from lstmtool.data.preprocessing import Preprocessing
from lstmtool.data.sequences import Sequences, SequenceSource, windows
from lstmtool.errors import DataError, UsageError
from lstmtool.kernels.records import GO_ON, Data
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch, batch_data

if TYPE_CHECKING:
    from lstmtool.training.executors import ShardedSequences, StreamedSequences

DEFAULT = ComputeOptions()


@dataclass(frozen=True)
class TrainingSetup:
    """What all restarts share."""

    settings: TrainSettings
    network: Network
    preprocessing: Preprocessing
    data: Data
    n_steps: float
    compute: ComputeOptions = DEFAULT
    shards: ShardedSequences | None = None
    stream: StreamedSequences | None = (
        None  # where the sequences come from; the data then has no values
    )

    def lanes(self, network: Network, copies: int = 1, stop: np.ndarray = GO_ON) -> SequenceBatch:
        """Return buffers for a network and all the sequences; `stop` aborts passes."""
        if self.shards is not None:
            return self.shards.lanes(network, copies, stop)
        if self.stream is not None:
            return self.stream.lanes(network, copies, self.compute, stop)
        return SequenceBatch(network, self.data, copies, self.compute, stop)


def prepare(
    sequences: SequenceSource,
    settings: TrainSettings,
    checkpoint_states: int | Literal["auto"] = "auto",
    stream: StreamedSequences | None = None,
) -> TrainingSetup:
    """Check the data against the settings and fit the preprocessing. Labels are not read.

    With a stream, sequences are read block by block and written to it.

    Raises
    ------
    DataError
        If there are too few sequences, one is shorter than the window, or nothing varies.
    UsageError
        If copies are made by shift, but there is no window.
    """
    check(sequences, settings)
    fitted = preprocessing.fit(sequences, settings.inputs)
    window = settings.inputs.window
    if stream is not None:
        data = stream.fill(sequences, fitted, window)
    else:
        assert isinstance(sequences, Sequences)
        data = batch_data(fitted.whole(sequences.without_labels()), window)
    network = Network(settings.network, len(fitted.mean), settings.gradient == "exact")
    compute = ComputeOptions(settings.precision, checkpoint_states)
    compute = compute if settings.trains_blocks else compute.forward_alone
    n_steps = float(np.mean(data.lengths))
    return TrainingSetup(settings, network, fitted, data, n_steps, compute, stream=stream)


def check(sequences: SequenceSource, settings: TrainSettings) -> None:
    """Refuse data that no objective can learn from; raise as `prepare` does."""
    n = len(sequences)
    if n < 3:
        raise DataError(
            f"There {'is one sequence' if n == 1 else f'are {n} sequences'}.",
            "Clustering needs at least three; even twenty are few.",
            "Give more sequences.",
        )
    if settings.clusters is not None and settings.clusters > n:
        raise DataError(
            f"{settings.clusters} clusters are too many for {n} sequences.",
            "Every cluster needs at least one.",
            "Ask for fewer clusters.",
        )
    first = next(sequences.blocks()).values[0]
    if all((block.values == first).all() for block in windows(sequences, settings.inputs.window)):
        raise DataError(
            "All sequences are the same constant.",
            f"value {first[0]:g} at every step",
            "There is nothing to tell apart; check how the file was made.",
        )
    if "shift" in (*settings.selection, *(stage.augmentation for stage in settings.stages)):
        _check_shifts(sequences, settings.inputs.window)
    counts = [stage.outputs or settings.network.outputs for stage in settings.stages]
    coding = [k for k, s in zip(counts, settings.stages, strict=True) if s.record.makes_codes]
    if coding and 2 ** max(coding) > 2 * n:
        raise DataError(
            f"{max(coding)} outputs make {2 ** max(coding)} codes for {n} sequences.",
            "Most codes would stay empty.",
            f"Use at most --outputs {int(np.log2(2 * n))}.",
        )
    for stage in settings.stages:
        if "sample" in stage.record.settings and stage.sample and sum(stage.sample) > n:
            raise DataError(
                f"Two samples of {stage.sample[0]} and {stage.sample[1]} outputs need "
                f"{sum(stage.sample)} sequences.",
                f"there are {n}",
                f"Draw fewer, e.g. --sample {n // 2}, or leave --sample out.",
            )
    if max(counts) >= n:
        raise DataError(
            f"{max(counts)} outputs are too many for {n} sequences.",
            "Their covariance would be singular.",
            f"Use fewer than --outputs {n}.",
        )


def _check_shifts(sequences: SequenceSource, window: int | None) -> None:
    if window is None:
        raise UsageError(
            "Copies by shift need a window, which begins elsewhere in every copy.",
            f"the shortest sequence has {sequences.lengths.min()} steps",
            "Give --window STEPS, or other copies by --augment.",
        )
    if sequences.lengths.max() == window:
        raise DataError(
            "Copies by shift would all be equal.",
            f"no sequence is longer than the window of {window} steps",
            "Use longer sequences, a shorter --window, or other copies by --augment.",
        )


def stage_network(setup: TrainingSetup, stage: Stage) -> Network:
    """Return the network of one stage, which may have other output units than the final one."""
    settings = setup.network.settings
    units = {
        "output_unit": stage.record.output_unit,
        "outputs": stage.outputs or settings.outputs,
    }
    return replace(setup.network, settings=settings.model_copy(update=units))
