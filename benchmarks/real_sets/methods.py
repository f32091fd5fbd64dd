"""All ways of clustering a set: each is fitted without labels and gives clusters of what is scored.

A method is called with the set, its split and a seed.
"""

import resource
import signal
import threading
import time
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec

from benchmarks.real_sets import commands, same_cells
from benchmarks.real_sets.baselines import BASELINES, NEEDS
from benchmarks.real_sets.commands import OPTIONS, cluster
from benchmarks.real_sets.generated import generate
from benchmarks.real_sets.protocols import HELD_OUT, split
from benchmarks.real_sets.same_cells import SAME_CELLS
from benchmarks.real_sets.sets import SETS

OURS = tuple(OPTIONS)
COMMANDS = (*OURS, SAME_CELLS)
"""Methods that are processes of their own, with the settings of `lstmtool train`."""
METHODS = {
    **{name: partial(cluster, name) for name in OPTIONS},
    SAME_CELLS: same_cells.cluster,
    **BASELINES,
}


def options_of(name, real):
    """Options of `lstmtool train` that one of `COMMANDS` takes its settings from, for a set."""
    return same_cells.options_of(real) if name == SAME_CELLS else commands.options_of(name, real)


class OverCeilingError(Exception):
    """A method took more seconds than it may."""


def available():
    """Names of the methods whose packages are installed."""
    return [name for name in METHODS if name not in NEEDS or find_spec(NEEDS[name])]


def timed(name, real, data, seed, ceiling=0):
    """Cluster, and tell the processor time that it and its commands took, in seconds.

    Raises
    ------
    OverCeilingError
        After `ceiling` seconds, where that is not 0; in the main thread of a process only.
    """
    _compile(name)
    with _at_most(ceiling, name):
        start = _seconds()
        return METHODS[name](real, data, seed), _seconds() - start


@cache
def _compile(name):
    """Run a method once on a few short sequences: compilation is not timed."""
    if name in NEEDS:
        small = split(*generate("Waveform", 12, 12), HELD_OUT)
        BASELINES[name](SETS["Waveform"], small, 0)


def _seconds():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@contextmanager
def _at_most(seconds, name):
    """Stop after seconds of processor time; of plain time for a command, a process of its own."""
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum, frame):
        raise OverCeilingError

    if name in COMMANDS:
        timer, sign = signal.ITIMER_REAL, signal.SIGALRM
    else:
        timer, sign = signal.ITIMER_PROF, signal.SIGPROF
    before = signal.signal(sign, stop)
    signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(sign, before)
