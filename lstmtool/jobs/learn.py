"""What `lstmtool learn` does: train a published system, or one like it, on its task."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say, say_path, writing
from lstmtool.jobs.interruption import provenance_of, say_compiling
from lstmtool.jobs.task_progress import progress

if TYPE_CHECKING:
    from lstmtool.records.task_run import TaskRun
    from lstmtool.supervised.system import System
    from lstmtool.supervised.trials import Trial

LSTM_RULES = ("lstm", "lstm-bptt", "lstm-batch", "kalman")


@dataclass(frozen=True)
class TaskRequest:
    """What the user asked for; None where the publication decides."""

    task: str
    system: str | None
    rule: str | None
    limit: int | None
    task_options: tuple[str, ...]
    network: Path | None
    topology: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    output: Path | None
    force: bool
    as_json: bool
    provenance: bool


def train_task(request: TaskRequest) -> None:
    """Train on a task and write the trained network.

    Raises
    ------
    UsageError
        If there is no such task, system or rule, or the network cannot be.
    DataError
        If the network to start from does not fit the task.
    DivergedError
        If the weights grow beyond all numbers.
    """
    from lstmtool.supervised.trials import run_trial

    system = resolve(request)
    start = None if request.network is None else parameters_of(request.network, system)
    with writing(request.output, f"trained-{system.task}", request.force) as target:
        say_compiling()
        began = time.perf_counter()
        with progress(1, system.stop.limit, system.stop.kind) as tell:
            trial = run_trial(system, request.seed, tell=tell, start=start, keep=True)
        check_finite(trial)
        if trial.interruption and (trial.parameters == trial.initial).all():
            say("Interrupted before anything was learned: no network was written.")
            raise trial.interruption
        trained = as_record(system, trial, request.seed)
        if request.provenance:
            spent = provenance_of(time.perf_counter() - began)
            trained = replace(trained, provenance=spent)

        from lstmtool.io.trained import write_trained

        write_trained(target, trained)
        _say(trained, target, request.as_json)
        if trial.interruption:
            say(f"Interrupted: {target} holds what was learned until then.")
            say(f"The same command with --network {target} and another -o starts from there.")
            raise trial.interruption


def list_systems(task: str | None, as_json: bool) -> None:
    """Print the systems of a task, or of all tasks, that can be trained.

    Raises
    ------
    UsageError
        If there is no such task, or it has no system.
    """
    from lstmtool.errors import UsageError
    from lstmtool.names import TRAINABLE
    from lstmtool.supervised.systems import trainable
    from lstmtool.supervised.tasks import make

    if task is not None:
        make(task)
    tasks = TRAINABLE if task is None else (task,)
    found = [system for name in tasks for system in trainable(name)]
    if not found:
        raise UsageError(
            f"No LSTM network was published for {task}.",
            fix="`lstmtool learn --list` names the tasks that have one.",
        )
    if as_json:
        import json

        keys = ("name", "task", "rule", "n_weights", "source", "ours")
        rows = [{key: getattr(system, key) for key in keys} for system in found]
        click.echo(json.dumps(rows, indent=1))
        return
    for system in found:
        click.echo(
            f"{system.task:<16}{system.name:<26}{system.n_weights:>6} weights  {system.rule}"
        )
        if system.ours:
            click.echo(fill(system.ours, 98, initial_indent=" " * 16, subsequent_indent=" " * 16))


def check_finite(trial: Trial) -> None:
    """Complain about weights that are no numbers any more.

    Raises
    ------
    DivergedError
        If there are any.
    """
    import numpy as np

    from lstmtool.errors import DivergedError

    if not np.isfinite(trial.parameters).all():
        raise DivergedError(
            f"The weights grew beyond all numbers within {trial.sequences:,} sequences.",
            fix="Choose a smaller --rate or --momentum.",
        )


def resolve(request: TaskRequest) -> System:
    """Return the published system with what the user changed."""
    from lstmtool.errors import UsageError
    from lstmtool.jobs.task_data import options_of
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.systems import choice_for, find_system, published_for
    from lstmtool.supervised.tasks import make

    given = options_of(request.task, request.task_options)
    make(request.task, **given)  # complains about options first
    named = None if request.system is None else find_system(request.system, request.task)
    found = named or published_for(request.task)
    if found is None:
        raise UsageError(
            f"No LSTM network was published for {request.task}.",
            fix="`lstmtool learn --list` names the tasks that have one.",
        )
    if found.task != request.task:
        raise UsageError(
            f"The system {found.name} is one for {found.task}, not for {request.task}.",
            fix=choice_for(request.task),
        )
    if not isinstance(found.topology, Topology):
        raise UsageError(
            f"The system {found.name} is no LSTM network.",
            fix=f"`lstmtool reproduce classic --systems {found.name}` trains it.",
        )
    options = found.options | given
    task = make(request.task, **options)
    topology = replace(
        found.topology, n_inputs=task.n_inputs, n_outputs=task.n_outputs, **request.topology
    )
    rule, settings, update = _learning(found, request)
    stop = found.stop if request.limit is None else replace(found.stop, limit=request.limit)
    return replace(
        found,
        options=options,
        topology=topology,
        settings=settings,
        stop=stop,
        rule=rule,
        update=update,
    )


def _learning(system: System, request: TaskRequest) -> tuple[str, Any, Any]:
    """Return rule, settings and update: those of the system, or what goes with another rule."""
    from lstmtool.errors import UsageError
    from lstmtool.supervised.rules import check_rule
    from lstmtool.supervised.rules.kalman import KalmanSettings
    from lstmtool.supervised.rules.lstm import started_as
    from lstmtool.supervised.rules.lstm_batch import BatchSettings
    from lstmtool.supervised.systems import choice_for

    rule = system.rule if request.rule is None else request.rule
    check_rule(rule)
    if rule not in LSTM_RULES:
        raise UsageError(
            f"The rule {rule} is not one for LSTM networks.",
            fix=f"Rules of such networks: {', '.join(LSTM_RULES)}.",
        )
    s, update = system.settings, system.update
    if isinstance(s, KalmanSettings | BatchSettings) and rule != system.rule:
        raise UsageError(
            f"The system {system.name} is one for the rule {system.rule}, not for {rule}.",
            fix=f"Leave --rule out. {choice_for(system.task)}",
        )
    if rule == "kalman":
        if request.settings:
            raise UsageError(f"A Kalman filter has no {' and no '.join(request.settings)}.")
        s, update = s if rule == system.rule else started_as(KalmanSettings(), s), "step"
    elif rule == "lstm-batch":
        s, update = s if rule == system.rule else started_as(BatchSettings(0.01), s), "batch"
    elif (rule, update) == ("lstm-bptt", "step"):
        update = "sequence"
    return rule, replace(s, **request.settings), update


def parameters_of(path: Path, system: System) -> Any:
    """Return the parameters of a trained network, to start from.

    Raises
    ------
    DataError
        If the network is of another shape than the system's.
    """
    from lstmtool.errors import DataError
    from lstmtool.io.trained import read_trained

    found = read_trained(path)
    wanted = as_json_values(system.topology.as_dict())
    other = [name for name, value in wanted.items() if found.topology.get(name) != value]
    if other or len(found.parameters) != system.topology.size:
        told = ", ".join(f"{n}: {found.topology.get(n)}, not {wanted[n]}" for n in other[:3])
        raise DataError(
            f"The network in {path} does not fit the task {system.task}.",
            told or f"It has {len(found.parameters)} parameters, not {system.topology.size}.",
            "Choose a network that was trained on this task, or give its shape by options.",
        )
    return found.parameters


def as_json_values(value: Any) -> Any:
    """Return a value as JSON gives it back: lists for tuples."""
    import json

    return json.loads(json.dumps(value))


def as_record(system: System, trial: Trial, seed: int) -> TaskRun:
    """Return what the file is to hold."""
    from lstmtool.records.task_run import TaskRun

    return TaskRun(
        task=system.task,
        options=dict(system.options),
        rule=system.rule,
        topology=as_json_values(system.topology.as_dict()),
        settings=as_json_values(asdict(system.settings)),
        update=system.update,
        seed=seed,
        solved=trial.solved,
        sequences=trial.sequences,
        counted=system.stop.kind,
        figures=trial.figures,
        history=trial.history,
        initial_parameters=trial.initial,
        parameters=trial.parameters,
        n_weights=system.topology.n_weights,
        parameter_table=system.topology.table,
    )


def _say(trained: TaskRun, target: Path, as_json: bool) -> None:
    summary = {
        "task": trained.task,
        "rule": trained.rule,
        "weights": trained.n_weights,
        "solved": trained.solved,
        trained.counted: trained.sequences,
        "figures": trained.figures,
    }
    if as_json:
        import json

        click.echo(json.dumps(summary | {"file": str(target)}, allow_nan=False))
        return
    shown = ", ".join(f"{name}: {value:.6g}" for name, value in trained.figures.items())
    outcome = "solved after" if trained.solved else "not solved after"
    said = (
        f"{trained.task}, {trained.n_weights} weights: {outcome} {trained.sequences:,} "
        f"{trained.counted}"
    )
    click.echo(f"{said}; {shown}." if shown else f"{said}.")
    say_path(target)
