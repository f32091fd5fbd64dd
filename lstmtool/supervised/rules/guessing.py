"""Random weight guessing on small recurrent networks (Hochreiter and Schmidhuber 1996)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.guessing import guess, run_in_turn
from lstmtool.supervised.rules.base import Rule, Update, check_update

if TYPE_CHECKING:
    from lstmtool.supervised.target_sequences import Criterion, Strings

ARCHITECTURES = ("A1", "A2", "A2-")


@dataclass(frozen=True)
class GuessingSettings:
    """Settings of random weight guessing.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`; see `connections`.
    criterion : Criterion
        When a scored step is right.
    spread : float
        Weights are uniform in [-spread, spread].
    limit : int
        Maximum number of guesses per call of `learn`.
    start : float
        Initial activation of all units in every sequence.
    """

    criterion: Criterion
    architecture: str = "A1"
    spread: float = 100.0
    limit: int = 1_000_000
    start: float = 0.0


class Guessing(Rule):
    """Guess all weights at random until every scored step of all sequences is right.

    Units are logistic and updated in turn, hidden ones first, so that outputs read the hidden
    activations of the same step.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    rng : numpy.random.Generator
        Draws the guesses of all calls.

    Attributes
    ----------
    trials : int
        Number of guesses in the last call of `learn`.
    solved : bool
        Whether the last of them was right.
    """

    no_streams = "Guessing cannot learn a stream."

    def __init__(
        self, sizes: tuple[int, int, int], settings: GuessingSettings, rng: np.random.Generator
    ) -> None:
        if not 0.0 < settings.spread < np.inf or settings.limit < 1:
            raise UsageError(
                "Guessing needs a spread and a limit above 0.",
                f"They are {settings.spread} and {settings.limit}.",
            )
        if min(sizes) < 1:
            raise UsageError(f"A network needs inputs, hidden units and outputs, not {sizes}.")
        self.settings, self._rng = settings, rng
        self.n_inputs, n_hidden, self.n_outputs = sizes
        self.exists = connections(settings.architecture, *sizes)
        self.n_weights = int(self.exists.sum())
        self.parameters = rng.uniform(-settings.spread, settings.spread, self.exists.size)
        self.parameters *= self.exists.ravel()
        self.start = np.full(n_hidden + self.n_outputs, settings.start)
        self._units = self.start.copy()
        self.trials, self.solved = 0, False

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """Run as in `Rule.run`, with units updated in turn."""
        self.check(strings, outputs)
        start = self.start[:0] if keep_state else self.start
        weights = self.parameters.reshape(self.exists.shape)
        run_in_turn(weights, strings, start, self._units, outputs)

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """Guess until all sequences are right; `update` is ignored.

        Outputs are those of the last guess.
        """
        check_update(update)
        self._guess(strings, outputs)
        self.run(strings, outputs)

    def _guess(self, strings: Strings, outputs: np.ndarray) -> None:
        self.check(strings, outputs)
        settings = self.settings
        weights = self.parameters.reshape(self.exists.shape)
        criterion = (settings.criterion.kind, float(settings.criterion.bound))
        limits = (float(settings.spread), settings.limit)
        start = np.array([self.start, self.start])
        trials = guess(weights, self.exists, strings, criterion, start, outputs, limits, self._rng)
        self.solved = trials > 0
        self.trials = int(trials) if self.solved else settings.limit


def connections(architecture: str, n_inputs: int, n_hidden: int, n_outputs: int) -> np.ndarray:
    """Return the mask (U, X + U + 1) of connections, outputs first, the bias last.

    Parameters
    ----------
    architecture : str
        "A1": fully connected, hidden units have biases. "A2": hidden units read inputs, outputs and
        themselves; outputs read all others; all have biases. "A2-": A2 without self-connections of
        hidden units.

    Raises
    ------
    UsageError
        If there is no such architecture.
    """
    if architecture not in ARCHITECTURES:
        raise UsageError(
            f"architecture must be one of {', '.join(ARCHITECTURES)}, not {architecture!r}."
        )
    n_units = n_hidden + n_outputs
    exists = np.ones((n_units, n_inputs + n_units + 1), dtype=bool)
    among = exists[:, n_inputs:-1]
    if architecture == "A1":
        exists[:n_outputs, -1] = False
        return exists
    among[:n_outputs, :n_outputs] = ~np.eye(n_outputs, dtype=bool)
    among[n_outputs:, n_outputs:] = np.eye(n_hidden, dtype=bool) & (architecture == "A2")
    return exists
