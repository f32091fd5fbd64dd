"""The feed-forward network: its outputs, what it lowers, and what it refuses."""

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.rules.feed_forward import FeedForward, FeedForwardSettings
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from tests.differences import central_difference


def strings_of(n_inputs=3, n_outputs=2, seed=0):
    """Bent functions of the inputs; steps that are not scored have targets far away."""
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(-1, 1, (60, n_inputs))
    targets = np.column_stack([inputs[:, 0] * inputs[:, 1], np.sin(3 * inputs[:, 0])])
    scored = rng.random(60) < 0.8
    targets[~scored] += 50.0
    allowed = np.zeros((60, n_outputs), dtype=bool)
    return Strings(inputs, targets[:, :n_outputs], scored, allowed, np.array([0, 25, 60]))


def error(rule, strings):
    outputs = np.empty(strings.targets.shape)
    rule.run(strings, outputs)
    return ((outputs - strings.targets)[strings.scored] ** 2).mean()


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_outputs_are_those_of_plain_loops(n_outputs):
    rule = FeedForward((3, 4, n_outputs), FeedForwardSettings(), np.random.default_rng(0))
    strings = strings_of(n_outputs=n_outputs)
    outputs = np.empty(strings.targets.shape)
    rule.run(strings, outputs)
    w = rule.parameters[:16].reshape(4, 4)
    v = rule.parameters[16:].reshape(5, n_outputs)
    for x, y in zip(strings.inputs, outputs, strict=True):
        h = [np.tanh(sum(x[i] * w[i, j] for i in range(3)) + w[3, j]) for j in range(4)]
        wanted = [sum(h[j] * v[j, k] for j in range(4)) + v[4, k] for k in range(n_outputs)]
        np.testing.assert_allclose(y, wanted, rtol=1e-12)
    assert rule.n_weights == 16 + 5 * n_outputs


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_learning_goes_to_where_the_error_of_scored_steps_is_flat(n_outputs):
    strings = strings_of(n_outputs=n_outputs)
    rule = FeedForward((3, 3, n_outputs), FeedForwardSettings(1000), np.random.default_rng(0))
    before, outputs = error(rule, strings), np.empty(strings.targets.shape)
    first = np.empty_like(outputs)
    rule.run(strings, first)
    rule.learn(strings, outputs)
    np.testing.assert_array_equal(outputs, first)  # made before the weights changed
    assert error(rule, strings) < before / 10
    at = rule.parameters.copy()

    def of(w):
        rule.parameters[:] = w
        return error(rule, strings)

    assert np.abs(central_difference(of, at)).max() < 1e-3


def test_learning_goes_on_from_the_weights_that_are_set():
    strings = strings_of()
    rule = FeedForward((3, 5, 2), FeedForwardSettings(3), np.random.default_rng(0))
    errors = []
    for _ in range(6):
        rule.learn(strings, np.empty(strings.targets.shape))
        errors.append(error(rule, strings))
    assert (np.diff(errors) < 0).all()
    assert errors[-1] < 0.8 * errors[0]


def test_what_cannot_be_is_refused():
    rng, strings = np.random.default_rng(0), strings_of()
    rule, outputs = FeedForward((3, 2, 2), FeedForwardSettings(), rng), np.empty((60, 2))
    with pytest.raises(UsageError, match="together"):
        rule.learn(strings, outputs, update="step")
    with pytest.raises(UsageError, match="stream"):
        rule.learn_stream(strings, outputs, Criterion(WITHIN, 0.1))
    for sizes, settings in (
        ((3, 0, 2), FeedForwardSettings()),
        ((3, 2, 2), FeedForwardSettings(iterations=0)),
        ((3, 2, 2), FeedForwardSettings(penalty=-1.0)),
    ):
        with pytest.raises(UsageError):
            FeedForward(sizes, settings, rng)
