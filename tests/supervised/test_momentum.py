"""Momentum: against its definitions, centred inputs, and the theorem on quadratic errors."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised.rules.momentum import Momentum, MomentumSettings
from lstmtool.supervised.rules.start import of_2013
from lstmtool.supervised.target_sequences import Strings
from tests.supervised.lstm_cases import NETWORKS, strings_for
from tests.supervised.test_lstm_batch import DEEP, targets_of

LENGTHS = (4, 1, 5, 3)
PLAIN = Topology(3, 2, (), plain=4, output="identity")
NETS = {
    "plain": PLAIN,
    "peepholes": NETWORKS["peepholes"],
    "both": DEEP["both, softmax"],
    "all read": NETWORKS["all read"],
}


def rule_of(topology, rate=0.01, seed=0, **settings):
    made = {"weights": 0.5, "batch": 100, "centred": False, "early": 0} | settings
    return Momentum(topology, MomentumSettings(rate, **made), np.random.default_rng(seed))


def cases(topology, lengths=LENGTHS):
    strings = targets_of(topology, strings_for(topology, lengths))
    return strings._replace(inputs=strings.inputs + 0.7)


def slope(rule, strings, at):
    """Minus the gradient at some weights."""
    kept, lanes = rule.parameters.copy(), np.argsort(-np.diff(strings.starts), kind="stable")
    rule.parameters[:] = at
    found = rule.gradient(strings, lanes, np.zeros_like(strings.targets))[0]
    rule.parameters[:] = kept
    return found


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("topology", NETS.values(), ids=NETS)
def test_updates_are_those_of_equations_1_to_4(topology, nesterov):
    """v' = mu v - e grad(theta), or grad(theta + mu v) for Nesterov's; theta' = theta + v'."""
    rule = rule_of(topology, momentum=0.8, nesterov=nesterov)
    twin, strings = rule_of(topology), cases(topology)
    rule.learn(strings, np.zeros_like(strings.targets))  # which sets the output biases, too
    theta, v = rule.parameters.copy(), rule.state[1].copy()
    for _ in range(4):
        at = theta + 0.8 * v if nesterov else theta
        v = 0.8 * v + 0.01 * slope(twin, strings, at)
        theta = theta + v
        rule.learn(strings, np.zeros_like(strings.targets))
        np.testing.assert_allclose(rule.parameters, theta, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("topology", NETS.values(), ids=NETS)
def test_centred_inputs_are_learned_as_if_the_means_were_subtracted(topology, nesterov):
    strings = cases(topology)
    mean = strings.inputs.mean(axis=0)
    rule = rule_of(topology, momentum=0.8, nesterov=nesterov, centred=True)
    other = rule_of(topology, momentum=0.8, nesterov=nesterov)
    moved, outputs = strings._replace(inputs=strings.inputs - mean), []
    for _ in range(5):
        for one, given in ((rule, strings), (other, moved)):
            seen = np.zeros_like(strings.targets)
            one.learn(given, seen)
            outputs.append(seen)
        np.testing.assert_allclose(outputs[-2], outputs[-1], rtol=1e-8, atol=1e-10)
    assert not np.allclose(rule.parameters, other.parameters)
    assert (rule.parameters[~topology.exists] == 0).all()


def test_momentum_is_small_at_first():
    rule, strings = rule_of(PLAIN, momentum=0.995, early=3, early_momentum=0.9), cases(PLAIN)
    seen = []
    for _ in range(5):
        seen.append(rule.momentum)
        rule.learn(strings, np.zeros_like(strings.targets))
    assert seen == [0.9, 0.9, 0.9, 0.995, 0.995]
    assert rule_of(PLAIN, momentum=0.0, early=3).momentum == 0.0


def linear(seed, n=60):
    """A linear network on one step, whose error by the output weights is quadratic."""
    rng = np.random.default_rng(seed)
    topology = Topology(
        3, 1, (), plain=3, recurrent=False, f="identity", output="identity", output_bias=False
    )
    inputs = rng.standard_normal((n, 3)) * [2.0, 1.0, 0.3]
    targets = rng.standard_normal((n, 1))
    scored, allowed = np.ones(n, dtype=bool), np.zeros((n, 1), dtype=bool)
    return topology, Strings(inputs, targets, scored, allowed, np.arange(n + 1))


def test_nesterovs_gradient_is_classical_momentum_of_its_own_for_every_eigenvalue():
    """Sutskever et al. 2013, theorem 2.1: on a quadratic, with mu (1 - e l) for eigenvalue l."""
    topology, strings = linear(1)
    mu, rate = 0.9, 0.05
    rule = rule_of(topology, rate=rate, momentum=mu)
    output = topology.views(rule.parameters).output
    topology.views(rule.parameters).hidden[:] = np.eye(3, 4)
    output[:] = np.random.default_rng(2).standard_normal((1, 3))
    hessian = strings.inputs.T @ strings.inputs / len(strings.inputs)
    best = np.linalg.solve(hessian, strings.inputs.T @ strings.targets / len(strings.inputs))[:, 0]
    values, vectors = np.linalg.eigh(hessian)
    along, v = vectors.T @ (output[0] - best), np.zeros(3)
    own = mu * (1 - rate * values)
    for _ in range(30):
        v = own * v - rate * values * along
        along = along + v
        hidden = rule.parameters[: topology.n_hidden].copy()
        rule.learn(strings, np.zeros_like(strings.targets))
        rule.parameters[: topology.n_hidden] = hidden  # the output weights alone learn
        rule.state[1][: topology.n_hidden] = 0.0
        np.testing.assert_allclose(vectors.T @ (output[0] - best), along, rtol=1e-8, atol=1e-12)


def test_output_biases_start_at_the_mean_target():
    strings = cases(PLAIN)
    rule = rule_of(PLAIN, rate=1e-12)
    rule.learn(strings, np.zeros_like(strings.targets))
    wanted = strings.targets[strings.scored].mean(axis=0)
    np.testing.assert_allclose(PLAIN.views(rule.parameters).output[:, -1], wanted, rtol=1e-9)


def test_it_learns_from_the_published_start_and_resumes():
    topology = replace(PLAIN, plain=10)
    strings = cases(topology)
    errors, runs = [], []
    for seed in (0, 0, 1):
        start = of_2013(0.1)
        runs.append(rule_of(topology, rate=0.03, seed=seed, centred=True, start=start))
    for rule in runs[:2]:
        for _ in range(30):
            outputs = np.zeros_like(strings.targets)
            rule.learn(strings, outputs)
            errors.append(((outputs - strings.targets)[strings.scored] ** 2).mean())
    assert errors[29] < 0.5 * errors[0]
    for to, own in zip(runs[2].state, runs[1].state, strict=True):
        to[:] = own
    for rule in (runs[0], runs[2]):
        rule.learn(strings, np.zeros_like(strings.targets))
    np.testing.assert_array_equal(runs[0].parameters, runs[2].parameters)


def test_what_cannot_be_is_refused():
    for wrong in ({"early": -1}, {"early_momentum": 1.0}, {"optimiser": "adam"}, {"momentum": 1.0}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            MomentumSettings(0.1, **wrong)
    with pytest.raises(UsageError, match="centred"):
        rule_of(replace(PLAIN, cell_bias=False), centred=True)
