import itertools
import re

import numpy as np
import pytest

from lstmtool.data.windows import Windows
from lstmtool.records.recordings import by_recording
from lstmtool.report.run import timelines
from lstmtool.report.run.contents import contents
from lstmtool.report.run.page import page
from tests.report.test_contents import run_on


def recorded(clusters, counts, length=10, hop=10, n_inputs=1, **source):
    """A run on windows of recordings, the values of which are their own steps."""
    steps = [hop * (k - 1) + length + 3 for k in counts]
    names = [f"engine-{k}" for k in range(len(counts))]
    windows = Windows(tuple(names), tuple(steps), tuple(counts), length, hop)
    arrays = [
        np.arange(start, start + length, dtype=float)[:, None] * np.ones(n_inputs)
        for start in windows.start
    ]
    run, told, data = run_on(arrays, clusters, windows=windows.attribute(), **source)
    return run, told, contents(run, told, data), windows


def blocks(text):
    """Left and right ends and names of the stretches of every recording."""
    found = []
    for figure in re.findall(r"<figure>.*?</figure>", text):
        pattern = r'class="block[^"]*" d="M(\d+),\d+H(\d+)V\d+H\d+Z"><title>([^<]*)'
        found.append([(int(a), int(b), name) for a, b, name in re.findall(pattern, figure)])
    return found


CLUSTERS = [0, 0, 1, 1, 0, 2, 3]


def test_stretches_of_windows_lie_below_their_recording():
    run, told, found, _ = recorded(CLUSTERS, [5, 2], sampling_rate=10.0)
    text = timelines.section(run, told, found)
    first, second = blocks(text)
    names = ["windows 1 to 2: cluster 00", "windows 3 to 4: cluster 01", "window 5: cluster 00"]
    assert [name.partition(" (")[0] for *_, name in first] == names
    assert len(second) == 2
    assert first[0][1] == first[1][0]
    share = (first[0][1] - first[0][0]) / (first[2][1] - first[2][0])
    assert share == pytest.approx(2, rel=0.03)
    assert "Time (s)" in text
    assert "engine-0: 5 windows, cluster 00 60%, cluster 01 40%" in text
    assert "overlap" not in text


def test_overlapping_windows_end_where_the_next_begins():
    run, told, found, _ = recorded([0, 1, 2, 3], [4], length=20, hop=5)
    (found_blocks,) = blocks(text := timelines.section(run, told, found))
    assert "Windows overlap" in text
    for (_, right, _), (left, _, _) in itertools.pairwise(found_blocks):
        assert right == left
    widths = [b - a for a, b, _ in found_blocks]
    assert widths[-1] == pytest.approx(4 * widths[0], rel=0.1)


def test_windows_with_gaps_stand_alone():
    run, told, found, _ = recorded([0, 0, 1], [3], length=4, hop=10)
    (found_blocks,) = blocks(timelines.section(run, told, found))
    assert len(found_blocks) == 3
    assert all(b[0] - a[1] > 10 for a, b in itertools.pairwise(found_blocks))


@pytest.mark.parametrize(("length", "hop"), [(10, 10), (10, 4), (4, 10)])
def test_recordings_are_put_together_again(length, hop):
    _run, told, found, windows = recorded(CLUSTERS, [5, 2], length, hop)
    second = by_recording(windows, told.clusters)[1]
    values = timelines.joined(1, second, windows, found)
    assert len(values) == windows.steps[1]
    known = np.isfinite(values)
    np.testing.assert_array_equal(values[known], np.flatnonzero(known))
    assert known.sum() == (2 * length if hop >= length else hop + length)


def test_many_recordings_are_tabulated_and_some_are_drawn(monkeypatch):
    monkeypatch.setattr(timelines, "MAX_DRAWN", 3)
    monkeypatch.setattr(timelines, "MAX_ROWS", 4)
    run, told, found, _ = recorded([0, 1, 2, 3, 0], [1] * 5, n_inputs=2, inputs=["oil", "air"])
    text = timelines.section(run, told, found)
    assert text.count("<figure>") == 3
    assert "first 3 of 5 recordings" in text
    assert "1 more recording" in text
    assert "Every recording (oil)" in text


def test_without_the_sequences_there_are_shares_alone():
    run, told, *_ = recorded(CLUSTERS, [5, 2])
    text = timelines.section(run, told, None)
    assert "<figure>" not in text
    assert "00 60%, 01 40%" in text
    assert "<h2>Recordings</h2>" in page(run, told, "run.h5")


def test_sequences_that_are_no_windows_have_no_recordings():
    run, told, data = run_on([np.zeros((4, 1))] * 4, [0, 1, 2, 3])
    assert timelines.section(run, told, contents(run, told, data)) == ""


def test_a_window_without_a_cluster_has_an_empty_block():
    run, told, _found, _ = recorded([0, 1, 2, 3], [4])
    colours = {1: 0}
    assignment = timelines.training_assignment(run, told)
    (one,) = timelines.recordings_of(assignment)
    axes = timelines.svg.Axes((0.0, 43.0), (0.0, 1.0))
    made = timelines._band(one, assignment, assignment.windows, axes, 1.0, colours)
    assert ['class="block c0"' in part for part in made] == [False, True, False, False]
