"""Items of work in parallel threads of this process."""

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
    """A number of threads of this process; an `executors.Executor`."""

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
        """Do the work for every item; it must itself end when `stop` is set."""

        def one(place: int) -> None:
            ended(place, work(shared, items[place], stop, tell))

        in_threads(one, range(len(items)), min(self.number, len(items)))


def in_threads(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> list[Result]:
    """Return ``work(item)`` for each item, in order, with up to `threads` at a time.

    Kernels release the GIL. If one item raises, no other is started, and the exception is raised
    again once the running ones have ended.

    Meanwhile linear algebra keeps to the thread that calls it: here matrices are small, for which
    more threads only wait for each other, and results then do not depend on the number of cores.
    """
    raised: list[BaseException] = []

    def attempt(item: Item) -> Result | None:
        if not raised:
            try:
                return work(item)
            except BaseException as error:
                raised.append(error)
        return None

    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        if threads == 1:
            results: list[Any] = [attempt(item) for item in items]
        else:
            from joblib import Parallel, delayed

            parallel = Parallel(threads, backend="threading", batch_size=1, pre_dispatch="all")
            results = parallel(delayed(attempt)(item) for item in items)
    if raised:
        raise raised[0]
    return results
