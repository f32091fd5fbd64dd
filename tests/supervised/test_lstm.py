import numpy as np
import pytest

from lstmtool.config import NetworkSettings
from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.lstm import forward_step, output_derivatives, partials_step
from lstmtool.network.topology import Topology
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.rules.lstm_bptt import LstmThroughTime
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from tests import naive
from tests.differences import central_difference, complex_step
from tests.kernels.cases import Case
from tests.supervised import lstm_twin
from tests.supervised.lstm_cases import NETWORKS, rule_for, sequences_of, strings_for

ALL = pytest.mark.parametrize("topology", NETWORKS.values(), ids=list(NETWORKS))


def outputs_for(strings):
    return np.full_like(strings.targets, np.nan)


def downhill_of(rule, strings):
    """What one update for all sequences goes along."""
    before = rule.parameters.copy()
    rule.learn(strings, outputs_for(strings), update="batch")
    return (rule.parameters - before) / rule.settings.rate


@ALL
def test_outputs_are_the_twins(topology):
    rule, strings = rule_for(topology), strings_for(topology)
    got = outputs_for(strings)
    rule.run(strings, got)
    nets = [lstm_twin.run(topology, rule.parameters, xs)[1] for xs, _, _ in sequences_of(strings)]
    wanted = lstm_twin.FUNCTIONS[topology.output](np.concatenate(nets))
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


@ALL
@pytest.mark.parametrize("update", ["step", "sequence", "batch"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_learning_is_the_pseudo_code(topology, update, momentum):
    rule, strings = rule_for(topology, momentum=momentum), strings_for(topology)
    wanted, wanted_outputs = lstm_twin.learn(
        topology, rule.parameters, sequences_of(strings), 0.3, momentum, update
    )
    got = outputs_for(strings)
    rule.learn(strings, got, update=update)
    np.testing.assert_allclose(got, wanted_outputs, rtol=1e-11)
    np.testing.assert_allclose(rule.parameters, wanted, rtol=1e-11, atol=1e-13)


@ALL
def test_downhill_is_the_gradient_with_the_cut_paths_frozen(topology):
    rule, strings = rule_for(topology, seed=1), strings_for(topology)
    flat = rule.parameters.copy()

    def error(weights):
        parts = [
            lstm_twin.error(topology, weights, xs, targets, scored, frozen)
            for (xs, targets, scored), frozen in zip(sequences_of(strings), seen, strict=True)
        ]
        return sum(parts)

    seen = [lstm_twin.frozen_at(topology, flat, xs) for xs, _, _ in sequences_of(strings)]
    got = downhill_of(rule, strings)
    exists = topology.exists
    np.testing.assert_allclose(got, -complex_step(error, flat) * exists, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(got, -central_difference(error, flat) * exists, atol=1e-6)
    assert np.count_nonzero(got) == topology.n_weights


@pytest.mark.parametrize("forget", [True, False])
@pytest.mark.parametrize("peepholes", [True, False])
def test_downhill_is_that_of_the_backward_pass(forget, peepholes):
    """The layer that learns without targets cuts errors too; here its slopes are our deltas."""
    settings = NetworkSettings(
        blocks=(2, 1), outputs=2, g="4s-2", h="2s-1", forget_gate=forget, peepholes=peepholes
    )
    case = Case(settings, lengths=(5,), n_inputs=3)
    case.s[:], case.y[:] = 0.0, 0.0  # an online network starts from the reset one
    topology = Topology(3, 2, (2, 1), forget_gate=forget, peepholes=peepholes, output="identity")
    rule = rule_for(topology)
    gates = (
        ["input_gate", "forget_gate", "output_gate"] if forget else ["input_gate", "output_gate"]
    )
    ours = topology.named(rule.parameters)
    theirs = naive.named(settings, 3, case.flat)
    for name in (*gates, "cell_input", "output_unit"):
        ours[name][:] = theirs[name]
    for gate in gates if peepholes else []:
        ours[f"{gate}_peephole"][:] = theirs[f"{gate}_peephole"]
    strings = strings_for(topology, lengths=(5,))
    strings.scored[:] = False
    strings.scored[-1] = True
    strings.inputs[:] = case.xs[0]
    outputs = outputs_for(strings)
    rule.run(strings, outputs)
    np.testing.assert_allclose(outputs[-1], case.run().net[0], rtol=1e-12)
    strings.targets[-1] = outputs[-1] + case.slopes[0]
    got = topology.named(downhill_of(rule, strings))
    wanted = naive.named(settings, 3, case.run(exact=False).gradient)
    for name, part in got.items():
        if not (name == "forget_gate_peephole" and not forget):
            np.testing.assert_allclose(part, wanted[name], rtol=1e-9, atol=1e-12, err_msg=name)


@ALL
def test_output_derivatives_are_those_of_the_outputs_with_the_cut_paths_frozen(topology):
    rule, strings = rule_for(topology, seed=2), strings_for(topology, lengths=(6,))
    flat, net = rule.parameters.copy(), rule.net
    rule.run(strings_for(topology, lengths=(3,)), np.empty((3, topology.n_outputs)))
    memory = net.memory
    for array in (memory.state, memory.cell_output, memory.activation):
        array[:] = 0.0
    memory.partial[:], memory.peephole_partial[:] = 0.0, 0.0
    got = np.full((topology.n_outputs, topology.size), np.nan)
    scratch = topology.views(np.full(topology.size, np.nan))
    for t in range(6):
        forward_step(net.shape, net.weights, memory, strings.inputs, t)
        partials_step(net.shape, memory)
    output_derivatives(net.shape, net.weights, memory, got, scratch)
    seen = lstm_twin.frozen_at(topology, flat, strings.inputs)
    for k in range(topology.n_outputs):

        def output(weights, k=k):
            net = lstm_twin.run(topology, weights, strings.inputs, seen)[1][-1]
            return lstm_twin.FUNCTIONS[topology.output](net)[k]

        wanted = complex_step(output, flat) * topology.exists
        np.testing.assert_allclose(got[k] * topology.exists, wanted, rtol=1e-9, atol=1e-12)


@ALL
def test_weights_that_do_not_exist_stay_zero(topology):
    rule, strings = rule_for(topology, momentum=0.5), strings_for(topology)
    rule.learn(strings, outputs_for(strings))
    assert (rule.parameters[~topology.exists] == 0.0).all()


def test_nesterov_follows_the_published_form_with_the_schedule():
    """v <- m v + rate d(theta + m v), theta <- theta + v; m of update t is 1/2 below t = 250."""
    topology, rate = NETWORKS["peepholes"], 0.1
    rule, strings = rule_for(topology, rate=rate, nesterov=True, momentum=0.9), None
    theta, velocity = rule.parameters.copy(), 0.0
    for seed in range(3):
        strings = strings_for(topology, seed=seed)
        look_ahead = theta + 0.5 * velocity
        np.testing.assert_allclose(rule.parameters, look_ahead, rtol=1e-12, atol=1e-14)
        plain = rule_for(topology, rate=rate)
        plain.parameters[:] = look_ahead
        velocity = 0.5 * velocity + rate * downhill_of(plain, strings)
        theta = theta + velocity
        rule.learn(strings, outputs_for(strings), update="batch")


def test_the_rate_decays_every_thousand_updates():
    topology = NETWORKS["1997"]
    rule, strings = rule_for(topology, decay=0.5), strings_for(topology, lengths=(1,) * 999)
    rule.learn(strings, outputs_for(strings), update="sequence")
    assert rule.net.course.rate[0] == 0.3
    rule.learn(strings_for(topology, lengths=(1,)), np.empty((1, 2)), update="sequence")
    assert rule.net.course.rate[0] == 0.15


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_weights_decay_at_every_update(momentum):
    topology = NETWORKS["forget gates"]
    rule = rule_for(topology, momentum=momentum, weight_decay=0.25)
    other, strings = rule_for(topology, momentum=momentum), strings_for(topology)
    first = rule.parameters.copy()
    rule.learn(strings, outputs_for(strings), update="batch")
    other.learn(strings, outputs_for(strings), update="batch")
    np.testing.assert_allclose(rule.parameters, other.parameters - 0.25 * first, rtol=1e-12)
    strings.scored[:] = False
    rule = rule_for(topology, weight_decay=0.25)
    rule.learn(strings, outputs_for(strings), update="sequence")
    np.testing.assert_allclose(rule.parameters, first * 0.75**strings.count, rtol=1e-12)


@pytest.mark.parametrize("name", ["1997", "cross-entropy"])
@pytest.mark.parametrize("kind", [Lstm, LstmThroughTime])
def test_errors_within_the_tolerance_count_as_none(kind, name):
    topology = NETWORKS[name]
    strings, start = strings_for(topology), rule_for(topology).parameters.copy()
    rule, other = (rule_for(topology, kind=kind, tolerance=t) for t in (0.3, 0.0))
    outputs = outputs_for(strings)
    rule.learn(strings, outputs, update="batch")
    near = np.abs(strings.targets - outputs) < 0.3
    assert 0 < near[strings.scored].sum() < near[strings.scored].size
    wanted = strings._replace(targets=np.where(near, outputs, strings.targets))
    other.learn(wanted, outputs_for(strings), update="batch")
    assert not np.array_equal(rule.parameters, start)
    np.testing.assert_array_equal(rule.parameters, other.parameters)


def test_a_stream_stops_after_the_first_wrong_step_and_goes_on_from_there():
    topology = Topology(1, 1, (1,), peepholes=True)
    strings = strings_for(topology, lengths=(3, 7))
    strings.scored[:] = True
    rule, other = rule_for(topology, weights=0.5), rule_for(topology, weights=0.5)
    outputs = outputs_for(strings)
    strings.targets[:] = 0.5
    strings.targets[5] = 9.0
    done = rule.learn_stream(strings, outputs, Criterion(WITHIN, 0.9))
    assert done == 6
    assert np.isnan(outputs[6:]).all()
    whole = strings._replace(starts=np.array([0, 6]))
    other.learn(whole, outputs_for(strings))
    np.testing.assert_array_equal(rule.parameters, other.parameters)
    rest = Strings(*(part[6:] for part in strings[:4]), np.array([0, 4]))
    assert rule.learn_stream(rest, np.empty((4, 1)), Criterion(WITHIN, 9.0), keep_state=True) == 4
    third = rule_for(topology, weights=0.5)
    third.learn(strings._replace(starts=np.array([0, 10])), outputs_for(strings))
    np.testing.assert_array_equal(rule.parameters, third.parameters)


def test_states_run_on_only_where_asked():
    topology = NETWORKS["forget gates"]
    rule, strings = rule_for(topology), strings_for(topology, lengths=(5, 4))
    whole, reset, kept = (outputs_for(strings) for _ in range(3))
    rule.run(strings, reset)
    rule.run(strings._replace(starts=np.array([0, 9])), whole)
    first = Strings(*(part[:5] for part in strings[:4]), np.array([0, 5]))
    rest = Strings(*(part[5:] for part in strings[:4]), np.array([0, 4]))
    rule.run(first, kept[:5])
    rule.run(rest, kept[5:], keep_state=True)
    np.testing.assert_array_equal(kept, whole)
    np.testing.assert_array_equal(reset[:5], whole[:5])
    assert np.abs(reset[5:] - whole[5:]).min() > 1e-6


def test_the_same_seed_gives_the_same_weights():
    topology, strings = NETWORKS["1997"], strings_for(NETWORKS["1997"])
    runs = [rule_for(topology, seed=seed) for seed in (3, 3, 4)]
    for rule in runs:
        rule.learn(strings, outputs_for(strings))
    assert runs[0].parameters.tobytes() == runs[1].parameters.tobytes()
    assert runs[0].parameters.tobytes() != runs[2].parameters.tobytes()


def test_a_network_that_does_not_fit_complains():
    rule = rule_for(NETWORKS["1997"])
    other = strings_for(NETWORKS["all read"])
    with pytest.raises(UsageError, match="3 inputs and 2 outputs"):
        rule.run(other, outputs_for(other))
    strings = strings_for(NETWORKS["1997"])
    with pytest.raises(UsageError, match="outputs must have the shape"):
        rule.run(strings, np.empty((1, 2)))
    with pytest.raises(UsageError, match="step, sequence, batch"):
        rule.learn(strings, outputs_for(strings), update="epoch")


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"rate": np.nan}, {"momentum": 1.0}, {"decay": 2}]
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        LstmSettings(**({"rate": 0.1} | wrong))


def test_rules_start_from_their_own_generator():
    topology = NETWORKS["1997"]
    rule = Lstm(topology, LstmSettings(0.1, weights=0.2), np.random.default_rng(5))
    wanted = topology.initial(np.random.default_rng(5), 0.2)
    np.testing.assert_array_equal(rule.parameters, wanted)
