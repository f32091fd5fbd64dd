import io
import sys
import time

import numpy as np
import pytest
from rich.text import Text

from lstmtool.jobs import progress, study_progress, task_progress
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


def test_progress_of_training_is_drawn_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    settings = small_settings()
    with progress.progress(settings) as show:
        show(Progress(0, 0, 3, 6, np.array([1.25, 1.25, np.nan, np.nan, np.nan])))
        time.sleep(0.3)  # drawn ten times a second
    assert "1.250 bits" in sys.stderr.getvalue()
    assert "restart 1/" in sys.stderr.getvalue()


def test_progress_of_a_task_is_drawn_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with task_progress.progress(2, 1000, "sequences", "anbn") as tell:
        tell(0, 30, 0.5)  # too soon after the last
        time.sleep(0.15)
        tell(1, 1200, 0.25)
        time.sleep(0.3)
    assert "1,230 sequences, error 0.25" in sys.stderr.getvalue()
    assert "anbn" in sys.stderr.getvalue()


def test_progress_of_a_task_in_a_log_is_a_line_now_and_then(monkeypatch, capsys):
    for name in ("", "anbn"):
        with task_progress.progress(2, 1000, "sequences", name) as tell:
            tell(0, 30, 0.5)  # too soon
            monkeypatch.setattr(task_progress, "EVERY", 0.0)
            tell(1, 1200, 0.25)
        monkeypatch.undo()
    said = "1,230 sequences, error 0.25"
    assert capsys.readouterr().err.splitlines() == [f"training: {said}", f"anbn: {said}"]


def test_progress_of_a_study_is_drawn_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with study_progress.progress(10, 4) as tell:
        tell("bingo-artificial")
        time.sleep(0.3)
    text = sys.stderr.getvalue()
    assert "Going on: 4 of 10 data sets are done." in text
    assert "bingo-artificial" in text
    assert "5/10" in text


def test_progress_of_a_study_in_a_log_is_a_line_for_every_share(capsys):
    with study_progress.progress(100, 0) as tell:
        for _ in range(100):
            tell("neo-artificial")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == study_progress.LOG_LINES
    assert lines[-1].startswith("neo-artificial: 100 of 100 data sets")
