import math

import pytest

from lstmtool.report import marks, markup
from lstmtool.report.text import between, number, numbers, shown


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("\x1b[31mred\x1b[0m\x07", "[31mred[0m"),
        ("\u202eabc\u2066\u200b\ud800", "abc"),
        ("x" * 100, "x" * 59 + "…"),
        (7, "7"),
    ],
)
def test_shown(text, seen):
    assert shown(text) == seen


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
        (0.0, "0.000"),
        (-1.23456, "−1.235"),
        (0.00001234, "1.2e-05"),
        (3.5e6, "3.5e+06"),
    ],
)
def test_number(value, seen):
    assert number(value) == seen


def test_numbers():
    assert numbers(None) == "–"
    assert numbers([0.5, -0.25]) == "0.50, −0.25"
    assert numbers([0.0] * 9).endswith(", …")


@pytest.mark.parametrize(
    ("low", "high", "seen"),
    [
        (12.93, 13.68, "12.93 – 13.68"),
        (-3.57e6, -3.54e6, "−3.570e+06 – −3.540e+06"),
        (1.0, 1.0000001, "1.00000000 – 1.00000010"),
        (0.0, 0.0, "0.0 – 0.0"),
        (0.2, 0.2, "0.2000 – 0.2000"),
        (math.nan, 1.0, "–"),
    ],
)
def test_between_tells_the_ends_apart(low, high, seen):
    assert between(low, high) == seen


def test_glyphs_that_a_figure_lacks_become_boxes():
    assert marks.drawable("A\U0001f3b7\x1b") == "A□"


def test_a_section_of_nothing_is_nothing():
    assert markup.section("Nothing", "", "") == ""
    assert markup.picture(None, "nothing") == ""
