"""Episodes: an agent sees, acts and learns in a world."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.acting.advantages import (
    Explorer,
    best,
    choose,
    error_of,
    highest,
    learn_temperature,
    temperature_of,
)
from lstmtool.kernels.acting.elman import ElmanPart, begin_elman, learn_with_elman, see_with_elman
from lstmtool.kernels.acting.lstm import LstmPart, begin_lstm, see_with_lstm, trace_lstm
from lstmtool.kernels.acting.table import (
    TablePart,
    begin_table,
    see_with_table,
    set_bit,
    trace_table,
)
from lstmtool.kernels.acting.worlds import act, begin, n_actions, observe

LSTM, ELMAN, TABLE = 0, 1, 2


class Agent(NamedTuple):
    """An agent of one kind; the parts of the others are not used."""

    kind: int
    lstm: LstmPart
    elman: ElmanPart
    table: TablePart
    explorer: Explorer
    advantages: np.ndarray  # (K,) of what is seen now
    before: np.ndarray  # (K,) of what was seen before the last action


class Film(NamedTuple):
    """The first F steps of a call's first episode; none if there is no room."""

    state: np.ndarray  # (F, N_STATE) of the world
    seen: np.ndarray  # (F, X)
    advantages: np.ndarray  # (F, K)
    actions: np.ndarray  # (F,) int64
    cells: np.ndarray  # (F, C) states of an LSTM network
    length: np.ndarray  # (1,) int64 steps


class Limits(NamedTuple):
    """When a call ends."""

    steps: int  # no episode begins after as many
    longest: int  # steps of an episode


@kernel_without_nrt
def begin_agent(agent):
    """Reset the agent for an episode."""
    if agent.kind == LSTM:
        begin_lstm(agent.lstm)
    elif agent.kind == ELMAN:
        begin_elman(agent.elman)
    else:
        begin_table(agent.table)


@kernel_without_nrt
def see(agent, state, seen):
    """Let the agent see, and find the advantages of its actions."""
    if agent.kind == LSTM:
        see_with_lstm(agent.lstm, seen, agent.advantages)
    elif agent.kind == ELMAN:
        see_with_elman(agent.elman, seen, agent.advantages)
    else:
        see_with_table(agent.table, state, seen, agent.advantages)


@kernel_without_nrt
def trace(agent, action, fading):
    """Make all weights eligible that the action's advantage depends on."""
    if agent.kind == LSTM:
        trace_lstm(agent.lstm, action, fading)
    elif agent.kind == TABLE:
        trace_table(agent.table, action, fading)


@kernel_without_nrt
def learn(agent, constants, action, error, ended, closes):
    """Change the weights by rate times error times trace; Elman's network learns at the end."""
    change = constants.rate * error
    if agent.kind == ELMAN:
        fading = constants.gamma * constants.decay
        learn_with_elman(agent.elman, action, error, fading, constants.rate, ended, closes)
    elif constants.rate == 0.0:
        return
    elif agent.kind == LSTM:
        values, traced = agent.lstm.values, agent.lstm.trace
        for p in range(values.shape[0]):
            values[p] += change * traced[p]
    else:
        table = agent.table
        for row in range(table.values.shape[0]):
            for a in range(table.values.shape[1]):
                table.values[row, a] += change * table.trace[row, a]


@kernel_without_nrt
def note(film, t, agent, state, seen):
    """Keep step t before its action."""
    if t >= film.actions.shape[0]:
        return
    film.length[0] = t + 1
    for i in range(state.shape[0]):
        film.state[t, i] = state[i]
    for i in range(seen.shape[0]):
        film.seen[t, i] = seen[i]
    for a in range(agent.advantages.shape[0]):
        film.advantages[t, a] = agent.advantages[a]
    for c in range(film.cells.shape[1]):
        film.cells[t, c] = agent.lstm.memory.state[c]


@kernel(costs=("acting and learning", 8))
def live(agent, world, constants, limits, rng, scratch, film, episodes):
    """Live episodes, and learn if the rate is not 0.

    Parameters
    ----------
    scratch : tuple of ndarray
        State of the world (N_STATE,), and what is seen (X,).
    episodes : ndarray of shape (E, 3)
        Overwritten, a row for every episode: last reward, steps, sum of squared errors.

    Returns
    -------
    tuple of int
        Episodes, at most E, and steps.
    """
    state, seen = scratch
    fading, explorer = constants.gamma * constants.decay, agent.explorer
    n_world, done, count = n_actions(world), 0, 0
    while count < episodes.shape[0] and done < limits.steps:
        begin(world, state, rng)
        begin_agent(agent)
        observe(world, state, rng, seen)
        see(agent, state, seen)
        y, t, ended, reward, squares = temperature_of(explorer, 0, seen), 0, False, 0.0, 0.0
        while not ended and t < limits.longest:
            if count == 0:
                note(film, t, agent, state, seen)
            for a in range(agent.before.shape[0]):
                agent.before[a] = agent.advantages[a]
            if constants.greedy:
                action = best(agent.before)
            else:
                action = choose(agent.before, max(y, explorer.lowest), rng)
            if count == 0 and t < film.actions.shape[0]:
                film.actions[t] = action
            if constants.rate > 0.0:
                trace(agent, action, fading)
            reward = 0.0
            if action < n_world:
                reward, ended = act(world, state, action)
            else:
                set_bit(agent.table, action - n_world)
            value_after, y_after = 0.0, 0.0
            if not ended:
                observe(world, state, rng, seen)
                see(agent, state, seen)
                value_after = highest(agent.advantages)
                y_after = temperature_of(explorer, (t + 1) % 2, seen)
            error = error_of(constants, agent.before, action, reward, value_after)
            if constants.rate > 0.0:
                target = explorer.scale * abs(error) + explorer.beta * y_after
                learn_temperature(explorer, t % 2, target - y)
            t += 1
            learn(agent, constants, action, error, ended, ended or t == limits.longest)
            squares += error * error
            y = y_after
        episodes[count, 0] = reward
        episodes[count, 1] = t
        episodes[count, 2] = squares
        count += 1
        done += t
    return count, done
