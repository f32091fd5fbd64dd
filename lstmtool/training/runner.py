"""The loop over items of work: finished items are not run again, new results are stored at once.

Items are the restarts of a training, trials of a task, runs of a sweep or data sets of a study.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from lstmtool.training.executors import Executor
    from lstmtool.training.stage import Stop


class Store(Protocol):
    """Stores the results of items."""

    def found(self, item: Any) -> Any | None:
        """Return the result of an item that finished earlier."""

    def keep(self, item: Any, result: Any) -> Any:
        """Store a result, and return it as `found` would later."""


def run_items(
    work: Callable[[Any, Any, Stop, Callable[[Any], None]], Any],
    shared: Any,
    items: Sequence[Any],
    store: Store,
    *,
    executor: Executor,
    stop: Stop,
    tell: Callable[[Any], None] = lambda words: None,
    ended: Callable[[Any], None] = lambda item: None,
) -> list[Any]:
    """Return ``work(shared, item, stop, tell)`` for each item, in order; call `ended` with each.

    Raises
    ------
    Stopped
        If `stop` was set before all items finished, and the work raised this.
    """
    results = [store.found(item) for item in items]
    missing = [place for place, result in enumerate(results) if result is None]
    lock = Lock()

    def keep(n: int, result: Any) -> None:
        with lock:
            results[missing[n]] = store.keep(items[missing[n]], result)
            ended(items[missing[n]])

    if missing:
        left = [items[place] for place in missing]
        executor.map(work, shared, left, stop=stop, ended=keep, tell=tell)
    return results
