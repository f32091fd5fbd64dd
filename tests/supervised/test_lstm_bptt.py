import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.rules.lstm import Lstm
from lstmtool.supervised.rules.lstm_bptt import LstmThroughTime
from lstmtool.supervised.target_sequences import WITHIN, Criterion
from tests.differences import complex_step
from tests.supervised import lstm_twin
from tests.supervised.lstm_cases import NETWORKS, rule_for, sequences_of, strings_for

ALL = pytest.mark.parametrize("topology", NETWORKS.values(), ids=list(NETWORKS))


def downhill_of(rule, strings):
    before = rule.parameters.copy()
    rule.learn(strings, np.empty_like(strings.targets), update="batch")
    return (rule.parameters - before) / rule.settings.rate


@ALL
def test_downhill_is_the_exact_gradient(topology):
    rule, strings = rule_for(topology, kind=LstmThroughTime), strings_for(topology)

    def error(weights):
        return sum(lstm_twin.error(topology, weights, *part) for part in sequences_of(strings))

    wanted = -complex_step(error, rule.parameters) * topology.exists
    np.testing.assert_allclose(downhill_of(rule, strings), wanted, rtol=1e-9, atol=1e-12)


@ALL
def test_it_agrees_with_the_truncated_one_over_a_single_step_and_differs_over_more(topology):
    for lengths, same in (((1, 1, 1), True), ((5,), False)):
        strings = strings_for(topology, lengths)
        strings.scored[:] = True
        exact = downhill_of(rule_for(topology, kind=LstmThroughTime), strings)
        truncated = downhill_of(rule_for(topology), strings)
        if same and topology.peepholes:  # the output gate sees s(t), and hands errors on to it
            hidden = topology.views(exact).output, topology.views(truncated).output
            np.testing.assert_allclose(*hidden, rtol=1e-12)
        elif same:
            np.testing.assert_allclose(exact, truncated, rtol=1e-11, atol=1e-14)
        else:
            assert np.abs(exact - truncated).max() > 1e-3


def test_both_agree_where_nothing_is_recurrent():
    topology = NETWORKS["forget gates"]
    pair = [rule_for(topology, kind=kind) for kind in (Lstm, LstmThroughTime)]
    for rule in pair:
        for name in ("input_gate", "forget_gate", "output_gate", "cell_input"):
            topology.named(rule.parameters)[name][:, 3:6] = 0.0
    strings = strings_for(topology)
    truncated, exact = (downhill_of(rule, strings) for rule in pair)
    np.testing.assert_allclose(exact, truncated, rtol=1e-10, atol=1e-13)


def test_it_updates_per_sequence_and_gives_the_outputs_of_the_network():
    topology = NETWORKS["1997"]
    rule, strings = rule_for(topology, kind=LstmThroughTime), strings_for(topology, (4, 3))
    other = rule_for(topology, kind=LstmThroughTime)
    outputs, wanted = np.empty_like(strings.targets), np.empty_like(strings.targets)
    rule.run(strings, wanted)
    rule.learn(strings, outputs, update="sequence")
    np.testing.assert_array_equal(outputs[:4], wanted[:4])
    assert np.abs(outputs[4:] - wanted[4:]).max() > 1e-6
    for first, after in ((0, 4), (4, 7)):
        part = type(strings)(*(p[first:after] for p in strings[:4]), np.array([0, after - first]))
        other.learn(part, np.empty_like(part.targets), update="batch")
    np.testing.assert_array_equal(rule.parameters, other.parameters)


def test_it_refuses_steps_and_streams():
    topology = NETWORKS["1997"]
    rule, strings = rule_for(topology, kind=LstmThroughTime), strings_for(topology)
    with pytest.raises(UsageError, match="per sequence"):
        rule.learn(strings, np.empty_like(strings.targets), update="step")
    with pytest.raises(UsageError, match="stream"):
        rule.learn_stream(strings, np.empty_like(strings.targets), Criterion(WITHIN, 0.1))
    with pytest.raises(UsageError, match="stream"):
        rule.learn_openings(strings, strings, Criterion(WITHIN, 0.1))
