"""Training runs: restarts beside each other, the label-free choice, the finished run.

Prints nothing and opens nothing. Every restart draws from a generator of its own, seeded by the
run's seed and the restart's number, so results depend neither on the number of threads nor on
how many restarts run beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal

import numpy as np

from lstmtool.character import note
from lstmtool.config import TrainSettings
from lstmtool.errors import DivergedError
from lstmtool.problem import Problem, prepare, stage_network
from lstmtool.readout import linear_read_outs
from lstmtool.restart import Progress, Restart, Stop, run_restart
from lstmtool.run import Outputs, Run
from lstmtool.selection import clusters_of
from lstmtool.sequences import Sequences


def train(
    sequences: Sequences,
    settings: TrainSettings,
    *,
    threads: int = 1,
    checkpoint_states: int | Literal["auto"] = "auto",
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
        Restarts that run at the same time; where there are fewer, each takes several threads for
        its sequences. The result does not depend on it.
    checkpoint_states : int or "auto"
        Steps between states kept for the backward pass, see `learner.Means`; nor on this.
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
    problem = prepare(sequences, settings, checkpoint_states)
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
    numbers = range(problem.settings.restarts)
    beside = min(threads, len(numbers))
    means = replace(problem.means, threads=max(1, threads // beside))
    problem = replace(problem, means=means)
    with ThreadPoolExecutor(max_workers=beside) as pool:
        return list(pool.map(lambda number: run_restart(problem, number, report, stop), numbers))


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
            "The learning rates are too large for these inputs, or the inputs are too large.",
            "Lower them all, e.g. --rate-factor 0.1; whiten the inputs (--scaling whiten).",
        )
    return int(np.argmax(scores))


def _with_final_outputs(problem: Problem, initial: np.ndarray) -> np.ndarray:
    """Initial parameters under the output units that the run ends with, to show the start.

    A single linear unit is placed along the direction that separates the initial codes best, as
    it would be between two stages.
    """
    stage = problem.settings.stages[0]
    first = stage_network(problem, stage)
    if first == problem.network:
        return initial
    net, _ = problem.lanes(first).evaluate(initial)
    return linear_read_outs(first, problem.network, initial, net, clusters_of(net, stage))[0]


def finished(sequences: Sequences, problem: Problem, results: list[Restart], chosen: int) -> Run:
    """Return the run that keeps the chosen restart, with what the report needs of the data."""
    best, lanes = results[chosen], problem.lanes(problem.network)
    initial = _with_final_outputs(problem, best.initial)

    def outputs(parameters: np.ndarray) -> Outputs:
        net, _ = lanes.evaluate(parameters)
        return Outputs.of(net, problem.network.settings.output_unit)

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
        notes=(note(sequences, problem.settings),),
    )
