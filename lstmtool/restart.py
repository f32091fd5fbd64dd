"""One restart: initial weights, the stages in turn, the untrained control, the score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstmtool.config import Stage
from lstmtool.learner import Lanes, new_learner, stage_options, train_epochs
from lstmtool.network import Network, initial_parameters, output_layer_from_data
from lstmtool.problem import Problem, stage_network
from lstmtool.readout import linear_read_outs
from lstmtool.records import HISTORY, StageOptions
from lstmtool.selection import Prepared, clusters_of, selection_score

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


def generators(seed: int, number: int) -> list[np.random.Generator]:
    """Return what draws a restart's weights, its copies, its control's and those for the score."""
    sequence = np.random.SeedSequence(seed, spawn_key=(number,))
    return [np.random.default_rng(s) for s in sequence.spawn(4)]


def run_restart(
    problem: Problem, number: int, report: Callable[[Progress], None], stop: Stop
) -> Restart:
    """Run restart `number` of a problem: train, train the control, score both.

    Parameters
    ----------
    problem : Problem
    number : int
        Seeds the restart together with the run's seed.
    report : callable
        Called with `Progress` records.
    stop : Stop
    """
    settings = problem.settings
    draw, learn, control, copies = generators(settings.seed, number)
    trials = [_initial(problem, draw) for _ in range(settings.initial.trials)]
    initial = _most_promising(problem, trials, learn, stop)
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


def _initial(problem: Problem, rng: np.random.Generator) -> np.ndarray:
    """Draw the initial parameters of the first stage's network."""
    settings = problem.settings.initial
    network = stage_network(problem, problem.settings.stages[0])
    parameters = initial_parameters(network, settings, problem.n_steps, rng)
    if settings.output_layer == "data":
        _, last = problem.lanes(network).evaluate(parameters)
        output_layer_from_data(network, parameters, last.T, rng)
    return parameters


def _most_promising(
    problem: Problem, trials: list[np.ndarray], rng: np.random.Generator, stop: Stop
) -> np.ndarray:
    """Return the initial parameters whose objective is best after the trial epochs.

    All trials learn from the same copies, and `rng` is left as it was: the restart then trains
    the one that is kept from its beginning.
    """
    if len(trials) == 1:
        return trials[0]
    stage, n_epochs = problem.settings.stages[0], problem.settings.initial.trial_epochs
    lanes = problem.lanes(stage_network(problem, stage), _n_copies(stage))
    options, state, values = stage_options(stage), rng.bit_generator.state, []
    for parameters in trials:
        rng.bit_generator.state = state
        learner = new_learner(parameters)
        rows = train_epochs(learner, lanes, options, n_epochs, rng, stop.flag)
        values.append(_late_objective(rows, stage) if len(rows) == n_epochs else -np.inf)
    rng.bit_generator.state = state
    return trials[int(np.argmax(values))]


def _late_objective(rows: np.ndarray, stage: Stage) -> float:
    """Mean objective of the last sixth of the epochs, larger is better: copies make it scatter."""
    late = rows[-max(1, len(rows) // 6) :, 0].mean()
    return float(-late if stage.objective == "neo" else late)


def _n_copies(stage: Stage) -> int:
    """Lanes per sequence: consistency compares two copies."""
    return 2 if stage.objective == "consistency" else 1


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
        variants, rows, prepared = [(parameters, _empty_history())], 0, None
        for number, stage in enumerate(stages):
            following = stage_network(self.problem, stage)
            if following != network:
                before = stages[number - 1]
                if before.objective != "neo":
                    pairs = self.problem.lanes(network, 2)
                    prepared = Prepared.of(variants[0][0], pairs)
                variants = self._new_read_outs(network, following, before, variants[0])
                network = following
            lanes = self.problem.lanes(network, _n_copies(stage))
            options = stage_options(stage, hidden)
            state = rng.bit_generator.state
            for v, (start, history) in enumerate(variants):
                rng.bit_generator.state = state
                tell = hidden and v == 0
                end, more = self._stage(number, stage, start, lanes, options, rng, rows, tell)
                variants[v] = (end, _join(history, more, number, rows))
            rows += stage.epochs
        return self._best(variants, prepared)

    def _new_read_outs(
        self,
        old: Network,
        new: Network,
        stage: Stage,
        variant: tuple[np.ndarray, dict[str, np.ndarray]],
    ) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
        parameters, history = variant
        net, _ = self.problem.lanes(old).evaluate(parameters)
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

    def _best(
        self, variants: list[tuple[np.ndarray, dict[str, np.ndarray]]], prepared: Prepared | None
    ) -> _Trained:
        pairs = self.problem.lanes(self.problem.network, 2)
        scored = []
        for parameters, history in variants:
            score = self._score(parameters, pairs, prepared)
            scored.append(_Trained(parameters, history, score))
        return max(scored, key=lambda t: t.score if np.isfinite(t.score) else -np.inf)

    def _score(self, parameters: np.ndarray, pairs: Lanes, prepared: Prepared | None) -> float:
        settings = self.problem.settings
        if "codes" in settings.selection and prepared is not None:
            outputs = pairs.evaluate(parameters)[0][::2]
            if not np.isfinite(outputs).all():
                return float("nan")
            return prepared.score(clusters_of(outputs, settings.stages[-1]))
        rng = np.random.default_rng(0)
        rng.bit_generator.state = self.copies_state
        return selection_score(parameters, pairs, settings, rng)


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
    work = problem.data.lengths.sum() * (problem.network.n_units + 1)
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
