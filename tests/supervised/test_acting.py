"""Agents that act: worlds, exact values, traces by definition, twins of every kind of agent."""

from collections import defaultdict
from dataclasses import replace
from math import cos, pi, sin

import numba
import numpy as np
import pytest

from lstmtool.errors import DataError, UsageError
from lstmtool.kernels.acting.advantages import choose, learn_temperature, temperature_of
from lstmtool.kernels.acting.worlds import act, begin, observe
from lstmtool.supervised.acting import Balancing, Mastering
from lstmtool.supervised.acting_review import review_agent
from lstmtool.supervised.acting_systems import AGENTS, MAZE, maze_system
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.acting import (
    ActingSettings,
    BitsActor,
    ElmanActor,
    Lived,
    LstmActor,
    ToldActor,
    new_film,
)
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.worlds import Pole, TMaze
from lstmtool.supervised.trials import run_trial
from tests.differences import central_difference
from tests.supervised.agents import trained

NORTH, EAST, SOUTH, WEST = range(4)
SETTINGS = ActingSettings(
    rate=0.05,
    weights=0.8,
    forget_gate=True,
    forget_bias=(1.0,),
    explorer_rate=0.02,
    scale=0.5,
    beta=0.3,
    lowest=0.4,
)
compiled = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="many steps")


def lstm(seed=0, sizes=(3, 2, 2, 4), **changes):
    return LstmActor(sizes, replace(SETTINGS, **changes), np.random.default_rng(seed))


def lived(agent, world, seed=0, longest=30, episodes=1, **how):
    film = new_film(longest, agent)
    found = agent.live(
        *(world.kernel, np.random.default_rng(seed)),
        steps=10**9,
        longest=longest,
        episodes=episodes,
        film=film,
        **how,
    )
    n = film.length[0]
    return found, type(film)(*(part[:n] for part in film))


# Worlds


def walked(world, actions, goal=1):
    """What is seen, earned and ended by some actions."""
    state, seen, rng = np.zeros(6), np.zeros(3), np.random.default_rng(0)
    begin(world.kernel._replace(only=goal), state, rng)
    observe(world.kernel, state, rng, seen)
    found = [(tuple(seen), None, None)]
    for action in actions:
        reward, ended = act(world.kernel, state, action)
        observe(world.kernel, state, rng, seen)
        found.append((tuple(seen), reward, ended))
    return found


def test_a_maze_is_as_published():
    start, corridor, junction = (0, 1, 1), (1, 0, 1), (0, 1, 0)
    assert walked(TMaze(2), [WEST, NORTH, EAST, SOUTH, WEST, EAST, EAST, EAST]) == [
        (start, None, None),
        *((start, -0.1, False),) * 2,
        (corridor, 0.0, False),
        (corridor, -0.1, False),
        (start, 0.0, False),
        (corridor, 0.0, False),
        (junction, 0.0, False),
        (junction, -0.1, False),
    ]
    assert walked(TMaze(1), [EAST, NORTH])[-1][1:] == (4.0, True)
    assert walked(TMaze(1), [EAST, SOUTH])[-1][1:] == (-0.1, True)
    assert walked(TMaze(1), [EAST, SOUTH], -1)[-1][1:] == (4.0, True)
    assert walked(TMaze(1), [], -1)[0][0] == (1, 1, 0)


def test_a_noisy_corridor_is_new_at_every_step():
    seen = [step[0] for step in walked(TMaze(9, noisy=True), [EAST] * 8)]
    assert seen[0] == (0, 1, 1)
    middle = np.array(seen[1:])
    assert (middle[:, 1] == 0).all()
    assert len(set(middle[:, 0])) == len(middle)
    assert ((middle >= 0) & (middle < 1)).all()


def test_goals_and_modes_are_equally_likely():
    for world, column in ((TMaze(3), 1), (Pole(), 4)):
        rng, state = np.random.default_rng(1), np.zeros(6)
        drawn = []
        for _ in range(400):
            begin(world.kernel, state, rng)
            drawn.append(state[column])
        assert len(set(drawn)) == 2
        assert 150 < drawn.count(drawn[0]) < 250


def test_a_pole_obeys_the_equations_of_motion():
    state = np.array([0.3, -0.4, 0.05, 0.6, 1.0, 49.0])
    before = state.copy()
    reward, ended = act(Pole().kernel, state, 1)
    x, dx, angle, turning = before[:4]
    # (total mass, coupling; coupling, inertia) @ accelerations = forces, solved as a system
    m, half, g = 0.1, 0.5, 9.8
    matrix = np.array([[1.1, m * half * cos(angle)], [m * half * cos(angle), 4 / 3 * m * half**2]])
    forces = [10.0 + m * half * turning**2 * sin(angle), m * g * half * sin(angle)]
    pushed, turned = np.linalg.solve(matrix, forces)
    wanted = [x + 0.02 * dx, dx + 0.02 * pushed, angle + 0.02 * turning, turning + 0.02 * turned]
    np.testing.assert_allclose(state[:4], wanted, rtol=1e-12)
    assert (reward, ended, state[5]) == (0.0, False, 50.0)


def test_modes_exchange_the_actions_and_are_seen_at_first():
    world, one, other = Pole(shown=2).kernel, np.zeros(6), np.zeros(6)
    one[4], other[4] = 1.0, -1.0
    seen, rng, modes = np.zeros(3), np.random.default_rng(0), []
    for _ in range(4):
        observe(world, other, rng, seen)
        modes.append(seen[2])
        act(world, one, 0)
        act(world, other, 1)
    np.testing.assert_array_equal(one[:4], other[:4])
    assert modes == [-1.0, -1.0, 0.0, 0.0]


def test_a_pole_that_falls_and_a_cart_that_leaves_end_the_episode():
    for column, value in ((2, 12.1 * pi / 180), (0, 2.5), (2, -12.1 * pi / 180), (0, -2.5)):
        state = np.zeros(6)
        state[4], state[column] = 1.0, value
        assert act(Pole().kernel, state, 0) == (-1.0, True)


@pytest.mark.parametrize("bad", [{"length": 0}, {"length": 2.5}])
def test_impossible_mazes_are_refused(bad):
    with pytest.raises(UsageError, match="length"):
        make("t-maze", **bad)


def test_impossible_poles_and_settings_are_refused():
    with pytest.raises(UsageError, match="spread"):
        make("pole", spread=1.0)
    for bad in ({"rate": 0.0}, {"kappa": 0.0}, {"decay": 1.5}, {"lowest": 0.0}, {"beta": 1.0}):
        with pytest.raises(UsageError, match=next(iter(bad))):
            ActingSettings(**bad)
    with pytest.raises(UsageError, match="at least one"):
        ElmanActor((3, 0, 4), SETTINGS, np.random.default_rng(0))


# Values


@pytest.mark.slow
@compiled
def test_a_table_that_is_told_all_learns_the_exact_advantages():
    """In closed form: V(s) = 4 gamma^moves; A(a) = V + (r + gamma V' - V) / kappa."""
    settings = ActingSettings(rate=0.05, lowest=20.0)
    agent = ToldActor((3, 5, 4), settings, np.random.default_rng(0))
    agent.live(TMaze(5).kernel, np.random.default_rng(1), steps=2_000_000, longest=10_000,
               episodes=10**6)  # fmt: skip
    found = agent.parameters[: agent.n_weights].reshape(6, 2, 4)
    value = 4.0 * 0.98 ** np.arange(5, -1, -1)
    np.testing.assert_allclose(found.max(axis=2), np.stack([value, value], axis=1), rtol=1e-6)
    np.testing.assert_allclose(value, [3.62, 3.69, 3.76, 3.84, 3.92, 4.0], atol=0.006)
    assert found[5, 0, NORTH] == pytest.approx(4.0)
    assert found[5, 0, SOUTH] == pytest.approx(-37.0, abs=1e-3)
    assert found[5, 1, NORTH] == pytest.approx(-37.0, abs=1e-3)
    assert found[5, 0, EAST] == pytest.approx(2.2, abs=1e-3)
    assert found[0, 0, NORTH] == pytest.approx(1.89, abs=0.01)


# The LSTM agent


class Frozen:
    """An LSTM agent with matrices; what its units read can be frozen, as truncation has it."""

    def __init__(self, agent):
        self.x, self.m, self.c, self.k = agent.sizes
        self.forgets = agent.settings.forget_gate
        self.parameters = agent.parameters[: agent.n_weights].copy()

    def split(self, flat):
        at = self.m * (self.x + self.m + self.c + 1)
        n_sources, rows = self.x + self.m + self.c + 1, (3 + self.forgets) * self.c
        hidden = flat[:at].reshape(self.m, -1)
        blocks = flat[at : at + rows * n_sources].reshape(-1, self.c, n_sources)
        return hidden, blocks, flat[at + rows * n_sources :].reshape(self.k, -1)

    def run(self, flat, seen, frozen=None):
        """Return advantages (T, K), and what hidden units and blocks read."""
        hidden, blocks, out = self.split(flat)
        h, y, s, read, found = np.zeros(self.m), np.zeros(self.c), np.zeros(self.c), [], []
        for t, x in enumerate(seen):
            of_hidden = np.concatenate([x, h, y, [1.0]]) if frozen is None else frozen[t][0]
            h = logistic(hidden @ of_hidden)
            of_blocks = np.concatenate([x, h, y, [1.0]]) if frozen is None else frozen[t][1]
            nets = blocks @ of_blocks
            gates, g = logistic(nets[:-1]), np.tanh(nets[-1])
            kept = gates[1] if self.forgets else 1.0
            s = kept * s + gates[0] * g
            y = gates[-1] * np.tanh(s)
            found.append(out @ np.concatenate([x, h, y, [1.0]]))
            read.append((of_hidden, of_blocks))
        return np.array(found), read


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


@pytest.mark.parametrize("forget_gate", [True, False])
def test_an_agent_sees_what_its_twin_sees(forget_gate):
    agent = lstm(forget_gate=forget_gate)
    _, film = lived(agent, TMaze(4, noisy=True), longest=12, learns=False)
    twin = Frozen(agent)
    np.testing.assert_allclose(twin.run(twin.parameters, film.seen)[0], film.advantages, atol=1e-12)


@pytest.mark.parametrize("forget_gate", [True, False])
@pytest.mark.parametrize("longest", [1, 9])
def test_traces_at_lambda_0_are_slopes_of_the_last_advantage(forget_gate, longest):
    """By central differences over a frozen trajectory, in every weight."""
    agent = lstm(forget_gate=forget_gate, rate=1e-200, explorer_rate=0.0, decay=0.0)
    _, film = lived(agent, TMaze(40, noisy=True), longest=longest)
    twin, action = Frozen(agent), film.actions[-1]
    _, read = twin.run(twin.parameters, film.seen)
    slopes = central_difference(
        lambda flat: twin.run(flat, film.seen, read)[0][-1, action], twin.parameters
    )
    np.testing.assert_allclose(agent._agent.lstm.trace, slopes, rtol=1e-6, atol=1e-9)
    if longest > 1:
        hidden, blocks, _ = twin.split(slopes)
        assert all((part != 0.0).mean() > 0.8 for part in (hidden, *blocks))


def test_traces_add_up_earlier_slopes():
    """At lambda .9 they are the sum of those at lambda 0, each faded by gamma lambda per step."""
    kept = []
    for longest in (1, 2, 3):
        agent = lstm(rate=1e-200, explorer_rate=0.0, decay=0.0)
        lived(agent, TMaze(40), longest=longest)
        kept.append(agent._agent.lstm.trace.copy())
    agent = lstm(rate=1e-200, explorer_rate=0.0, decay=0.9)
    lived(agent, TMaze(40), longest=3)
    fading = 0.9 * agent.settings.gamma
    wanted = kept[2] + fading * kept[1] + fading**2 * kept[0]
    np.testing.assert_allclose(agent._agent.lstm.trace, wanted, rtol=1e-12, atol=1e-15)


def expected_error(settings, before, action, reward, after):
    value = before.max()
    later = after.max() if after is not None else 0.0
    better = reward + settings.gamma * later - value
    return value + better / settings.kappa - before[action]


def test_one_step_of_learning_is_rate_times_error_times_trace():
    """After one step the trace is the slope of the first advantage."""
    agent, still = lstm(), lstm(rate=1e-200, explorer_rate=0.0)
    lived(still, TMaze(3), longest=1)
    trace = still._agent.lstm.trace.copy()
    before = agent.parameters[: agent.n_weights].copy()
    _, two = lived(lstm(rate=1e-200, explorer_rate=0.0), TMaze(3), longest=2)
    _, film = lived(agent, TMaze(3), longest=1)
    moved = film.actions[0] == EAST
    reward = 0.0 if moved else -0.1
    error = expected_error(agent.settings, film.advantages[0], film.actions[0], reward,
                           two.advantages[1])  # fmt: skip
    change = agent.parameters[: agent.n_weights] - before
    np.testing.assert_allclose(change, agent.settings.rate * error * trace, rtol=1e-9, atol=1e-15)
    explorer, s = lstm()._agent.explorer, agent.settings
    y, y_after = (temperature_of(explorer, t, two.seen[t]) for t in (0, 1))
    learn_temperature(explorer, 0, s.scale * abs(error) + s.beta * y_after - y)
    np.testing.assert_allclose(agent._agent.explorer.hidden, explorer.hidden, rtol=1e-12)
    np.testing.assert_allclose(agent._agent.explorer.output, explorer.output, rtol=1e-12)


def test_nothing_is_carried_from_an_episode_to_the_next():
    """Two episodes in one call are as in two calls of an agent that is made anew between them."""
    one, world = lstm(rate=0.01), TMaze(2)
    rng = np.random.default_rng(5)
    one.live(world.kernel, rng, steps=10**9, longest=40, episodes=2)
    first, rng = lstm(rate=0.01), np.random.default_rng(5)
    first.live(world.kernel, rng, steps=10**9, longest=40, episodes=1)
    second = lstm(rate=0.01, seed=9)
    second.parameters[:] = first.parameters
    second.live(world.kernel, rng, steps=10**9, longest=40, episodes=1)
    np.testing.assert_array_equal(one.parameters, second.parameters)


@pytest.mark.parametrize("kind", [LstmActor, ElmanActor, BitsActor])
def test_nothing_is_learned_without_learning(kind):
    sizes = {LstmActor: (3, 2, 2, 4), ElmanActor: (3, 3, 4), BitsActor: (3, 1, 4)}[kind]
    agent = kind(sizes, replace(SETTINGS, rate=0.001), np.random.default_rng(0))
    before = agent.parameters.copy()
    lived(agent, TMaze(2), longest=100, learns=False)
    np.testing.assert_array_equal(agent.parameters, before)
    lived(agent, TMaze(2), longest=100)
    assert (agent.parameters != before).any()


# Elman's network


def elman_forward(agent, flat, seen):
    n_seen, n_hidden, n_actions = agent.sizes
    at = n_hidden * (n_seen + n_hidden + 1)
    hidden, out = flat[:at].reshape(n_hidden, -1), flat[at:].reshape(n_actions, -1)
    units, found = np.zeros(n_hidden), []
    for x in seen:
        units = logistic(hidden @ np.concatenate([x, units, [1.0]]))
        found.append(out @ np.append(units, 1.0))
    return np.array(found)


@pytest.mark.parametrize("goal", [1, -1])
def test_elmans_network_learns_an_episode_by_the_exact_gradient(goal):
    """The change is rate times the slope of the sum of error times advantage, errors fixed."""
    agent = ElmanActor((3, 3, 4), SETTINGS, np.random.default_rng(2))
    before = agent.parameters[: agent.n_weights].copy()
    world = TMaze(2, noisy=True)
    film = new_film(100, agent)
    found = agent.live(
        *(world.kernel._replace(only=goal), np.random.default_rng(4)),
        steps=1,
        longest=100,
        film=film,
    )
    n = int(film.length[0])
    assert 3 <= n == found.steps[0] < 100
    advantages, actions, places = film.advantages[:n], film.actions[:n], film.state[:n, 0]
    np.testing.assert_allclose(elman_forward(agent, before, film.seen[:n]), advantages, atol=1e-12)
    s, later, errors = agent.settings, 0.0, np.zeros(n)
    for t in range(n - 1, -1, -1):
        last = t == n - 1
        stands = not last and places[t + 1] == places[t]
        reward = found.rewards[0] if last else -0.1 if stands else 0.0
        after = None if last else advantages[t + 1]
        later = expected_error(s, advantages[t], actions[t], reward, after) + (
            s.gamma * s.decay * later
        )
        errors[t] = later
    slopes = central_difference(
        lambda flat: float(
            (errors * elman_forward(agent, flat, film.seen[:n])[np.arange(n), actions]).sum()
        ),
        before,
    )
    change = agent.parameters[: agent.n_weights] - before
    np.testing.assert_allclose(change, s.rate * slopes, rtol=1e-5, atol=1e-9)


def test_long_episodes_are_learned_in_parts():
    """What is kept is learned when there is no more room; the units go on."""
    agent = ElmanActor((3, 3, 4), replace(SETTINGS, rate=1e-4), np.random.default_rng(2))
    before = agent.parameters[: agent.n_weights].copy()
    lived(agent, TMaze(300), longest=150)
    assert (agent.parameters[: agent.n_weights] != before).any()  # at the end of the episode
    agent = ElmanActor((3, 3, 4), replace(SETTINGS, rate=1e-4), np.random.default_rng(2))
    _, film = lived(agent, TMaze(300), longest=260)
    expected = elman_forward(agent, before, film.seen)
    np.testing.assert_allclose(film.advantages[:200], expected[:200], atol=1e-12)
    assert np.abs(film.advantages[201:] - expected[201:]).max() > 1e-9


# Tables


def test_a_table_with_bits_is_as_its_twin():
    settings = replace(SETTINGS, rate=0.1, lowest=3.0)
    agent = BitsActor((3, 1, 4), settings, np.random.default_rng(0))
    film = new_film(200, agent)
    found = agent.live(TMaze(2).kernel._replace(only=1), np.random.default_rng(3), steps=1,
                       longest=200, film=film)  # fmt: skip
    n, s = int(film.length[0]), agent.settings
    values, traces, bit, rows = defaultdict(lambda: np.zeros(6)), {}, 0, []
    for t in range(n):
        rows.append((bit, *film.seen[t]))
        if film.actions[t] >= 4:
            bit = int(film.actions[t] == 5)
    after = values[rows[0]].copy()
    for t in range(n):
        last, action, before = t == n - 1, film.actions[t], after
        stands = not last and film.state[t + 1, 0] == film.state[t, 0] and action < 4
        reward = found.rewards[0] if last else -0.1 if stands else 0.0
        after = None if last else values[rows[t + 1]].copy()
        for key in traces:
            traces[key] *= s.gamma * s.decay
        traces.setdefault(rows[t], np.zeros(6))[action] += 1.0
        error = expected_error(s, before, action, reward, after)
        for key, trace in traces.items():
            values[key] += s.rate * error * trace
    got = agent.parameters[: agent.n_weights].reshape(16, 6)
    for row, wanted in values.items():
        number = int(np.dot(row, [8, 4, 2, 1]))
        np.testing.assert_allclose(got[number], wanted, rtol=1e-9, atol=1e-12)
    assert any(action >= 4 for action in film.actions[:n])


# Exploration


def test_actions_are_drawn_with_boltzmanns_probabilities():
    rng, advantages = np.random.default_rng(0), np.array([1.0, 2.0, 0.0, 1.5])
    drawn = np.bincount([choose(advantages, 0.7, rng) for _ in range(4000)], minlength=4) / 4000
    wanted = np.exp(advantages / 0.7) / np.exp(advantages / 0.7).sum()
    np.testing.assert_allclose(drawn, wanted, atol=0.03)
    assert choose(np.array([0.0, -1e9, 1e9]), 1e-3, rng) == 2


def test_the_temperature_is_learned_down_the_slope():
    explorer = lstm()._agent.explorer
    explorer.hidden[:] = np.random.default_rng(0).normal(size=explorer.hidden.shape)
    explorer.output[:] = np.random.default_rng(1).normal(size=explorer.output.shape)
    seen, at = np.array([0.3, 1.0, -0.5]), explorer.hidden.size
    flat = np.concatenate([explorer.hidden.ravel(), explorer.output])

    def error(flat):
        units = logistic(flat[:at].reshape(-1, 4) @ np.append(seen, 1.0))
        return 0.5 * (2.0 - flat[at:] @ np.append(units, 1.0)) ** 2

    y = temperature_of(explorer, 1, seen)
    assert 0.5 * (2.0 - y) ** 2 == pytest.approx(error(flat))
    wanted = -explorer.rate * central_difference(error, flat)
    learn_temperature(explorer, 1, 2.0 - y)
    changed = np.concatenate([explorer.hidden.ravel(), explorer.output]) - flat
    np.testing.assert_allclose(changed, wanted, rtol=1e-6, atol=1e-12)


# Trials


@pytest.mark.slow
@compiled
def test_a_maze_is_mastered_and_fails_with_north_and_south_exchanged():
    system = maze_system(3, False, "lstm", limit=1_000_000)
    quicker = replace(system.settings, rate=0.001, weights=0.4, input_bias=(-3.0,))
    trial = run_trial(replace(system, settings=quicker), seed=3)
    assert trial.solved
    figures = trial.figures
    assert figures["right turns of 500"] > 400
    assert figures["right turns of 500, greedy"] == 500
    assert figures["right turns of 500, greedy, north and south exchanged"] == 0


def test_a_trial_resumes_to_the_same_weights():
    stop = Mastering(limit=400, every=100, longest=100, window=5, tests=2)
    for kind in MAZE:
        system = replace(maze_system(2, False, kind), stop=stop)
        kept = []
        whole = run_trial(system, seed=1, keep=lambda entry: kept.append(entry()))  # noqa: B023
        assert len(kept) >= 3
        again = run_trial(system, seed=1, kept=kept[1])
        np.testing.assert_array_equal(again.parameters, whole.parameters)
        np.testing.assert_array_equal(again.history, whole.history)
        assert again.figures == whole.figures


def test_the_best_state_of_an_agent_with_a_pole_is_kept():
    system = next(s for s in AGENTS if s.name == "two-mode-pole")
    stop = Balancing(limit=600, every=150, longest=60, steps=40, tests=2)
    trial = run_trial(replace(system, stop=stop), seed=1)
    assert len(trial.history) >= 3
    assert set(trial.figures) == {
        f"{what} in mode {mode}" for what in ("steps that it stood", "least") for mode in "AB"
    }


def test_what_counts_is_the_mode_in_which_the_pole_stands_less_long():
    """By their means over both modes the first state would be the best."""
    stood = {1: (40, 2), 2: (10, 12), 3: (30, 5)}

    class Rule:
        parameters = np.zeros(1)

        def live(self, world, rng, *, steps, longest, learns=True, greedy=False, episodes=1):
            self.parameters[0] += learns
            lasted = stood[int(self.parameters[0])][world.only == -1]
            return Lived(np.zeros(1), np.array([50 if learns else lasted]), np.zeros(1))

    rule, record = Rule(), Record()
    stop = Balancing(limit=150, every=50, longest=60, steps=100, tests=2)
    stop.train(rule, make("pole"), "step", np.random.default_rng(0), record)
    assert rule.parameters[0] == 2
    assert not record.solved
    assert list(record.figures.values()) == [10, 10, 12, 12]


def test_every_listed_system_has_an_agent_for_its_world():
    for system in AGENTS:
        task = make(system.task, **system.options)
        agent = make_rule(system.rule, system.topology, system.settings, np.random.default_rng(0))
        assert agent.n_inputs == task.n_inputs
        assert agent.n_outputs == task.n_outputs + 2 * agent.n_bits
        assert sum(int(np.prod(shape)) for _, shape, _ in agent.table) == len(agent.parameters)
        assert system.n_weights == agent.n_weights


def test_a_file_of_another_agent_is_refused():
    made = trained("t-maze-10")
    assert review_agent(made).after[0].name == "goal north"
    for bad in (
        {"parameters": made.parameters[1:]},
        {"topology": {"sizes": [3, 1]}},
        {"settings": made.settings | {"rate": -1.0}},
        {"task": "pole", "options": {}, "topology": {"sizes": [2, 12, 3, 4]}},
    ):
        with pytest.raises(DataError):
            review_agent(replace(made, **bad))
