"""Batches of sequences on the fast kernels: held to a naive twin, and to the other rules."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised.rules.lstm import Lstm
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.rules.lstm_bptt import LstmThroughTime
from tests.differences import complex_step
from tests.supervised.lstm_cases import NETWORKS, rule_for, strings_for
from tests.supervised.naive_network import error_of

DEEP = {
    "softmax": Topology(3, 4, (2, 1), peepholes=True, output="softmax", error="cross-entropy"),
    "both directions": Topology(3, 2, (2, 1), peepholes=True, directions="both"),
    "Elman's": Topology(3, 4, (), plain=3, output="softmax", error="cross-entropy"),
    "plain, both directions": Topology(
        3, 4, (), plain=2, f="logistic", directions="both", output="softmax", error="cross-entropy"
    ),
    "learnt start": Topology(
        2, 3, (2, 1), above=((1,),), plain=2, learnt_start=True, cell_bias=False, output_bias=False
    ),
    "learnt start, both directions": Topology(
        2, 2, (1,), plain=1, directions="both", learnt_start=True, gates_are_read=True
    ),
    "feed-forward": Topology(
        3, 4, (), plain=3, f="logistic", recurrent=False, output="softmax", error="cross-entropy"
    ),
    "time-delay": Topology(
        2, 3, (), above=((),), plain=3, recurrent=False, windows=(3, 2, 4), f="logistic"
    ),
    "windows below recurrent units": Topology(
        2,
        3,
        (1,),
        above=((2,),),
        plain=1,
        windows=(2, 3, 2),
        output="softmax",
        error="cross-entropy",
    ),
    "integrated": Topology(
        2,
        4,
        (),
        plain=3,
        recurrent=False,
        windows=(3, 1),
        integrated=True,
        output="softmax",
        error="cross-entropy",
    ),
    "both, softmax": Topology(
        2,
        3,
        (1, 1),
        peepholes=True,
        g="tanh",
        h="tanh",
        directions="both",
        output="softmax",
        error="cross-entropy",
    ),
    "everything": Topology(
        2,
        3,
        (2, 1),
        above=((1, 2),),
        plain=1,
        directions="both",
        peepholes=True,
        gates_are_read=True,
        gate_bias=False,
        output_bias=False,
        outputs_read_inputs=True,
        output="softmax",
        error="cross-entropy",
    ),
}
LENGTHS = (4, 1, 5, 3)


def batch_rule(topology, seed=0, **settings):
    made = BatchSettings(**({"rate": 0.01, "weights": 1.0} | settings))
    return LstmBatch(topology, made, np.random.default_rng(seed))


def targets_of(topology, strings, seed=1):
    """Strings whose targets are probabilities of classes, for softmax outputs."""
    if topology.output != "softmax":
        return strings
    classes = np.random.default_rng(seed).integers(topology.n_outputs, size=len(strings.targets))
    return strings._replace(targets=np.eye(topology.n_outputs)[classes])


def ascent(rule, strings):
    """Minus the gradient of the error, summed over scored steps; and the outputs."""
    outputs = np.zeros_like(strings.targets)
    lanes = np.argsort(-np.diff(strings.starts), kind="stable")
    gradient, error = rule.gradient(strings, lanes, outputs)
    return gradient * strings.scored.sum(), error * strings.scored.sum(), outputs


@pytest.mark.parametrize("topology", DEEP.values(), ids=DEEP)
def test_the_gradient_is_the_complex_step_of_the_twin(topology):
    rule = batch_rule(topology)
    strings = targets_of(topology, strings_for(topology, LENGTHS))
    got, error, _ = ascent(rule, strings)
    assert error == pytest.approx(error_of(topology, rule.parameters, strings), rel=1e-12)
    wanted = complex_step(lambda flat: error_of(topology, flat, strings), rule.parameters)
    np.testing.assert_allclose(got, -wanted * topology.exists, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("topology", NETWORKS.values(), ids=list(NETWORKS))
@pytest.mark.parametrize("exact", [True, False])
def test_it_computes_what_the_other_rules_compute(topology, exact):
    """Exact as the rule through time, or truncated as the rule that goes step by step."""
    strings = strings_for(topology, LENGTHS)
    other = rule_for(topology, kind=LstmThroughTime if exact else Lstm)
    rule = batch_rule(topology, exact=exact)
    rule.parameters[:] = other.parameters
    wanted = np.zeros_like(strings.targets)
    before = other.parameters.copy()
    other.learn(strings, wanted, update="batch")
    got, _, outputs = ascent(rule, strings)
    np.testing.assert_allclose(outputs, wanted, rtol=1e-12, atol=1e-13)
    downhill = (other.parameters - before) / other.settings.rate
    np.testing.assert_allclose(got, downhill, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("topology", DEEP.values(), ids=DEEP)
def test_single_precision_and_threads(topology):
    strings = targets_of(topology, strings_for(topology, tuple(1 + n % 5 for n in range(70))))
    double, _, outputs = ascent(batch_rule(topology), strings)
    single, _, close = ascent(batch_rule(topology, precision="single"), strings)
    np.testing.assert_allclose(close, outputs, atol=1e-5)
    np.testing.assert_allclose(single, double, rtol=1e-3, atol=1e-4)
    threads, _, same = ascent(batch_rule(topology, threads=2), strings)
    np.testing.assert_array_equal(same, outputs)
    np.testing.assert_array_equal(threads, double)


def test_it_learns_batch_by_batch_and_is_run_as_it_learned():
    topology = DEEP["both directions"]
    rule, strings = batch_rule(topology, batch=3), strings_for(topology, LENGTHS)
    outputs = np.zeros_like(strings.targets)
    errors = []
    for _ in range(30):
        rule.learn(strings, outputs)
        scored = strings.scored
        errors.append(((outputs - strings.targets)[scored] ** 2).mean())
    assert rule.state[-1] == [60]
    assert errors[-1] < 0.5 * errors[0]
    before, again = rule.parameters.copy(), np.zeros_like(outputs)
    rule.run(strings, again)
    np.testing.assert_array_equal(rule.parameters, before)
    assert ((again - strings.targets)[scored] ** 2).mean() < 0.5 * errors[0]


def test_weights_that_do_not_exist_stay_zero():
    topology = replace(DEEP["everything"], forget_gate=False, directions="forward")
    rule = batch_rule(topology)
    rule.learn(targets_of(topology, strings_for(topology)), np.zeros((10, 3)))
    assert (rule.parameters[~topology.exists] == 0).all()
    assert not topology.exists.all()


@pytest.mark.parametrize("optimiser", ["adam", "momentum"])
def test_first_updates_are_those_of_the_optimiser(optimiser):
    topology = DEEP["softmax"]
    strings = targets_of(topology, strings_for(topology))
    rule = batch_rule(topology, optimiser=optimiser, clip=0.0 if optimiser == "adam" else 1e-3)
    before, (gradient, _, _) = rule.parameters.copy(), ascent(rule, strings)
    rule.learn(strings, np.zeros_like(strings.targets))
    step = (rule.parameters - before) / rule.settings.rate
    if optimiser == "adam":
        np.testing.assert_allclose(np.abs(step[np.abs(gradient) > 1e-3]), 1.0, atol=0.02)
    else:
        np.testing.assert_allclose(np.linalg.norm(step), 1e-3, rtol=1e-9)


def test_what_cannot_be_is_refused():
    topology = DEEP["softmax"]
    rule, strings = batch_rule(topology), strings_for(topology)
    outputs = np.zeros_like(strings.targets)
    with pytest.raises(UsageError, match="once per batch"):
        rule.learn(strings, outputs, update="step")
    with pytest.raises(UsageError, match="reset the state"):
        rule.run(strings, outputs, keep_state=True)
    with pytest.raises(UsageError, match="lstm-batch"):
        rule_for(topology)
    for wrong in ({"rate": 0.0}, {"batch": 0}, {"precision": "half"}, {"optimiser": "sgd"}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            BatchSettings(**({"rate": 0.1} | wrong))
    with pytest.raises(UsageError, match="Softmax"):
        replace(topology, error="squared")
