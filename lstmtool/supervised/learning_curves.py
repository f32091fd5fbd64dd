"""How fast a function is learned from examples: by a network with frozen weights, and by rivals.

A curve is the mean squared error of predicting the next example after 0, 1, 2, ... of them, over
many functions, divided by the prior variance, so that predicting the mean has 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.records.activations import LearningCurves
from lstmtool.supervised.frozen import SETTLED, relative_errors
from lstmtool.supervised.rules.elman import Layered
from lstmtool.supervised.rules.lstm import Lstm
from lstmtool.supervised.rules.simple import SimpleSettings
from lstmtool.supervised.slicing import cut

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule
    from lstmtool.supervised.target_sequences import Strings

VAGUE, EXACT = 1e4, 1e-9
"""Prior variance of coefficients of which nothing is known; variance of errors of exact targets."""
LMS_RATES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
MLP_RATES = (0.001, 0.01, 0.1, 1.0)
HIDDEN = 10
PROBED = (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, 96, 127)
"""Numbers of examples after which the cells are read."""
RIDGE = 1e-3

Estimate = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From features (N, T, F) and values (N, T) to predictions, each from the earlier values."""


def curves(task: Any, strings: Strings) -> dict[str, np.ndarray]:
    """Return the curves of the bound and of the simple rivals on the functions of some strings."""
    found = {
        "least squares, prior known": estimated(task, strings, best_estimate(task)),
        "recursive least squares": estimated(task, strings, recursive_least_squares(0.0, VAGUE)),
        "LMS, best rate": best([estimated(task, strings, lms(rate)) for rate in LMS_RATES]),
        "network online, best rate": best([online(task, strings, rate) for rate in MLP_RATES]),
    }
    return found | {"the mean": np.ones(task.length)}


def best(candidates: list[np.ndarray]) -> np.ndarray:
    """Return the curve that is lowest after 30 examples."""
    at = min(SETTLED, len(candidates[0]) - 1)
    return min(candidates, key=lambda curve: curve[at] if np.isfinite(curve[at]) else np.inf)


def estimated(task: Any, strings: Strings, estimate: Estimate) -> np.ndarray:
    """Return the curve of an estimator that is linear in the task's features."""
    features, values = _examples(task, strings)
    with np.errstate(all="ignore"):  # too large a rate diverges
        predicted = estimate(features, values)
        return ((predicted - values) ** 2).mean(axis=0) / task.prior_variance


def _examples(task: Any, strings: Strings) -> tuple[np.ndarray, np.ndarray]:
    """Return features (N, T, F) and values f (N, T) of all examples."""
    x, y = (strings.inputs[:, k].reshape(strings.count, -1) for k in (0, 1))
    values = (strings.targets[:, 0].reshape(x.shape) - task.offset) / task.scale
    return task.features(x, y), values


def best_estimate(task: Any) -> Estimate:
    """Return the best linear estimate for the distribution of the coefficients."""
    return recursive_least_squares(*task.coefficients)


def recursive_least_squares(mean: float, variance: float) -> Estimate:
    """Return recursive least squares from coefficients of this mean and variance."""

    def estimate(features: np.ndarray, values: np.ndarray) -> np.ndarray:
        n, n_steps, width = features.shape
        coefficients = np.full((n, width), mean)
        covariance = np.tile(variance * np.eye(width), (n, 1, 1))
        predicted = np.empty((n, n_steps))
        for t in range(n_steps):
            feature = features[:, t]
            predicted[:, t] = (coefficients * feature).sum(axis=1)
            p = np.einsum("nij,nj->ni", covariance, feature)
            gain = p / (EXACT + (feature * p).sum(axis=1))[:, None]
            coefficients = coefficients + gain * (values[:, t] - predicted[:, t])[:, None]
            covariance = covariance - gain[:, :, None] * p[:, None, :]
        return predicted

    return estimate


def lms(rate: float) -> Estimate:
    """Return least mean squares: descent along the gradient of every example, from zero."""

    def estimate(features: np.ndarray, values: np.ndarray) -> np.ndarray:
        coefficients, predicted = np.zeros_like(features[:, 0]), np.empty_like(values)
        for t in range(values.shape[1]):
            predicted[:, t] = (coefficients * features[:, t]).sum(axis=1)
            error = values[:, t] - predicted[:, t]
            coefficients = coefficients + rate * error[:, None] * features[:, t]
        return predicted

    return estimate


def online(task: Any, strings: Strings, rate: float, hidden: int = HIDDEN) -> np.ndarray:
    """Return the curve of a feed-forward network that learns every function anew, step by step.

    It is a simple recurrent network that is reset before every example: x and y are its inputs.
    """
    values = _examples(task, strings)[1]
    rng, predicted = np.random.default_rng(0), np.empty_like(values)
    settings = SimpleSettings(rate=rate, squashing="tanh", output="identity", spread=0.5)
    rule = Layered((2, hidden, 1), settings, rng)
    alone = np.arange(task.length + 1)
    with np.errstate(all="ignore"):
        for n in range(strings.count):
            rule.parameters[:] = rng.uniform(-0.5, 0.5, rule.parameters.size)
            first, after = strings.starts[n : n + 2]
            one = cut(strings, first, after)
            one = one._replace(
                inputs=np.ascontiguousarray(one.inputs[:, :2]),
                targets=values[n][:, None].copy(),
                starts=alone,
            )
            outputs = np.zeros_like(one.targets)
            rule.learn(one, outputs, update="sequence")
            predicted[n] = outputs[:, 0]
        return ((predicted - values) ** 2).mean(axis=0) / task.prior_variance


def of_network(rule: Rule, task: Any, strings: Strings) -> np.ndarray:
    """Return the curve of a network with frozen weights."""
    outputs = np.zeros_like(strings.targets)
    rule.run(strings, outputs)
    return relative_errors(task, strings, outputs)


def kept_by_cells(rule: Lstm, task: Any, rng: np.random.Generator, count: int) -> np.ndarray:
    """Return how much of the coefficients the states of the cells tell, at `PROBED` steps.

    Coefficients are read from the states by linear regression, fitted on half of the functions;
    the result is the share of their variance that this explains on the other half.

    Returns
    -------
    ndarray of shape (2, points)
        Numbers of examples, and shares.
    """
    strings = task.sample(rng, count)
    wanted = np.array([k for k in PROBED if k < task.length])
    states = np.empty((len(wanted), count, rule.topology.lowest.n_cells))
    for n in range(count):
        done = int(strings.starts[n])
        for point, k in enumerate(wanted + 1):  # the k-th target is the input of the next step
            part = cut(strings, done, int(strings.starts[n]) + int(k))
            rule.run(part, np.empty_like(part.targets), keep_state=point > 0)
            states[point, n] = rule.net.memory.state
            done = int(strings.starts[n]) + int(k)
    coefficients = _coefficients(task, strings)
    return np.array([wanted, [_explained(s, coefficients) for s in states]])


def _coefficients(task: Any, strings: Strings) -> np.ndarray:
    """Return the coefficients of every function, from all of its examples."""
    features, values = _examples(task, strings)
    return np.array([np.linalg.lstsq(f, v)[0] for f, v in zip(features, values, strict=True)])


def _explained(states: np.ndarray, wanted: np.ndarray) -> float:
    half = len(states) // 2
    mean, spread = states[:half].mean(axis=0), states[:half].std(axis=0) + 1e-12
    read = np.hstack([(states - mean) / spread, np.ones((len(states), 1))])
    gram = read[:half].T @ read[:half] + RIDGE * half * np.eye(read.shape[1])
    slopes = np.linalg.solve(gram, read[:half].T @ wanted[:half])
    left = ((read[half:] @ slopes - wanted[half:]) ** 2).sum()
    return float(1.0 - left / ((wanted[half:] - wanted[half:].mean(axis=0)) ** 2).sum())


def learning_curves(
    rule: Lstm, initial: np.ndarray, task: Any, rng: np.random.Generator, count: int
) -> LearningCurves:
    """Return the curves of a network, before and after training, and of its rivals.

    All learn the same `count` functions.
    """
    trained, strings = rule.parameters.copy(), task.sample(rng, count)
    found = {"the network": of_network(rule, task, strings)}
    kept = kept_by_cells(rule, task, rng, count)
    rule.parameters[:] = initial
    found["the network before training"] = of_network(rule, task, strings)
    rule.parameters[:] = trained
    found |= curves(task, strings)
    return LearningCurves(tuple(found), np.array(list(found.values())), kept, count)
