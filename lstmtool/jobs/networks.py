"""The networks of a study with targets, trained side by side here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import cpu_count
from typing import TYPE_CHECKING, Any

from lstmtool.jobs.interruption import cluster_at

if TYPE_CHECKING:
    from lstmtool.jobs.unfinished import Unfinished
    from lstmtool.supervised.system import System
    from lstmtool.training.executors import Executor
    from lstmtool.training.stage import Stop

Item = tuple["System", int]
"""A system, and the number of a network."""


@dataclass(frozen=True)
class Training:
    """What is done for every network; a worker of a cluster can do it.

    Attributes
    ----------
    run_one : callable
        A module-level function that trains a network, ``run_one(system, seed, number, tell)``, and
        returns its record as JSON values.
    """

    run_one: Callable[..., dict[str, Any]]

    def __call__(
        self, seed: int, item: Item, stop: Stop, tell: Callable[[Any], None]
    ) -> dict[str, Any]:
        """Train one network; `tell` is called with its name and how far it is."""
        from lstmtool.training.stage import Stopped

        system, number = item

        def listen(done: int, error: float) -> None:
            if stop:
                raise Stopped
            tell([system.name, f"{done:,} {system.stop.kind}"])

        if stop:
            raise Stopped
        return self.run_one(system, seed, number, listen)


@contextmanager
def executor_on(address: str | None, threads: int | None) -> Iterator[Executor]:
    """Yield what runs networks: a cluster's workers or, without an address, threads."""
    from lstmtool.training.threads import Threads

    with cluster_at(address) as cluster:
        yield cluster or Threads(threads or cpu_count() or 1)


def train_all(
    kept: Unfinished,
    run_one: Callable[..., dict[str, Any]],
    seed: int,
    items: Sequence[Item],
    executor: Executor,
) -> list[dict[str, Any]]:
    """Train all networks that are not stored yet; return the records of all, in order."""
    with kept.records() as (run, _, show):

        def told(words: list[str]) -> None:
            name, said = words
            show(name, kept.store.counts()[0], said)

        return run(Training(run_one), seed, items, executor, lambda item: item[0].name, told)
