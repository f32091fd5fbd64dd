"""A feed-forward network for tasks that need no memory; the task provides the time window."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.supervised.rules.base import Rule, Update, check_update

if TYPE_CHECKING:
    from sklearn.neural_network import MLPRegressor

    from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class FeedForwardSettings:
    """Settings of a feed-forward network, trained by L-BFGS on the squared error of all steps.

    Parameters
    ----------
    iterations : int
        Maximum number of L-BFGS iterations in one call of `learn`.
    penalty : float
        L2 penalty, `alpha` of scikit-learn's MLPRegressor.
    tolerance : float
        Largest component of the gradient at which a call of `learn` ends early.
    """

    iterations: int = 200
    penalty: float = 0.0
    tolerance: float = 1e-4


class FeedForward(Rule):
    """One layer of tanh units and linear outputs; reads only the current step's inputs.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    rng : numpy.random.Generator
        Draws the initial weights: uniform, with variance 1 / (weights into a unit).

    Raises
    ------
    UsageError
        If a size or a number is out of range.
    """

    no_streams = "L-BFGS cannot learn a stream."

    def __init__(
        self, sizes: tuple[int, int, int], settings: FeedForwardSettings, rng: np.random.Generator
    ) -> None:
        self.n_inputs, self.n_hidden, self.n_outputs = sizes
        if min(sizes) < 1 or settings.iterations < 1 or not settings.penalty >= 0.0:
            raise UsageError(
                "A feed-forward network needs sizes and iterations above 0, and a penalty from 0.",
                f"They are {sizes}, {settings.iterations} and {settings.penalty}.",
            )
        self.settings = settings
        shapes = [(sizes[0] + 1, sizes[1]), (sizes[1] + 1, sizes[2])]
        spread = [np.sqrt(3.0 / rows) for rows, _ in shapes]
        parts = [rng.uniform(-a, a, n) for a, n in zip(spread, shapes, strict=True)]
        self.parameters = np.concatenate([part.ravel() for part in parts])
        self.n_weights = len(self.parameters)

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`; L-BFGS starts anew in every call."""
        return [self.parameters]

    def _layers(self) -> tuple[np.ndarray, np.ndarray]:
        """Return views (X + 1, H) and (H + 1, K); biases are in the last rows."""
        at = (self.n_inputs + 1) * self.n_hidden
        hidden = self.parameters[:at].reshape(self.n_inputs + 1, self.n_hidden)
        return hidden, self.parameters[at:].reshape(self.n_hidden + 1, self.n_outputs)

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """See `Rule.run`; there is no state to keep."""
        self.check(strings, outputs)
        hidden, output = self._layers()
        units = np.tanh(strings.inputs @ hidden[:-1] + hidden[-1])
        outputs[:] = units @ output[:-1] + output[-1]

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "batch") -> None:
        """Learn all scored steps jointly; see `Rule.learn`.

        Raises
        ------
        UsageError
            If `update` is not "batch".
        """
        if check_update(update) != 2:
            raise UsageError(f"L-BFGS learns all sequences together, not per {update}.")
        self.run(strings, outputs)
        inputs, targets = strings.inputs[strings.scored], strings.targets[strings.scored]
        learner, layers = self._learner(), self._layers()
        learner.coefs_ = [layer[:-1] for layer in layers]
        learner.intercepts_ = [layer[-1] for layer in layers]
        learner.set_params(max_iter=self.settings.iterations)
        _fit(learner, inputs, targets)
        for layer, coefs, bias in zip(layers, learner.coefs_, learner.intercepts_, strict=True):
            layer[:-1], layer[-1] = coefs, bias

    def _learner(self) -> MLPRegressor:
        """Return scikit-learn's network of the same sizes, ready to continue from any weights."""
        from sklearn.neural_network import MLPRegressor

        learner = MLPRegressor(
            hidden_layer_sizes=(self.n_hidden,),
            activation="tanh",
            solver="lbfgs",
            alpha=self.settings.penalty,
            max_iter=1,
            max_fun=max(15_000, 10 * self.settings.iterations),
            tol=self.settings.tolerance,
            warm_start=True,
            random_state=0,
        )
        _fit(learner, np.zeros((2, self.n_inputs)), np.zeros((2, self.n_outputs)))
        return learner


def _fit(learner: MLPRegressor, inputs: np.ndarray, targets: np.ndarray) -> None:
    """Fit, ignoring the warning that it has not converged."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(inputs, targets[:, 0] if targets.shape[1] == 1 else targets)
