"""Items of work beside each other in threads of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from lstmtool.training.stage import Stop

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Threads:
    """So many threads of this process; a `lstmtool.training.executors.Executor`."""

    number: int

    def map(
        self,
        work: Callable[[Any, Any, Stop, Callable[[Any], None]], Any],
        shared: Any,
        items: Sequence[Any],
        *,
        stop: Stop,
        ended: Callable[[int, Any], None],
        tell: Callable[[Any], None],
    ) -> None:
        """Do the work for every item; once `stop` is set, the work itself has to end."""

        def one(place: int) -> None:
            ended(place, work(shared, items[place], stop, tell))

        in_threads(one, range(len(items)), min(self.number, len(items)))


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
