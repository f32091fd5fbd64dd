"""Signals while a command trains, in this process: what would end it is only noted."""

import io
import os
import signal
import sys
import threading
import time

import pytest

from lstmtool.jobs import interruption as running
from lstmtool.jobs.interruption import Interruption, ending_in_time, stopping
from lstmtool.training.stage import Stop


@pytest.fixture
def ended(monkeypatch):
    """Return the codes with which the process would have ended at once."""
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    return codes


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(running, "PATIENCE", 0.05)
    monkeypatch.setattr(running, "LONGEST", 0.1)


def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_the_first_signal_stops_and_the_second_ends(ended):
    stop, left = Stop(), []
    interruption = Interruption(stop, lambda: left.append(1))
    interruption.handle(signal.SIGTERM, None)
    assert (bool(stop), interruption.caught, ended) == (True, signal.SIGTERM, [])
    interruption.handle(signal.SIGINT, None)
    assert ended == [143]
    interruption.over = True
    interruption.handle(signal.SIGINT, None)
    assert (ended, left) == ([143], [])


def test_leaving_saves_once():
    left = []
    interruption = Interruption(Stop(), lambda: left.append(1))
    interruption.caught = signal.SIGINT
    for _ in range(2):
        with pytest.raises(SystemExit) as code:
            interruption.end()
        assert code.value.code == 130
    assert left == [1]


def test_what_does_not_end_is_saved_and_ended(ended, hurried):
    left = []
    interruption = Interruption(Stop(), lambda: left.append(1))
    interruption.handle(signal.SIGINT, None)
    until(lambda: ended)
    assert (ended, left) == ([130], [1])


def test_what_cannot_be_saved_is_ended_all_the_same(ended, hurried):
    def leave():
        raise OSError("The disk is full.")

    Interruption(Stop(), leave).handle(signal.SIGINT, None)
    until(lambda: ended)


def test_saving_that_takes_too_long_is_cut(ended, hurried):
    """The command itself leaves, and does not come to its end."""
    left, go_on = [], threading.Event()
    interruption = Interruption(Stop(), lambda: (left.append(1), go_on.wait(10)))
    interruption.caught = signal.SIGINT

    def leave():
        with pytest.raises(SystemExit):
            interruption.end()

    leaving = threading.Thread(target=leave)
    leaving.start()
    until(lambda: left)
    interruption._hurry()
    assert (ended, left) == ([130], [1])
    go_on.set()
    leaving.join()


def test_what_ends_meanwhile_is_left_alone(ended, hurried):
    interruption = Interruption(Stop(), lambda: setattr(interruption, "over", True))
    interruption.caught = signal.SIGINT
    interruption._hurry()
    assert not ended


def test_a_cursor_that_was_hidden_is_shown_again(ended, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    interruption = Interruption(Stop(), lambda: None)
    interruption.caught = signal.SIGINT
    interruption._exit()
    assert "\x1b[?25h" in sys.stderr.getvalue()
    assert ended == [130]


def test_signals_are_seen_while_the_main_thread_is_busy(ended, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE", 60.0)
    stop = Stop()
    with stopping(stop, lambda: None) as interruption:
        before = interruption.caught
        os.kill(os.getpid(), signal.SIGINT)
        until(lambda: interruption._seen == 1)
    assert (before, interruption.caught, bool(stop)) == (None, signal.SIGINT, True)


def test_other_signals_do_not_stop():
    reading, writing = os.pipe()
    os.write(writing, bytes([signal.SIGUSR1, signal.SIGWINCH]))
    os.close(writing)
    stop = Stop()
    Interruption(stop, lambda: None).watch(reading)
    os.close(reading)
    assert not stop


@pytest.fixture
def handled():
    """Return the signals that a handler took which does nothing else."""
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    yield seen
    signal.signal(signal.SIGTERM, before)


def test_handlers_take_signals_as_ever_where_they_come_in_time(ended, handled):
    left = []
    with pytest.raises(KeyboardInterrupt), ending_in_time(left.append):
        signal.raise_signal(signal.SIGINT)
    with ending_in_time(left.append):
        signal.raise_signal(signal.SIGTERM)
    assert (handled, ended, left) == ([signal.SIGTERM], [], [])
    signal.raise_signal(signal.SIGTERM)
    assert handled == [signal.SIGTERM] * 2


def test_a_command_that_goes_on_after_a_signal_is_ended(ended, handled, hurried):
    left = []
    with ending_in_time(left.append):
        signal.raise_signal(signal.SIGTERM)
        until(lambda: ended)
    assert (ended, left) == ([143], [signal.SIGTERM])


def test_ignored_signals_stay_ignored(ended):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ending_in_time(lambda by: None):
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert not ended
