"""What is said of a training while it runs: lines for people, records for programs."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from lstmtool.config import TrainSettings
from lstmtool.kernels.records import HISTORY
from lstmtool.training.restart import ENDED, Progress
from lstmtool.training.stage import Stop

SHOWN = {
    "joint_bits": "{:.3f} bits",
    "entropy": "entropy {:.3f}",
    "objective": "objective {:.3f}",
}
QUIET = 2.0
"""Seconds until the first line; the time between lines doubles."""


def place_of(progress: Progress, settings: TrainSettings) -> str:
    """Say what is being done in which restart."""
    restart = f"restart {progress.restart + 1}/{settings.restarts}"
    if progress.doing == ENDED:
        return f"{restart} done"
    return f"{progress.doing or settings.stages[progress.stage].objective}, {restart}"


def values_of(progress: Progress) -> str:
    """Say the values of a record that apply."""
    values = dict(zip(HISTORY, progress.values, strict=True))
    return "  ".join(form.format(values[k]) for k, form in SHOWN.items() if values[k] == values[k])


class Watch:
    """Passes the progress of a training on; `stop` is set once the callback returns True.

    Parameters
    ----------
    name : str
        With which every line begins.
    verbose : int
        0 prints nothing, 1 prints lines at growing intervals, 2 prints every record.
    callback : callable, optional
        Called with every `Progress` record, by one thread at a time.
    """

    def __init__(
        self, name: str, verbose: int, callback: Callable[[Progress], bool | None] | None
    ) -> None:
        self.stop = Stop()
        self._name, self._verbose, self._callback = name, verbose, callback
        self._lock, self._start = Lock(), time.monotonic()
        self._next = self._start + QUIET

    def report(self, settings: TrainSettings) -> Callable[[Progress], None]:
        """Return what is to be called with the records of a training with these settings."""
        planned = settings.restarts * sum(stage.epochs for stage in settings.stages)
        reached: dict[int, int] = {}

        def tell(progress: Progress) -> None:
            with self._lock:
                reached[progress.restart] = progress.epoch
                if self._is_due():
                    amount = f"{sum(reached.values()):,} of {planned:,} epochs"
                    parts = (f"{place_of(progress, settings)}: {amount}", values_of(progress))
                    self.say(", ".join(filter(None, parts)))
                if self._callback is not None and self._callback(progress) is True:
                    self.stop.set()

        return tell

    def say(self, text: str) -> None:
        """Print a line, if any are wanted."""
        if self._verbose:
            print(f"[{self._name}] {text}", flush=True)

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._start

    def _is_due(self) -> bool:
        now = time.monotonic()
        if self._verbose < 2 and now < self._next:
            return False
        self._next = now + (now - self._start)
        return True
