"""Records of agents that act in a world."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

PLACE, GOAL, X, ANGLE = 0, 1, 0, 2
"""Columns of an episode's states: of a maze, and of a pole."""


class Episode(NamedTuple):
    """The first T steps of an episode without learning."""

    name: str  # such as "goal north" or "mode A"
    states: np.ndarray  # (T, S) of the world
    seen: np.ndarray  # (T, X)
    advantages: np.ndarray  # (T, K)
    actions: np.ndarray  # (T,) int
    cells: np.ndarray  # (T, C) states of the memory cells; no column without them
    steps: int  # of the whole episode
    reward: float  # its last

    def as_json(self) -> dict[str, Any]:
        """Return the values, rounded."""
        return {
            name: value.round(4).tolist() if isinstance(value, np.ndarray) else value
            for name, value in self._asdict().items()
        }

    @classmethod
    def of(cls, values: dict[str, Any]) -> Episode:
        """Return the episode of such values."""
        arrays: Any = {
            name: np.array(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        made: Episode = cls(**arrays)
        return made


class ActingReview(NamedTuple):
    """What a trained agent does."""

    task: str
    title: str
    source: str
    published: str  # of such a system; may be empty
    seen: tuple[str, ...]  # names
    actions: tuple[str, ...]  # names, with those of memory bits
    length: int  # of a maze; 0 of a pole
    before: tuple[Episode, ...]
    after: tuple[Episode, ...]
