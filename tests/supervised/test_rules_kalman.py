"""The decoupled extended Kalman filter against dense numpy, and derivatives by differences."""

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.lstm import output_derivatives
from lstmtool.network.topology import Topology
from lstmtool.supervised.rules.kalman import Kalman, KalmanSettings, unit_groups
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.target_sequences import LEGAL_SET, Criterion, Strings
from lstmtool.supervised.tasks.counting import AnBn
from tests.differences import central_difference

SETTINGS = {"measured": (5.0, 0.5), "process": (1e-2, 1e-4), "updates": 6, "weights": 1.0}


def topology(**change):
    settings = {"blocks": (2, 1), "peepholes": True, "output": "4s-2"} | change
    return Topology(2, 2, **settings)


def strings_of(lengths, seed=0):
    rng = np.random.default_rng(seed)
    total = sum(lengths)
    return Strings(
        rng.standard_normal((total, 2)),
        rng.uniform(-1, 1, (total, 2)),
        rng.random(total) < 0.7,
        rng.random((total, 2)) < 0.5,
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


def derivatives(rule, strings, t):
    """Truncated derivatives (K, P) of the outputs at step t, from a network that learns nothing.

    Of squared error, an update per sequence whose only scored step is t changes weights by the
    rate times sum_k (t_k - y_k) dy_k / dw: targets one above the outputs, one by one, give rows.
    """
    rows = []
    for k in range(2):
        probe = Lstm(rule.topology, LstmSettings(1.0), np.random.default_rng(0))
        probe.parameters[:] = rule.parameters
        outputs = np.empty(strings.targets.shape)
        probe.run(strings, outputs)
        targets = outputs.copy()
        targets[t, k] += 1.0
        only = strings._replace(targets=targets, scored=np.arange(len(targets)) == t)
        probe.learn(only, outputs, update="batch")
        rows.append(probe.parameters - rule.parameters)
    return np.array(rows)


def dense_filter(flat, groups, settings, steps):
    """The filter with one matrix P, zero between groups; steps yields (derivatives, errors)."""
    mask = np.zeros((len(flat), len(flat)))
    for group in groups:
        mask[np.ix_(group, group)] = 1.0
    p = settings.variance * np.eye(len(flat)) * mask
    for t, (c, xi) in enumerate(steps):
        part = min(1.0, t / settings.updates)
        r, q = (a * (b / a) ** part for a, b in (settings.measured, settings.process))
        c = c.T
        a = np.linalg.inv(r * np.eye(2) + c.T @ p @ c)
        gain = p @ c @ a
        flat = flat + gain @ xi
        p = (p - gain @ c.T @ p) * mask + q * np.eye(len(flat)) * np.diag(mask)
    return flat, p


@pytest.mark.parametrize("decoupled", [True, False])
@pytest.mark.parametrize("change", [{}, {"peepholes": False, "forget_gate": False}])
def test_updates_are_the_dense_filters(decoupled, change):
    """Each of our updates starts from our weights; the dense filter runs beside it."""
    settings = KalmanSettings(decoupled=decoupled, **SETTINGS)
    shape = topology(cell_bias=False, **change)
    rule = Kalman(shape, settings, np.random.default_rng(1))
    groups = unit_groups(shape) if decoupled else [np.flatnonzero(shape.exists)]
    start, steps = rule.parameters.copy(), []
    for n in range(8):
        strings = strings_of((3,), seed=n)
        strings.scored[:] = [False, False, True]  # one update, at the end: no weight moves before
        outputs = np.empty(strings.targets.shape)
        slopes = derivatives(rule, strings, 2)
        rule.learn(strings, outputs)
        steps.append((slopes, strings.targets[2] - outputs[2]))
    wanted, p = dense_filter(start, groups, settings, steps)
    assert np.abs(wanted - start).max() > 0.1
    np.testing.assert_allclose(rule.parameters, wanted, rtol=1e-8, atol=1e-10)
    for group, a, b in zip(groups, rule.filter.block[:-1], rule.filter.block[1:], strict=True):
        block = rule.filter.covariance[a:b].reshape(len(group), -1)
        np.testing.assert_allclose(block, p[np.ix_(group, group)], rtol=1e-7, atol=1e-9)


def test_derivatives_at_the_first_step_are_exact():
    """Nothing is truncated where nothing came before, except at the output gate's peepholes."""
    rule = Kalman(topology(peepholes=False), KalmanSettings(**SETTINGS), np.random.default_rng(1))
    strings, outputs = strings_of((1,)), np.empty((1, 2))
    flat = rule.parameters.copy()
    rule.learn(strings._replace(scored=np.zeros(1, dtype=bool)), outputs)
    net, got = rule.net, rule.filter.derivatives
    output_derivatives(net.shape, net.weights, net.memory, got, rule._views)

    def output(k):
        def of(w):
            rule.parameters[:] = w
            rule.run(strings, outputs)
            return outputs[0, k]

        return of

    for k in range(2):
        wanted = central_difference(output(k), flat)
        np.testing.assert_allclose(got[k], wanted, rtol=1e-7, atol=1e-9)


def test_groups_are_the_units_and_share_no_weight():
    shape = topology(cell_bias=False)
    groups = unit_groups(shape)
    assert len(groups) == 3 * 2 + 3 + 2
    together = np.concatenate(groups)
    assert sorted(together) == sorted(np.flatnonzero(shape.exists))
    assert [len(group) for group in groups] == [8, 7, 8, 7, 8, 7, 5, 5, 5, 4, 4]


def test_a_stream_is_as_good_in_pieces_and_ends_at_the_first_error():
    strings = strings_of((9,))
    never_wrong = Criterion(LEGAL_SET, 0.0)
    strings.allowed[:] = True
    rules = [Kalman(topology(), KalmanSettings(**SETTINGS), np.random.default_rng(2)) for _ in "ab"]
    outputs = np.empty((9, 2))
    rules[0].learn(strings, outputs)
    for a, b in ((0, 4), (4, 9)):
        part = Strings(*(rows[a:b] for rows in strings[:4]), np.array([0, b - a]))
        part = part._replace(allowed=outputs[a:b] > 0)
        done = rules[1].learn_stream(part, outputs[a:b].copy(), never_wrong, keep_state=a > 0)
        assert done == b - a
    np.testing.assert_allclose(rules[0].parameters, rules[1].parameters, rtol=1e-12)
    wrong = strings._replace(allowed=np.zeros((9, 2), dtype=bool))
    done = rules[1].learn_stream(wrong, outputs, Criterion(LEGAL_SET, -1e9))
    assert done == 1 + np.argmax(strings.scored)


def test_it_learns_to_count_far_faster_than_it_would_by_chance():
    task = AnBn(1, 3)
    shape = Topology(3, 3, (1,), peepholes=True, output="4s-2", outputs_read_inputs=True)
    rule = Kalman(shape, KalmanSettings(updates=400), np.random.default_rng(1))
    rng, every = np.random.default_rng(2), task.every()
    outputs = np.empty(every.targets.shape)
    rule.run(every, outputs)
    before = ((outputs - every.targets) ** 2).mean()
    for _ in range(100):
        strings = task.sample(rng, 1)
        rule.learn(strings, np.empty(strings.targets.shape))
    rule.run(every, outputs)
    assert ((outputs - every.targets) ** 2).mean() < before / 3


@pytest.mark.parametrize("update", ["sequence", "batch"])
def test_other_updates_are_refused(update):
    rule = Kalman(topology(), KalmanSettings(), np.random.default_rng(0))
    strings = strings_of((2,))
    with pytest.raises(UsageError, match="every step"):
        rule.learn(strings, np.empty((2, 2)), update=update)


@pytest.mark.parametrize(
    "change", [{"variance": 0.0}, {"process": (0.0, 1.0)}, {"measured": (1.0,)}, {"updates": -1}]
)
def test_noise_that_cannot_be_is_refused(change):
    with pytest.raises(UsageError):
        KalmanSettings(**change)
