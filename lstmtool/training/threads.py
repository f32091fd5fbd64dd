"""Items of work beside each other in threads of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> list[Result]:
    """Return ``work(item)`` of every item, in order, so many at a time.

    Threads share memory, and kernels let other threads go on. Where one piece raises, no other is
    begun, and its exception is raised once those under way have ended.
    """
    raised: list[BaseException] = []

    def attempt(item: Item) -> Result | None:
        if not raised:
            try:
                return work(item)
            except BaseException as error:
                raised.append(error)
        return None

    if threads == 1:
        results: list[Any] = [attempt(item) for item in items]
    else:
        from joblib import Parallel, delayed

        parallel = Parallel(n_jobs=threads, backend="threading", batch_size=1, pre_dispatch="all")
        results = parallel(delayed(attempt)(item) for item in items)
    if raised:
        raise raised[0]
    return results
