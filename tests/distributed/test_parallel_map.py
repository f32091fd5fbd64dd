import threading
import time

import pytest

from lstmtool.distributed.parallel_map import _seldom, _stopped_unless
from lstmtool.training.stage import Stopped
from lstmtool.training.threads import in_threads
from tests.clusters import until


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads):
    assert in_threads(lambda n: (time.sleep(0.01 * (3 - n)), n)[1], range(4), threads) == [
        *range(4)
    ]


def test_so_many_are_under_way_at_a_time():
    both = threading.Barrier(2, timeout=10)
    in_threads(lambda n: both.wait(), range(4), 2)


def test_where_one_raises_those_under_way_end_and_no_other_is_begun():
    begun, ended, failed = [], [], threading.Event()

    def work(n):
        begun.append(n)
        if n == 0:
            until(lambda: len(begun) == 2)
            failed.set()
            raise Stopped
        failed.wait(10)
        time.sleep(0.1)
        ended.append(n)

    with pytest.raises(Stopped):
        in_threads(work, range(6), 2)
    assert (sorted(begun), ended) == ([0, 1], [1])


def test_a_piece_is_stopped_once_it_is_no_longer_wanted():
    wanted = [True]
    with _stopped_unless(lambda: wanted[0]) as stop:
        time.sleep(0.12)
        assert not stop
        wanted[0] = False
        until(lambda: bool(stop))


def test_a_piece_tells_seldom():
    told = []
    tell = _seldom(told.append)
    for n in range(100):
        tell(n)
    assert told == [0]
