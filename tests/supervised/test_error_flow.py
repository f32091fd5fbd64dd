"""Error flow: Jacobians against finite differences of whole runs, and against the equations."""

import numpy as np
import pytest

from lstmtool.supervised.error_flow import (
    BLOCK_1997,
    BLOCK_2000,
    NETWORKS,
    Elman,
    decay,
    error_flow,
    product_norms,
    run_jacobians,
)
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.tasks import make

ALL = {"elman": Elman(7, 5, 0.5), "1997": BLOCK_1997, "2000": BLOCK_2000}


def inputs(n, seed=0):
    return make("continual-reber", length=n).sample(np.random.default_rng(seed), 1).inputs[:n]


def run(step, z, xs):
    """Run from a state (Z,), one plain step after the other."""
    for x in xs:
        z = step(z[None], x)[0]
    return z


def differences(step, z, xs, eps=1e-6):
    """d z(t) / d z(t - q) by central differences of the whole run."""
    columns = []
    for j in range(len(z)):
        moved = eps * np.eye(len(z))[j]
        columns.append((run(step, z + moved, xs) - run(step, z - moved, xs)) / (2 * eps))
    return np.array(columns).T


@pytest.mark.parametrize("name", ALL)
def test_products_are_the_differences_of_whole_runs(name):
    network, xs = ALL[name], inputs(12)
    step = network.draw(np.random.default_rng(1))
    start = np.random.default_rng(2).normal(0, 0.5, len(network.start()))
    jacobians = run_jacobians(step, start, xs)
    part = network.error_states()
    for q in range(1, 6):
        z = run(step, start, xs[: 12 - q])
        wanted = differences(step, z, xs[12 - q :])
        product = np.linalg.multi_dot([np.eye(len(z)), *jacobians[12 - q :][::-1]])
        np.testing.assert_allclose(product, wanted, rtol=1e-5, atol=1e-8)
        norm = np.linalg.svd(wanted[part, part], compute_uv=False)[0]
        assert product_norms(jacobians, part)[q] == pytest.approx(np.log10(norm), abs=1e-5)


def test_the_simple_network_follows_the_tutorials_equation():
    """Exponential error decay: the product of W F'(net), bounded by (|W| max F')^q."""
    network, xs = ALL["elman"], inputs(20)
    rng = np.random.default_rng(3)
    weights = rng.uniform(-0.5, 0.5, (5, 13))
    z, product, norms = np.zeros(5), np.eye(5), [0.0]
    slopes = []
    for x in xs:
        z = 1 / (1 + np.exp(-(weights[:, :7] @ x + weights[:, 7:12] @ z + weights[:, 12])))
        slopes.append(z * (1 - z))
    for slope in slopes[:5:-1]:
        product = product @ (slope[:, None] * weights[:, 7:12])
        norms.append(np.log10(np.linalg.norm(product, 2)))
    exact, truncated = decay(network, np.random.default_rng(3), xs, 14)
    np.testing.assert_allclose(exact, norms, atol=1e-10)
    assert truncated is None
    bound = np.arange(15) * np.log10(0.25 * np.linalg.norm(weights[:, 7:12], 2))
    assert (exact <= bound + 1e-12).all()


def test_without_forget_gate_the_cells_keep_the_error():
    _, truncated = decay(BLOCK_1997, np.random.default_rng(0), inputs(60), 40)
    np.testing.assert_array_equal(truncated, np.zeros(41))


def test_with_forget_gate_the_cells_keep_the_product_of_the_gates():
    rng = np.random.default_rng(0)
    rule = lstm(BLOCK_2000, rng)
    seen = follow(rule, inputs(30), lambda memory: memory.activation[4:8].copy())
    logs = np.log10(np.array(seen)[::-1]).cumsum(axis=0)[:20].max(axis=1)
    _, truncated = decay(BLOCK_2000, np.random.default_rng(0), inputs(30), 20)
    np.testing.assert_allclose(truncated[1:], logs, atol=1e-12)


def lstm(network, rng):
    settings = LstmSettings(
        0.1,
        weights=network.weights,
        input_bias=network.input_bias,
        forget_bias=network.forget_bias,
        output_bias=network.output_bias,
    )
    return Lstm(network.topology, settings, rng)


def follow(rule, xs, look):
    """What a trained-network class has in its memory after every step."""
    task = make("continual-reber")
    seen = []
    for t, x in enumerate(xs):
        strings = task.blank(np.array([0, 1]))
        strings.inputs[0] = x
        rule.run(strings, np.empty((1, 7)), keep_state=t > 0)
        seen.append(look(rule.net.memory))
    return seen


@pytest.mark.parametrize("network", [BLOCK_1997, BLOCK_2000], ids=["1997", "2000"])
def test_the_networks_are_those_that_learn(network):
    xs = inputs(25)
    step, z = network.draw(np.random.default_rng(4)), network.start()
    rule = lstm(network, np.random.default_rng(4))
    seen = follow(rule, xs, lambda m: np.concatenate([m.cell_output, m.state]))
    for x, wanted in zip(xs, seen, strict=True):
        z = step(z[None], x)[0]
        n = network.topology.lowest.n_cells
        np.testing.assert_allclose(np.concatenate([z[:n], z[-n:]]), wanted, atol=1e-12)


def test_norms_far_below_the_smallest_number_are_still_right():
    jacobians = np.array([np.diag([1e-3, 1e-4])] * 500)
    np.testing.assert_allclose(product_norms(jacobians, slice(0, 2)), -3.0 * np.arange(501))


def test_what_is_reported():
    first, second = (error_flow(1, trials=2, lags=30) for _ in range(2))
    assert [reach.name for reach in first] == list(NETWORKS)
    for one, other in zip(first, second, strict=True):
        assert one.exact.shape == (2, 31)
        np.testing.assert_array_equal(one.exact, other.exact)
        assert not np.array_equal(one.exact[0], one.exact[1])
    elman, old, forgetful, patient = (np.median(reach.exact[:, 30]) for reach in first)
    assert elman < -15
    assert abs(old) < 0.1
    assert elman < forgetful < patient < 0.1
