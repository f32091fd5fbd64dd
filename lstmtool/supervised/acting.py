"""Training agents that act: when a world counts as mastered, and tests of what was learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.supervised.tasks.worlds import RIGHT

if TYPE_CHECKING:
    from lstmtool.kernels.acting.worlds import World
    from lstmtool.supervised.rules.acting import Actor, Lived
    from lstmtool.supervised.stopping import Record
    from lstmtool.supervised.tasks.worlds import Pole, TMaze


@dataclass(frozen=True)
class Mastering:
    """Episodes until nearly all turns of a maze are right.

    Published is that more than 80 % are, under the agent's own, stochastic choices; ours is to take
    the last `window` episodes.

    Parameters
    ----------
    limit : int
        Maximum number of iterations (steps), to the end of an episode.
    longest : int
        Steps after which an episode is broken off.
    every : int
        Iterations between two looks.
    window : int
        Episodes that are judged.
    share : float
        Share of right turns that has to be exceeded.
    tests : int
        Episodes of each test of the trained agent.
    patience : int
        Steps after which a test episode is broken off.
    """

    kind: ClassVar[str] = "iterations"
    limit: int = 5_000_000
    longest: int = 20_000
    every: int = 10_000
    window: int = 500
    share: float = 0.8
    tests: int = 500
    patience: int = 1_000

    def train(self, rule: Any, task: Any, update: str, rng: Any, record: Record) -> None:
        """Live until the maze is mastered or the limit is reached; then test."""
        own = record.begin(rule, rng, last=np.full(self.window, -1.0))
        while not record.solved and record.sequences < self.limit:
            record.look_in(rule, rng, own)
            lived = rule.live(task.kernel, rng, steps=self.every, longest=self.longest)
            if not np.isfinite(rule.parameters).all():
                break
            right = (lived.rewards == RIGHT).astype(float)
            own["last"][:] = np.append(own["last"], right)[-self.window :]
            steps = int(lived.steps.sum())
            record.solved = bool((own["last"] >= 0.0).all() and own["last"].mean() > self.share)
            error = float(lived.squares.sum() / steps)
            record.add(record.sequences + steps, error, float(right.mean()))
        self._test(rule, task, rng, record)

    def _test(self, rule: Actor, task: TMaze, rng: Any, record: Record) -> None:
        usual, exchanged = task.kernel, task.kernel._replace(exchanged=True)
        for name, world, greedy in (
            ("", usual, False),
            (", greedy", usual, True),
            (", greedy, north and south exchanged", exchanged, True),
        ):
            lived = self._tested(rule, world, rng, greedy)
            right = float((lived.rewards == RIGHT).sum())
            record.figures[f"right turns of {self.tests}{name}"] = right
            record.figures[f"steps of an episode{name}"] = float(lived.steps.mean())

    def _tested(self, rule: Actor, world: World, rng: Any, greedy: bool) -> Lived:
        """Return what came of test episodes, without learning."""
        return rule.live(
            *(world, rng),
            steps=self.tests * self.patience,
            longest=self.patience,
            learns=False,
            greedy=greedy,
            episodes=self.tests,
        )


@dataclass(frozen=True)
class Balancing:
    """Episodes until the pole stands in both modes, with the best action at every step.

    Parameters
    ----------
    limit : int
        Maximum number of iterations (steps), to the end of an episode.
    longest : int
        Steps after which an episode is broken off, in training.
    every : int
        Iterations between two tests.
    steps : int
        Steps for which the pole has to stand.
    tests : int
        Test episodes, all of which it has to stand, half of them (about) in either mode.
    """

    kind: ClassVar[str] = "iterations"
    limit: int = 20_000_000
    longest: int = 250
    every: int = 50_000
    steps: int = 10_000
    tests: int = 10

    def train(self, rule: Any, task: Any, update: str, rng: Any, record: Record) -> None:
        """Live until the pole stands in both modes or the limit is reached; then test.

        Tested is the state in which it stood longest in the mode in which it stood less long.
        """
        own = record.begin(rule, rng, best=np.zeros(len(rule.parameters) + 1))
        while not record.solved and record.sequences < self.limit:
            record.look_in(rule, rng, own)
            lived = rule.live(task.kernel, rng, steps=self.every, longest=self.longest)
            if not np.isfinite(rule.parameters).all():
                break
            # The test episodes have random numbers of their own.
            both = self._by_mode(rule, task, np.random.default_rng(record.sequences))
            record.solved = bool(min(stood.min() for stood in both) >= self.steps)
            steps = int(lived.steps.sum())
            error = float(lived.squares.sum() / steps)
            means = [float(stood.mean()) for stood in both]
            record.add(record.sequences + steps, error, float(np.mean(means) / self.steps))
            if min(means) > own["best"][0]:
                own["best"][0], own["best"][1:] = min(means), rule.parameters
        if own["best"][0] > 0.0:
            rule.parameters[:] = own["best"][1:]
        for mode, stood in enumerate(self._by_mode(rule, task, rng)):
            record.figures[f"steps that it stood in mode {'AB'[mode]}"] = float(stood.mean())
            record.figures[f"least in mode {'AB'[mode]}"] = float(stood.min())

    def _by_mode(self, rule: Actor, task: Pole, rng: Any) -> list[np.ndarray]:
        found = []
        for mode in (1, -1):
            lived = rule.live(
                *(task.kernel._replace(only=mode), rng),
                steps=self.tests * self.steps,
                longest=self.steps,
                learns=False,
                greedy=True,
                episodes=max(1, self.tests // 2),
            )
            found.append(lived.steps)
        return found
