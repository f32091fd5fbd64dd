"""What a trained agent does: an episode for each goal of a maze, or each mode of a pole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.errors import DataError, UsageError
from lstmtool.records.acting import ActingReview, Episode
from lstmtool.supervised.rules import make_rule, settings_class
from lstmtool.supervised.rules.acting import ActingSettings, Actor, new_film
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.worlds import TMaze, WorldTask

if TYPE_CHECKING:
    from lstmtool.records.task_run import TaskRun

SHOWN = 300
"""Steps of an episode that are kept."""
LONGEST = 10_000
"""Steps after which it is broken off."""
NAMES = {"t-maze": ("goal north", "goal south"), "pole": ("mode A", "mode B")}


def episodes(agent: Actor, task: WorldTask, seed: int) -> tuple[Episode, ...]:
    """Return an episode for each goal, by the agent's own choices, or mode, by the best actions."""
    found = []
    for only, name in zip((1, -1), NAMES[task.name], strict=True):
        film = new_film(SHOWN, agent)
        lived = agent.live(
            *(task.kernel._replace(only=only), np.random.default_rng(seed)),
            steps=1,
            longest=LONGEST,
            learns=False,
            greedy=task.name == "pole",
            film=film,
        )
        n = int(film.length[0])
        found.append(
            Episode(
                name,
                film.state[:n],
                film.seen[:n],
                film.advantages[:n],
                film.actions[:n],
                film.cells[:n],
                int(lived.steps[0]),
                float(lived.rewards[0]),
            )
        )
    return tuple(found)


def trained_agent(trained: TaskRun) -> tuple[WorldTask, Actor]:
    """Return the world and the agent of a file, whose weights are still those drawn.

    Raises
    ------
    DataError
        If they are invalid, or do not fit.
    """
    try:
        task: Any = make(trained.task, **trained.options)
        settings: ActingSettings = settings_class(trained.rule)(**_tuples(trained.settings))
        sizes = tuple(int(n) for n in trained.topology["sizes"])
        agent: Any = make_rule(trained.rule, sizes, settings, np.random.default_rng(0))
    except (UsageError, TypeError, ValueError, KeyError) as error:
        raise DataError("The file describes an invalid agent.", str(error)) from error
    if agent.parameters.shape != trained.parameters.shape or agent.n_inputs != task.n_inputs:
        raise DataError(f"The agent in the file does not fit the task {trained.task}.")
    return task, agent


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()
    }


def review_agent(trained: TaskRun) -> ActingReview:
    """Let the agent of a file act, before and after training.

    Raises
    ------
    DataError
        If the file's task and agent are invalid or do not fit.
    """
    task, agent = trained_agent(trained)
    lived = []
    for parameters in (trained.initial_parameters, trained.parameters):
        agent.parameters[:] = parameters
        lived.append(episodes(agent, task, trained.seed))
    return ActingReview(
        task.name,
        task.title,
        task.source,
        _published(trained),
        task.seen,
        actions_of(agent, task),
        task.length if isinstance(task, TMaze) else 0,
        *lived,
    )


def actions_of(agent: Actor, task: WorldTask) -> tuple[str, ...]:
    """Return the names of all actions, with those that clear and set memory bits."""
    bits = (f"{what} bit {b + 1}" for b in range(agent.n_bits) for what in ("clear", "set"))
    return (*task.actions, *bits)


def _published(trained: TaskRun) -> str:
    for system in SYSTEMS.values():
        if (system.task, system.rule) == (trained.task, trained.rule):
            return f"{system.figure} ({system.source})"
    return ""
