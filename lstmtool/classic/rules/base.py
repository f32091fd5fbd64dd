"""What every learning rule of the classic tasks offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lstmtool.errors import UsageError

if TYPE_CHECKING:
    from lstmtool.classic.strings import Criterion, Strings

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
