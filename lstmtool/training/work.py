"""How much of a restart is done: the work of its parts, in forward passes over all sequences."""

from __future__ import annotations

from collections.abc import Callable

from lstmtool.config import Stage, TrainSettings
from lstmtool.training.readout import MOST_COPIED

BACKWARD = 3.0  # a forward and a backward pass, in forward passes
COPY = 1.0  # to draw altered copies
OUTPUTS = 0.1  # to train output units on what they have read once
VARIANTS = 4  # most networks that become of one with a new output unit


def work_of(stage: Stage, n_sequences: int, hidden: bool = True) -> float:
    """Return the passes that a stage takes for one network.

    Parameters
    ----------
    hidden : bool
        Whether the memory blocks learn; in the untrained control only the output units do.
    """
    if stage.trains == "output":
        return 1.0 + stage.draws * min(n_sequences, MOST_COPIED) / n_sequences
    drawn = stage.augmentation != "none"
    if hidden:
        return stage.epochs * stage.record.copies * (BACKWARD + COPY * drawn)
    return stage.epochs * stage.record.copies * (1.0 + COPY if drawn else OUTPUTS)


class Meter:
    """Adds up the work of one restart, and tells its share of what was planned.

    Parameters
    ----------
    tell : callable
        Called with the share, from 0 to 1, and what is being done, in words.
    """

    def __init__(
        self, settings: TrainSettings, n_sequences: int, tell: Callable[[float, str], None]
    ) -> None:
        self._settings, self._n_sequences, self._tell = settings, n_sequences, tell
        self._done = 0.0
        self._planned = self.trial * settings.initial.trials
        for hidden in (True, False)[: 1 + settings.trains_blocks]:
            stages = range(len(settings.stages))
            self._planned += sum(self.stage(number, hidden) for number in stages) + self.score

    @property
    def trial(self) -> float:
        """Work of one set of initial weights that is tried."""
        initial, first = self._settings.initial, self._settings.stages[0]
        if initial.trials == 1:
            return 0.0
        return initial.trial_epochs * work_of(first, self._n_sequences) / max(1, first.epochs)

    @property
    def score(self) -> float:
        """Work of scoring a network."""
        return 2.0 * self._settings.selection_pairs * len(self._settings.selection)

    def stage(self, number: int, hidden: bool) -> float:
        """Work of a stage for all networks that are in it."""
        stages, most = self._settings.stages, self._settings.network.outputs
        outputs = [stage.outputs or most for stage in stages[: number + 1]]
        variants = VARIANTS if outputs[-1] < outputs[0] else 1
        return variants * work_of(stages[number], self._n_sequences, hidden)

    def within(self, part: float, fraction: float, doing: str) -> None:
        """Tell that a fraction of a part, from 0 to 1, is done; only its end makes it whole."""
        self._tell(min(0.999, (self._done + part * fraction) / self._planned), doing)

    def end(self, part: float) -> None:
        """Add a part that has ended, perhaps early."""
        self._done += part
