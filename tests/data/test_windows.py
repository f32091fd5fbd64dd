"""Where windows lie in their recordings, and what their clusters say of these."""

import json

import numpy as np
import pytest

from lstmtool.data.windows import ATTRIBUTE, Windows, windows_of
from lstmtool.records.recordings import by_recording

WINDOWS = Windows(("a.wav", "b.wav"), (11, 7), (3, 2), length=4, hop=3, sampling_rate=10.0)


def test_every_window_has_its_recording_start_and_end():
    assert len(WINDOWS) == 5
    assert WINDOWS.recording.tolist() == [0, 0, 0, 1, 1]
    assert WINDOWS.start.tolist() == [0, 3, 6, 0, 3]
    assert WINDOWS.end.tolist() == [4, 7, 10, 4, 7]
    assert WINDOWS.seconds(WINDOWS.end).tolist() == [0.4, 0.7, 1.0, 0.4, 0.7]
    assert Windows(("a",), (4,), (1,), 4, 4).seconds(np.arange(3)) is None


def test_attributes_are_json_and_read_again():
    told = json.loads(json.dumps({ATTRIBUTE: WINDOWS.attribute()}))
    assert windows_of(told, 5, 10.0) == WINDOWS
    assert windows_of(told, 5).sampling_rate is None
    assert windows_of(told, 4) is None
    assert windows_of({}, 5) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"recordings": "ab"},
        {"recordings": ["a"]},
        {"recordings": ["a", 2]},
        {"steps": None},
        {"steps": [11, 6]},
        {"steps": [11, 7.0]},
        {"counts": [4, 1]},
        {"counts": [5, 0]},
        {"counts": [True, 4]},
        {"counts": [-1, 6]},
        {"length": None},
        {"length": 5},
        {"hop": 0},
        {"hop": 2**60},
    ],
    ids=str,
)
def test_attributes_that_describe_no_windows_are_ignored(changes):
    assert windows_of({ATTRIBUTE: WINDOWS.attribute() | changes}, 5) is None


def test_attributes_of_another_kind_are_ignored():
    assert windows_of({ATTRIBUTE: ["a"]}, 1) is None


def test_recordings_have_shares_and_a_majority():
    clusters = np.array([2, 0, 2, 1, 0])
    first, second = by_recording(WINDOWS, clusters, np.array([0.5, 0.9, 0.6, 0.7, 0.8]))
    assert (first.name, first.first, first.majority) == ("a.wav", 0, 2)
    assert list(first.shares.items()) == [(2, 2 / 3), (0, 1 / 3)]
    assert first.clusters.tolist() == [2, 0, 2]
    assert (second.name, second.first, second.majority) == ("b.wav", 3, 0)  # the surer one
    assert list(second.shares.items()) == [(0, 0.5), (1, 0.5)]


def test_of_equal_clusters_the_lower_number_is_the_majority():
    clusters = np.array([0, 0, 0, 1, -1])
    assert by_recording(WINDOWS, clusters)[1].majority == -1
    nothing = np.array([1.0, 1.0, 1.0, 0.4, np.nan])
    assert by_recording(WINDOWS, clusters, nothing)[1].majority == 1
