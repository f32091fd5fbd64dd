"""Evaluation of a trained network on new sequences."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.errors import DataError, UsageError
from lstmtool.network.topology import Topology
from lstmtool.records.activations import Activity, Review
from lstmtool.supervised.activations import observe
from lstmtool.supervised.composing import Choice, compose, figures_of
from lstmtool.supervised.free_running import Continuation
from lstmtool.supervised.learning_curves import learning_curves
from lstmtool.supervised.rules import KEPT, make_rule, settings_class
from lstmtool.supervised.rules.base import Rule
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.scoring import judged, mean_squared_errors, right_sequences
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.target_sequences import LEGAL_SET, MOST_ACTIVE, Criterion, Strings
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.blues import BluesChords
from lstmtool.supervised.tasks.counting import AnBn
from lstmtool.supervised.tasks.mackey_glass import MackeyGlass

if TYPE_CHECKING:
    from lstmtool.records.task_run import TaskRun
    from lstmtool.supervised.tasks.base import Task

TESTED, STREAMS = 256, 5  # new sequences, or streams
SHOWN = 100  # steps of a stream whose activations are shown
LETTERS = 10  # n of the string that is shown
FUNCTIONS = 400  # whose learning is shown
COMPOSED = 24  # bars of music
AT_ONCE = 16  # sequences run together, a limit that saves memory


def trained_network(trained: TaskRun) -> tuple[Task, Rule]:
    """Return the task and the trained network of a file.

    Raises
    ------
    DataError
        If they are invalid or do not match.
    """
    task, _, rule = _described(trained, np.random.default_rng(0))
    rule.parameters[:] = trained.parameters
    return task, rule


def _described(trained: TaskRun, rng: np.random.Generator) -> tuple[Task, Any, Rule]:
    """Return the task, the network's shape, and a rule that can run it."""
    try:
        task = make(trained.task, **trained.options)
        shape, rule = _network(trained, rng)
    except (UsageError, TypeError, ValueError, KeyError) as error:
        raise DataError("The file describes an invalid network.", str(error)) from error
    check_fits(trained, task, rule)
    return task, shape, rule


def _network(trained: TaskRun, rng: np.random.Generator) -> tuple[Any, Rule]:
    if trained.rule in KEPT:
        sizes = tuple(int(n) for n in trained.topology["sizes"])
        settings = settings_class(trained.rule)(**trained.settings)
        return sizes, make_rule(trained.rule, sizes, settings, rng)
    topology = Topology.from_dict(trained.topology)
    rule: Rule = (
        Lstm(topology, LstmSettings(1.0), rng)
        if topology.is_one_layer
        else LstmBatch(topology, BatchSettings(1.0), rng)
    )
    return topology, rule


def review(trained: TaskRun) -> Review:
    """Evaluate a trained network on unseen sequences.

    Raises
    ------
    DataError
        If the file's task and network are invalid or do not match.
    """
    task, shape, rule = _described(trained, np.random.default_rng([trained.seed, TESTED]))
    rng, settles = np.random.default_rng([trained.seed, TESTED]), 0
    if isinstance(task, MackeyGlass):
        settles = rule.settles
        task = replace(task, length=task.length + settles)
    sample = task.of(np.array([LETTERS])) if isinstance(task, AnBn) else task.sample(rng, 1)
    tests = [_settled(strings, settles) for strings in _tests(task, rng)]
    seen, scores = [], []
    for parameters in (trained.initial_parameters, trained.parameters):
        rule.parameters[:] = parameters
        steps = SHOWN if task.is_stream else None
        seen.append(_later(observe(rule, task, sample, steps=steps), settles))
        scores.append(_score(rule, task, tests))
    (before, after), ((right_before, error_before), (right_after, error_after)) = seen, scores
    return Review(
        task.title,
        task.source,
        _criterion(task),
        _published(trained, shape),
        STREAMS if task.is_stream else TESTED,
        (right_before, right_after),
        (error_before, error_after),
        before,
        after,
        **_of_kind(trained, task, rule, rng),
    )


def _of_kind(
    trained: TaskRun, task: Task, rule: Rule, later: np.random.Generator
) -> dict[str, Any]:
    """Return what is shown of tasks of one kind alone: learning curves, music, or a series."""
    rng = np.random.default_rng([trained.seed, FUNCTIONS])
    if isinstance(task, MackeyGlass) and task.ahead == 1:
        with np.errstate(all="ignore"):  # a bad network may run away
            return {"freely": Continuation().test(rule, task, later)}
    if task.exempt and isinstance(rule, Lstm):
        initial = trained.initial_parameters
        return {"curves": learning_curves(rule, initial, task, rng, FUNCTIONS)}
    if isinstance(task, BluesChords):
        made = compose(rule, task, rng, COMPOSED, Choice())
        return {"score": made.score, "played": figures_of(made.judgement)}
    return {}


def check_fits(trained: TaskRun, task: Task, network: Rule | Topology) -> None:
    """Refuse a file whose network is not one for its task.

    Raises
    ------
    DataError
        If sizes differ.
    """
    wanted, got = (task.n_inputs, task.n_outputs), (network.n_inputs, network.n_outputs)
    if wanted != got:
        raise DataError(
            f"The network does not fit the task {task.name}.",
            f"It has {got[0]} inputs and {got[1]} outputs, the task {wanted[0]} and {wanted[1]}.",
        )
    size = network.size if isinstance(network, Topology) else len(network.parameters)
    if len(trained.parameters) != size:
        raise DataError(f"The network has {size} parameters, the file {len(trained.parameters)}.")


def _tests(task: Task, rng: np.random.Generator) -> list[Strings]:
    if task.is_stream:
        return [task.sample(rng, 1) for _ in range(STREAMS)]
    return [task.sample(rng, AT_ONCE) for _ in range(TESTED // AT_ONCE)]


def _score(rule: Rule, task: Task, tests: list[Strings]) -> tuple[int, float]:
    """Return the number of right sequences, and the mean squared error of all."""
    right, errors = 0, []
    for strings in tests:
        outputs = np.empty_like(strings.targets)
        rule.run(strings, outputs)
        scored = judged(strings, task.exempt)
        right += int(right_sequences(scored, outputs, task.criterion).sum())
        errors.append(mean_squared_errors(strings, outputs))
    return right, float(np.concatenate(errors).mean())


def _published(trained: TaskRun, shape: Any) -> str:
    """Return what was published about this network and training, if anything."""
    for system in SYSTEMS.values():
        if not (system.ours or system.rival) and (
            (system.task, system.options) == (trained.task, trained.options)
            and (system.rule, system.update) == (trained.rule, trained.update)
            and system.topology == shape
            and _as_stored(asdict(system.settings))
            == _as_stored(_defaults(system.settings)) | trained.settings
        ):
            return f"{system.figure} ({system.source})"
    return ""


def _defaults(settings: Any) -> dict[str, Any]:
    """Return the values of settings that older files lack."""
    return {f.name: f.default for f in fields(settings) if f.default is not MISSING}


def _as_stored(settings: dict[str, Any]) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(json.dumps(settings))
    return stored


def _criterion(task: Task) -> str:
    said = words(task.criterion)
    return f"{said}, from step {task.exempt + 1} on" if task.exempt else said


def words(criterion: Criterion) -> str:
    """Return the criterion for a right step in words."""
    if criterion.kind == MOST_ACTIVE:
        return "the outputs of the legal symbols are the most active ones"
    if criterion.kind == LEGAL_SET:
        return f"the outputs above {criterion.bound:g} are the legal symbols and no others"
    return f"every output is within {criterion.bound:g} of its target"


def _settled(strings: Strings, settles: int) -> Strings:
    """Return sequences without scores where the network has not settled yet."""
    scored = strings.scored.copy()
    for start in strings.starts[:-1]:
        scored[start : start + settles] = False
    return strings._replace(scored=scored)


def _later(seen: Activity, settles: int) -> Activity:
    """Return activations from the step on at which the network has settled."""
    panels = tuple(panel._replace(values=panel.values[settles:]) for panel in seen.panels)
    parts = (getattr(seen, name)[settles:] for name in ("targets", "scored", "right", "letters"))
    targets, scored, right, letters = parts
    return Activity(seen.title, panels, targets, scored, right, letters)
