"""Networks with delays and slow units: a twin from the definitions, gradients, other networks."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.delayed import DelayedSettings
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.target_sequences import Strings
from tests import naive_stack
from tests.differences import complex_step

SIZES, LENGTHS = (2, 5, 3), (9, 1, 6)
NETS = {
    "narx": ("narx", {"delays": 3, "output": "tanh", "error": "squared"}),
    "narx, logistic": ("narx", {"delays": 2, "window": 3}),
    "narx, softmax": ("narx", {"delays": 4, "output": "softmax"}),
    "slow": ("slow-units", {"periods": (1, 2, 4), "output": "softmax"}),
    "slow, delayed": ("slow-units", {"periods": (1, 3), "delays": 2, "window": 2}),
}
F = naive_stack.PLAIN | {"softmax": lambda net: np.exp(net) / np.exp(net).sum()}


def network(kind, seed=0, sizes=SIZES, **settings):
    """A network whose past is not zero."""
    rng = np.random.default_rng(seed)
    rule = make_rule(kind, sizes, DelayedSettings(**({"weights": 1.0} | settings)), rng)
    rule.past[:] = rng.normal(size=rule.past.shape)
    return rule


def strings_of(n_inputs=2, n_outputs=3, seed=1, classes=True):
    rng = np.random.default_rng(seed)
    n = sum(LENGTHS)
    targets = np.eye(n_outputs)[rng.integers(n_outputs, size=n)]
    scored = rng.random(n) < 0.5
    scored[-1] = True
    starts = np.concatenate([[0], np.cumsum(LENGTHS)])
    allowed = np.zeros((n, n_outputs), dtype=bool)
    return Strings(rng.normal(size=(n, n_inputs)), targets, scored, allowed, starts)


def naive_run(rule, flat, xs):
    """Outputs (T, K) by the definitions, with lists; also of complex weights."""
    s, n = rule.settings, rule.n_units
    at = rule.table[1][2]
    hidden, output = flat[:at].reshape(n, -1), flat[at:].reshape(rule.n_outputs, -1)
    slow = np.concatenate(
        [
            [p] * len(own)
            for p, own in zip(s.periods, np.array_split(range(n), len(s.periods)), strict=True)
        ]
    )
    before, h, ys = list(rule.past), np.zeros(n), []
    for t in range(len(xs)):
        seen = [xs[t - d] if d <= t else 0 * xs[0] for d in range(s.window)]
        source = np.concatenate([*seen, *before[: s.delays], [1.0]])
        new = np.tanh(hidden @ source)
        h = np.array([new[u] if t % slow[u] == 0 else h[u] for u in range(n)])
        y = F[s.output](output @ np.append(h, 1.0))
        before = [y if rule.reads_outputs else h, *before]
        ys.append(y)
    return np.array(ys)


def naive_error(rule, flat, strings):
    total = 0.0
    for first, after in zip(strings.starts, strings.starts[1:], strict=False):
        ys = naive_run(rule, flat, strings.inputs[first:after])
        for y, target, scored in zip(
            ys, strings.targets[first:after], strings.scored[first:after], strict=True
        ):
            if scored and rule.settings.error == "squared":
                total += 0.5 * ((target - y) ** 2).sum()
            elif scored:
                total -= (target * np.log(y)).sum()
                if rule.settings.output == "logistic":
                    total -= ((1 - target) * np.log(1 - y)).sum()
    return total


@pytest.mark.parametrize(("kind", "settings"), NETS.values(), ids=NETS)
def test_the_gradient_is_the_complex_step_of_the_twin(kind, settings):
    rule, strings = network(kind, **settings), strings_of()
    outputs = np.full_like(strings.targets, np.nan)
    ascent, error = rule.gradient(strings, (0, 3), outputs)
    n_scored = strings.scored.sum()
    wanted = [
        naive_run(rule, rule.parameters, xs)
        for xs in np.split(strings.inputs, strings.starts[1:-1])
    ]
    np.testing.assert_allclose(outputs, np.concatenate(wanted), rtol=1e-11)
    assert error * n_scored == pytest.approx(naive_error(rule, rule.parameters, strings), rel=1e-12)
    slopes = complex_step(lambda flat: naive_error(rule, flat, strings), rule.parameters)
    np.testing.assert_allclose(ascent * n_scored, -slopes, rtol=1e-9, atol=1e-12)
    again, _ = rule.gradient(strings, (0, 3), outputs)  # stale buffers do not matter
    np.testing.assert_array_equal(again, ascent)


def test_with_one_delay_and_no_slow_units_it_is_elmans_network():
    topology = Topology(2, 3, (), plain=5, output="softmax", error="cross-entropy")
    strings, settings = strings_of(), BatchSettings(0.01, batch=2, clip=1.0, weights=1.0)
    elman = LstmBatch(topology, settings, np.random.default_rng(0))
    rule = network("slow-units", output="softmax", batch=2)
    rule.past[:] = 0.0
    rule.parameters[:] = elman.parameters
    for _ in range(3):
        outputs, other = (np.zeros_like(strings.targets) for _ in range(2))
        rule.learn(strings, outputs)
        elman.learn(strings, other)
        np.testing.assert_allclose(outputs, other, rtol=1e-9)
    np.testing.assert_allclose(rule.parameters, elman.parameters, rtol=1e-7)


def test_units_are_held_between_their_steps():
    rule, strings = network("slow-units", periods=(1, 4)), strings_of()
    rule.run(strings, np.zeros_like(strings.targets))
    units = rule._trace.units[: LENGTHS[-1]]  # of the sequence run last
    np.testing.assert_array_equal(units[1:4, 3:], units[[0, 0, 0], 3:])
    assert (units[1:, :3] != units[:-1, :3]).all()
    assert (units[4, 3:] != units[3, 3:]).all()


def test_an_error_takes_jumps_of_several_steps():
    """With weights to the oldest of D outputs alone, what T steps ago was decays T / D times."""
    rule = network("narx", sizes=(1, 1, 1), delays=5, output="identity", error="squared")
    rule.past[:] = 0.0
    rule.parameters[:] = [1.0, 0, 0, 0, 0, 0.5, 0.0, 1.0, 0.0]  # input, five outputs, bias; V
    strings = Strings(
        np.zeros((21, 1)),
        np.zeros((21, 1)),
        np.arange(21) == 20,
        np.zeros((21, 1), dtype=bool),
        np.array([0, 21]),
    )
    outputs = np.zeros((21, 1))
    strings.inputs[0] = 1e-6
    rule.run(strings, outputs)
    np.testing.assert_allclose(outputs[::5, 0], 1e-6 * 0.5 ** np.arange(5), rtol=1e-6)
    assert not outputs[np.arange(21) % 5 > 0].any()


def test_the_latch_of_one_unit_learns_what_its_unit_reads_and_nothing_else():
    rule = network("one-unit", sizes=(3, 1, 1), delays=2, output="identity", error="squared")
    before = rule.parameters.copy()
    np.testing.assert_array_equal(before[2:5], [1.0, 0.625, 0.625])
    np.testing.assert_array_equal(before[5:], [0.0, 1.0, 0.0])
    strings = strings_of(3, 1)
    rule.learn(strings, np.zeros_like(strings.targets))
    moved = rule.parameters != before
    assert moved.tolist() == [True, True, False, True, True, False, False, False]
    assert rule.n_weights == 4
    with pytest.raises(UsageError, match="one unit"):
        network("one-unit", sizes=(3, 2, 1), output="identity", error="squared")


def test_it_learns_and_resumes():
    strings = strings_of()
    whole, part = network("narx", delays=3), network("narx", delays=3)
    outputs, errors = np.zeros_like(strings.targets), []
    for _ in range(60):
        errors.append(whole.gradient(strings, (0, 3), outputs)[1])
        whole.learn(strings, outputs)
    assert errors[-1] < 0.6 * errors[0]
    for _ in range(30):
        part.learn(strings, outputs)
    other = network("narx", seed=3, delays=3)
    other.past[:] = part.past
    for found, kept in zip(other.state, part.state, strict=True):
        found[:] = kept
    for _ in range(30):
        other.learn(strings, outputs)
    assert other.parameters.tobytes() == whole.parameters.tobytes()
    assert whole.table[-1][2] + 3 * 6 == whole.n_weights


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": 0.0},
        {"delays": 0},
        {"window": 0},
        {"periods": ()},
        {"periods": (1, 0)},
        {"batch": 0},
        {"output": "sine"},
        {"output": "tanh"},
        {"output": "softmax", "error": "squared"},
    ],
)
def test_what_makes_no_sense_is_refused(changes):
    with pytest.raises(UsageError):
        replace(DelayedSettings(), **changes)
    with pytest.raises(UsageError):
        network("narx", sizes=(2, 0, 1))
    with pytest.raises(UsageError, match="periods"):
        network("slow-units", sizes=(2, 2, 3), periods=(1, 2, 4))


def test_it_learns_from_batches_of_whole_sequences_alone():
    rule, strings = network("narx"), strings_of()
    with pytest.raises(UsageError, match="once per batch"):
        rule.learn(strings, np.zeros_like(strings.targets), update="step")
    with pytest.raises(UsageError, match="reset the state"):
        rule.run(strings, np.zeros_like(strings.targets), keep_state=True)
