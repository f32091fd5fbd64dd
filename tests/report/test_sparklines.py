import numpy as np
import pytest

from lstmtool.report.run.sparklines import ASCII, BLOCKS, marks_for, sparkline


def test_marks_rise_with_the_values():
    assert sparkline(np.arange(8.0), 0, 7, 60) == BLOCKS
    assert sparkline(np.arange(8.0), 0, 7, 60, ASCII) == ASCII
    assert sparkline(np.array([0.0, 3.5, 7.0]), 0, 7, 60) == "▁▅█"


def test_missing_values_are_gaps():
    nan = np.nan
    assert sparkline(np.array([0, nan, 1]), 0, 1, 60) == "▁·█"
    assert sparkline(np.array([nan, nan]), nan, nan, 60, ASCII) == "??"
    assert sparkline(np.array([0, nan, 1, nan]), 0, 1, 2) == "▁█"


def test_peaks_of_long_sequences_are_not_lost():
    values = np.zeros(1000)
    values[777] = 5
    line = sparkline(values, 0, 5, 50)
    assert len(line) == 50
    assert line.index("█") == 38
    assert line.count("▁") == 49


@pytest.mark.parametrize("value", [0.0, 3.0, -1e308])
def test_a_constant_is_in_the_middle(value):
    assert sparkline(np.full(3, value), value, value, 60) == "▅▅▅"


def test_the_largest_numbers_do_not_overflow():
    with np.errstate(all="raise"):
        assert sparkline(np.array([-1.7e308, 1.7e308]), -1.7e308, 1.7e308, 60) == "▁█"


@pytest.mark.parametrize(
    ("encoding", "marks"),
    [("utf-8", BLOCKS), ("ascii", ASCII), ("latin-1", ASCII), ("nonsense", ASCII), (None, ASCII)],
)
def test_marks_that_the_screen_can_show(encoding, marks):
    assert marks_for(encoding) == marks
