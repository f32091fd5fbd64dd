"""Base class of the learning rules."""

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
"""When weights change: at every scored step, after every sequence, or at the end of a call."""


class Rule(ABC):
    """A network with its learning rule.

    Attributes
    ----------
    n_inputs, n_outputs : int
        X and K.
    n_weights : int
        Number of existing weights; unused elements of the flat vector stay 0 and do not count.
    parameters : ndarray of shape (P,)
        All weights, float64; set them in place with `rule.parameters[:] = ...`.
    """

    settles: ClassVar[int] = 0
    """Steps after a reset for which outputs mean nothing yet."""
    no_streams: ClassVar[str]  # the error of rules without `learn_stream`
    n_inputs: int
    n_outputs: int
    n_weights: int
    parameters: np.ndarray

    @property
    def state(self) -> list[np.ndarray]:
        """Arrays from which learning resumes between two calls; copy them, or set them in place."""
        raise NotImplementedError(f"{type(self).__name__} cannot be resumed.")

    @abstractmethod
    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """Run the network and fill outputs (S, K), without learning.

        Parameters
        ----------
        keep_state : bool
            Continue from the final state of the last call, and across sequences; otherwise the
            network is reset before every sequence.
        """

    @abstractmethod
    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """Run and learn at the scored steps; outputs (S, K) are those before each update.

        The network is reset before every sequence.
        """

    def learn_stream(
        self,
        strings: Strings,
        outputs: np.ndarray,
        criterion: Criterion,
        *,
        keep_state: bool = False,
    ) -> int:
        """Learn at every scored step of one long stream, up to the first wrong one.

        The rows of `strings` are the stream; boundaries of sequences are ignored. The wrong step is
        also learned from. Outputs of later steps are not set.

        Returns
        -------
        int
            Number of steps, including the wrong one; S if none was wrong.

        Raises
        ------
        UsageError
            If the rule cannot learn a stream.
        """
        raise UsageError(self.no_streams, fix="Give it a set of sequences.")

    def learn_openings(
        self, training: Strings, tests: Strings, criterion: Criterion
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Learn the openings of streams, each to its first wrong step, and test after each.

        A rule handles as many streams per call as it can, at least one; the default learns one,
        without its test.

        Parameters
        ----------
        training, tests : Strings
            First steps of equally many streams; the network is reset before each.

        Returns
        -------
        begun : ndarray of shape (m, 2)
            For the streams begun: steps learned, including the wrong one, and right steps of the
            test.
        outputs : ndarray of shape (S, K)
            Of the training streams; undefined for steps not reached.
        unended : int
            ENDED; LEARNING if the last stream begun has no wrong step, so that `learn_stream` can
            continue it and its test was not run; or TESTING if its test was not run, or has no
            wrong step.
        """
        first = cut(training, 0, int(training.starts[1]))
        outputs = np.zeros_like(training.targets)
        done = self.learn_stream(first, outputs[: len(first.inputs)], criterion)
        right = right_steps(first, outputs[: len(first.inputs)], criterion)[done - 1]
        return np.array([[done, 0]]), outputs, LEARNING if right else TESTING

    def check(self, strings: Strings, outputs: np.ndarray) -> None:
        """Refuse strings that do not fit this network.

        Raises
        ------
        UsageError
            If the width of inputs, targets or outputs differs from the network's.
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
    """Return the index of an update in `UPDATES`.

    Raises
    ------
    UsageError
        If there is no such update.
    """
    if update not in UPDATES:
        raise UsageError(f"update must be one of {', '.join(UPDATES)}, not {update!r}.")
    return UPDATES.index(update)
