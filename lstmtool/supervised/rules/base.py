"""What every learning rule of the classic tasks offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.lstm_records import LEARNING, TESTING
from lstmtool.supervised.scoring import right_steps
from lstmtool.supervised.slicing import cut

if TYPE_CHECKING:
    from lstmtool.supervised.target_sequences import Criterion, Strings

Update = Literal["step", "sequence", "batch"]
UPDATES: tuple[Update, ...] = ("step", "sequence", "batch")
"""When weights change: at every scored step, after every sequence, or after all of a call."""


class Rule(ABC):
    """A network together with the way in which it learns.

    Attributes
    ----------
    n_inputs, n_outputs : int
        X and K.
    n_weights : int
        Weights that exist; places of the flat vector that do not exist stay 0 and do not count.
    parameters : ndarray of shape (P,)
        All weights, float64; may be copied, and set in place with `rule.parameters[:] = ...`.
    """

    no_streams: ClassVar[str]  # says so, where a rule has no `learn_stream`
    n_inputs: int
    n_outputs: int
    n_weights: int
    parameters: np.ndarray

    @property
    def state(self) -> list[np.ndarray]:
        """Arrays that learning goes on from, between two calls; may be copied, and set in place."""
        raise NotImplementedError(f"{type(self).__name__} cannot be gone on with.")

    @abstractmethod
    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """Run the network and fill outputs (S, K); nothing is learned.

        Parameters
        ----------
        strings : Strings
        outputs : ndarray of shape (S, K)
        keep_state : bool
            Go on from the state in which the last call ended, and from one sequence to the next;
            otherwise every sequence starts from the reset network.
        """

    @abstractmethod
    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """Run and learn at the scored steps; outputs (S, K) are those made before each update.

        Every sequence starts from the reset network.
        """

    def learn_stream(
        self,
        strings: Strings,
        outputs: np.ndarray,
        criterion: Criterion,
        *,
        keep_state: bool = False,
    ) -> int:
        """Learn at every scored step of one long stream; stop after the first that is wrong.

        The rows of `strings` are the stream; where its sequences start does not matter. The wrong
        step is learned from. Steps after it have no outputs.

        Returns
        -------
        int
            Steps done, the wrong one included; S if none was wrong.

        Raises
        ------
        UsageError
            If the rule cannot learn a stream.
        """
        raise UsageError(self.no_streams, fix="Give it a set of sequences.")

    def learn_openings(
        self, training: Strings, tests: Strings, criterion: Criterion
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Begin streams: learn each to its first wrong step, then run a test stream to that.

        As many as a rule can bring to their end at once, at least one begun; a rule that has no
        better way learns one, and leaves its test.

        Parameters
        ----------
        training, tests : Strings
            First steps of as many streams as each other; every one starts from the reset network.
        criterion : Criterion

        Returns
        -------
        begun : ndarray of shape (m, 2)
            Of the streams begun: steps learned, the wrong one included, and right steps of the
            test.
        outputs : ndarray of shape (S, K)
            Of the training streams; rows of steps that were not done mean nothing.
        unended : int
            ENDED; or LEARNING where no step of the last stream begun is wrong: `learn_stream` can
            go on from it, and it has not been tested; or TESTING where its test has not been run,
            or has no wrong step.
        """
        first = cut(training, 0, int(training.starts[1]))
        outputs = np.zeros_like(training.targets)
        done = self.learn_stream(first, outputs[: len(first.inputs)], criterion)
        right = right_steps(first, outputs[: len(first.inputs)], criterion)[done - 1]
        return np.array([[done, 0]]), outputs, LEARNING if right else TESTING

    def check(self, strings: Strings, outputs: np.ndarray) -> None:
        """Complain about strings that this network cannot read.

        Raises
        ------
        UsageError
            If inputs, targets or outputs have another width than the network's.
        """
        if strings.inputs.shape[1] != self.n_inputs or strings.targets.shape[1] != self.n_outputs:
            raise UsageError(
                f"The network has {self.n_inputs} inputs and {self.n_outputs} outputs.",
                f"The task has {strings.inputs.shape[1]} and {strings.targets.shape[1]}.",
                "Choose a network for this task.",
            )
        if outputs.shape != strings.targets.shape:
            raise UsageError(
                f"outputs must have the shape {strings.targets.shape}, not {outputs.shape}."
            )


def check_update(update: str) -> int:
    """Return the number of the kind of update.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if update not in UPDATES:
        raise UsageError(f"update must be one of {', '.join(UPDATES)}, not {update!r}.")
    return UPDATES.index(update)
