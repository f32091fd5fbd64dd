"""Training runs: restarts, stages, the untrained control and the label-free choice.

Prints nothing and opens nothing. Every restart draws from a generator of its own, seeded by the
run's seed and the restart's number, so results depend neither on the number of threads nor on
how many restarts run beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from lstmtool import preprocessing
from lstmtool.config import Stage, TrainSettings
from lstmtool.errors import DataError, DivergedError
from lstmtool.learner import Lanes, lane_data, new_learner, stage_options, train_epochs
from lstmtool.network import (
    Network,
    initial_parameters,
    output_layer_from_data,
)
from lstmtool.preprocessing import Preprocessing
from lstmtool.readout import linear_read_outs
from lstmtool.records import HISTORY, Data, StageOptions
from lstmtool.run import Outputs, Run
from lstmtool.selection import clusters_of, selection_score
from lstmtool.sequences import Sequences

FIRST_CHUNK = 10  # epochs; later chunks grow to about CHUNK_STEPS cell-steps
CHUNK_STEPS = 2_000_000


class Progress(NamedTuple):
    """Where a restart is; `values` is the last row of its history, in order of records.HISTORY."""

    restart: int
    stage: int
    epoch: int  # of all stages together
    n_epochs: int
    values: np.ndarray


class Stop:
    """A flag that another thread may set; training then ends after the epoch it is in."""

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.int64)

    def set(self) -> None:
        """Ask all restarts to end."""
        self.flag[0] = 1

    def __bool__(self) -> bool:
        return bool(self.flag[0])


@dataclass(frozen=True)
class Problem:
    """What all restarts share."""

    settings: TrainSettings
    network: Network
    preprocessing: Preprocessing
    data: Data
    n_steps: float


@dataclass(frozen=True)
class Restart:
    """What one restart ends with; score and objective are NaN where numbers were not finite."""

    initial: np.ndarray
    parameters: np.ndarray
    untrained: np.ndarray
    history: dict[str, np.ndarray]
    score: float
    untrained_score: float
    n_stages: int = 1

    @property
    def objective(self) -> float:
        """Value of the last stage's objective at its last epoch; NaN if it was not reached."""
        values = self.history["objective"][self.history["stage"] == self.n_stages - 1]
        return float(values[-1]) if len(values) else float("nan")

    @property
    def finite(self) -> bool:
        """Whether every weight is a finite number."""
        return bool(np.isfinite(self.parameters).all() and np.isfinite(self.score))


def prepare(sequences: Sequences, settings: TrainSettings) -> Problem:
    """Check the data against the settings and fit the preprocessing. Labels are not read.

    Raises
    ------
    DataError
        If there are too few sequences, or nothing in them varies.
    """
    check(sequences, settings)
    fitted = preprocessing.fit(sequences, settings.inputs)
    data = lane_data(fitted.apply(sequences.without_labels()))
    network = Network(settings.network, len(fitted.mean), settings.gradient == "exact")
    return Problem(settings, network, fitted, data, float(np.mean(sequences.lengths)))


def check(sequences: Sequences, settings: TrainSettings) -> None:
    """Refuse data that no objective can learn from."""
    n = len(sequences)
    if n < 3:
        raise DataError(
            f"There {'is one sequence' if n == 1 else f'are {n} sequences'}.",
            "Clusters need at least three, and twenty are a small set.",
            "Give more sequences.",
        )
    if (sequences.values == sequences.values[0]).all():
        raise DataError(
            "All sequences are the same constant.",
            f"value {sequences.values[0, 0]:g} at every step",
            "There is nothing to tell apart; check how the file was made.",
        )
    outputs = settings.network.outputs
    if settings.network.output_unit == "logistic" and 2**outputs > 2 * n:
        raise DataError(
            f"{outputs} outputs make {2**outputs} codes for {n} sequences.",
            "Most codes would stay empty.",
            f"Use at most --outputs {int(np.log2(2 * n))}.",
        )


def train(
    sequences: Sequences,
    settings: TrainSettings,
    *,
    threads: int = 1,
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Stop | None = None,
) -> Run:
    """Train all restarts and return the one with the best label-free score.

    Parameters
    ----------
    sequences : Sequences
        Labels, where there are any, are copied into the result and not read.
    settings : TrainSettings
    threads : int
        Restarts that run at the same time; the result does not depend on it.
    report : callable
        Called with a `Progress` record after every chunk of epochs, from any thread.
    stop : Stop, optional
        Set it to end early; the result then holds what was reached.

    Raises
    ------
    DataError
        If the data cannot be learned from.
    DivergedError
        If every restart ended with numbers that are not finite.
    """
    problem = prepare(sequences, settings)
    results = train_restarts(problem, threads, report=report, stop=stop)
    return finished(sequences, problem, results, choose(results))


def train_restarts(
    problem: Problem,
    threads: int = 1,
    *,
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Stop | None = None,
) -> list[Restart]:
    """Train every restart of a prepared problem; parameters as for `train`."""
    stop = Stop() if stop is None else stop
    with ThreadPoolExecutor(max_workers=threads) as pool:
        numbers = range(problem.settings.restarts)
        return list(pool.map(lambda number: _restart(problem, number, report, stop), numbers))


def choose(results: list[Restart]) -> int:
    """Restart with the highest score, the first of equals; the labels play no part.

    Raises
    ------
    DivergedError
        If none is finite.
    """
    scores = np.array([r.score if r.finite else -np.inf for r in results])
    if not np.isfinite(scores).any():
        raise DivergedError(
            f"All {len(results)} restarts ended with numbers that are not finite.",
            "The learning rate is too large for these inputs, or the inputs are too large.",
            "Lower --rate, keep --scaling whiten, or look at the data with `lstmtool info`.",
        )
    return int(np.argmax(scores))


def _restart(
    problem: Problem, number: int, report: Callable[[Progress], None], stop: Stop
) -> Restart:
    settings = problem.settings
    seed = np.random.SeedSequence(settings.seed, spawn_key=(number,))
    draw, learn, control, copies = (np.random.default_rng(s) for s in seed.spawn(4))
    first = stage_network(problem, settings.stages[0])
    initial = initial_parameters(first, settings.initial, problem.n_steps, draw)
    if settings.initial.output_layer == "data":
        _, last = Lanes(first, problem.data).evaluate(initial)
        output_layer_from_data(first, initial, last.T, draw)
    runner = _Runner(problem, number, report, stop, copies.bit_generator.state)
    trained = runner.run(initial, learn, hidden=True)
    untrained = runner.run(initial, control, hidden=False)
    return Restart(
        initial,
        trained.parameters,
        untrained.parameters,
        trained.history,
        trained.score,
        untrained.score,
        len(settings.stages),
    )


def stage_network(problem: Problem, stage: Stage) -> Network:
    """Return the network of one stage, which may have other output units than the final one."""
    settings = problem.network.settings
    units = {
        "output_unit": "linear" if stage.objective == "neo" else "logistic",
        "outputs": stage.outputs or settings.outputs,
    }
    return replace(problem.network, settings=settings.model_copy(update=units))


@dataclass(frozen=True)
class _Trained:
    parameters: np.ndarray
    history: dict[str, np.ndarray]
    score: float


@dataclass(frozen=True)
class _Runner:
    """Runs the stages of one restart."""

    problem: Problem
    number: int
    report: Callable[[Progress], None]
    stop: Stop
    copies_state: Mapping[str, Any]

    def run(self, parameters: np.ndarray, rng: np.random.Generator, hidden: bool) -> _Trained:
        """Run all stages from these parameters; `hidden` False trains the output layer alone."""
        stages = self.problem.settings.stages
        network = stage_network(self.problem, stages[0])
        variants, rows = [(parameters, _empty_history())], 0
        for number, stage in enumerate(stages):
            following = stage_network(self.problem, stage)
            if following != network:
                before = stages[number - 1]
                variants = self._new_read_outs(network, following, before, variants[0])
                network = following
            lanes = Lanes(network, self.problem.data, 2 if stage.objective == "consistency" else 1)
            options = stage_options(stage, hidden)
            state = rng.bit_generator.state
            for v, (start, history) in enumerate(variants):
                rng.bit_generator.state = state
                tell = hidden and v == 0
                end, more = self._stage(number, stage, start, lanes, options, rng, rows, tell)
                variants[v] = (end, _join(history, more, number, rows))
            rows += stage.epochs
        return self._best(variants)

    def _new_read_outs(
        self,
        old: Network,
        new: Network,
        stage: Stage,
        variant: tuple[np.ndarray, dict[str, np.ndarray]],
    ) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
        parameters, history = variant
        net, _ = Lanes(old, self.problem.data).evaluate(parameters)
        if not np.isfinite(net).all():
            return [(np.full(new.size, np.nan), history)]
        ways = linear_read_outs(old, new, parameters, net, clusters_of(net, stage))
        return [(p, history) for p in ways]

    def _stage(
        self,
        number: int,
        stage: Stage,
        start: np.ndarray,
        lanes: Lanes,
        options: StageOptions,
        rng: np.random.Generator,
        before: int,
        tell: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        learner, parts, done, chunk = new_learner(start), [], 0, FIRST_CHUNK
        n_epochs = sum(s.epochs for s in self.problem.settings.stages)
        while done < stage.epochs and not self.stop:
            chunk = min(chunk, stage.epochs - done, _until_look(done, stage))
            parts.append(train_epochs(learner, lanes, options, chunk, rng, self.stop.flag))
            done += len(parts[-1])
            if len(parts[-1]) and tell:
                values = parts[-1][-1]
                self.report(Progress(self.number, number, before + done, n_epochs, values))
            if len(parts[-1]) < chunk or _settled(parts, stage):
                break
            chunk = _next_chunk(self.problem)
        return learner.parameters, np.concatenate([np.empty((0, len(HISTORY))), *parts])

    def _best(self, variants: list[tuple[np.ndarray, dict[str, np.ndarray]]]) -> _Trained:
        pairs = Lanes(self.problem.network, self.problem.data, 2)
        scored = []
        for parameters, history in variants:
            rng = np.random.default_rng(0)
            rng.bit_generator.state = self.copies_state
            score = selection_score(parameters, pairs, self.problem.settings, rng)
            scored.append(_Trained(parameters, history, score))
        return max(scored, key=lambda t: t.score if np.isfinite(t.score) else -np.inf)


def _empty_history() -> dict[str, np.ndarray]:
    return {name: np.empty(0) for name in ("epoch", "stage", *HISTORY)}


def _join(
    history: dict[str, np.ndarray], rows: np.ndarray, stage: int, before: int
) -> dict[str, np.ndarray]:
    columns = {
        "epoch": before + 1.0 + np.arange(len(rows)),
        "stage": np.full(len(rows), float(stage)),
    } | dict(zip(HISTORY, rows.T, strict=True))
    return {name: np.concatenate([history[name], columns[name]]) for name in columns}


def _next_chunk(problem: Problem) -> int:
    """Epochs until Python looks in again: about a tenth of a second."""
    work = len(problem.data.values) * (problem.network.n_units + 1)
    return int(np.clip(CHUNK_STEPS // work, 1, 500))


def _until_look(done: int, stage: Stage) -> int:
    """Epochs until `_settled` looks at the objective: at every multiple of `patience`."""
    return stage.patience - done % stage.patience if stage.stop_below else stage.epochs


def _settled(parts: list[np.ndarray], stage: Stage) -> bool:
    """Whether the objective has improved by less than `stop_below` over the last `patience`."""
    if not stage.stop_below:
        return False
    values = np.concatenate(parts)[:, 0] * (-1 if stage.objective == "neo" else 1)
    n = stage.patience
    if len(values) < 2 * n or len(values) % n:
        return False
    return bool(values[-n:].max() - values[:-n].max() < stage.stop_below)


def _with_final_outputs(problem: Problem, initial: np.ndarray) -> np.ndarray:
    """Initial parameters under the output units that the run ends with, to show the start."""
    stage = problem.settings.stages[0]
    first = stage_network(problem, stage)
    if first == problem.network:
        return initial
    net, _ = Lanes(first, problem.data).evaluate(initial)
    return linear_read_outs(first, problem.network, initial, net, clusters_of(net, stage))[0]


def finished(sequences: Sequences, problem: Problem, results: list[Restart], chosen: int) -> Run:
    """Return the run that keeps the chosen restart, with what the report needs of the data."""
    best, lanes = results[chosen], Lanes(problem.network, problem.data)
    initial = _with_final_outputs(problem, best.initial)

    def outputs(parameters: np.ndarray) -> Outputs:
        net, _ = lanes.evaluate(parameters)
        logistic = problem.network.settings.output_unit == "logistic"
        return Outputs(net, 1.0 / (1.0 + np.exp(-np.clip(net, -700, 700))) if logistic else net)

    return Run(
        settings=problem.settings,
        preprocessing=problem.preprocessing,
        parameters=best.parameters,
        initial_parameters=initial,
        parameter_table=problem.network.table,
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
            "epochs": np.array([len(r.history["epoch"]) for r in results]),
        },
        chosen=chosen,
        lengths=sequences.lengths,
        labels=sequences.labels,
        label_names=sequences.label_names,
        names=sequences.names,
        source=dict(sequences.attributes),
    )
