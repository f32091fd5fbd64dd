"""Hessian-free optimisation: products by the curvature against the matrix by definition."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised.conjugate_gradients import has_settled, solutions
from lstmtool.supervised.rules.hessian_free import HessianFree, HessianFreeSettings
from lstmtool.supervised.rules.start import OF_2011, drawn, of_2013
from tests.supervised.lstm_cases import NETWORKS, strings_for
from tests.supervised.naive_network import error_of, nets_of, output_of
from tests.supervised.test_lstm_batch import DEEP, targets_of

LENGTHS = (4, 1, 5, 3)
TANH = Topology(
    2, 3, (), plain=4, cell_bias=False, output_bias=False, learnt_start=True,
    output="softmax", error="cross-entropy",
)  # fmt: skip
LOGISTIC = replace(TANH, f="logistic", output="logistic", learnt_start=False, cell_bias=True)
INTEGRATED = DEEP["integrated"]
NETS = NETWORKS | DEEP | {"tanh": TANH, "logistic": LOGISTIC}
del NETS["integrated"]


def rule_of(topology, seed=0, **settings):
    made = {"weights": 1.0, "structural": 0.0, "weight_decay": 0.0, "sample": 100} | settings
    return HessianFree(topology, HessianFreeSettings(**made), np.random.default_rng(seed))


def cases(topology, lengths=LENGTHS):
    return targets_of(topology, strings_for(topology, lengths))


def jacobian(function, at):
    """Derivatives (S, K, P) of a function of the weights, by the complex step."""
    columns = []
    for p in range(at.size):
        aside = at.astype(complex)
        aside[p] += 1e-30j
        columns.append(np.imag(function(aside)) / 1e-30)
    return np.stack(columns, axis=-1)


def naive_curvature(topology, flat, strings):
    """The Gauss-Newton matrix (P, P): the sum over scored steps of J^T H J, over their number."""
    nets = nets_of(topology, flat, strings)
    j = jacobian(lambda at: nets_of(topology, at, strings), flat)
    total = np.zeros((flat.size, flat.size))
    for net, own, scored in zip(nets, j, strings.scored, strict=True):
        if not scored:
            continue
        y = output_of(topology, net)
        if topology.output == "softmax":
            h = np.diag(y) - np.outer(y, y)
        elif topology.error == "cross-entropy":
            h = np.diag(y * (1 - y))
        else:
            aside = net + 1e-30j
            h = np.diag((np.imag(output_of(topology, aside)) / 1e-30) ** 2)
        total += own.T @ h @ own
    exists = topology.exists
    return total * np.outer(exists, exists) / strings.scored.sum()


def product_of(rule, strings):
    return rule.curvature(strings, np.arange(strings.count))


@pytest.mark.parametrize("topology", NETS.values(), ids=NETS)
def test_the_product_is_that_by_the_matrix(topology):
    rule, strings = rule_of(topology), cases(topology)
    wanted = naive_curvature(topology, rule.parameters, strings)
    multiply, rng = product_of(rule, strings), np.random.default_rng(3)
    for _ in range(2):
        v = rng.standard_normal(topology.size) * topology.exists
        np.testing.assert_allclose(multiply(v), wanted @ v, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("structural", [0.0, 3.0])
@pytest.mark.parametrize("name", ["tanh", "peepholes", "everything"])
def test_the_matrix_is_symmetric_and_never_negative(name, structural):
    topology = NETS[name]
    rule, strings = rule_of(topology, structural=structural, damping=1.0), cases(topology)
    multiply, rng = product_of(rule, strings), np.random.default_rng(4)
    u, v = rng.standard_normal((2, topology.size)) * topology.exists
    gu, gv = multiply(u), multiply(v)
    assert u @ gv == pytest.approx(v @ gu, rel=1e-9)
    assert u @ gu > 0.0
    assert v @ gv > 0.0


@pytest.mark.parametrize("topology", [TANH, LOGISTIC], ids=["tanh", "logistic"])
def test_structural_damping_is_that_of_the_definition(topology):
    """mu lambda times J_net^T D J_net, with D the slopes of the units, a quarter of them for tanh.

    The units' net inputs are read by output units that are one with them.
    """
    strings, mu = cases(topology), 0.7
    rule = rule_of(topology, structural=mu, damping=2.0)
    n, flat = topology.plain, rule.parameters

    def hidden(at):
        seen = replace(topology, n_outputs=n, output="identity", error="squared")
        whole = np.zeros(seen.size, dtype=at.dtype)
        whole[: topology.n_hidden] = at[: topology.n_hidden]
        seen.views(whole).output[:] = np.eye(n)
        for to, own in zip(seen.starts(whole), topology.starts(at), strict=True):
            to[:] = own
        return nets_of(seen, whole, strings)

    y = hidden(flat)
    slopes = 0.25 * (1 - y**2) if topology.f == "tanh" else y * (1 - y)
    j = jacobian(hidden, flat) / (4 * slopes if topology.f == "tanh" else slopes)[:, :, None]
    more = np.einsum("skp,sk,skq->pq", j, slopes, j) * mu * 2.0 / strings.scored.sum()
    v = np.random.default_rng(5).standard_normal(flat.size) * topology.exists
    wanted = (naive_curvature(topology, flat, strings) + more) @ v * topology.exists
    np.testing.assert_allclose(product_of(rule, strings)(v), wanted, rtol=1e-9, atol=1e-12)


def test_batches_precisions_and_threads_give_the_same_product():
    topology = NETS["everything"]
    strings = cases(topology, tuple(1 + n % 5 for n in range(70)))
    v = np.random.default_rng(6).standard_normal(topology.size) * topology.exists
    wanted = product_of(rule_of(topology, structural=0.1), strings)(v)
    for settings, tolerance in (({"batch": 20}, 1e-9), ({"threads": 2}, 1e-9)):
        got = product_of(rule_of(topology, structural=0.1, **settings), strings)(v)
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=1e-12)
    single = product_of(rule_of(topology, structural=0.1, precision="single"), strings)(v)
    np.testing.assert_allclose(single, wanted, rtol=1e-3, atol=1e-4)


def test_the_trace_of_the_curvature_outlasts_other_passes():
    rule, strings = rule_of(TANH), cases(TANH)
    multiply = product_of(rule, strings)
    v = np.random.default_rng(7).standard_normal(TANH.size)
    before = multiply(v)
    rule.parameters[:] *= 2.0
    rule.run(strings, np.zeros_like(strings.targets))
    rule.parameters[:] /= 2.0
    np.testing.assert_array_equal(multiply(v), before)


def test_conjugate_gradients_solve_what_is_symmetric_and_positive():
    rng = np.random.default_rng(8)
    root = rng.standard_normal((12, 12))
    matrix, b = root @ root.T + np.eye(12), rng.standard_normal(12)
    wanted = np.linalg.solve(matrix, b)
    values = []
    for n, (x, value, residual) in enumerate(
        solutions(lambda v: matrix @ v, b, rng.standard_normal(12)), 1
    ):
        assert value == pytest.approx(0.5 * x @ matrix @ x - b @ x, rel=1e-9)
        assert residual == pytest.approx(np.linalg.norm(b - matrix @ x), abs=1e-8)
        values.append(value)
        if n == 12:
            break
    np.testing.assert_allclose(x, wanted, rtol=1e-6)
    assert (np.diff(values) < 0.0).all()


def test_conjugate_gradients_end_at_the_solution_and_where_nothing_is_positive():
    assert list(solutions(lambda v: 2 * v, np.ones(3), np.full(3, 0.5))) == []
    assert list(solutions(lambda v: -v, np.ones(3), np.zeros(3))) == []
    assert list(solutions(lambda v: v * np.nan, np.ones(3), np.zeros(3))) == []


@pytest.mark.parametrize("n", [5, 10, 11, 50, 300])
def test_steps_end_where_the_last_ones_hardly_help(n):
    """By the rule, written out: (phi_i - phi_{i-k}) / phi_i < 0.0005 k, k = max(10, i / 10)."""
    k = max(10, n // 10)
    for gain in (0.9, 1.1):
        values = [-1.0 + (k * 0.0005 * gain) * (i < n - k) for i in range(n)]
        assert has_settled(values) == (n > k and gain < 1.0)
    assert not has_settled([1.0] * n)


@pytest.mark.parametrize("name", ["tanh", "peepholes"])
def test_without_structure_and_with_large_damping_it_descends_along_the_gradient(name):
    topology, damping = NETS[name], 1e8
    rule, strings = rule_of(topology, damping=damping), cases(topology)
    before, outputs = rule.parameters.copy(), np.zeros_like(strings.targets)
    lanes = np.argsort(-np.diff(strings.starts), kind="stable")
    ascent = rule.gradient(strings, lanes, outputs)[0]
    rule.learn(strings, outputs)
    step = (rule.parameters - before) * damping
    np.testing.assert_allclose(step, ascent, rtol=1e-4, atol=1e-6 * np.abs(ascent).max())


def test_with_little_damping_a_step_solves_a_linear_network():
    """The error of a linear network by its output weights is quadratic: one step is Newton's."""
    topology = Topology(3, 2, (), plain=4, recurrent=False, f="identity", output="identity")
    rule, strings = rule_of(topology, damping=1e-9), cases(topology, (9, 9, 9, 9))
    hidden = topology.n_hidden
    read = np.concatenate([strings.inputs, np.ones((36, 1))], axis=1)
    rule.parameters[hidden:] = 0.0
    for _ in range(4):
        rule.learn(strings, np.zeros_like(strings.targets))
    least = np.linalg.lstsq(read[strings.scored], strings.targets[strings.scored], rcond=None)
    wanted = 0.5 * ((read @ least[0] - strings.targets)[strings.scored] ** 2).sum()
    assert error_of(topology, rule.parameters, strings) == pytest.approx(wanted, rel=1e-4)


def test_errors_fall_and_damping_follows_the_ratio():
    rule, strings = rule_of(TANH, structural=0.03, weight_decay=2e-5), cases(TANH)
    errors = []
    for _ in range(15):
        before = rule.damping
        errors.append(error_of(TANH, rule.parameters, strings))
        rule.learn(strings, np.zeros_like(strings.targets))
        factor = 2 / 3 if rule.ratio > 0.75 else 1.0 if rule.ratio >= 0.25 else 1.5
        assert rule.damping == pytest.approx(before * factor)
    assert errors[-1] < 0.2 * errors[0]
    assert (np.diff(errors) <= 1e-9).all()
    assert rule.steps > 15


def test_a_step_that_helps_nowhere_is_not_made():
    rule, strings = rule_of(TANH), cases(TANH)
    before, damping = rule.parameters.copy(), rule.damping
    rule.state[1][:] = np.nan
    rule.learn(strings, np.zeros_like(strings.targets))
    np.testing.assert_array_equal(rule.parameters, before)
    assert rule.ratio == -np.inf
    assert rule.damping == pytest.approx(1.5 * damping)
    assert not rule.state[1].any()
    rule.learn(strings, np.zeros_like(strings.targets))
    assert rule.ratio > 0.0


def test_it_resumes_from_its_state():
    strings = cases(TANH)
    runs = [rule_of(TANH, structural=0.03) for _ in range(2)]
    for rule in runs:
        rule.learn(strings, np.zeros_like(strings.targets))
    other = rule_of(TANH, seed=1, structural=0.03)
    for to, own in zip(other.state, runs[1].state, strict=True):
        to[:] = own
    for rule in (runs[0], other):
        rule.learn(strings, np.zeros_like(strings.targets))
    for a, b in zip(runs[0].state, other.state, strict=True):
        np.testing.assert_array_equal(a, b)


def test_samples_are_different_sequences_where_there_are_enough():
    rule = rule_of(TANH, sample=3)
    assert [s.tolist() for s in rule._samples(9)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert [s.tolist() for s in rule._samples(7)] == [[0, 1, 2], [3, 4, 5], [0, 1, 2]]
    assert [s.tolist() for s in rule._samples(2)] == [[0, 1]] * 3


def test_what_cannot_be_is_refused():
    for wrong in ({"damping": 0.0}, {"structural": -1.0}, {"steps": 0}, {"sample": 0}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            HessianFreeSettings(**wrong)
    with pytest.raises(UsageError, match="precision"):
        HessianFreeSettings(precision="half")
    rule, strings = rule_of(TANH), cases(TANH)
    with pytest.raises(UsageError, match="once per batch"):
        rule.learn(strings, np.zeros_like(strings.targets), update="step")
    with pytest.raises(UsageError, match="radius"):
        of_2013(0.1).__class__(radius=-1.0)
    with pytest.raises(UsageError, match="plain recurrent"):
        drawn(NETS["peepholes"], OF_2011, np.random.default_rng(0))
    with pytest.raises(UsageError, match="no tangents of means"):
        rule_of(INTEGRATED)


def test_published_starts():
    topology = Topology(
        40, 3, (), plain=100, output="softmax", error="cross-entropy", learnt_start=True
    )
    rng = np.random.default_rng(9)
    flat = drawn(topology, OF_2011, rng)
    views, own = topology.views(flat), topology.views(flat).hidden[:, 40:140]
    for part in (own, views.hidden[:, :40], views.output[:, :100]):
        assert ((part != 0).sum(axis=1) == 15).all()
    assert own[own != 0].std() == pytest.approx(15**-0.5, rel=0.1)
    assert views.hidden[:, :40][views.hidden[:, :40] != 0].std() == pytest.approx(
        0.25 * 15**-0.5, rel=0.1
    )
    assert not views.hidden[:, -1].any()
    assert topology.starts(flat)[0].std() == pytest.approx(15**-0.5, rel=0.3)
    flat = drawn(topology, of_2013(0.001), rng)
    own = topology.views(flat).hidden[:, 40:140]
    assert ((own != 0).sum(axis=1) == 15).all()
    assert np.abs(np.linalg.eigvals(own)).max() == pytest.approx(1.1)
    assert topology.views(flat).hidden[:, :40].std() == pytest.approx(0.001, rel=0.1)
    assert topology.views(flat).output[:, :100].std() == pytest.approx(0.1, rel=0.2)
