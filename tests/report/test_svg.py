import re
from itertools import pairwise

import numpy as np
import pytest

from lstmtool.report import svg

AXES = svg.Axes((0.0, 10.0), (-1.0, 1.0))


def points(path):
    """Coordinates of path data of one line."""
    start, _, moves = re.search(r'd="M([^"]*?)(l([^"]*))?"', path).groups()
    at = [np.array(start.split(","), dtype=int)]
    for move in np.array(re.findall(r"-?\d+", moves or ""), dtype=int).reshape(-1, 2):
        at.append(at[-1] + move)
    return np.array(at)


def test_a_line_goes_through_its_points():
    rng = np.random.default_rng(0)
    x, y = np.arange(11.0), rng.uniform(-1, 1, 11)
    found = points(svg.line(AXES, x, y, "curve"))
    np.testing.assert_allclose(found[:, 0], AXES.across(x), atol=0.51)
    np.testing.assert_allclose(found[:, 1], AXES.down(y), atol=0.51)


def test_points_that_are_not_finite_are_left_out():
    y = np.array([0.0, np.nan, 1.0, np.inf])
    assert len(points(svg.line(AXES, np.arange(4.0), y, "curve"))) == 2
    assert svg.line(AXES, np.arange(1.0), np.array([np.nan]), "curve") == ""
    assert svg.band(AXES, np.arange(1.0), np.zeros(1), np.ones(1), "band") == ""


def test_a_single_point_is_seen():
    assert 'd="M' in svg.line(AXES, np.array([3.0]), np.array([0.5]), "curve")
    assert "h1" in svg.line(AXES, np.array([3.0]), np.array([0.5]), "curve")


def test_a_band_lies_between_its_lines():
    x = np.arange(11.0)
    path = svg.band(AXES, x, np.full(11, -0.5), np.full(11, 0.5), "band")
    assert path.count("M") == 1
    heights = [int(y) for y in re.findall(r"[ML]\d+,(\d+)", path)]
    np.testing.assert_allclose(heights, AXES.down(np.array([-0.5, 0.5])), atol=0.51)


def test_long_lines_keep_their_peaks_and_ends():
    rng = np.random.default_rng(1)
    y = rng.normal(size=5000)
    y[1234], y[4321] = 50.0, -50.0
    x, kept = svg.thinned(np.arange(5000), y)
    assert len(kept) <= 2 * svg.COLUMNS + 2
    assert {0, 1234, 4321, 4999} <= set(x.tolist())
    assert (np.diff(x) > 0).all()
    for first, after in pairwise(np.linspace(0, 5000, svg.COLUMNS + 1).astype(int)):
        inside = kept[(x >= first) & (x < after)]
        assert (inside.min(), inside.max()) == (y[first:after].min(), y[first:after].max())
    short = np.arange(2.0 * svg.COLUMNS)
    assert svg.thinned(short, short)[0] is short


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-3.2, 7.9), (0.001, 0.0011), (1e6, 5e7), (-1e-9, 2e-9), (5, 5.5)]
)
def test_ticks_are_round_and_inside_and_told_apart(low, high):
    found = svg.ticks(low, high)
    assert 2 <= len(found) <= 12
    assert all(low - 1e-9 * abs(low) <= t <= high + 1e-9 * abs(high) for t in found)
    steps = np.diff(found)
    np.testing.assert_allclose(steps, steps[0])
    leading = steps[0] / 10 ** np.floor(np.log10(steps[0]) + 1e-9)
    assert round(leading, 6) in (1, 2, 5)
    said = [svg.tick_text(t, found) for t in found]
    assert len(set(said)) == len(said)


def test_extreme_ranges_can_be_drawn():
    for ends in ((-1e308, 1e308), (0.0, 0.0), (np.nan, 1.0), (1e308, 1e308), (5.0, 5.0)):
        low, high = svg.padded(*ends)
        assert low < high
        axes = svg.Axes((0.0, 1.0), (low, high))
        made = svg.frame(axes) + svg.line(axes, np.array([0.0, 1.0]), np.array(ends), "curve")
        assert "nan" not in made
        assert "inf" not in made


def test_what_hardly_varies_is_drawn_as_constant():
    low, high = svg.padded(1.99999, 2.00001)
    assert high - low > 0.1
    assert svg.padded(0.0, 1.0) == (-0.05, 1.05)


def test_powers_of_ten_are_written_as_such():
    axes = svg.Axes((0.0, 1.0), (-3.0, 1.0))
    assert ">1e−3<" in svg.frame(axes, powers=True)


def test_names_are_escaped():
    hostile = '<script>"&'
    made = [
        svg.line(AXES, np.arange(3.0), np.zeros(3), "curve", hostile),
        svg.mark(1, 5, 5, hostile),
        svg.text(hostile, 0, 0),
        svg.picture(AXES, [], hostile),
        svg.key([("", hostile)]),
    ]
    assert not any("<script" in part for part in made)
    assert 'aria-label="&lt;script&gt;&quot;&amp;"' in made[3]


def test_marks_are_drawn_by_group():
    assert 'href="#m1"' in svg.mark(9, 0, 0)
    assert "c2" in svg.mark(9, 0, 0)
    assert all(f'id="m{k}"' in svg.shapes() for k in range(len(svg.SHAPES)))
    assert "scale(2)" in svg.mark(0, 0, 0, size=2.0)
