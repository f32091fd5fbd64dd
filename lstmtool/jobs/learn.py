"""What `lstmtool learn` does: train a published system, or one like it, on its task."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.interruption import cluster_at, provenance_of, workers_on
from lstmtool.jobs.learn_shards import check_shared, shards_of
from lstmtool.jobs.progress import progress
from lstmtool.jobs.task_data import opened_task
from lstmtool.jobs.unfinished import ARRAYS, Unfinished, checkpoint, refuse_to_overwrite, taking

if TYPE_CHECKING:
    from lstmtool.records.run import CheckpointEntry
    from lstmtool.records.task_run import TaskRun
    from lstmtool.supervised.batch_shards import BatchShards
    from lstmtool.supervised.system import System
    from lstmtool.supervised.tasks.base import Task
    from lstmtool.supervised.trials import Trial
    from lstmtool.training.checkpoint import CheckpointStore
    from lstmtool.training.stage import Stop

LSTM_RULES = ("lstm", "lstm-bptt", "lstm-batch", "momentum", "hessian-free", "kalman")
KEPT_EVERY = 1.0
"""Seconds between checkpoints of a trial."""


@dataclass(frozen=True)
class TaskRequest:
    """What the user asked for; None leaves a choice to the publication."""

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
    resume: bool
    force: bool
    as_json: bool
    provenance: bool
    stream: bool = False
    cluster: str | None = None
    shards: int | str | None = None


def train_task(request: TaskRequest) -> None:
    """Train on a task and write the trained network.

    Raises
    ------
    UsageError
        If the task, system, rule or network is invalid.
    DataError
        If the network to start from does not fit the task.
    DivergedError
        If the weights overflow.
    """
    from lstmtool.io.trained import write_trained

    stem, resume, force = f"trained-{request.task}", request.resume, request.force
    with (
        taking(request.output, stem, "learn", resume=resume, force=force) as target,
        ExitStack() as stack,
    ):
        found = chosen(request)
        folder, stream = target.parent, request.stream
        task = stack.enter_context(opened_task(found.task, found.options, folder, stream=stream))
        system = fitted(found, request, task)
        shareable = check_shared(system, request.cluster, request.shards)
        start = None if request.network is None else parameters_of(request.network, system)
        cluster = stack.enter_context(cluster_at(request.cluster if shareable else None))
        number = request.shards or (None if cluster is None else "auto")
        client = stack.enter_context(workers_on(number, cluster))
        kept = _begun(target, _plan(system, request.seed, start, task), request)
        began = time.perf_counter()
        if not request.as_json:
            say_limits(system, request.seed)
        with kept.session() as stop:
            elsewhere = None if client is None else shards_of(client, number, system, stop)
            trial = _trial(system, request.seed, start, kept.store, stop, task, elsewhere)
            check_finite(trial)
        trained = as_record(system, trial, request.seed)
        if request.provenance:
            spent = provenance_of(time.perf_counter() - began)
            trained = replace(trained, provenance=spent)
        with kept.finishing():
            write_trained(target, trained)
        _say(trained, target, request.as_json)


def _plan(system: System, seed: int, start: Any, task: Task) -> dict[str, Any]:
    """Return everything that determines the network, as JSON values."""
    from hashlib import sha256

    from lstmtool import __version__

    names = ("name", "task", "options", "rule", "update")
    said = {name: getattr(system, name) for name in names}
    parts = {name: asdict(getattr(system, name)) for name in ("settings", "stop")}
    parts["topology"] = shape_of(system)
    given = None if start is None else sha256(start.tobytes()).hexdigest()
    plan: dict[str, Any] = as_json_values(said | parts | {"seed": seed, "network": given})
    if (frames := getattr(task, "frames", None)) is not None:
        plan["data"] = frames.fingerprint()
    return {"version": __version__, "plan": plan}


def _begun(target: Path, plan: dict[str, Any], request: TaskRequest) -> Unfinished:
    """Start, or resume what there is if its plan is the same."""
    from lstmtool.io.naming import beside
    from lstmtool.io.partial import refuse_other
    from lstmtool.io.unfinished import read_parts

    document, parts = (request.resume and read_parts(beside(target, ARRAYS), "learn")) or (plan, {})
    kept = checkpoint(target, "learn", 1, "trials", plan, parts)
    refuse_other(kept.path, document.get("plan"), plan["plan"])
    refuse_to_overwrite(target, request.force or not request.resume)
    kept.say_going_on()
    kept.store.save()
    return kept


def _trial(
    system: System,
    seed: int,
    start: Any,
    store: CheckpointStore,
    stop: Stop,
    task: Task,
    elsewhere: BatchShards | None,
) -> Trial:
    """Run the trial, or the rest of it."""
    from lstmtool.supervised.trials import Trial, run_trial
    from lstmtool.training.checkpoint import Entries
    from lstmtool.training.runner import run_items
    from lstmtool.training.stage import Stopped
    from lstmtool.training.threads import Threads

    kept = store.under_way("trial/0")
    done = kept[0].values.get("sequences") if kept else 0
    before = done if isinstance(done, int) else 0
    with progress(system.stop.limit, system.stop.kind, before, limit=True) as show:

        def work(system: System, number: int, stop: Stop, tell: Any) -> Trial:
            looked = time.monotonic()

            def keep(entry: Callable[[], CheckpointEntry]) -> None:
                nonlocal looked
                if stop or time.monotonic() - looked >= KEPT_EVERY:
                    store.put(f"trial/{number}", entry())
                    looked = time.monotonic()
                if stop:
                    raise Stopped

            return run_trial(
                system,
                seed,
                number,
                tell=lambda done, error: show(system.name, done, f"error {error:.4g}"),
                start=start,
                keep=keep,
                kept=kept[0] if kept else None,
                task=task,
                elsewhere=elsewhere,
            )

        trials = Entries(store, "trial", Trial.entry, Trial.of)
        (trial,) = run_items(work, system, [0], trials, executor=Threads(1), stop=stop)
    return trial  # type: ignore[no-any-return]


def list_systems(task: str | None, as_json: bool) -> None:
    """Print the trainable systems of a task or, without one, the documents' systems and figures.

    Raises
    ------
    UsageError
        If there is no such task, or it has no system.
    """
    if task is None:
        _list_documents(as_json)
        return
    from lstmtool.errors import UsageError
    from lstmtool.names import TRAINABLE
    from lstmtool.supervised.systems import trainable
    from lstmtool.supervised.tasks import make

    make(task)
    found = trainable(task)
    if not found:
        raise UsageError(
            f"No network for {task} can be trained here.",
            fix=f"Tasks that have one: {', '.join(TRAINABLE)}.",
        )
    if as_json:
        import json

        keys = ("name", "task", "rule", "n_weights", "source", "ours")
        rows = [{key: getattr(system, key) for key in keys} for system in found]
        click.echo(json.dumps(rows, indent=1))
        return
    for system in found:
        click.echo(
            f"{system.task:<22}{system.name:<32}{system.n_weights:>6} weights  {system.rule}"
        )
        if system.ours:
            click.echo(fill(system.ours, 98, initial_indent=" " * 22, subsequent_indent=" " * 22))


def _list_documents(as_json: bool) -> None:
    from shutil import get_terminal_size

    from lstmtool.report.tasks import measured

    if as_json:
        import json

        click.echo(json.dumps(measured.rows(), indent=1, ensure_ascii=False))
        return
    for line in (*measured.lines(get_terminal_size().columns), *measured.MORE):
        click.echo(line)


def check_finite(trial: Trial) -> None:
    """Raise DivergedError if the weights have overflowed."""
    import numpy as np

    from lstmtool.errors import DivergedError

    if not np.isfinite(trial.parameters).all():
        raise DivergedError(
            f"The weights overflowed within {trial.sequences:,} sequences.",
            fix="Choose a smaller --rate or --momentum.",
        )


def chosen(request: TaskRequest) -> System:
    """Return the published system with the user's options of the task."""
    from lstmtool.errors import UsageError
    from lstmtool.jobs.task_data import options_of
    from lstmtool.names import TRAINABLE
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.rules import KEPT
    from lstmtool.supervised.systems import choice_for, find_system, published_for
    from lstmtool.supervised.tasks import make

    given = options_of(request.task, request.task_options)
    make(request.task, **given)  # refuses bad options first
    named = None if request.system is None else find_system(request.system, request.task)
    found = named or published_for(request.task)
    if found is None:
        raise UsageError(
            f"No network for {request.task} can be trained here.",
            fix=f"Tasks that have one: {', '.join(TRAINABLE)}.",
        )
    if found.task != request.task:
        raise UsageError(
            f"The system {found.name} is one for {found.task}, not for {request.task}.",
            fix=choice_for(request.task),
        )
    if found.rule in KEPT:
        return _resolved_as_kept(found, request, given)
    if not isinstance(found.topology, Topology):
        raise UsageError(
            f"The system {found.name} is not an LSTM network.",
            fix=f"`lstmtool reproduce {found.study} --systems {found.name}` trains it.",
        )
    return replace(found, options=found.options | given)


def fitted(system: System, request: TaskRequest, task: Task) -> System:
    """Return a system with the user's changes and as many inputs and outputs as the task."""
    from lstmtool.supervised.early_stopping import EarlyStopping
    from lstmtool.supervised.rules import KEPT

    if system.rule in KEPT:
        return system
    topology = replace(
        system.topology, n_inputs=task.n_inputs, n_outputs=task.n_outputs, **request.topology
    )
    rule, settings, update = _learning(system, request)
    stop = system.stop if request.limit is None else replace(system.stop, limit=request.limit)
    if isinstance(stop, EarlyStopping) and "batch" in request.settings:
        at_once = -(-stop.at_once // settings.batch) * settings.batch  # whole updates
        stop = replace(stop, at_once=at_once)
    return replace(
        system, topology=topology, settings=settings, stop=stop, rule=rule, update=update
    )


def _resolved_as_kept(system: System, request: TaskRequest, given: dict[str, Any]) -> System:
    """Return a system of a rule of `KEPT` with the user's changes."""
    from dataclasses import fields

    from lstmtool.errors import UsageError

    known = {field.name for field in fields(system.settings)}
    others = [f"--{name.replace('_', '-')}" for name in request.topology]
    others += [f"--{name}" for name in request.settings if name not in known]
    others += ["--rule"] if request.rule not in (None, system.rule) else []
    others += ["--network"] if request.network is not None else []
    if others:
        raise UsageError(
            f"{' and '.join(others)} cannot be given with the system {system.name}.",
            f"Its network is not LSTM: its rule is {system.rule}.",
        )
    stop = system.stop if request.limit is None else replace(system.stop, limit=request.limit)
    settings = replace(system.settings, **request.settings)
    return replace(system, options=system.options | given, settings=settings, stop=stop)


def shape_of(system: System) -> dict[str, Any]:
    """Return the network's shape as JSON values."""
    from lstmtool.network.topology import Topology

    if isinstance(system.topology, Topology):
        return asdict(system.topology)
    return {"sizes": list(system.topology)}


def say_limits(system: System, seed: int) -> None:
    """Say before training what is known of a reservoir's stability."""
    from lstmtool.supervised.rules import make_rule
    from lstmtool.supervised.trials import generators

    if system.rule == "echo-state":
        rule: Any = make_rule(system.rule, system.topology, system.settings, generators(seed, 0)[0])
        click.echo(rule.stability().words)


def _learning(system: System, request: TaskRequest) -> tuple[str, Any, Any]:
    """Return rule, settings and update: the system's, or those of another rule."""
    from lstmtool.errors import UsageError
    from lstmtool.supervised.rules import check_rule
    from lstmtool.supervised.rules.hessian_free import HessianFreeSettings
    from lstmtool.supervised.rules.kalman import KalmanSettings
    from lstmtool.supervised.rules.lstm import LstmSettings, started_as
    from lstmtool.supervised.rules.lstm_batch import BatchSettings
    from lstmtool.supervised.rules.momentum import MomentumSettings
    from lstmtool.supervised.systems import choice_for

    rule = system.rule if request.rule is None else request.rule
    check_rule(rule)
    if rule not in LSTM_RULES:
        raise UsageError(
            f"The rule {rule} is not for LSTM networks.",
            fix=f"Rules of such networks: {', '.join(LSTM_RULES)}.",
        )
    s, update = system.settings, system.update
    if not isinstance(s, LstmSettings) and rule != system.rule:
        raise UsageError(
            f"The system {system.name} is for the rule {system.rule}, not for {rule}.",
            fix=f"Leave --rule out. {choice_for(system.task)}",
        )
    for name, words in (
        ("kalman", "A Kalman filter"),
        ("hessian-free", "Hessian-free optimisation"),
    ):
        if rule == name and request.settings:
            raise UsageError(f"{words} has no {' and no '.join(request.settings)}.")
    others: dict[str, Any] = {
        "kalman": KalmanSettings(),
        "lstm-batch": BatchSettings(0.01),
        "momentum": MomentumSettings(0.01, centred=False),
        "hessian-free": HessianFreeSettings(),
    }
    if rule in others:
        s = s if rule == system.rule else started_as(others[rule], s)
        update = "step" if rule == "kalman" else "batch"
    elif (rule, update) == ("lstm-bptt", "step"):
        update = "sequence"
    if "batch" in request.settings and rule != "lstm-batch":
        raise UsageError(f"The rule {rule} has no batches.", fix="Leave --batch out.")
    return rule, replace(s, **request.settings), update


def parameters_of(path: Path, system: System) -> Any:
    """Return the parameters of a trained network, to start from.

    Raises
    ------
    DataError
        If the network's shape differs from the system's.
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
            "Choose a network trained on this task, or give its shape by options.",
        )
    return found.parameters


def as_json_values(value: Any) -> Any:
    """Return a value as read back from JSON, with lists for tuples."""
    import json

    return json.loads(json.dumps(value))


def as_record(system: System, trial: Trial, seed: int) -> TaskRun:
    """Return the contents of the file."""
    from lstmtool.network.topology import Topology
    from lstmtool.records.task_run import TaskRun
    from lstmtool.supervised.rules import make_rule
    from lstmtool.supervised.trials import generators

    shape: Any = system.topology
    topology = as_json_values(shape_of(system))
    if isinstance(shape, Topology):
        topology, table = as_json_values(shape.as_dict()), shape.table
    else:
        rule: Any = make_rule(system.rule, shape, system.settings, generators(seed, 0)[0])
        table = rule.table
    return TaskRun(
        task=system.task,
        options=dict(system.options),
        rule=system.rule,
        topology=topology,
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
        n_weights=system.n_weights,
        parameter_table=table,
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
    done = "converged" if trained.counted == "epochs" else "solved"
    outcome = f"{done} after" if trained.solved else f"not {done} after"
    said = (
        f"{trained.task}, {trained.n_weights} weights: {outcome} {trained.sequences:,} "
        f"{trained.counted}"
    )
    click.echo(f"{said}; {shown}." if shown else f"{said}.")
    say_path(target)
