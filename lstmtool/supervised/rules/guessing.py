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
    """How weights are guessed.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`; see `connections`.
    criterion : Criterion
        When a scored step is right.
    spread : float
        Weights are uniform in [-spread, spread].
    limit : int
        Guesses of one call of `learn`.
    start : float
        Activation of all units before every sequence.
    """

    criterion: Criterion
    architecture: str = "A1"
    spread: float = 100.0
    limit: int = 1_000_000
    start: float = 0.0


class Guessing(Rule):
    """Guess all weights anew until every scored step of all sequences is right.

    Units are logistic and updated in turn, hidden ones first, so that outputs see what hidden
    units make of the same step's input.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    settings : GuessingSettings
    rng : numpy.random.Generator
        Guesses, over all calls.

    Attributes
    ----------
    trials : int
        Guesses of the last call of `learn`.
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
        """See `Rule.run`."""
        self.check(strings, outputs)
        start = self.start[:0] if keep_state else self.start
        weights = self.parameters.reshape(self.exists.shape)
        run_in_turn(weights, strings, start, self._units, outputs)

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """Guess until all sequences are right; when weights change is not up to `update`.

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
    """Which connections exist: (U, X + U + 1), outputs first, the bias last.

    Parameters
    ----------
    architecture : str
        "A1": fully connected, hidden units have biases. "A2": hidden units see inputs, outputs and
        themselves; outputs see all others; all have biases. "A2-": A2 in which hidden units do not
        see themselves.
    n_inputs, n_hidden, n_outputs : int

    Raises
    ------
    UsageError
        If there is none of that name.
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
