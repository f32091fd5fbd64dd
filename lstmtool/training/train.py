"""Training runs: restarts in parallel, label-free selection, the finished run.

Prints nothing and opens no file. Each restart has its own random generator, seeded by the run's
seed and the restart's number, so results do not depend on the number of threads or restarts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.data.alignment import note
from lstmtool.data.preprocessing import largest, remarks
from lstmtool.data.sequences import SequenceSource
from lstmtool.errors import DivergedError
from lstmtool.network.output_layer import linear_read_outs
from lstmtool.records.run import Ensemble, Outputs, Run
from lstmtool.training.consensus import sample_of
from lstmtool.training.executors import Executor, ShardedSequences, StreamedSequences
from lstmtool.training.readout import MOST_COPIED, some
from lstmtool.training.restart import Progress, Restart, generators, run_restart
from lstmtool.training.rounds import in_rounds
from lstmtool.training.runner import run_items
from lstmtool.training.selection import clusters_of, copies_score
from lstmtool.training.setup import TrainingSetup, prepare, stage_network
from lstmtool.training.stage import RestartLog, StageState, Stop, Stopped
from lstmtool.training.threads import Threads
from lstmtool.training.unaltered import Unaltered

Item = tuple[int, tuple[StageState, ...]]
"""A restart's number, and the states of its stages so far."""


ONLY_OUTPUT = (
    "The memory blocks kept their random initial weights; only the output units were trained, so "
    "there is no other untrained control."
)


class Keeper(Protocol):
    """Stores the progress of a training so that it can be resumed; see `io.unfinished`."""

    def restart(self, setup: TrainingSetup, number: int) -> Restart | None:
        """Return a finished restart."""

    def log(self, setup: TrainingSetup, number: int) -> RestartLog:
        """Return the log of an unfinished restart, which stores what is added to it."""

    def ended(self, setup: TrainingSetup, number: int, restart: Restart) -> None:
        """Store a finished restart."""


def train(
    sequences: SequenceSource,
    settings: TrainSettings,
    *,
    threads: int = 1,
    checkpoint_states: int | Literal["auto"] = "auto",
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Stop | None = None,
    keeper: Keeper | None = None,
    executor: Executor | None = None,
    shards: ShardedSequences | None = None,
    stream: StreamedSequences | None = None,
) -> Run:
    """Train all restarts and return the one with the best label-free score.

    Parameters
    ----------
    sequences : Sequences
        Labels, if any, are copied into the result but not read. With a stream, this may be a
        `lstmtool.io.sequences.SequenceFile`, which is read block by block.
    threads : int
        Restarts that run at the same time; if there are fewer restarts than threads, each uses
        several threads for its sequences. The result does not depend on it.
    checkpoint_states : int or "auto"
        Steps between states kept for the backward pass, see `ComputeOptions`. The result does not
        depend on it.
    report : callable
        Called with a `Progress` record after every chunk of epochs, from any thread.
    stop : Stop, optional
        Set it to end early; the result then holds the progress so far.
    keeper : Keeper, optional
        Stores progress, and supplies that of an earlier attempt.
    executor : Executor, optional
        Runs the restarts elsewhere, as `distributed.parallel_map.DaskExecutor` does, with the
        same result. The progress of unfinished restarts is then not stored.
    shards : ShardedSequences, optional
        Sequences in shards on a cluster. Restarts run here, one after the other, with the same
        result.
    stream : StreamedSequences, optional
        Keeps the preprocessed sequences on disk, with one chunk at a time in memory and the same
        result. Restarts then cannot run on a cluster, but may use shards.

    Raises
    ------
    DataError
        If the data cannot be learned from.
    DivergedError
        If every restart diverged; the exception's `run` is the best state reached.
    Stopped
        If `stop` was set, and there is a cluster or a keeper, which then has the progress.
    ClusterError, UsageError
        If the cluster was lost, or a worker joined later that may compute differently.
    """
    setup = prepare(sequences, settings, checkpoint_states, stream)
    if stream is not None:
        executor = None
    if shards is not None and shards.begin(setup.network, setup.data, setup.compute, stream):
        setup, threads, executor = replace(setup, shards=shards), 1, None
    results = train_restarts(
        setup, threads, report=report, stop=stop, keeper=keeper, executor=executor
    )
    try:
        chosen = choose(results)
    except DivergedError as error:
        error.run = _best_moment(sequences, setup, results)
        error.where += f" Largest after scaling: {largest(sequences, setup.preprocessing.whole)}."
        raise
    return finished(sequences, setup, results, chosen)


def train_restarts(
    setup: TrainingSetup,
    threads: int = 1,
    *,
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Stop | None = None,
    keeper: Keeper | None = None,
    executor: Executor | None = None,
) -> list[Restart]:
    """Train every restart of a setup; parameters as for `train`."""
    stop = Stop() if stop is None else stop
    store, beside = _Restarts(setup, keeper), min(threads, setup.settings.restarts)

    def here(setup: TrainingSetup, item: Item, stop: Stop, tell: Callable[..., None]) -> Restart:
        if keeper is None:
            return run_restart(setup, item[0], tell, stop)
        if stop:
            raise Stopped
        return run_restart(setup, item[0], tell, stop, keeper.log(setup, item[0]))

    def tell(words: Any) -> None:
        told = Progress._make(words)
        report(told._replace(values=np.array(told.values)))

    def some(items: Sequence[Item]) -> list[Restart]:
        if executor is not None:
            return run_items(
                _restart_there, setup, items, store, executor=executor, stop=stop, tell=tell
            )
        compute = replace(setup.compute, threads=max(1, threads // beside))
        own, beside_each_other = replace(setup, compute=compute), Threads(beside)
        return run_items(
            here, own, items, store, executor=beside_each_other, stop=stop, tell=report
        )

    return in_rounds(setup, store.items(), some)


@dataclass(frozen=True)
class _Restarts:
    """The restarts that a keeper, if any, has of a setup; a `runner.Store`."""

    setup: TrainingSetup
    keeper: Keeper | None

    def items(self) -> list[Item]:
        """Return each restart's number and the states of its stages so far."""
        numbers = range(self.setup.settings.restarts)
        if self.keeper is None:
            return [(n, ()) for n in numbers]
        return [(n, self.keeper.log(self.setup, n).stage_states) for n in numbers]

    def found(self, item: Item) -> Restart | None:
        """Return a finished restart."""
        return None if self.keeper is None else self.keeper.restart(self.setup, item[0])

    def keep(self, item: Item, restart: Restart) -> Restart:
        """Store a finished restart."""
        if self.keeper is not None:
            self.keeper.ended(self.setup, item[0], restart)
        return restart


def _restart_there(
    setup: TrainingSetup,
    item: Item,
    stop: Stop,
    tell: Callable[[Any], None],
) -> Restart:
    """Run a restart on a worker, from the states of its stages so far."""
    number, stage_states = item

    def report(progress: Progress) -> None:
        tell(tuple(progress._replace(values=progress.values.tolist())))

    log = RestartLog(
        stage_states, keep=lambda stage_states: None
    )  # so that a stop raises `Stopped`
    return run_restart(setup, number, report, stop, log)


def choose(results: list[Restart]) -> int:
    """Return the number of the restart with the best score; labels play no part.

    One that collapsed is chosen only if no other is left, one that diverged never.

    Raises
    ------
    DivergedError
        If none is finite.
    """
    for allowed in ("", "collapsed"):
        scores = np.array([r.score if r.finite and r.lost == allowed else -np.inf for r in results])
        if np.isfinite(scores).any():
            return int(np.argmax(scores))
    latest = max(results, key=lambda r: r.n_epochs)
    raise DivergedError(
        f"All {len(results)} restarts ended with numbers that are not finite, after at most "
        f"{latest.n_epochs} epochs.",
        "The learning rates are too large for these inputs.",
        "Lower them all, e.g. --rate-factor 0.1; whiten the inputs (--scaling whiten).",
    )


def _best_moment(
    sequences: SequenceSource, setup: TrainingSetup, results: list[Restart]
) -> Run | None:
    """Return the run of the best state of restarts that all diverged, if there is one."""

    def learned(r: Restart) -> bool:
        return r.finite and not np.array_equal(r.parameters, r.initial)

    scores = np.array([r.score if learned(r) else -np.inf for r in results])
    if not np.isfinite(scores).any():
        return None
    run = finished(sequences, setup, results, int(np.argmax(scores)))
    return replace(
        run, notes=(*run.notes, "Every restart diverged: this is the best moment of one.")
    )


def _with_final_outputs(
    setup: TrainingSetup, initial: np.ndarray, unaltered: Unaltered
) -> np.ndarray:
    """Return the initial parameters with the final kind of output units, to show the start.

    A single linear unit is placed along the direction that best separates the initial codes, as
    between two stages.
    """
    stage = setup.settings.stages[0]
    first = stage_network(setup, stage)
    if first == setup.network:
        return initial
    net = unaltered.net(first, initial)
    return linear_read_outs(first, setup.network, initial, net, clusters_of(net, stage))[0]


def finished(
    sequences: SequenceSource, setup: TrainingSetup, results: list[Restart], chosen: int
) -> Run:
    """Return the run of the chosen restart, with the parts of the data that reports need."""
    best, unaltered = results[chosen], Unaltered(setup)
    ensemble = _ensemble(results, setup) if setup.settings.consensus else None
    initial = _with_final_outputs(setup, best.initial, unaltered)

    def outputs(parameters: np.ndarray) -> Outputs:
        net = unaltered.net(setup.network, parameters)
        return Outputs.of(net, setup.network.settings.output_unit)

    return Run(
        settings=setup.settings,
        preprocessing=setup.preprocessing,
        parameters=best.parameters,
        initial_parameters=initial,
        parameter_table=setup.network.table,
        history=best.history,
        before=outputs(initial),
        after=outputs(best.parameters),
        untrained=outputs(best.untrained),
        restarts={
            "seed": np.arange(len(results)),
            "objective": np.array([r.objective for r in results]),
            "score": np.array([r.score for r in results]),
            "untrained_score": np.array([r.untrained_score for r in results]),
            "finite": np.array([r.finite for r in results]),
            "epochs": np.array([r.n_epochs for r in results]),
            "diverged": np.array([r.lost == "diverged" for r in results]),
            "collapsed": np.array([r.lost == "collapsed" for r in results]),
        },
        chosen=chosen,
        lengths=sequences.lengths,
        labels=sequences.labels,
        label_names=sequences.label_names,
        names=sequences.names,
        source=_source(sequences),
        notes=(
            note(sequences, setup.settings),
            *remarks(sequences, setup.settings.inputs),
            *_notes(best),
            *(() if setup.settings.trains_blocks else (ONLY_OUTPUT,)),
            *_note_of_consensus(setup, ensemble),
            *_note_of_rounds(setup, len(results)),
        ),
        shared_bits=_shared_bits(setup, best.parameters, chosen, unaltered),
        ensemble=ensemble,
    )


def _ensemble(results: list[Restart], setup: TrainingSetup) -> Ensemble | None:
    """Return the restarts that ended well, with finite outputs; None if they are fewer than two."""
    kept, outputs = [], []
    for number, restart in enumerate(results):
        if restart.finite and not restart.lost:
            net = restart.net
            if net is None:
                net = Unaltered(setup).net(setup.network, restart.parameters)
            with np.errstate(over="ignore"):
                net = net.astype(np.float32)
            if np.isfinite(net).all():
                kept.append(number)
                outputs.append(net)
    if len(kept) < 2:
        return None
    return Ensemble(
        parameters=np.stack([results[number].parameters for number in kept]),
        net_inputs=np.stack(outputs),
        scores=np.array([results[number].score for number in kept]),
        restarts=np.array(kept, dtype=np.int64),
        components=tuple(results[number].components for number in kept),
    )


def _note_of_consensus(setup: TrainingSetup, ensemble: Ensemble | None) -> tuple[str, ...]:
    if not setup.settings.consensus or ensemble is not None:
        return ()
    return ("Fewer than two restarts ended well, so there is no consensus: one stands alone.",)


def _note_of_rounds(setup: TrainingSetup, n_restarts: int) -> tuple[str, ...]:
    most = setup.settings.restarts
    if n_restarts == most:
        return ()
    return (f"{n_restarts} of {most} restarts were enough: they agree on the clusters.",)


def _shared_bits(
    setup: TrainingSetup, parameters: np.ndarray, chosen: int, unaltered: Unaltered
) -> float | None:
    """Return the bits that altered copies share; None if any of their outputs is not finite.

    Where output units alone were trained, on copies of some of many sequences, these are copies of
    as many.
    """
    *_, copies = generators(setup.settings.seed, chosen)
    if unaltered.kept and not setup.settings.trains_blocks:
        drawn = sample_of(len(setup.data.order), MOST_COPIED, setup.settings.seed)
        few = replace(setup, data=some(setup.data, drawn))
        pairs = few.lanes(setup.network, 2)
    else:
        pairs = setup.lanes(setup.network, 2)
    found = unaltered.evaluated(setup.network, parameters)
    bits = copies_score(parameters, pairs, setup.settings, copies, unaltered=found)
    return bits if np.isfinite(bits) else None


def _source(sequences: SequenceSource) -> dict[str, Any]:
    """Return the data's attributes with its sampling rate, where it has one."""
    rate = sequences.sampling_rate
    return sequences.attributes | ({} if rate is None else {"sampling_rate": float(rate)})


def _notes(best: Restart) -> tuple[str, ...]:
    notes = []
    if best.lost:
        notes.append(
            f"Training {best.lost} after {best.n_epochs} epochs"
            + (": the outputs became the same for all sequences" * (best.lost == "collapsed"))
            + ". The weights are those of the best moment before."
        )
    if best.every > 1:
        notes.append(
            f"The history is thinned: of {best.n_epochs} epochs one in {best.every} is kept, "
            "and the last of each stage."
        )
    return tuple(notes)
