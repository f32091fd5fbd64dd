"""How long a training will still take, from the shares of its restarts that are done."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from threading import Lock

LEAST = 0.5
"""Seconds of work that an estimate needs to rest on."""


@dataclass
class Remaining:
    """Estimates the time left of restarts that run beside each other.

    The clock starts with the first record, so that compiling does not count. All restarts are taken
    to be alike.

    Parameters
    ----------
    restarts : int
        Restarts that are left at the beginning.
    rounds : tuple of int
        How many will have been run after each round, if no more may be needed after any; empty if
        all are run.
    """

    restarts: int
    rounds: tuple[int, ...] = ()
    follows: str = ""
    shares: dict[int, float] = field(default_factory=dict)
    before: dict[int, float] = field(default_factory=dict)  # shares of an earlier attempt
    beside: int = 1  # restarts that ran at the same time
    start: float = 0.0
    latest: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def update(self, restart: int, share: float) -> None:
        """Take note of the share of a restart, by its number, that is done."""
        with self.lock:
            self.latest = time.monotonic()
            if not self.shares:
                self.start = self.latest
            resumed = self.latest - self.start < LEAST
            self.before.setdefault(restart, share if resumed else 0.0)
            self.shares[restart] = share
            self.beside = max(self.beside, sum(share < 1.0 for share in self.shares.values()))

    @property
    def said(self) -> str:
        """The time left, in words; empty as long as there is too little to go by."""
        most = self.left(self.restarts)
        if most is None:
            return ""
        round_of = next((n for n in self.rounds if n >= len(self.shares)), self.restarts)
        least = self.left(round_of)
        time_left = f"about {duration(most)}"
        if self.rounds and least is not None:
            time_left = f"{duration(least)} to {duration(most)}"
        return f"{time_left} left{self.follows and f', then {self.follows}'}"

    def left(self, restarts: int) -> float | None:
        """Return the seconds left until so many restarts have ended."""
        with self.lock:
            elapsed = self.latest - self.start
            done = sum(share - self.before[restart] for restart, share in self.shares.items())
            if elapsed < LEAST or done <= 0.0:
                return None
            loads = [1.0 - share for share in self.shares.values() if share < 1.0]
            loads += [0.0] * (self.beside - len(loads))
            heapq.heapify(loads)
            for _ in range(restarts - len(self.shares)):
                heapq.heapreplace(loads, loads[0] + 1.0)
            since = time.monotonic() - self.latest
            return max(0.0, max(loads) * elapsed * self.beside / done - since)


def duration(seconds: float) -> str:
    """Return a time in words, as exactly as an estimate deserves."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
