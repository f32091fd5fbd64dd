import io
import sys
import time

import numpy as np
import pytest
from rich.text import Text

from lstmtool.jobs import progress
from lstmtool.jobs.remaining import Remaining, duration
from lstmtool.jobs.screen import console
from lstmtool.training.restart import Progress
from tests.builders import small_settings


@pytest.mark.parametrize("stderr", [False, True])
@pytest.mark.parametrize(("no_color", "styled"), [(None, True), ("", True), ("1", False)])
def test_no_color_leaves_no_codes_at_all(monkeypatch, capsys, stderr, no_color, styled):
    """Not those of bold letters either; an empty NO_COLOR is none."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as if it were a terminal
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    console(stderr).print(Text("[bold] :smile: 17", style="bold yellow"))
    text = capsys.readouterr()[stderr]
    assert "[bold] :smile: 17" in text
    assert ("\x1b" in text) == styled


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch):
    """Make stderr a terminal; return a function that waits until something is on it."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)

    def shows(text):
        end = time.monotonic() + 10
        while text not in screen.getvalue() and time.monotonic() < end:
            time.sleep(0.01)
        return text in screen.getvalue()

    return shows


def test_progress_of_training_is_drawn_on_a_terminal(monkeypatch):
    drawn = terminal(monkeypatch)
    with progress.epochs(small_settings(), ended=1) as show:
        show(Progress(1, 0, 3, 6, np.array([1.25, 1.25, np.nan, np.nan, np.nan])))
        assert drawn("1.250 bits")
    assert drawn("restart 2/")


def test_progress_of_a_study_is_drawn_on_a_terminal(monkeypatch):
    drawn = terminal(monkeypatch)
    with progress.progress(10, "data sets", 4) as show:
        show("bingo-artificial", 5, "")
        assert drawn("5 of 10 data sets")
    assert drawn("bingo-artificial")


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (False, "anbn: 1,230 of 2,000 sequences, error 0.25, about 77 s left"),
        (True, "anbn: 1,230 of at most 2,000 sequences, error 0.25, at most 77 s left"),
    ],
)
def test_a_line_says_how_much_is_done_and_left(monkeypatch, limit, said):
    now = [50.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    state = progress._State(2000, "sequences", 230, limit, start=50.0)
    assert state.line() == f"starting: 230 of {'at most ' * limit}2,000 sequences"
    now[0] += 100.0
    state.show("anbn", 1230, "error 0.25")
    assert state.line() == said


def test_lines_of_a_log_grow_rare(monkeypatch, capsys):
    """Each waits as long as all before it took."""
    now, pauses = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    class Clock:
        def wait(self, pause):
            pauses.append(pause)
            now[0] += pause
            return len(pauses) == 6

    progress._State(100, "runs", 0, False, start=0.0).log(Clock())
    assert pauses == [2.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    assert len(capsys.readouterr().err.splitlines()) == 5


@pytest.fixture
def clock(monkeypatch):
    now = [50.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_time_left_follows_from_the_shares_of_the_restarts(clock):
    left = Remaining(4)
    left.update(0, 0.0)
    assert left.said == ""
    clock[0] += 10
    left.update(0, 0.5)
    assert left.left(4) == pytest.approx(70)
    assert left.said == "about 70 s left"
    clock[0] += 5  # without news
    assert left.left(4) == pytest.approx(65)


def test_restarts_beside_each_other_leave_the_last_alone(clock):
    left = Remaining(3)
    left.update(0, 0.0)
    left.update(1, 0.0)
    clock[0] += 10
    left.update(0, 0.5)
    left.update(1, 0.5)
    assert left.left(3) == pytest.approx(30)  # ten for both, twenty for the third
    clock[0] += 10
    for restart in range(3):
        left.update(restart, float(restart < 2))
    assert left.left(3) == pytest.approx(20)
    assert left.left(2) == pytest.approx(20)


def test_what_an_earlier_attempt_did_is_no_speed(clock):
    left = Remaining(2)
    left.update(0, 0.8)
    clock[0] += 10
    left.update(0, 0.9)
    assert left.left(2) == pytest.approx(110)
    clock[0] += 10
    left.update(0, 1.0)
    assert left.left(2) == pytest.approx(100)
    clock[0] += 50
    left.update(1, 0.5)  # of work done since
    assert left.left(2) == pytest.approx(70 * 0.5 / 0.7)


def test_where_rounds_may_be_enough_the_time_is_a_range(clock):
    left = Remaining(16, (8, 12, 16))
    left.update(0, 0.0)
    assert left.said == ""
    clock[0] += 10
    left.update(0, 1.0)
    assert left.said == "70 s to 2 min left"
    for restart in range(1, 9):
        clock[0] += 10
        left.update(restart, 1.0)
    assert left.said == "30 s to 70 s left"


def test_what_follows_the_restarts_is_named_and_not_estimated(clock):
    one, some = Remaining(2, follows="a comparison"), Remaining(9, (2, 4), "a comparison")
    for left in (one, some):
        left.update(0, 0.0)
    assert one.said == ""
    clock[0] += 10
    for left in (one, some):
        left.update(0, 1.0)
    assert one.said == "about 10 s left, then a comparison"
    assert some.said == "10 s to 80 s left, then a comparison"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (119, "119 s"), (200, "3 min"), (9000, "2.5 h")]
)
def test_times_are_as_exact_as_an_estimate_deserves(seconds, said):
    assert duration(seconds) == said


def test_lines_of_a_training_say_the_time_left(clock):
    settings = small_settings().model_copy(update={"restarts": 20, "until_stable": True})
    remaining = Remaining(2)
    state = progress._State(10, "epochs", 0, False, remaining)
    state.show("bingo, restart 1/2", 5)
    assert state.line() == "bingo, restart 1/2: 5 of 10 epochs"
    remaining.update(0, 0.0)
    clock[0] += 8
    remaining.update(0, 1.0)
    assert state.line() == "bingo, restart 1/2: 5 of 10 epochs, about 8 s left"
    assert progress._State(10, "epochs", 0, False).left == ""
    with progress.epochs(settings) as show:
        show(Progress(1, 0, 3, 6, np.full(5, np.nan), 0.5))
