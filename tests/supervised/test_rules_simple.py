"""Simple recurrent networks against a plain twin, differences, and each other."""

from itertools import product

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.rules.elman import Elman, Layered
from lstmtool.supervised.rules.recurrent import FullyRecurrent
from lstmtool.supervised.rules.simple import SimpleSettings
from lstmtool.supervised.target_sequences import LEGAL_SET, MOST_ACTIVE, WITHIN, Criterion, Strings
from tests.differences import complex_step

TINY_RATE = 1e-6  # a step this small, divided by the rate, is the gradient
FUNCTIONS = {
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "4s-2": lambda x: 4 / (1 + np.exp(-x)) - 2,
    "2s-1": lambda x: 2 / (1 + np.exp(-x)) - 1,
    "identity": lambda x: x,
}
KINDS = {"elman": Layered, "fully recurrent": FullyRecurrent}


def strings_of(lengths, n_inputs=2, n_outputs=2, seed=0):
    rng = np.random.default_rng(seed)
    total = sum(lengths)
    return Strings(
        rng.standard_normal((total, n_inputs)),
        rng.integers(0, 2, (total, n_outputs)).astype(float),
        rng.random(total) < 0.7,
        rng.random((total, n_outputs)) < 0.5,
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


def build(kind, settings, sizes=(2, 3, 2), seed=1):
    """A network with weights far from zero that starts from activations far from zero."""
    rng = np.random.default_rng(seed)
    rule = KINDS[kind](sizes, settings, rng)
    rule.parameters[:] = rng.uniform(-1, 1, len(rule.parameters))
    rule.start[:] = rng.uniform(-0.7, 0.7, rule.n_units)
    return rule


def twin(rule, flat, xs, start):
    """Outputs of one sequence, of plain arrays and by the definition; takes complex weights."""
    s, u = rule.settings, rule.n_units
    w = flat[: u * (rule.n_inputs + u + 1)].reshape(u, -1)
    v = flat[w.size :].reshape(-1, u + 1) if rule.net.layered else None
    y, outputs = start, []
    for x in xs:
        y = FUNCTIONS[s.squashing](w @ np.concatenate([x, y, [1.0]]))
        top = y[: rule.n_outputs]
        outputs.append(top if v is None else FUNCTIONS[s.output](v @ np.concatenate([y, [1.0]])))
    return np.array(outputs), y


def error(rule, flat, strings):
    """The error of all scored steps, of plain arrays."""
    total = 0.0
    for a, b in zip(strings.starts[:-1], strings.starts[1:], strict=True):
        y, _ = twin(rule, flat, strings.inputs[a:b], rule.start)
        y, t = y[strings.scored[a:b]], strings.targets[a:b][strings.scored[a:b]]
        if rule.settings.cross_entropy:
            total -= (t * np.log(y) + (1 - t) * np.log(1 - y)).sum()
        else:
            total += ((t - y) ** 2).sum() / 2
    return total


def gradient(rule, strings):
    """What one update of all sequences together makes of the weights, as a gradient."""
    before = rule.parameters.copy()
    rule.learn(strings, np.empty(strings.targets.shape), update="batch")
    change = rule.weights.velocity / rule.settings.rate  # not a difference: no digit is lost
    np.testing.assert_allclose(rule.parameters, before + rule.weights.velocity, rtol=1e-15)
    return -change


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("squashing", FUNCTIONS)
def test_outputs_are_the_twins(kind, squashing):
    rule = build(kind, SimpleSettings(squashing=squashing, output="2s-1"))
    strings = strings_of((4, 1, 3))
    outputs = np.empty(strings.targets.shape)
    rule.run(strings, outputs)
    for a, b in zip(strings.starts[:-1], strings.starts[1:], strict=True):
        wanted, _ = twin(rule, rule.parameters, strings.inputs[a:b], rule.start)
        np.testing.assert_allclose(outputs[a:b], wanted, rtol=1e-12)


def test_state_runs_on_through_sequences_and_calls():
    rule, strings = build("elman", SimpleSettings()), strings_of((4, 1, 3))
    outputs = np.empty(strings.targets.shape)
    one = strings._replace(starts=np.array([0, 8]))
    rule.run(one, outputs)
    _, state = twin(rule, rule.parameters, strings.inputs, rule.start)
    rule.run(strings, outputs, keep_state=True)
    wanted, _ = twin(rule, rule.parameters, strings.inputs, state)
    np.testing.assert_allclose(outputs, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "cross_entropy", "squashing", "output"),
    [
        *product(KINDS, [False], ["logistic", "tanh"], ["logistic", "identity"]),
        ("elman", True, "tanh", "logistic"),
        ("fully recurrent", True, "logistic", "logistic"),
    ],
)
def test_rtrl_bptt_and_the_complex_step_agree(kind, cross_entropy, squashing, output):
    strings = strings_of((6, 1, 4))
    settings = {"cross_entropy": cross_entropy, "squashing": squashing, "output": output}
    got = {}
    for method in ("rtrl", "bptt"):
        rule = build(kind, SimpleSettings(method=method, rate=TINY_RATE, **settings))
        flat = rule.parameters.copy()
        got[method] = gradient(rule, strings)
    exact = complex_step(lambda w: error(rule, w, strings), flat)
    assert np.abs(exact).max() > 0.1
    np.testing.assert_allclose(got["rtrl"], got["bptt"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(got["bptt"], exact, rtol=1e-9, atol=1e-11)


def truncated(rule, strings, horizon):
    """Each error's gradient with the activations `horizon` steps before it held."""
    total = np.zeros(rule.parameters.shape)
    for a, b in zip(strings.starts[:-1], strings.starts[1:], strict=True):
        for t in np.flatnonzero(strings.scored[a:b]):
            low = max(0, t - horizon + 1)
            _, state = twin(rule, rule.parameters, strings.inputs[a : a + low], rule.start)

            def last(w, a=a, t=t, low=low, state=state):
                y, _ = twin(rule, w, strings.inputs[a + low : a + t + 1], state)
                return ((strings.targets[a + t] - y[-1]) ** 2).sum() / 2

            total += complex_step(last, rule.parameters)
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("horizon", [1, 2, 4, 40])
def test_truncated_bptt_holds_what_was_before(kind, horizon):
    strings = strings_of((6, 1, 4))
    rule = build(kind, SimpleSettings(horizon=horizon, rate=TINY_RATE))
    wanted = truncated(rule, strings, horizon)
    np.testing.assert_allclose(gradient(rule, strings), wanted, rtol=1e-9, atol=1e-12)


def test_elmans_network_passes_no_error_back_in_time():
    strings = strings_of((6, 1, 4))
    rng = np.random.default_rng(1)
    rule = Elman((2, 3, 2), SimpleSettings(method="rtrl", rate=TINY_RATE), rng)
    rule.parameters[:] = rng.uniform(-1, 1, len(rule.parameters))
    wanted = truncated(rule, strings, 1)
    assert np.abs(wanted - truncated(rule, strings, 6)).max() > 1e-3
    np.testing.assert_allclose(gradient(rule, strings), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
@pytest.mark.parametrize("update", ["sequence", "batch"])
def test_updates_per_sequence_and_per_batch_follow_the_gradient(method, update):
    strings = strings_of((5, 1, 4))
    rule = build("elman", SimpleSettings(method=method, rate=0.3, momentum=0.5))
    flat, speed = rule.parameters.copy(), 0.0
    rule.learn(strings, np.empty(strings.targets.shape), update=update)
    parts = [strings]
    if update == "sequence":
        pairs = zip(strings.starts[:-1], strings.starts[1:], strict=True)
        parts = [
            Strings(*(np.asarray(rows)[a:b] for rows in strings[:4]), np.array([0, b - a]))
            for a, b in pairs
        ]
    for part in parts:
        slopes = complex_step(lambda w, part=part: error(rule, w, part), flat)
        speed = 0.5 * speed - 0.3 * slopes
        flat = flat + speed
    np.testing.assert_allclose(rule.parameters, flat, rtol=1e-9, atol=1e-12)


def online(rule, strings, update):
    """One sequence learned at every scored step, by loops over the definition (horizon 2)."""
    flat, state, ys = rule.parameters.copy(), [rule.start], []
    for t, x in enumerate(strings.inputs):
        y, after = twin(rule, flat, x[None], state[-1])
        ys.append(y[0])
        state.append(after)
        if strings.scored[t]:
            flat = flat + update(flat, strings, state, t)
    return flat, np.array(ys)


def test_online_updates_use_outputs_made_before_each_of_them():
    strings = strings_of((7,))
    rule = build("elman", SimpleSettings(horizon=1, rate=0.5))

    def one_back(flat, strings, state, t):
        def last(w):
            y, _ = twin(rule, w, strings.inputs[t : t + 1], state[t])
            return ((strings.targets[t] - y[-1]) ** 2).sum() / 2

        return -0.5 * complex_step(last, flat)

    wanted, ys = online(rule, strings, one_back)
    outputs = np.empty(strings.targets.shape)
    rule.learn(strings, outputs, update="step")
    np.testing.assert_allclose(outputs, ys, rtol=1e-12)
    np.testing.assert_allclose(rule.parameters, wanted, rtol=1e-11)


@pytest.mark.parametrize(("method", "horizon"), [("rtrl", 0), ("bptt", 0), ("bptt", 3)])
def test_a_stream_is_a_long_sequence_and_may_come_in_pieces(method, horizon):
    """Pieces are as good as the whole for RTRL, whose derivatives go on with the state."""
    strings = strings_of((9,))
    far = Criterion(WITHIN, 100.0)
    settings = SimpleSettings(method=method, horizon=horizon, rate=0.2)
    whole, piecewise, outputs = *(build("elman", settings) for _ in range(2)), np.empty((9, 2))
    whole.learn(strings, outputs, update="step")
    again = outputs.copy()
    assert piecewise.learn_stream(strings, again, far) == 9
    np.testing.assert_array_equal(again, outputs)
    np.testing.assert_array_equal(whole.parameters, piecewise.parameters)
    if method == "rtrl":
        other = build("elman", settings)
        for a, b in ((0, 4), (4, 5), (5, 9)):
            part = Strings(*(rows[a:b] for rows in strings[:4]), np.array([0, b - a]))
            assert other.learn_stream(part, again[a:b], far, keep_state=a > 0) == b - a
        np.testing.assert_array_equal(whole.parameters, other.parameters)


@pytest.mark.parametrize("kind", [WITHIN, MOST_ACTIVE, LEGAL_SET])
def test_a_stream_ends_after_its_first_wrong_step(kind):
    strings = strings_of((40,))
    rule = build("fully recurrent", SimpleSettings(method="rtrl", rate=1e-12))
    outputs = np.empty(strings.targets.shape)
    rule.run(strings, outputs)
    right = {
        WITHIN: np.abs(outputs - strings.targets).max(axis=1) < 0.6,
        MOST_ACTIVE: np.where(strings.allowed, outputs, np.inf).min(axis=1)
        > np.where(strings.allowed, -np.inf, outputs).max(axis=1),
        LEGAL_SET: ((outputs > 0.6) == strings.allowed).all(axis=1),
    }[kind]
    wrong = np.flatnonzero(strings.scored & ~right)[0]
    strings.scored[:wrong] &= right[:wrong]
    outputs[:] = np.nan
    assert rule.learn_stream(strings, outputs, Criterion(kind, 0.6)) == wrong + 1
    assert np.isfinite(outputs[: wrong + 1]).all()
    assert np.isnan(outputs[wrong + 1 :]).all()
    assert rule.weights.clock[0] == strings.scored[: wrong + 1].sum()


def test_missing_connections_stay_missing():
    connections = np.random.default_rng(3).random((5, 8)) < 0.6
    rng = np.random.default_rng(4)
    rule = FullyRecurrent((2, 3, 2), SimpleSettings(method="rtrl"), rng, connections)
    strings = strings_of((6, 3))
    rule.learn(strings, np.empty(strings.targets.shape))
    assert rule.n_weights == connections.sum()
    assert (rule.parameters[connections.ravel()] != 0).all()
    assert (rule.parameters[~connections.ravel()] == 0).all()


def test_elman_learns_to_name_the_bit_before_last():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, 1000).astype(float)
    targets = np.concatenate([[0.0], bits[:-1]])[:, None]
    scored = np.ones(1000, dtype=bool)
    starts = np.array([0, 1000])
    strings = Strings(bits[:, None], targets, scored, np.zeros((1000, 1), bool), starts)
    outputs = np.empty((1000, 1))
    rule = Elman((1, 4, 1), SimpleSettings(rate=0.5, spread=0.5), rng)
    rule.run(strings, outputs)
    assert np.abs(outputs - targets).mean() > 0.4
    for _ in range(25):
        rule.learn(strings, outputs)
    assert np.abs(outputs - targets)[-100:].max() < 0.4


@pytest.mark.parametrize(
    "change",
    [
        {"squashing": "relu"},
        {"method": "hebb"},
        {"horizon": -2},
        {"cross_entropy": True, "output": "tanh"},
    ],
)
def test_settings_that_cannot_be_are_refused(change):
    with pytest.raises(UsageError):
        Layered((1, 2, 1), SimpleSettings(**change), np.random.default_rng(0))


@pytest.mark.parametrize("sizes", [(0, 2, 1), (1, -3, 1), (1, 2, 0), (1, -1, 3)])
def test_sizes_that_cannot_be_are_refused(sizes):
    with pytest.raises(UsageError):
        FullyRecurrent(sizes, SimpleSettings(), np.random.default_rng(0))


@pytest.mark.parametrize("kind", KINDS)
def test_nesterov_takes_slopes_one_look_ahead(kind):
    """v <- m v + rate d(theta + m v), theta <- theta + v; m of update t is 1/2 below t = 250."""
    rate, strings = 0.2, strings_of((4, 3))
    rule = build(kind, SimpleSettings(rate=rate, nesterov=True, momentum=0.9))
    plain = build(kind, SimpleSettings(rate=TINY_RATE))
    theta, velocity = rule.parameters.copy(), 0.0
    outputs = np.empty_like(strings.targets)
    for _ in range(3):
        look_ahead = theta + 0.5 * velocity
        np.testing.assert_allclose(rule.parameters, look_ahead, rtol=1e-8, atol=1e-9)
        plain.parameters[:] = look_ahead
        plain.learn(strings, outputs, update="batch")
        velocity = 0.5 * velocity + rate * (plain.parameters - look_ahead) / TINY_RATE
        theta = theta + velocity
        rule.learn(strings, outputs, update="batch")
    assert np.abs(velocity).max() > 0.01
