"""Worlds to act in: the T-maze, and the cart with a pole in two modes (Bakker 2001)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf
from typing import ClassVar

from lstmtool.errors import UsageError
from lstmtool.kernels.acting.worlds import MAZE, POLE, World
from lstmtool.supervised.tasks.base import at_least

RIGHT, WRONG = 4.0, -0.1
"""Rewards of the T-maze."""
FELL = -1.0
"""Reward when the pole falls."""


@dataclass(frozen=True)
class WorldTask(ABC):
    """A world; its options are the fields of the subclass.

    Attributes
    ----------
    name, title, source : str
        Name on the command line, title in figures, publication.
    seen, actions : tuple of str
        Names of what is seen, and of the actions.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    seen: ClassVar[tuple[str, ...]]
    actions: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def kernel(self) -> World:
        """The world in the form that kernels take."""

    @property
    def n_inputs(self) -> int:
        """Number of inputs of an agent."""
        return len(self.seen)

    @property
    def n_outputs(self) -> int:
        """Number of actions."""
        return len(self.actions)


@dataclass(frozen=True)
class TMaze(WorldTask):
    """A corridor to the east, and a junction where the agent must turn north or south.

    Which turn is right is seen at the start alone, as 011 (north) or 110 (south). The corridor is
    101 and the junction 010. The right turn earns 4, the wrong one -.1; both end the episode.
    Standing still, at a wall, earns -.1, everything else 0.

    Parameters
    ----------
    length : int
        Moves from the start to the junction; 5 to 70 are published.
    noisy : bool
        The corridor is a 0 b, with a and b uniform in [0, 1], new at every step.
    """

    name: ClassVar[str] = "t-maze"
    title: ClassVar[str] = "T-maze"
    source: ClassVar[str] = "Bakker 2001, reinforcement learning with long short-term memory"
    seen: ClassVar[tuple[str, ...]] = ("x1", "x2", "x3")
    actions: ClassVar[tuple[str, ...]] = ("north", "east", "south", "west")

    length: int = 10
    noisy: bool = False

    def __post_init__(self) -> None:
        at_least(1, length=self.length)

    @property
    def kernel(self) -> World:
        """See `WorldTask.kernel`."""
        return World(MAZE, self.length, self.noisy, RIGHT, WRONG, 0, 0.0, 0.0, 0, False)


@dataclass(frozen=True)
class Pole(WorldTask):
    """A cart on a track, pushed left or right at every step, so that its pole does not fall.

    The agent sees the cart's place and the pole's angle, but not their speeds. In the first steps
    it sees the mode, too: 1, or -1 if the two actions are exchanged. It earns -1 when the pole
    leans by more than 12 degrees or the cart is 2.4 m from the middle, which ends the episode.

    Parameters
    ----------
    shown : int
        Steps, of 0.02 s, in which the mode is seen.
    spread : float
        An episode begins with a place, an angle and speeds within this share of their scales.
    gain : float
        Place and angle are seen as this where the episode would end.
    """

    name: ClassVar[str] = "pole"
    title: ClassVar[str] = "Pole in two modes"
    source: ClassVar[str] = "Bakker 2001; 2003 tutorial"
    seen: ClassVar[tuple[str, ...]] = ("place", "angle", "mode")
    actions: ClassVar[tuple[str, ...]] = ("left", "right")

    shown: int = 50
    spread: float = 0.1
    gain: float = 1.0

    def __post_init__(self) -> None:
        at_least(1, shown=self.shown)
        if not 0.0 <= self.spread < 1.0:
            raise UsageError(f"The option spread must be from 0 to below 1, got {self.spread!r}.")
        if not 0.0 < self.gain < inf:
            raise UsageError(f"The option gain must be above 0, got {self.gain!r}.")

    @property
    def kernel(self) -> World:
        """See `WorldTask.kernel`."""
        return World(POLE, 0, False, 0.0, FELL, self.shown, self.spread, self.gain, 0, False)
